"""What the catalogue says that items need, beside what was asked for; and departments ranked by it."""

import datetime as dt
from typing import Any

import pytest

from audit.figures import Narrowing
from audit.tasks import count_usage
from exchange.applying import withdraw
from exchange.deciding import approve, refuse, verify_references
from exchange.disclosing import disclose
from exchange.errors import AccessRefused
from exchange.quality.counting import count_next
from exchange.ranking import Ranked, Share, ranking
from exchange.using import Paper, Refusals, asking_for_paper, most_refused, need_uses, unused
from exchange.verifying import verify_number
from foundation.clock import legal_day, now
from foundation.reasons import Refused
from registry.models import Succession
from tests import factories as make
from tests.audit.histories import sequence

pytestmark = pytest.mark.django_db

DAY = dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city()


def counted() -> None:
    sequence()
    count_usage()


def lately(**values: Any) -> Narrowing:
    return Narrowing(now() - 30 * DAY, now() + DAY, **values)


def exercised() -> set[tuple[str, int]]:
    counted()
    return {(use.item.code, use.group.number) for use in need_uses(lately()) if use.last}


def test_every_need_of_every_item_in_force_is_listed_with_whether_it_is_shared(
    django_assert_max_num_queries: Any,
) -> None:
    with django_assert_max_num_queries(6):
        uses = need_uses(lately())
    assert [(use.item.code, use.group.number) for use in uses] == [
        ("D2", 1), ("D2", 2), ("D2", 3), ("D3", 1), ("L1", 1), ("M1", 1), ("M2", 1),
        ("O2", 1), ("O2", 2), ("O3", 1), ("O4", 1), ("O5", 1),
    ]  # fmt: skip
    assert {use.item.code for use in uses if not use.shared} == {"O4"}
    assert {use.item.code for use in unused(uses)} == {"D2", "D3", "L1", "M1", "M2", "O2", "O3", "O5"}


def test_a_look_that_was_not_refused_exercises_the_need_of_its_item_alone() -> None:
    licence = make.issued(make.LAND)
    verify_number(make.ask(licence.number, licence_type=make.LAND), standing=make.standing("O"))
    # D2 needs the same type and was not asked for.
    assert exercised() == {("O2", 2)}


def test_any_type_of_a_need_exercises_it_and_one_it_succeeded_too() -> None:
    old = make.issued(make.STUDY)
    verify_number(make.ask(old.identifier), standing=make.standing("O"))
    assert exercised() == {("O2", 1)}
    Succession.objects.create(kind="licence_type", old=make.STUDY, new=make.SITE, since=legal_day(now()))
    assert ("L1", 1) not in exercised()
    verify_number(make.ask(old.identifier, "L1"), standing=make.standing("L"))
    assert ("L1", 1) in exercised()


def test_what_was_refused_or_is_long_ago_exercises_nothing() -> None:
    deed = make.issued(make.DEED)
    with pytest.raises(AccessRefused):
        verify_number(make.ask(deed.identifier, "O3"), standing=make.standing("O"))
    land = make.issued(make.LAND)
    verify_number(make.ask(land.identifier), standing=make.standing("O"), at=now() - 40 * DAY)
    assert exercised() == set()
    verify_number(make.ask(land.identifier), standing=make.standing("O"))
    assert exercised() == {("O2", 2)}


def test_needs_are_narrowed_to_a_department_and_an_item() -> None:
    assert {use.item.code for use in need_uses(lately(department="M"))} == {"M1", "M2"}
    assert {use.item.code for use in need_uses(lately(item="L1"))} == {"L1"}
    assert {use.item.code for use in need_uses(lately(departments=("L", "M")))} == {"L1", "M1", "M2"}
    assert need_uses(lately(department="O", departments=("L",))) == []


