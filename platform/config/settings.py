"""All settings, in one file. Every variable it reads is described where it is read; see docs/settings.md."""

import datetime as dt
import os
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

from audit.notes import check_name
from config.addresses import database, redis
from config.environment import Environment
from config.odd_use import odd_use
from config.rates import rates
from config.schedule import BEAT_SCHEDULE
from foundation.sealing import Ring, parse_key, parse_ring

BASE_DIR = Path(__file__).resolve().parents[2]
ENVIRONMENT = Environment(os.environ)
_env = ENVIRONMENT
PRODUCTION = _env.mode()
DEBUG = False

# --- Secrets -------------------------------------------------------------------------------------------------------
_DEVELOPMENT_KEY = "bGljZW5jZS1leGNoYW5nZS1kZXZlbG9wbWVudC1rZXk="


def _long(text: str) -> str:
    if len(text) < 50:
        raise ValueError(f"has {len(text)} characters, which is too short")
    return text


SECRET_KEY = _env.read(
    "LICENCE_EXCHANGE_SECRET_KEY",
    _long,
    default="development-only-secret-that-everybody-can-read-in-the-source",
    meaning="Signs sessions and forms: at least 50 random characters.",
    secret=True,
)
_DEVELOPMENT_RING = f"development:{_DEVELOPMENT_KEY}"


def _ring(text: str) -> Ring:
    ring = parse_ring(text)
    if PRODUCTION and text != _DEVELOPMENT_RING and parse_key(_DEVELOPMENT_KEY) in ring.keys.values():
        raise ValueError("holds the published development key, which leaves the key store as good as unencrypted")
    return ring


SEALING_RING = _env.read(
    "LICENCE_EXCHANGE_SEALING_KEYS",
    _ring,
    default=_DEVELOPMENT_RING,
    meaning="The key store and holders' numbers are encrypted under these: `name:base64`, 32 bytes each, the one in "
    "use first, older ones after a comma.",
    secret=True,
)
INDEX_KEY = _env.read(
    "LICENCE_EXCHANGE_INDEX_KEY",
    parse_key,
    default=_DEVELOPMENT_KEY,
    meaning="Finds holders by their numbers without storing these in clear: 32 bytes in base64, never changed.",
    secret=True,
)

# --- Keys in a token -----------------------------------------------------------------------------------------------
PKCS11_MODULE = _env.text(
    "LICENCE_EXCHANGE_PKCS11_MODULE",
    meaning="Path of the library of a PKCS#11 token (an HSM), for departments' keys that are made and kept in it.",
)
PKCS11_TOKEN = _env.text("LICENCE_EXCHANGE_PKCS11_TOKEN", meaning="The label of that token.")
PKCS11_PIN = _env.text("LICENCE_EXCHANGE_PKCS11_PIN", meaning="The user's PIN of that token.", hidden=True)

# --- Where it runs -------------------------------------------------------------------------------------------------
DATA_DIR = _env.read(
    "LICENCE_EXCHANGE_DATA_DIR",
    lambda text: Path(text).absolute(),
    default=str(BASE_DIR / "var"),
    meaning="Folder for the embedded database and collected static files.",
)
try:
    DATA_DIR.mkdir(parents=True, exist_ok=True)
except OSError as _error:
    _env.faults.append(f"The folder {DATA_DIR} cannot be made ({_error.strerror}): set LICENCE_EXCHANGE_DATA_DIR.")
