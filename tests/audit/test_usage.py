"""Figures of use: what they mean, and that they always equal a recount from the entries."""

import datetime as dt
from collections import Counter
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from audit.models import Entry, Seen, Sequenced, UsageHour
from audit.tally import MOST, OTHERS
from audit.tasks import count_usage
from audit.usage import count_next, differences, forget
from foundation.context import Actor
from tests.audit.histories import HOUR, entry, sequence

pytestmark = pytest.mark.django_db


def total(name: str, **narrowing: str) -> int:
    return sum(UsageHour.objects.filter(**narrowing).values_list(name, flat=True))


def counted() -> None:
    sequence()
    count_usage()


def test_each_combination_of_an_hour_has_one_figure() -> None:
    for _ in range(3):
        entry()
    entry(outcome="refused", reason="rate_exceeded", subject="")
    entry(at=HOUR + dt.timedelta(hours=1), licence_type="T1")
    counted()
    found = UsageHour.objects.order_by("hour", "outcome").values_list("hour", "outcome", "reason", "count")
    assert [(at - HOUR, outcome, reason, count) for at, outcome, reason, count in found] == [
        (dt.timedelta(0), "refused", "rate_exceeded", 1),
        (dt.timedelta(0), "valid", "", 3),
        (dt.timedelta(hours=1), "valid", "", 1),
    ]
    assert total("count", licence_type="T1") == 1


def test_what_waits_for_its_place_is_not_counted_yet() -> None:
    entry()
    assert count_usage() == 0
    assert not UsageHour.objects.exists()
    assert sequence() == 1
    assert count_usage() == 1
    assert count_usage() == 0
    assert total("count") == 1


def test_a_departments_first_look_at_a_licence_is_told_from_its_later_ones() -> None:
    entry(outcome="not_found")  # tells no state
    entry(outcome="refused")
    entry(outcome="suspended")
    entry("disclose", "valid", case="O2-2")
    entry(subject="2")
    entry(actor=Actor(department="M"))
    entry("issue", "issued")
    counted()
    assert (total("first_time"), total("repeated")) == (3, 1)
    assert total("first_time", outcome="suspended") == 1
    assert total("repeated", action="disclose") == 1


def test_a_paper_copy_is_saved_once_for_each_item_case_and_licence() -> None:
    entry()
    entry("disclose", "valid")  # the same licence in the same case
    entry(actor=Actor(department="D"))  # another counter, the same case
    entry(subject="2")
    entry(case="O2-2")
    entry(item="O3")  # a case of another item may have the same number
    entry(case="")
    entry(outcome="no_longer_valid", case="O2-3")
    entry(outcome="not_found", subject="", case="O2-4")
    counted()
    assert total("papers_saved") == 4


def test_nobody_floods_the_figures_with_texts_of_their_own() -> None:
    most = MOST["purpose"]
    for n in range(most + 3):
        entry(purpose=f"用途{n}")
    counted()
    entry(purpose="用途0")
    entry(purpose="新用途")
    entry(purpose="新用途", actor=Actor(department="M"))
    entry(purpose="")
    counted()
    assert total("count", purpose=OTHERS) == 4
    assert total("count", purpose="用途0") == 2
    assert total("count", purpose="新用途", department="M") == 1
    assert total("count", purpose="") == 1
    assert differences() == {}


HISTORY = st.lists(
    st.fixed_dictionaries(
        {
            "action": st.sampled_from(["verify", "verify", "disclose", "issue"]),
            "outcome": st.sampled_from(["valid", "valid", "suspended", "not_found", "refused"]),
            "subject": st.sampled_from(["", "1", "2", "3"]),
            "case": st.sampled_from(["", "C1", "C2"]),
            "item": st.sampled_from(["O2", "O3"]),
            "purpose": st.sampled_from(["甲", "乙", "丙", ""]),
            "actor": st.sampled_from([Actor(department="O"), Actor(department="M")]),
            "at": st.integers(0, 200).map(lambda minutes: HOUR + dt.timedelta(minutes=minutes)),
        }
    ),
    max_size=12,
)
BATCHES = st.lists(st.tuples(st.integers(1, 7), st.sampled_from(["", "figures", "marks"])), max_size=6)


