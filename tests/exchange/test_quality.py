"""The figures of quality: what each check finds, that they equal a recount whatever happened, and the rows behind."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.sequencing import keep_up
from exchange.corrections.answering import answer_report
from exchange.corrections.reporting import report_look
from exchange.corrections.texts import Said
from exchange.models import Assessment, Finding, QualityFigure, QualitySweep
from exchange.quality.checks import CORRECTED, FAULTY, JUDGED, Check, days_of
from exchange.quality.counting import count_next, differences, forget, note_overdue, sweep_next
from exchange.quality.queries import (
    figures_by_owner,
    findings,
    lists_not_published,
    quality_of_types,
    rows_by_issuer,
    upheld_reports,
)
from exchange.tasks import count_quality
from exchange.verifying import verify_number
from foundation.clock import legal_day, now
from foundation.context import PLATFORM
from licences.models import Licence, StatusList
from licences.operating import operate
from tests import factories as make
from tests.portal.issuer_room import land_form

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city()


def _count() -> None:
    """Take the record into the figures, as the periodic task does."""
    keep_up()
    while count_next():
        pass


def _counts(name: str = make.LAND, **values: Any) -> Mapping[str, int]:
    found = {quality.licence_type.name_zh: quality.counts for quality in quality_of_types(**values)}
    return found.get(name, {})


def _kinds(licence: Licence) -> set[tuple[str, str]]:
    return set(Finding.objects.filter(assessment=licence.pk).values_list("kind", "field"))


# --- What each check finds -----------------------------------------------------------------------------------------


def test_a_licence_without_fault_is_counted_and_nothing_more() -> None:
    make.issued(make.LAND)
    _count()
    assert _counts() == {JUDGED: 1}
    (quality,) = quality_of_types()
    assert (quality.judged, quality.share(FAULTY)) == (1, 0)


def test_what_a_complete_licence_holds_and_this_one_lacks_is_named_by_field() -> None:
    land_form()
    make.edit(make.licence_type(make.LAND).versions.get(), schema=_schema_expecting("area", "use"))
    licence = make.issued(make.LAND, content={"location": "高新区", "use": "工业"})
    _count()
    assert _kinds(licence) == {(Check.INCOMPLETE, "area")}


def _schema_expecting(*names: str) -> dict[str, Any]:
    schema = dict(make.licence_type(make.LAND).versions.get().schema)
    return {**schema, "x-expected": list(names)}


def test_content_against_the_schema_of_its_own_version_is_found_and_a_later_version_is_not_asked() -> None:
    land_form()
    licence = make.issued(make.LAND, content={"location": "高新区", "area": 12})
    version = make.licence_type(make.LAND).versions.get()
    schema = dict(version.schema)
    narrower = {**schema["properties"], "area": {**schema["properties"]["area"], "maximum": 5}}
    land_form_of = {**schema, "properties": narrower}
    make.edit(version, schema=land_form_of)
    _count()
    assert _kinds(licence) == {(Check.INVALID, "area")}
    make.edit(version, schema=schema)
    land_form(number_template="国土〔{year}〕{serial}号")
    while sweep_next():
        pass
    assert _kinds(licence) == set()


@pytest.mark.parametrize(
    ("number", "fits"), [("成国土局〔2020〕7号", True), ("成国土局[2020]0007号", True), ("旧字7", False)]
)
def test_a_number_off_its_template_is_found(number: str, fits: bool) -> None:
    licence = make.issued(make.LAND, number=number)
    _count()
    assert ((Check.NUMBER_FORM, "certificateNumber") in _kinds(licence)) is not fits


def test_a_wrong_check_character_and_a_wrong_holders_number_are_found() -> None:
    licence = make.issued(make.LAND)
    make.edit(licence, identifier=f"{licence.identifier[:-1]}{'A' if licence.identifier[-1] != 'A' else 'B'}")
    make.edit(licence.holders.get(), code_type="111")
    while sweep_next():
        pass
    assert _kinds(licence) == {
        (Check.IDENTIFIER, "certificateIdentifier"),
        (Check.HOLDER_NUMBER, "certificateHolderCode"),
    }


def test_two_licences_with_one_number_are_both_found_and_with_one_gone_none_is() -> None:
    one, first = make.issued(make.LAND, number="成国土局〔2020〕7号"), make.issued(make.LAND, make.company(2))
    other = make.issued(make.LAND, make.company(2), replaces=first, operation="change")
    make.rewrite(other, number="成国土局[2020]7号", number_key=one.number_key)
    while sweep_next():
        pass
    assert _kinds(one) == {(Check.NUMBER_TWICE, "")}
    assert (Check.NUMBER_TWICE, "") in _kinds(other)
    operate(other, "revoke", reason="重复", actor=PLATFORM)
    _count()
    assert _kinds(one) == set()
    assert _counts() == {JUDGED: 1}


def test_the_same_holder_and_content_twice_is_found_and_another_holders_is_not() -> None:
    company, content = make.company(1), {"projectName": "改造"}
    twins = [make.issued(make.LAND, company, content=content) for _ in range(2)]
    third = make.issued(make.LAND, make.company(2), content=content)
    fourth = make.issued(make.LAND, company, content={"projectName": "另一项目"})
    _count()
    assert [_kinds(licence) for licence in twins] == [{(Check.CONTENT_TWICE, "")}] * 2
    assert _kinds(third) == _kinds(fourth) == set()
    triplet = make.issued(make.LAND, company, content=content)
    _count()
    assert _counts()[Check.CONTENT_TWICE] == 3
    for licence in twins:
        operate(licence, "cancel", reason="重复", actor=PLATFORM)
    _count()
    assert _kinds(triplet) == set()


def test_what_is_past_its_end_is_found_until_it_is_marked() -> None:
    licence = make.issued(make.LAND, valid_until=legal_day(now()))
    _count()
    later = now() + dt.timedelta(days=1)
    assert (note_overdue(), note_overdue(at=later), note_overdue(at=later)) == (0, 1, 0)
    assert _kinds(licence) == {(Check.OVERDUE, "certificateExpiringDate")}
    operate(licence, "expire", actor=PLATFORM)
    _count()
    assert _kinds(licence) == set()
    assert _counts() == {JUDGED: 1}


def test_a_credential_that_does_not_open_is_found() -> None:
    licence = make.tampered(make.LAND)
    _count()
    assert (Check.UNREADABLE, "") in _kinds(licence)


@pytest.mark.parametrize("operation", ["cancel", "revoke", "withdraw", "annul"])
def test_what_has_ended_is_judged_no_longer(operation: str) -> None:
    licence = make.issued(make.LAND, number="旧字7")
    _count()
    assert _counts()[FAULTY] == 1
    operate(licence, operation, reason="测试", actor=PLATFORM)
    _count()
    assert _counts() == {}
    assert not Assessment.objects.exists()


def test_no_value_of_a_licence_stands_in_what_is_kept() -> None:
    make.issued(make.LAND, number="旧字7", content={"projectName": "秘密项目"})
    _count()
    kept = str(list(Finding.objects.values())) + str(list(Assessment.objects.values()))
    for value in ("秘密项目", make.company_code(1), "旧字7"):
        assert value not in kept


# --- Freshness, corrections, ranking -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("frequency", "days"), [("每日", 1), ("每月更新", 31), ("每年", 366), ("实时", None), ("", None), ("不定期", None)]
)
def test_an_update_frequency_has_its_days(frequency: str, days: int | None) -> None:
    assert days_of(frequency) == days


def test_a_type_is_stale_once_nothing_has_changed_for_longer_than_it_promises() -> None:
    make.edit(make.licence_type(make.LAND), update_frequency="每周")
    make.issued(make.LAND)
    _count()
    (quality,) = quality_of_types()
    assert quality.changed_at
    assert not quality.is_stale(quality.changed_at + dt.timedelta(days=7))
    assert quality.is_stale(quality.changed_at + dt.timedelta(days=7, seconds=1))


def test_a_status_list_is_late_while_it_is_older_than_its_licences() -> None:
    make.issued(make.LAND)
    listed = StatusList.objects.get()
    make.edit(listed, changed_at=now(), published_at=now() - dt.timedelta(hours=1))
    assert not lists_not_published(now()).exists()
    assert list(lists_not_published(now() + dt.timedelta(minutes=3))) == [listed]
    assert not lists_not_published(now() + dt.timedelta(minutes=3), ["D"]).exists()
    make.edit(listed, published_at=now())
    assert not lists_not_published(now() + dt.timedelta(minutes=3)).exists()


def _upheld() -> None:
    licence, clerk = make.issued(make.LAND), make.clerk("O")
    entry = verify_number(make.ask(licence.number), standing=make.standing("O")).entry
    report = report_look(entry, person=clerk, field="certificateExpiringDate", said=Said("错"))
    until = legal_day(now()) + dt.timedelta(days=30)
    make.issued(make.LAND, licence.holders.get(), replaces=licence, operation="change", valid_until=until)
    answer_report(report, person=make.clerk("L"), step="uphold")


def test_reports_that_were_upheld_are_counted_with_their_rows() -> None:
    _upheld()
    _count()
    assert _counts() == {JUDGED: 1, CORRECTED: 1}
    land = make.licence_type(make.LAND).pk
    assert upheld_reports(land).count() == upheld_reports(land, ["L"]).count() == 1
    assert upheld_reports(land, ["D"]).count() == 0


def test_departments_see_figures_and_rows_of_what_they_issued_alone() -> None:
    make.issued(make.LAND, number="旧字7")
    _count()
    land = make.licence_type(make.LAND).pk
    assert _counts(issuers=["L"])[FAULTY] == 1
    assert _counts(issuers=["D"]) == {}
    assert findings(land, FAULTY, ["L"]).count() == findings(land, Check.NUMBER_FORM).count() == 1
    assert findings(land, FAULTY, ["D"]).count() == findings(land, Check.INVALID).count() == 0
    assert [(t.name_zh, issuer.code) for t, issuer, _ in rows_by_issuer()] == [(make.LAND, "L")]
    assert figures_by_owner() == {"L": (0, 1)}


# --- Counting ------------------------------------------------------------------------------------------------------


def test_each_run_takes_so_much_at_most_and_none_is_left_out() -> None:
    for _ in range(5):
        make.issued(make.LAND)
    keep_up()
    assert count_next(2) == 2
    while count_next(2):
        pass
    assert _counts() == {JUDGED: 5, Check.CONTENT_TWICE: 5, FAULTY: 5}
    assert [sweep_next(2) for _ in range(4)] == [2, 2, 1, 0]
    assert QualitySweep.objects.get().rounds == 1
    assert differences(now()) == {}


def test_the_task_does_all_of_it_and_again_changes_nothing() -> None:
    make.expired(make.LAND)
    make.issued(make.LAND, number="旧字7")
    keep_up()
    for _ in range(2):
        count_quality()
        assert _counts() == {JUDGED: 2, Check.OVERDUE: 1, Check.NUMBER_FORM: 1, Check.CONTENT_TWICE: 2, FAULTY: 2}
    assert differences(now()) == {}


def test_all_figures_come_back_after_they_were_taken_away() -> None:
    _upheld()
    make.issued(make.LAND, number="旧字7")
    _count()
    before = _counts()
    forget()
    while sweep_next(2):
        pass
    assert _counts() == before
    assert differences(now()) == {}


def test_a_figure_that_was_altered_is_found_by_the_recount() -> None:
    make.issued(make.LAND)
    _count()
    make.edit(QualityFigure.objects.get(), count=7)
    ((have, true),) = differences(now()).values()
    assert (have, true) == (7, 1)


def test_the_page_reads_figures_and_never_a_licence(django_assert_num_queries: Any) -> None:
    for _ in range(3):
        make.issued(make.LAND)
    _count()
    with django_assert_num_queries(3) as caught:
        quality_of_types()
    assert not any("licences_licence" in query["sql"] for query in caught.captured_queries)


STEPS = ("issue", "twin", "same", "cancel", "suspend", "resume", "expire", "change", "count", "sweep", "overdue")


@given(steps=st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 9)), min_size=3, max_size=14))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_after_any_history_the_figures_equal_a_recount(steps: list[tuple[str, int]]) -> None:
    with transaction.atomic():
        for step, pick in steps:
            _take(step, pick)
        _count()
        while note_overdue(2):
            pass
        assert differences(now()) == {}
        transaction.set_rollback(True)


def _take(step: str, pick: int) -> None:
    living = list(Licence.objects.filter(state__in=("valid", "suspended")).order_by("pk"))
    one = living[pick % len(living)] if living else None
    if step in ("issue", "twin", "same"):
        number = f"旧字{pick % 3}" if step == "twin" else ""
        taken = Licence.objects.filter(number=number).exists()
        holder = make.company(1 if step == "same" else 1 + pick % 3)
        make.issued(make.LAND, holder, number="" if taken else number, content={"projectName": "同"})
    elif step == "count":
        _count()
    elif step == "sweep":
        sweep_next(1 + pick % 4)
    elif step == "overdue":
        note_overdue(1 + pick % 3)
    elif one and step == "change":
        make.issued(make.LAND, one.holders.get(), replaces=one, operation="change")
    elif one and (step != "resume" or one.state == "suspended") and (step != "suspend" or one.state == "valid"):
        operate(one, step, reason="测试", actor=PLATFORM)