_env.demand(
    os.access(DATA_DIR, os.W_OK),
    f"The folder {DATA_DIR} cannot be written to: give this account permission, or set LICENCE_EXCHANGE_DATA_DIR.",
)
PUBLIC_URL = _env.read(
    "LICENCE_EXCHANGE_PUBLIC_URL",
    lambda text: text.rstrip("/"),
    default="http://127.0.0.1:8000",
    meaning="The address under which people and departments reach the platform; credentials name it as their issuer.",
    demanded=True,
)
ALLOWED_HOSTS = _env.names(
    "LICENCE_EXCHANGE_ALLOWED_HOSTS",
    default="" if PRODUCTION else "127.0.0.1,localhost,[::1],testserver",
    meaning="Host names that requests may be for, split by commas.",
)
_env.demand(
    bool(ALLOWED_HOSTS),
    "LICENCE_EXCHANGE_ALLOWED_HOSTS is empty: set it to the host names people use, split by commas.",
)
PROXY_HOPS = _env.number(
    "LICENCE_EXCHANGE_PROXY_HOPS",
    default=0,
    meaning="How many proxies stand before the server; that many last entries of X-Forwarded-For are trusted.",
)
_BEHIND_TLS = _env.flag(
    "LICENCE_EXCHANGE_BEHIND_TLS",
    default=PRODUCTION,
    meaning="Whether a proxy ends TLS and sets X-Forwarded-Proto: cookies are then for https only.",
)
LOG_ORIGIN = _env.read(
    "LICENCE_EXCHANGE_LOG_ORIGIN",
    lambda text: check_name(text or f"{PUBLIC_URL.partition('://')[2]}/audit/log"),
    default="",
    meaning="The name of the record's tree, which stands in each checkpoint; it is fixed when the tree's key is made. "
    "Without it the public address without its scheme, and `/audit/log`.",
)
CITY_ZH = _env.text("LICENCE_EXCHANGE_CITY_ZH", default="成都市", meaning="The jurisdiction's name in Chinese.")
CITY_EN = _env.text("LICENCE_EXCHANGE_CITY_EN", default="Chengdu", meaning="The jurisdiction's name in English.")
OBJECTION_WORKING_DAYS = _env.number(
    "LICENCE_EXCHANGE_OBJECTION_DAYS", default=10, meaning="Working days to answer an objection (order 809, art. 26)."
)
NOTICE_DEFERRAL_DAYS = _env.number(
    "LICENCE_EXCHANGE_NOTICE_DEFERRAL_DAYS", default=90, meaning="Most days for which a law defers a notice at a time."
)
TIME_STAMP_URL = _env.text(
    "LICENCE_EXCHANGE_TSA_URL",
    meaning="Time-stamp server (RFC 3161) for the seals of documents; without it seals carry no time stamp.",
    hidden=True,
)

RETENTION_MONTHS = _env.number(
    "LICENCE_EXCHANGE_RETENTION_MONTHS",
    default=36,
    least=36,
    meaning="How many months the record's entries stay in the database before they may be archived: 36 or more.",
)

# --- Database, cache, jobs -----------------------------------------------------------------------------------------
_POOL_SIZE = _env.number(
    "LICENCE_EXCHANGE_DATABASE_POOL",
    default=8,
    meaning="Connections each PostgreSQL pool may hold (one pool a process).",
)


def _database(url: str) -> dict[str, Any]:
    return database(url, data_dir=DATA_DIR, pool_size=_POOL_SIZE)


DATABASES = {
    "default": _env.read(
        "DATABASE_URL",
        _database,
        default=f"sqlite:///{DATA_DIR / 'licence-exchange.sqlite3'}",
        meaning="The database: `sqlite:///path` or `postgresql://user:password@host:port/name`.",
        hidden=True,
    )
}
_OWNER = _env.read(
    "DATABASE_OWNER_URL",
    lambda url: _database(url) if url else {},
    default="",
    meaning="On PostgreSQL the role that owns the tables and migrates them; the role of DATABASE_URL then has no "
    "UPDATE or DELETE on the record.",
    hidden=True,
)
if _OWNER:
    DATABASES["owner"] = {**_OWNER, "TEST": {"MIRROR": "default"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = _env.read(
    "REDIS_URL",
    redis,
    default="",
    meaning="`redis://host:port/number` for cache and jobs; without it both run embedded, on the database.",
    hidden=True,
)
if REDIS_URL:
    _CACHE = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
else:
    _CACHE = {"BACKEND": "config.caching.CountingDatabaseCache", "LOCATION": "cache"}
CACHES = {"default": _CACHE}

CELERY_BROKER_URL = REDIS_URL or "memory://"
CELERY_TASK_ALWAYS_EAGER = not REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = BEAT_SCHEDULE

ODD_USE, RATES = odd_use(_env), rates(_env)

# --- Applications --------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "audit",
    "registry",
    "licences",
    "exchange",
    "scenarios",
    "portal",
    "config",
    "oauth2_provider",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_filters",
    "django_htmx",
    "django_include_bootstrap",
    "axes",
    "csp",
]
MIDDLEWARE = [
    "portal.middleware.RequestContextMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "portal.middleware.PlainTextMiddleware",
    "portal.middleware.RefusalMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.context.platform",
            ],
        },
    }
]

