"""The embedded runner: periodic work really runs, each slot of time once however many processes share the schedule."""

import threading
from collections.abc import Iterator

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from pytest_django.fixtures import Settings

from config import jobs
from config.jobs import app, run_due
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh_claims(db: None) -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def test_periodic_work_is_done() -> None:
    make.city()
    licence = make.expired()
    assert "expire-licences" in run_due(1_000_000.0)
    licence.refresh_from_db()
    assert licence.state == "expired"


def test_a_slot_runs_once_and_the_next_slot_again() -> None:
    assert "expire-licences" in run_due(6_000_000.0)
    assert "expire-licences" not in run_due(6_000_059.0)
    again = run_due(6_000_060.0)
    assert "expire-licences" in again
    assert "clear-sessions" not in again


def test_a_failing_job_does_not_stop_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise RuntimeError

    monkeypatch.setattr(app.tasks["licences.expire_due"], "run", fail)
    ran = run_due(9_000_000.0)
    assert "expire-licences" not in ran
    assert "clear-sessions" in ran


def test_every_scheduled_task_exists() -> None:
    app.loader.import_default_modules()
    for entry in django_settings.CELERY_BEAT_SCHEDULE.values():
        assert entry["task"] in app.tasks


def test_without_redis_a_server_starts_a_runner_and_a_sequencer_once(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    started: list[str] = []

    class Thread(threading.Thread):
        def start(self) -> None:
            assert self.daemon
            started.append(self.name)

    monkeypatch.setattr("config.jobs.threading.Thread", Thread)
    monkeypatch.setattr(jobs, "_started", threading.Lock())
    settings.REDIS_URL = "redis://127.0.0.1:6379/0"
    assert not jobs.start_embedded_runner()
    settings.REDIS_URL = ""
    assert jobs.start_embedded_runner()
    assert not jobs.start_embedded_runner()
    assert started == ["embedded-jobs", "embedded-sequencer"]
