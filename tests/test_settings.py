"""The settings stop the start loudly where production lacks something, and their reference matches what they read."""

import base64
import os
import re
import runpy
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command

from config.environment import Environment

ROOT = Path(__file__).resolve().parents[1]
PUBLISHED_SECRET = "development-only-secret-that-everybody-can-read-in-the-source"
PUBLISHED_KEY = "bGljZW5jZS1leGNoYW5nZS1kZXZlbG9wbWVudC1rZXk="
SECRET = "LICENCE_EXCHANGE_SECRET_KEY"
SEALING = "LICENCE_EXCHANGE_SEALING_KEYS"
INDEX = "LICENCE_EXCHANGE_INDEX_KEY"
HOSTS = "LICENCE_EXCHANGE_ALLOWED_HOSTS"


def key(byte: int) -> str:
    return base64.b64encode(bytes([byte]) * 32).decode()


GOOD = {
    "LICENCE_EXCHANGE_ENV": "production",
    SECRET: "q7Rk2vX9" * 8,
    SEALING: f"k2026:{key(1)}",
    INDEX: key(2),
    HOSTS: "licences.example.org",
    "LICENCE_EXCHANGE_PUBLIC_URL": "https://licences.example.org",
}


def manage(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run manage.py with nothing of this process's environment but the path."""
    given = {"PATH": os.environ["PATH"], "LICENCE_EXCHANGE_DATA_DIR": str(folder / "data"), **environment}
    command = [sys.executable, str(ROOT / "manage.py"), *arguments]
    return subprocess.run(command, env=given, cwd=folder, capture_output=True, text=True, check=False, timeout=120)


def faults(folder: Path, **environment: str) -> list[str]:
    """Return the faults that stop the start; there must be some, and no traceback."""
    result = manage(folder, "check", **environment)
    assert result.returncode == 1, result.stdout
    assert "Traceback" not in result.stderr
    head, *lines = result.stderr.strip().splitlines()
    assert head == "licence-exchange: The settings are not usable:"
    return lines


def production(**changes: str) -> dict[str, str]:
    return {**GOOD, **changes}


def test_a_good_production_environment_passes_the_deployment_check_without_a_warning(tmp_path: Path) -> None:
    result = manage(tmp_path, "check", "--deploy", "--fail-level", "WARNING", **GOOD)
    assert result.returncode == 0, result.stderr
    assert "no issues" in result.stdout


def test_a_good_production_environment_on_postgresql_with_redis_passes_too(tmp_path: Path) -> None:
    result = manage(
        tmp_path,
        "check",
        **GOOD,
        DATABASE_URL="postgresql://acting:word@db/licences",
        DATABASE_OWNER_URL="postgresql://owner:word@db/licences",
        REDIS_URL="redis://redis:6379/0",
    )
    assert result.returncode == 0, result.stderr


def test_development_starts_with_nothing_set(tmp_path: Path) -> None:
    assert manage(tmp_path, "check").returncode == 0


def test_production_with_nothing_set_names_everything_to_set_at_once(tmp_path: Path) -> None:
    found = faults(tmp_path, LICENCE_EXCHANGE_ENV="production")
    for name in (SECRET, SEALING, INDEX, HOSTS):
        assert any(line.startswith(f"- {name} ") and "set it" in line for line in found), name


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        (SECRET, "", "is missing: set it"),
        (SECRET, PUBLISHED_SECRET, "is the published development value: set it"),
        (SEALING, "", "is missing: set it"),
        (SEALING, f"development:{PUBLISHED_KEY}", "is the published development value: set it"),
        (SEALING, key(1), "needs the form name:base64key"),
        (SEALING, "k1:abc", "is not base64"),
        (SEALING, f"k1:{base64.b64encode(b'short').decode()}", "has 5 bytes instead of 32"),
        (SEALING, ",", "holds no key"),
        (INDEX, "", "is missing: set it"),
        (INDEX, PUBLISHED_KEY, "is the published development value: set it"),
        (INDEX, "not base64!", "is not base64"),
        (HOSTS, "", "is empty: set it"),
        (HOSTS, " , ", "is empty: set it"),
    ],
)
def test_a_production_start_stops_at_one_bad_value_and_names_only_it(
    tmp_path: Path, name: str, value: str, says: str
) -> None:
    (line,) = faults(tmp_path, **production(**{name: value}))
    assert line.startswith(f"- {name} {says}")


