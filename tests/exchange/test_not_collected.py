"""Types that nobody issues electronically: what is not found among them is not collected, whatever the number."""

from typing import Any

import pytest

from audit.models import Entry
from exchange.asking import Standing
from exchange.verifying import Answer, verify_number
from foundation.clock import now
from licences.outcomes import Outcome
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city()


@pytest.fixture
def planning() -> Standing:
    return make.standing("O")


def _asked(standing: Standing, text: str = "某〔2026〕1号", item: str = "O5", **values: str) -> Answer:
    return verify_number(make.ask(text, item, **values), standing=standing)


def _retire(code: str) -> None:
    make.department(code).signing_keys.update(retired_at=now())


def test_a_number_of_a_type_without_an_issuer_here_is_not_collected(planning: Standing) -> None:
    answer = _asked(planning)
    assert (answer.verification.outcome, answer.verification.grounds.code) == (Outcome.NOT_COLLECTED, "not_collected")
    entry = Entry.objects.get(pk=answer.entry)
    assert (entry.outcome, entry.reason) == ("not_collected", "not_collected")


def test_a_real_number_outside_the_needs_answers_like_an_absent_one(planning: Standing) -> None:
    hidden, absent = _asked(planning, make.issued(make.SITE).number), _asked(planning)
    assert hidden.verification == absent.verification
    assert Entry.objects.get(pk=hidden.entry).reason == "outside_needs"


def test_where_one_of_the_needed_types_is_collected_nothing_was_found(planning: Standing) -> None:
    _retire("D")
    assert _asked(planning, item="O2").verification.outcome is Outcome.NOT_FOUND
    _retire("L")
    assert _asked(planning, item="O2").verification.outcome is Outcome.NOT_COLLECTED


def test_the_type_that_is_named_decides(planning: Standing) -> None:
    _retire("D")
    named: dict[str, Any] = {"item": "O2", "licence_type": make.STUDY}
    assert _asked(planning, **named).verification.outcome is Outcome.NOT_COLLECTED
    assert _asked(planning, item="O2", licence_type=make.LAND).verification.outcome is Outcome.NOT_FOUND


def test_a_type_of_which_some_are_kept_is_collected(planning: Standing) -> None:
    licence = make.issued(make.LAND)
    _retire("D")
    _retire("L")
    assert _asked(planning, licence.number, "O2").verification.outcome is Outcome.VALID
    assert _asked(planning, item="O2").verification.outcome is Outcome.NOT_FOUND


def test_an_item_that_needs_nothing_finds_nothing(planning: Standing) -> None:
    assert _asked(planning, item="O1").verification.outcome is Outcome.NOT_FOUND
