"""Periodic work beside a running server: embedded without Redis, by Celery's worker and beat with it."""

import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.journeys.conftest import City

COUNT = "from audit.models import Entry; print(Entry.objects.filter(action='expire').count())"


@pytest.mark.usefixtures("jobs")
def test_licences_past_their_term_are_marked_without_anybody_asking(city: "City") -> None:
    for _ in range(90):
        if int(city.manage("shell", "--no-imports", "-c", COUNT).stdout or 0) > 0:
            return
        time.sleep(1)
    pytest.fail("no licence past its term was marked as expired")
