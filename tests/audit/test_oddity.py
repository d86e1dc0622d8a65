"""Odd use: when a rule is broken, what the flag says, and that ordinary work raises none."""

import datetime as dt

import pytest

from audit import oddity
from audit.errors import ClearedAlready, NoteMissing, OwnFlag
from audit.flagging import clear_flag, flags, open_flag
from audit.models import Entry, Flag, Sequenced, Window
from audit.oddity import Limits, is_off_hours, near_consecutive
from audit.tasks import watch_use
from audit.watching import MOST_EVIDENCE, forget_windows, watch_next
from foundation.clock import now
from foundation.context import Actor
from foundation.ids import new_id
from foundation.reasons import REASONS
from tests.audit.histories import CLERK, HOUR, entry, sequence

pytestmark = pytest.mark.django_db

SYSTEM = Actor(client=new_id(), department="O", role="client", name="业务系统")
AUDITOR = Actor(person=new_id(), role="auditor", name="审计")
LIMITS = Limits(
    off_hours=2, bulk=6, bulk_factor=3, same_licence=4, without_case=3, guessing=3, consecutive=4, system_factor=5
)
NIGHT = HOUR.replace(hour=15)  # eleven at night, in law
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _limits(settings) -> None:
    settings.ODD_USE = LIMITS


def looks(count: int, action: str = "verify", **values) -> None:
    """Write ordinary looks: each at a licence of its own, for a case of its own."""
    for _ in range(count):
        entry(action, **{"subject": f"S{new_id()}", "case": f"C{new_id()}", "number": f"{new_id()}号", **values})
    sequence()
    watch_use()


def raised() -> list[str]:
    return sorted(flags().values_list("reason", flat=True))


def test_ordinary_work_raises_no_flag() -> None:
    looks(5)
    looks(5, at=HOUR + dt.timedelta(hours=1))
    assert raised() == []


@pytest.mark.parametrize(
    ("local", "off"),
    [
        ("2026-11-24T07:59", True),
        ("2026-11-24T08:00", False),
        ("2026-11-24T18:59", False),
        ("2026-11-24T19:00", True),
        ("2026-11-22T10:00", True),  # a Sunday
        ("2026-10-01T10:00", True),  # National Day
        ("2026-10-10T10:00", False),  # a Saturday on which people work for it
        ("2031-06-02T10:00", False),  # a Monday of a year whose holidays nobody has announced
    ],
)
def test_offices_are_closed_at_night_at_weekends_and_on_holidays(local: str, off: bool) -> None:
    at = dt.datetime.fromisoformat(f"{local}+08:00")
    assert is_off_hours(at, Limits()) is off


def test_looks_outside_of_office_hours_are_odd_from_a_number_on_and_a_systems_never() -> None:
    looks(1, at=NIGHT)
    looks(20, at=NIGHT, actor=SYSTEM)
    assert raised() == []
    looks(1, at=NIGHT + 40 * MINUTE)
    assert raised() == ["odd_off_hours"]
    flag = Flag.objects.get()
    assert (flag.count, flag.department, flag.actor) == (2, "O", f"person:{CLERK.person}")
    assert flag.since == dt.datetime(2026, 11, 23, 16, tzinfo=dt.UTC)
    assert flag.until - flag.since == dt.timedelta(days=1)


def test_bulk_is_judged_by_a_persons_own_history() -> None:
    for hour in range(5):
        looks(4, at=HOUR - dt.timedelta(days=1) + dt.timedelta(hours=hour))
    looks(11)
    assert raised() == []  # at three times the usual four, twelve are odd
    looks(1)
    flag = Flag.objects.get()
    assert (flag.reason, flag.count, flag.usual) == ("odd_bulk", 12, 4)
    looks(6, actor=Actor(person=new_id(), department="O"))  # who has no history at all
    assert raised() == ["odd_bulk", "odd_bulk"]


def test_a_system_may_do_many_times_as_much_as_a_person() -> None:
    looks(29, actor=SYSTEM)
    assert raised() == []
    looks(1, actor=SYSTEM)
    assert raised() == ["odd_bulk"]


def test_one_person_who_looks_at_one_licence_again_and_again_is_flagged_with_the_entries() -> None:
    for day in range(3):
        looks(1, subject="L1", at=HOUR + dt.timedelta(days=day - 1))
    looks(3, subject="L1", actor=Actor(person=new_id(), department="O"))
    looks(4, subject="L1", actor=SYSTEM)
    looks(3, subject="L2")
    looks(1, subject="L1", at=HOUR + dt.timedelta(days=7))  # another week
    assert raised() == []
    looks(1, subject="L1", outcome="refused")
    flag = Flag.objects.get()
    assert (flag.reason, flag.about, flag.count) == ("odd_same_licence", "L1", 4)
    assert {Entry.objects.get(pk=key).subject for key in flag.evidence} == {"L1"}


def test_looks_without_a_case_are_odd_from_a_number_a_day_on() -> None:
    looks(2, case="")
    looks(2, case="", at=HOUR + dt.timedelta(days=1))
    assert raised() == []
    looks(1, case="")
    assert raised() == ["odd_without_case"]


def test_numbers_being_guessed_show_by_what_is_not_found() -> None:
    looks(1, outcome="not_found", subject="")
    looks(1, outcome="mismatch")
    looks(2)
    assert raised() == []
    looks(1, outcome="ambiguous", subject="")
    assert raised() == ["odd_guessing"]