# --- People and clients --------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "registry.Person"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "home"
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = dt.timedelta(minutes=10)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_TEMPLATE = "portal/locked_out.html"
AXES_CLIENT_IP_CALLABLE = "portal.middleware.address_of"
AXES_VERBOSE = False

OAUTH2_PROVIDER_APPLICATION_MODEL = "registry.Client"
OAUTH2_PROVIDER = {
    "SCOPES": {
        "verify": "Verify licences by number",
        "disclose": "Read the permitted fields of licences",
        "issue": "Issue licences of the department, operate on them, and take in its batches",
        "record": "Read the entries of the record (only for clients that were given this)",
    },
    # Issuing is asked for by name: a system that only verifies holds no token that could issue.
    "DEFAULT_SCOPES": ["verify", "disclose"],
    "SCOPES_BACKEND_CLASS": "exchange.api.scopes.ClientScopes",
    "OAUTH2_VALIDATOR_CLASS": "exchange.api.clients.ClientValidator",
    "ACCESS_TOKEN_EXPIRE_SECONDS": 3600,
    "REFRESH_TOKEN_EXPIRE_SECONDS": 24 * 3600,
    "PKCE_REQUIRED": True,
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    "ALLOWED_REDIRECT_URI_SCHEMES": ["https"],
    # RFC 9700: no implicit or password grant, S256 only, tokens in headers only and stored as digests.
    **{
        f"COMPLIANT_BCP_RFC9700_{topic}": True
        for topic in (
            "IMPLICIT_GRANT",
            "PASSWORD_GRANT",
            "PKCE_METHOD",
            "ACCESS_TOKEN_TRANSPORT",
            "AUTHZ_RESPONSE_ISS",
            "TOKEN_STORAGE",
            "REFRESH_TOKEN",
            "REDIRECT_URI_SCHEME",
        )
    },
}

# --- API -----------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["exchange.api.authentication.ClientAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["exchange.api.authentication.HasScope"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["exchange.api.parsing.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "exchange.api.schema.Schema",
    "EXCEPTION_HANDLER": "exchange.api.refusing.handle",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Licence Exchange · 证照互通",
    "VERSION": "v1",
    "DESCRIPTION": "Departments verify licences by number and read the fields that their items need. "
    "各部门按编号核验证照，并读取审批事项所需的字段。",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "docExpansion": "list"},
    "OAUTH2_FLOWS": ["clientCredentials"],
    "OAUTH2_TOKEN_URL": "/oauth/token/",
    "OAUTH2_SCOPES": OAUTH2_PROVIDER["SCOPES"],
    "ENUM_NAME_OVERRIDES": {
        "LicenceState": "exchange.api.issuing_serializers.STATES",
        "BatchState": "exchange.api.batch_serializers.STAGES",
        "RowState": "exchange.api.batch_serializers.ROW_STATES",
        "Replacing": "exchange.issuing.REPLACING",
        "Operating": "exchange.issuing.OPERATIONS",
    },
}

# --- Language, time, static files ----------------------------------------------------------------------------------
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "platform" / "portal" / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
WHITENOISE_USE_FINDERS = not PRODUCTION
STORAGES = {
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    }
}

# --- Security ------------------------------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        **{key: ["'self'"] for key in ("script-src", "style-src", "font-src", "connect-src", "form-action")},
        "img-src": ["'self'", "data:"],
        **{key: ["'none'"] for key in ("frame-ancestors", "base-uri")},
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = _BEHIND_TLS
SECURE_REDIRECT_EXEMPT = [r"^health/$"]
CSRF_FAILURE_VIEW = "portal.views.failures.csrf"
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if PUBLIC_URL.startswith("https://") else []
if _BEHIND_TLS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True

# --- Log -----------------------------------------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {
        "handlers": ["stderr"],
        "level": _env.choice(
            "LICENCE_EXCHANGE_LOG_LEVEL",
            ("WARNING", "DEBUG", "INFO", "ERROR"),
            meaning="From which level on lines are logged: DEBUG, INFO, WARNING or ERROR.",
        ),
    },
}

_env.finish()
