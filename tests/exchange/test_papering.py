"""Falling back to paper: a cause proposed and confirmed, the number checked against data, and what figures say."""

import datetime as dt

import pytest

from audit.figures import Narrowing
from exchange.applications.errors import NeedUnknown, PaperNoUse
from exchange.applications.papering import fall_back, proposal
from exchange.applying import Choice
from exchange.causes import Cause
from exchange.deciding import approve
from exchange.errors import InputInvalid, OwnApplication, ReferencesNotValid, RoleMissing
from exchange.fallbacks import causes_by_department, paper_uses
from exchange.models import Application, PaperFallback
from exchange.procedure import State, Way
from exchange.using import asking_for_paper, need_uses
from foundation.clock import now
from foundation.context import PLATFORM
from licences.operating import operate
from registry import queries as registry
from registry.enrolling import grant_role
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city()


def _with(choice: Choice, applicant: make.Citizen | None = None) -> Application:
    applicant = applicant or make.citizen()
    return make.submitted(applicant, make.wallet_for_d2(applicant.company) | {2: choice})


def _proposed(application: Application, need: int = 2) -> Cause | None:
    group = next(g for g in registry.need_groups(application.item) if g.number == need)
    return proposal(application, group, application.references.filter(need_group=need).first(), now())


def test_paper_with_a_confirmed_cause_meets_the_need_and_the_approval_goes_through() -> None:
    application, clerk = _with(Choice(number="旧字第1号")), make.clerk("D")
    assert (application.state, _proposed(application)) == (State.SUBMITTED, Cause.NOT_COLLECTED)
    with pytest.raises(ReferencesNotValid):
        approve(application, person=clerk)
    with make.recorded() as entries:
        noted = fall_back(application, need=2, cause="not_connected", person=clerk)
    assert (noted.proposed, noted.cause, noted.checked, noted.noted_by) == (
        "not_collected", "not_connected", False, clerk,
    )  # fmt: skip
    assert [(e.action, e.outcome, e.fields) for e in entries[1:2]] == [
        ("fall_back_to_paper", "noted", ["need-2", "not_connected"])
    ]
    decided = approve(application, person=clerk)
    assert decided.state == State.ISSUED
    assert decided.references.get(need_group=2).way == Way.PAPER
    assert decided.references.get(need_group=1).way == Way.REFERENCE


def test_paper_whose_number_data_confirm_is_told_from_paper_alone() -> None:
    applicant, clerk = make.citizen(), make.clerk("D")
    land = make.issued(make.LAND, applicant.company)
    application = _with(Choice(paper=True), applicant)
    assert _proposed(application) is Cause.APPLICANT_CHOSE_PAPER
    noted = fall_back(application, need=2, cause="applicant_chose_paper", number=land.number, person=clerk)
    assert noted.checked
    reference = application.references.get(need_group=2)
    assert (reference.way, reference.outcome, reference.licence) == (Way.PAPER_CHECKED, "valid", land)
    assert approve(application, person=clerk).references.get(need_group=2).way == Way.PAPER_CHECKED


def test_paper_does_not_take_the_place_of_a_licence_that_data_disprove() -> None:
    applicant, clerk = make.citizen(), make.clerk("D")
    revoked = make.operated("revoke", make.LAND, applicant.company)
    application = _with(Choice(number=revoked.number), applicant)
    assert _proposed(application) is None
    with make.recorded() as entries, pytest.raises(PaperNoUse):
        fall_back(application, need=2, cause="bad_quality", person=clerk)
    assert [e.action for e in entries] == ["verify", "fall_back_to_paper"]
    assert not PaperFallback.objects.exists()


def test_paper_that_was_revoked_after_it_was_seen_stops_the_approval() -> None:
    applicant, clerk = make.citizen(), make.clerk("D")
    land = make.issued(make.LAND, applicant.company)
    application = _with(Choice(paper=True), applicant)
    fall_back(application, need=2, cause="applicant_chose_paper", number=land.number, person=clerk)
    operate(land, "revoke", reason="测试", actor=PLATFORM)
    with pytest.raises(ReferencesNotValid, match="Land opinion"):
        approve(application, person=clerk)


def test_paper_noted_again_says_what_was_noted_last() -> None:
    application, clerk = _with(Choice(number="旧字第1号")), make.clerk("D")
    for cause in ("not_collected", "system_down"):
        fall_back(application, need=2, cause=cause, person=clerk)
    assert PaperFallback.objects.get().cause == "system_down"


def test_an_access_that_is_refused_proposes_why() -> None:
    applicant = make.citizen()
    blasting = make.issued(make.EXPLOSIVES, applicant.company)
    application = make.submitted(applicant, {1: Choice(licence=blasting.pk)}, "O4")
    assert _proposed(application, 1) is Cause.RIGHTS_UNCLEAR
    other = make.issued(make.DEED, make.company(3))
    number = make.company_code(3)
    deed = make.submitted(applicant, {1: Choice(number=other.number, other_holder=number)}, "O3")
    assert _proposed(deed, 1) is Cause.RIGHTS_UNCLEAR
    make.agreement(until=now() - dt.timedelta(minutes=1))
    assert _proposed(deed, 1) is Cause.EXPIRED_AGREEMENT
    pawn = make.submitted(applicant, {1: Choice(paper=True, number="典1号")}, "O5")
    assert _proposed(pawn, 1) is Cause.HIGHER_LEVEL


def test_a_wrong_cause_or_need_is_refused() -> None:
    application, clerk = _with(Choice(number="旧字第1号")), make.clerk("D")
    with pytest.raises(InputInvalid):
        fall_back(application, need=2, cause="because", person=clerk)
    with pytest.raises(NeedUnknown):
        fall_back(application, need=9, cause="not_collected", person=clerk)


def test_nobody_else_notes_paper() -> None:
    applicant = make.citizen()
    application = _with(Choice(number="旧字第1号"), applicant)
    with pytest.raises(RoleMissing):
        fall_back(application, need=2, cause="not_collected", person=make.clerk("M"))
    grant_role(person=applicant.person, role="clerk", department=make.department("D"), actor=PLATFORM)
    with pytest.raises(OwnApplication):
        fall_back(application, need=2, cause="not_collected", person=applicant.person)


def test_figures_count_breakpoints_by_cause_and_leave_out_what_applicants_chose() -> None:
    clerk, since = make.clerk("D"), now() - dt.timedelta(hours=1)
    for serial, cause in enumerate(("not_collected", "not_collected", "system_down", "applicant_chose_paper"), start=1):
        application = _with(Choice(number="旧字第1号"), make.citizen(serial))
        fall_back(application, need=2, cause=cause, person=clerk)
    until = now() + dt.timedelta(hours=1)
    uses = paper_uses(since, until)
    assert [(u.item, u.need, u.cause, u.count, u.corrected) for u in uses] == [
        ("D2", 2, Cause.NOT_COLLECTED, 2, 0), ("D2", 2, Cause.SYSTEM_DOWN, 1, 1),
    ]  # fmt: skip
    assert sum(u.count for u in paper_uses(since, until, breakpoints=False)) == 4
    assert paper_uses(since, until, item="O2") == []
    assert causes_by_department(since, until) == {"D": {Cause.NOT_COLLECTED: 2, Cause.SYSTEM_DOWN: 1}}
    asking = {p.code: p for p in asking_for_paper(need_uses(Narrowing(since, until)), since, until)}
    assert (asking["D"].confirmed, asking["D"].failed) == (3, 4)