@pytest.mark.parametrize("ring", [f"k2026:{PUBLISHED_KEY}", f"k2026:{key(1)},old:{PUBLISHED_KEY}"])
def test_the_published_sealing_key_is_refused_under_any_name_and_place(tmp_path: Path, ring: str) -> None:
    (line,) = faults(tmp_path, **production(**{SEALING: ring}))
    assert line.startswith(f"- {SEALING} ")
    assert "published" in line


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LICENCE_EXCHANGE_ENV", "prod"),
        ("DATABASE_URL", "licences"),
        ("DATABASE_URL", "mysql://user@host/name"),
        ("DATABASE_URL", "postgresql://user:word@host:port/name"),
        ("DATABASE_OWNER_URL", "licences"),
        ("DATABASE_OWNER_URL", "mysql://user@host/name"),
        ("LICENCE_EXCHANGE_PROXY_HOPS", "-1"),
        ("LICENCE_EXCHANGE_RETENTION_MONTHS", "35"),
        ("LICENCE_EXCHANGE_BEHIND_TLS", "perhaps"),
        ("LICENCE_EXCHANGE_DATABASE_POOL", "many"),
        ("LICENCE_EXCHANGE_OFFICE_HOURS", "19-8"),
        ("LICENCE_EXCHANGE_OFFICE_HOURS", "nine to five"),
        ("LICENCE_EXCHANGE_ODD_BULK", "-1"),
    ],
)
def test_a_value_of_the_wrong_form_stops_any_start_and_is_named(tmp_path: Path, name: str, value: str) -> None:
    (line,) = faults(tmp_path, **{name: value})
    assert line.startswith(f"- {name} ")
    assert "set it" in line


def test_a_fault_never_shows_the_secret_that_was_given(tmp_path: Path) -> None:
    secret = "s3cret-word"
    given = production(DATABASE_URL=f"mysql://user:{secret}@host/name", **{SEALING: f"k1:{secret}", INDEX: secret})
    assert secret not in "\n".join(faults(tmp_path, **given))


def test_a_folder_that_cannot_be_written_to_is_named_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Permissions do not stop root, so the system's answer is given in its place.
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    monkeypatch.setenv("LICENCE_EXCHANGE_DATA_DIR", str(tmp_path))
    with pytest.raises(ImproperlyConfigured) as raised:
        runpy.run_path(str(ROOT / "platform" / "config" / "settings.py"))
    assert str(tmp_path) in str(raised.value)
    assert "set LICENCE_EXCHANGE_DATA_DIR" in str(raised.value)


def test_a_folder_that_cannot_be_made_is_named_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    found = faults(tmp_path, LICENCE_EXCHANGE_DATA_DIR=str(tmp_path / "file" / "data"))
    assert any("cannot be made" in line and "set LICENCE_EXCHANGE_DATA_DIR" in line for line in found)


def test_all_faults_are_raised_together() -> None:
    environment = Environment({"HOPS": "one", "TLS": "perhaps"})
    assert environment.number("HOPS", default=0, meaning="How many.") == 0
    assert environment.flag("TLS", default=True, meaning="Whether.") is True
    environment.demand(False, "NAMES is empty: set it.")
    with pytest.raises(ImproperlyConfigured) as raised:
        environment.finish()
    assert str(raised.value).splitlines()[1:] == [
        "- HOPS is 'one', which is no whole number: set it right. How many.",
        "- TLS is 'perhaps', which is neither yes nor no: set it right. Whether.",
        "- NAMES is empty: set it.",
    ]


@pytest.mark.parametrize(
    ("text", "value"), [("1", True), ("Yes", True), ("on", True), ("0", False), ("FALSE", False), ("off", False)]
)
def test_yes_and_no_are_read_in_their_usual_forms(text: str, value: bool) -> None:
    assert Environment({"TLS": text}).flag("TLS", default=not value, meaning="Whether.") is value


def test_a_secret_may_keep_its_published_value_outside_production() -> None:
    environment = Environment({"KEY": "published"})
    assert environment.text("KEY", default="published", meaning="A key.", secret=True) == "published"
    environment.finish()


def test_the_settings_reference_is_what_the_settings_read() -> None:
    written = StringIO()
    call_command("settings_reference", stdout=written)
    assert (ROOT / "docs" / "settings.md").read_text("utf-8") == written.getvalue(), "run `make reference`"


def test_the_settings_reference_names_each_variable_once_and_no_path_of_this_machine() -> None:
    text = (ROOT / "docs" / "settings.md").read_text("utf-8")
    rows = re.findall(r"^\| `([A-Z0-9_]+)` \|", text, flags=re.MULTILINE)
    assert rows == [variable.name for variable in settings.ENVIRONMENT.variables]
    assert len(set(rows)) == len(rows)
    assert str(ROOT) not in text
    assert PUBLISHED_SECRET not in text
    assert PUBLISHED_KEY not in text


def test_the_settings_reference_does_not_depend_on_the_environment_it_is_made_in(tmp_path: Path) -> None:
    elsewhere = manage(tmp_path, "settings_reference", **GOOD, DATABASE_URL="postgresql://user:word@db/name")
    assert elsewhere.stdout == (ROOT / "docs" / "settings.md").read_text("utf-8")
