"""A changed configuration stands in the record, and no secret does."""

import pytest
from celery.signals import beat_init, worker_ready
from celery.utils.dispatch import Signal
from django.conf import settings as real
from django.core.management import call_command
from pytest_django.fixtures import Settings

from audit.models import Entry
from config.configuration import effective_settings, note_configuration
from config.environment import Environment
from foundation.sealing import Ring
from tests.factories import recorded

pytestmark = pytest.mark.django_db
SECRETS = {
    "LICENCE_EXCHANGE_SECRET_KEY": "q" * 60,
    "LICENCE_EXCHANGE_PKCS11_PIN": "739154",
    "DATABASE_URL": "postgresql://acting:pa55word@db/licences",
    "DATABASE_OWNER_URL": "postgresql://owner:0wnerword@db/licences",
    "REDIS_URL": "redis://:redisword@redis/0",
}


def _environment(settings: Settings, **values: str) -> None:
    """Let the variables of the settings be read from `values`."""
    settings.ENVIRONMENT = Environment(values, variables=real.ENVIRONMENT.variables)


def test_a_start_is_recorded_once_and_then_only_when_something_changed(settings: Settings) -> None:
    _environment(settings)
    with recorded() as written:
        note_configuration("server")
        note_configuration("server")
    (entry,) = written
    assert (entry.action, entry.subject_kind, entry.subject) == ("configure", "configuration", "server")
    _environment(settings, LICENCE_EXCHANGE_PROXY_HOPS="2")
    with recorded() as written:
        note_configuration("server")
    (entry,) = written
    assert "LICENCE_EXCHANGE_PROXY_HOPS=2" in entry.fields


def test_each_part_is_compared_with_itself(settings: Settings) -> None:
    _environment(settings)
    with recorded() as written:
        for part in ("server", "worker", "server", "worker"):
            note_configuration(part)
    assert [entry.subject for entry in written] == ["server", "worker"]


def test_no_secret_is_recorded_only_that_it_is_set(settings: Settings) -> None:
    _environment(settings, **SECRETS)
    settings.SEALING_RING = Ring({"k2": b"2" * 32, "k1": b"1" * 32})
    note_configuration("server")
    leaf = bytes(Entry.objects.latest("id").leaf).decode()
    for name, value in SECRETS.items():
        assert value not in leaf
        assert f"{name}=set" in leaf
    for word in ("pa55word", "0wnerword", "redisword", "2222", "1111"):
        assert word not in leaf
    assert "LICENCE_EXCHANGE_SEALING_KEYS=k2,k1" in leaf


def test_every_variable_of_the_settings_is_told() -> None:
    told = [line.partition("=")[0] for line in effective_settings()]
    assert set(told) == {"VERSION", *(variable.name for variable in real.ENVIRONMENT.variables)}


@pytest.mark.parametrize(("signal", "part"), [(worker_ready, "worker"), (beat_init, "beat")])
def test_a_worker_and_a_beat_note_theirs_when_they_start(signal: Signal, part: str) -> None:
    signal.send(sender=None)
    assert Entry.objects.filter(action="configure", subject=part).count() == 1


def test_preparing_notes_the_configuration() -> None:
    call_command("prepare", verbosity=0)
    assert Entry.objects.filter(action="configure", subject="prepare").exists()
