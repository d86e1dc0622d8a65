"""What every test shares: its own database file, cheap password hashes, and what was recorded meanwhile."""

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.db import connections
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from exchange.rates.charging import forget

if TYPE_CHECKING:
    from pytest_django import Settings

hypothesis_settings.register_profile(
    "suite",
    deadline=None,
    derandomize=True,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
hypothesis_settings.load_profile("suite")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is about what is not there: whoever checks a change runs the suite on both, and with Redis."""
    here = {connections["default"].vendor, *(["redis"] if os.environ.get("REDIS_URL") else [])}
    kept: list[pytest.Item] = []
    left: list[pytest.Item] = []
    for item in items:
        marker = item.get_closest_marker("about")
        (kept if marker is None or here & set(marker.args) else left).append(item)
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = kept


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Give each run its own SQLite file, so that two runs in one working tree do not take each other's."""
    database = connections["default"]
    if database.vendor == "sqlite":
        path: Path = tmp_path_factory.mktemp("database") / "test.sqlite3"
        database.settings_dict["TEST"]["NAME"] = str(path)


@pytest.fixture(autouse=True)
def _cheap_hashes(settings: "Settings") -> None:
    # A real hash takes a third of a second by design; passwords and client secrets are hashed in many tests.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _no_rates(settings: "Settings") -> None:
    # What is counted stays after a test, in Redis and in the process: tests of the limits set their own.
    settings.RATES = replace(settings.RATES, client=0, department=0, licence_type=0, sign_in=0)
    forget()
