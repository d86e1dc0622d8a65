"""Named readers of the sequenced record: each takes every entry once, in the order of the tree, whatever crashes."""

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.feed import entries_before, hold, rewind, take, taken_by
from audit.models import Entry, Sequenced
from tests.audit.histories import entry, place, sequence

if TYPE_CHECKING:
    from uuid import UUID

pytestmark = pytest.mark.django_db


def test_a_reader_takes_what_is_sequenced_and_nothing_that_waits() -> None:
    entry()
    with take("reader") as taken:
        assert taken == []
    sequence()
    waiting = entry()
    with take("reader") as taken:
        assert [placed.index for placed in taken] == [0]
        assert taken[0].entry.pk != waiting
    assert taken_by("reader") == 1


def test_the_tree_orders_the_entries_not_their_times() -> None:
    written = [entry() for _ in range(5)]
    place([written[3], written[0], written[4]])
    with take("reader") as taken:
        assert [placed.entry.pk for placed in taken] == [written[3], written[0], written[4]]


def test_readers_do_not_disturb_each_other() -> None:
    entry()
    sequence()
    for name in ("one", "other"):
        with take(name) as taken:
            assert len(taken) == 1


def test_a_reader_that_begins_anew_takes_all_again() -> None:
    entry()
    sequence()
    with take("reader"):
        pass
    rewind("reader")
    assert hold("reader") == 0
    with take("reader") as taken:
        assert len(taken) == 1


def test_an_entry_that_was_archived_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    entry()
    kept = entry()
    sequence()
    gone = Entry.objects.exclude(pk=kept)
    monkeypatch.setattr("audit.feed.Entry.objects", gone.model.objects.filter(pk=kept))
    with take("reader") as taken:
        assert [placed.entry.pk for placed in taken] == [kept]
    assert taken_by("reader") == 2


def test_all_entries_before_a_place_are_read_in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audit.feed.CHUNK", 2)
    written = [entry() for _ in range(5)]
    sequence()
    assert [placed.entry.pk for placed in entries_before(4)] == written[:4]
    assert [placed.index for placed in entries_before(9)] == [0, 1, 2, 3, 4]


@given(
    steps=st.lists(st.tuples(st.integers(0, 4), st.integers(1, 3), st.sampled_from(["whole", "crash"])), max_size=12)
)
def test_each_entry_is_taken_once_whatever_crashes(steps: list[tuple[int, int, str]]) -> None:
    start = Sequenced.objects.count()
    rewind("reader")
    with take("reader", start + 1):
        pass
    taken_in_all: list[UUID] = []
    written: list[UUID] = []
    for new, limit, end in [*steps, (0, 1000, "whole")]:
        written += [entry() for _ in range(new)]
        sequence()
        try:
            with take("reader", limit) as taken:
                assert len(taken) <= limit
                1 / (end != "crash")
                taken_in_all += [placed.entry.pk for placed in taken]
        except ZeroDivisionError:
            continue
    assert taken_in_all == written