def test_numbers_next_to_each_other_are_odd_though_all_are_found() -> None:
    for serial in (1, 2, 4):
        looks(1, number=f"成规〔2026〕{serial}号")
    looks(1, number="成规〔2025〕3号")
    assert raised() == []
    looks(1, number="成规〔2026〕5号")
    assert raised() == ["odd_consecutive"]
    assert Flag.objects.get().count == 4


def test_neighbours_are_found_in_numbers_and_in_identifiers() -> None:
    issuer = "1.2.156.3005.2.11100000000013338W011.11430000006122244L"
    assert near_consecutive([f"{issuer}.20230000403.001.U", f"{issuer}.20230000404.001.9"]) == 2
    assert near_consecutive(["甲1号", "乙2号", "甲4号", "无号", ""]) == 0
    assert near_consecutive(["7", "7", "007"]) == 0  # one number, however it is written
    assert near_consecutive([f"{n}" for n in (10, 12, 14, 20, 99, 100)]) == 5


def test_an_open_flag_grows_and_a_cleared_one_stays_as_it_was() -> None:
    looks(3, case="")
    looks(2, case="")
    flag = Flag.objects.get()
    assert flag.count == 5
    assert len(flag.evidence) == 5
    clear_flag(flag, note="值班核查", actor=AUDITOR)
    looks(2, case="")
    flag.refresh_from_db()
    assert flag.count == 5
    assert "odd_without_case" not in raised()


def test_what_a_flag_keeps_as_evidence_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audit.watching.MOST_EVIDENCE", 4)
    assert MOST_EVIDENCE > 4
    looks(7, case="")
    latest = Sequenced.objects.order_by("-index").values_list("entry", flat=True)[:4]
    assert Flag.objects.get(reason="odd_without_case").evidence == [str(key) for key in latest][::-1]


def test_what_is_no_look_by_a_departments_own_is_left_alone() -> None:
    looks(9, "issue", case="")
    looks(9, actor=Actor(), case="", outcome="not_found")
    looks(9, actor=Actor(person=new_id(), role="citizen"), case="")
    assert not Window.objects.exists()


def looks_in_batches(sizes: list[int]) -> list[tuple[str, int]]:
    Flag.objects.all().delete()
    Window.objects.all().delete()
    for n in range(9):
        entry(case="", subject="L1", outcome="mismatch", number=str(n))
    sequence()
    for size in sizes:
        watch_next(size)
    watch_use()
    return sorted(Flag.objects.values_list("reason", "count"))


def test_flags_are_the_same_however_the_entries_are_cut_into_batches() -> None:
    whole = looks_in_batches([9])
    assert [reason for reason, _ in whole] == [
        "odd_bulk", "odd_consecutive", "odd_guessing", "odd_same_licence", "odd_without_case",
    ]  # fmt: skip
    assert {count for _, count in whole} == {9}
    assert looks_in_batches([1, 3, 2, 1, 2]) == whole


def test_a_crash_leaves_neither_windows_nor_flags_and_the_next_run_finds_them(monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        entry(case="")
    sequence()
    with monkeypatch.context() as patch:
        patch.setattr("audit.watching.record", lambda **values: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            watch_next()
    assert not Window.objects.exists()
    assert not Flag.objects.exists()
    watch_next()
    assert raised() == ["odd_without_case"]


def test_raising_looking_at_and_clearing_a_flag_are_recorded() -> None:
    looks(3, case="")
    flag = open_flag(Flag.objects.get().pk, actor=AUDITOR)
    assert flag
    assert open_flag(new_id(), actor=AUDITOR) is None
    clear_flag(flag, note=" 电话核实 ", actor=AUDITOR)
    flag.refresh_from_db()
    assert (flag.cleared_by, flag.note) == (AUDITOR.person, "电话核实")
    found = Entry.objects.filter(subject_kind="flag").order_by("id")
    assert [(e.action, e.outcome, e.reason) for e in found] == [
        ("raise_flag", "raised", "odd_without_case"),
        ("open_flag", "done", ""),
        ("clear_flag", "cleared", "odd_without_case"),
    ]
    assert {e.subject for e in found} == {str(flag.pk)}


def test_nobody_clears_a_flag_twice_their_own_or_without_a_word_and_the_attempt_is_recorded() -> None:
    looks(3, case="")
    flag = Flag.objects.get()
    with pytest.raises(NoteMissing):
        clear_flag(flag, note=" ", actor=AUDITOR)
    with pytest.raises(OwnFlag):
        clear_flag(flag, note="没事", actor=CLERK)
    clear_flag(flag, note="核实", actor=AUDITOR)
    with pytest.raises(ClearedAlready):
        clear_flag(flag, note="核实", actor=AUDITOR)
    refused = Entry.objects.filter(action="clear_flag", outcome="refused").order_by("id")
    assert [e.reason for e in refused] == ["note_required", "own_flag", "flag_cleared"]
    flag.refresh_from_db()
    assert flag.note == "核实"


def test_windows_that_nobody_looks_back_at_are_forgotten() -> None:
    looks(1, at=HOUR - dt.timedelta(days=3000))
    looks(1, at=now())
    forget_windows()
    assert Window.objects.exists()
    assert not Window.objects.filter(start__lt=now() - dt.timedelta(days=60)).exists()


def test_every_rule_has_its_reason_in_both_languages() -> None:
    rules = {value for value in vars(oddity).values() if isinstance(value, str) and value.startswith("odd_")}
    assert len(rules) == 6
    assert rules <= set(REASONS)