@given(parts=st.lists(st.tuples(HISTORY, BATCHES), max_size=4))
def test_figures_equal_a_recount_after_any_history_batches_and_crashes(
    parts: list[tuple[list[dict], list[tuple[int, str]]]],
) -> None:
    forget()
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(MOST, "purpose", 2)
        for history, batches in parts:
            for values in history:
                entry(**values)
            sequence()
            for limit, crash in batches:
                _count(limit, crash)
        assert differences() == {}
        while count_next(5):
            pass
        assert differences() == {}
    _assert_equal_to_a_plain_count()


def _count(limit: int, crash: str) -> None:
    """Count one batch, or crash before one of its writes, so that nothing of it stays."""
    with pytest.MonkeyPatch.context() as patch:
        if crash:

            def fail(*args: object, **kwargs: object) -> None:
                raise InterruptedError

            patch.setattr(UsageHour.objects if crash == "figures" else Seen.objects, "bulk_create", fail)
        try:
            count_next(limit)
        except InterruptedError:
            assert crash


def _assert_equal_to_a_plain_count() -> None:
    """Compare with the definitions written once more, over all entries at once."""
    by_key = Entry.objects.in_bulk()
    entries = [by_key[key] for key in Sequenced.objects.order_by("index").values_list("entry", flat=True)]
    states = ("valid", "not_yet_valid", "suspended", "no_longer_valid")
    looks = [e for e in entries if e.action in ("verify", "disclose")]
    told = [e for e in looks if e.outcome in states and e.subject]
    pairs = {(e.actor_department, e.subject) for e in told}
    copies = {(e.item, e.case, e.subject) for e in looks if e.outcome == "valid" and e.subject and e.case}
    assert (total("first_time"), total("repeated")) == (len(pairs), len(told) - len(pairs))
    assert total("papers_saved") == len(copies)
    by_outcome = Counter((e.actor_department, e.action, e.outcome) for e in entries)
    assert {key: total("count", department=key[0], action=key[1], outcome=key[2]) for key in by_outcome} == by_outcome
    assert total("count") == len(entries)


def test_the_command_finds_a_figure_that_was_edited_and_makes_it_anew() -> None:
    entry()
    entry("disclose")
    counted()
    out = StringIO()
    call_command("usage", "--check", stdout=out)
    assert "hold 2 entries" in out.getvalue()
    UsageHour.objects.filter(action="disclose").update(count=7)
    UsageHour.objects.filter(action="verify").delete()
    with pytest.raises(CommandError, match="2 figures differ"):
        call_command("usage", "--check", stdout=out)
    assert "count=7" in out.getvalue()
    call_command("usage", "--rebuild", stdout=out)
    call_command("usage", "--check", stdout=out)
    assert total("count") == 2
    assert (total("first_time"), total("repeated"), total("papers_saved")) == (1, 1, 1)


def test_hours_whose_entries_were_archived_are_not_compared_and_not_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    entry(at=HOUR - dt.timedelta(days=90))
    kept = entry()
    counted()
    # The months before are gone from the table, and with them the first look at the licence.
    monkeypatch.setattr("audit.usage.archived_before", lambda: dt.date(2026, 11, 1))
    monkeypatch.setattr("audit.feed.Entry.objects", Entry.objects.filter(pk=kept))
    out = StringIO()
    call_command("usage", "--check", stdout=out)
    with pytest.raises(CommandError, match="copy of the database from before archive_record"):
        call_command("usage", "--rebuild", stdout=out)
    assert total("count") == 2
    UsageHour.objects.filter(hour=HOUR).update(count=5)
    with pytest.raises(CommandError, match="1 figures differ"):
        call_command("usage", "--check", stdout=out)
