"""Addresses."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from exchange.api.entry_bundles import EntryBundle
from exchange.api.gbt import Calls, SignIn
from exchange.api.tokens import RevokeToken, Token
from registry.api.type_metadata import type_metadata

urlpatterns = [
    path("", include("portal.urls")),
    path("", include("licences.api.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("oauth/token/", Token.as_view(), name="token"),
    path("oauth/revoke/", RevokeToken.as_view(), name="revoke-token"),
    path("api/schema/", SpectacularAPIView.as_view(api_version="v1"), name="schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="api-docs"),
    path("api/v1/", include("exchange.api.urls")),
    path("api/v1/", include("registry.api.urls")),
    path("gbt/token/", SignIn.as_view(), name="gbt-token"),
    path("gbt/<slug:operation>/", Calls.as_view(), name="gbt"),
    path("audit/log/tile/entries/<path:path>", EntryBundle.as_view(), name="log-entries"),
    path("audit/log/", include("audit.urls")),
    path("types/<str:code>", type_metadata, name="type-metadata"),
]
handler400 = "portal.views.failures.bad_request"
handler403 = "portal.views.failures.forbidden"
handler404 = "portal.views.failures.not_found"
handler500 = "portal.views.failures.internal_error"
