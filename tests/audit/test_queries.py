"""Reading the record."""

import datetime as dt
import uuid

import pytest
from django.db import transaction

from audit import queries
from audit.models import Personal
from audit.recording import Subject, Why, record
from foundation.context import Actor

pytestmark = pytest.mark.django_db


def _entry(
    action: str = "verify",
    outcome: str = "valid",
    department: str = "O",
    subject: str = "1",
    case: str = "",
    at: dt.datetime | None = None,
) -> uuid.UUID:
    with transaction.atomic():
        return record(
            action=action,
            actor=Actor(department=department, name="李"),
            subject=Subject("licence", subject),
            outcome=outcome,
            why=Why("O2", "用途", case),
            at=at,
        )


def test_entries_come_newest_first_and_narrow_by_what_is_given() -> None:
    first = _entry()
    second = _entry("disclose", "refused", "D", "2", "O2-1")
    assert [e.pk for e in queries.entries()] == [second, first]
    narrowings = (
        {"action": "disclose"},
        {"outcome": "refused"},
        {"department": "D"},
        {"case": "O2-1"},
        {"subject": "2"},
    )
    for narrowing in narrowings:
        assert [e.pk for e in queries.entries(**narrowing)] == [second]
    assert not queries.entries(action="disclose", department="O").exists()


def test_entries_about_subjects_are_those_of_the_kind() -> None:
    one, _ = _entry(subject="1"), _entry(subject="2")
    assert [e.pk for e in queries.entries_about("licence", ["1"])] == [one]
    assert not queries.entries_about("application", ["1"]).exists()


def test_one_entry_is_found_by_its_id() -> None:
    key = _entry()
    found = queries.entry_by_id(key)
    assert found
    assert found.pk == key
    assert queries.entry_by_id(uuid.uuid4()) is None


def test_an_erased_personal_value_is_gone_and_its_entry_stays() -> None:
    key = _entry()
    assert queries.personal_values([key]) == {key: {"actor": "李"}}
    Personal.objects.all().delete()
    assert queries.personal_values([key]) == {}
    assert queries.entry_by_id(key)


def test_actions_are_named_once() -> None:
    for action in ("verify", "issue", "verify"):
        _entry(action)
    assert queries.actions() == ["issue", "verify"]