def test_the_most_refused_come_with_their_reasons() -> None:
    deed = make.issued(make.DEED)
    for _ in range(2):
        with pytest.raises(AccessRefused):
            verify_number(make.ask(deed.identifier, "O3"), standing=make.standing("O"))
    with pytest.raises(Refused):
        disclose(make.ask(deed.identifier, "O3", case=""), standing=make.standing("O"))
    code = make.licence_type(make.DEED).code
    counted()
    assert most_refused(lately()) == [
        Refusals("O", "O3", code, "agreement_missing", 2),
        Refusals("O", "O3", code, "case_missing", 1),
    ]
    assert most_refused(lately(departments=("L",))) == []


def test_departments_still_asking_for_paper_are_those_that_leave_needs_unused_or_whose_references_fail() -> None:
    applicant = make.citizen()
    verify_references(make.submitted(applicant), person=make.clerk("D"))
    # The need of the study is met by nothing that is there.
    typed = {1: make.Choice(number="成规划局〔2020〕9号")}
    verify_references(make.submitted(applicant, typed, "L1"), person=make.clerk("L"))
    counted()
    uses = need_uses(lately())
    found = {paper.code: paper for paper in asking_for_paper(uses, now() - DAY, now() + DAY)}
    names = {code: make.department(code).name for code in "DLMO"}
    assert found["D"] == Paper("D", names["D"], needs=4, unused=1, references=3, failed=0)
    assert found["L"] == Paper("L", names["L"], needs=1, unused=0, references=1, failed=1)
    assert found["M"] == Paper("M", names["M"], needs=2, unused=2, references=0, failed=0)
    assert list(found) == ["O", "M", "D", "L"]


def ranked() -> dict[str, Ranked]:
    counted()
    while count_next():
        pass
    return {r.code: r for r in ranking(need_uses(lately()), now() - 30 * DAY, now() + DAY)}


def test_a_department_is_measured_by_what_it_collected_of_its_types() -> None:
    assert ranked()["D"].collection == Share(0, 2)
    make.issued(make.APPROVAL)
    make.issued(make.APPROVAL)
    assert ranked()["D"].collection == Share(1, 2)


def test_quality_is_that_of_the_owners_licences_not_of_those_who_look() -> None:
    good = make.issued(make.LAND)
    verify_number(make.ask(good.identifier), standing=make.standing("O"))
    make.issued(make.LAND, make.company(2))
    make.tampered(make.LAND, make.company(3))
    found = ranked()
    assert found["L"].quality == Share(2, 3)
    assert found["O"].quality == Share()


def test_timeliness_counts_what_was_decided_by_its_day_and_what_still_waits_past_it() -> None:
    applicant = make.citizen()
    in_time, late, waiting, fresh, gone = (make.submitted(applicant, {}, "O1") for _ in range(5))
    approve(in_time, person=make.clerk("O"))
    refuse(late, reason="材料不符", person=make.clerk("O"))
    make.edit(in_time, submitted_at=now() - 4 * DAY)
    make.edit(late, decide_by=legal_day(now()) - DAY, submitted_at=now() - 8 * DAY)
    make.edit(waiting, decide_by=legal_day(now()) - DAY)
    make.edit(fresh, decide_by=legal_day(now()))
    withdraw(gone, person=applicant.person)
    found = ranked()["O"]
    assert found.timeliness == Share(1, 3)
    assert found.days == pytest.approx(6, abs=0.1)
    assert ranked()["L"].timeliness.value is None


def test_departments_are_ranked_by_the_mean_of_what_there_is_and_equals_share_a_place() -> None:
    land = make.issued(make.LAND)
    verify_number(make.ask(land.identifier), standing=make.standing("O"))
    found = ranked()
    assert found["O"].use == Share(1, 4)
    assert found["L"].collection == Share(1, 2)
    assert found["L"].score == pytest.approx((1 / 2 + 1 + 0) / 3)  # collection, quality, use; no application yet
    assert (found["L"].rank, found["O"].rank) == (1, 2)
    assert [r.rank for r in found.values()] == [1, 2, 3, 3]
    assert list(found) == ["L", "O", "D", "M"]
