"""Asking the issuer about a paper licence: a clock, an answer, and an electronic licence by which the case goes on."""

import datetime as dt

import pytest
import time_machine

from audit.sequencing import keep_up
from exchange.applications.assisting import answer_issuer, answered, ask_issuer, digitise, open_assistance, waiting
from exchange.applications.errors import (
    AssistanceAnswered,
    AssistanceNotFound,
    AssistanceOpen,
    IssuerOutside,
    NeedUnknown,
)
from exchange.applications.following import follow
from exchange.applying import Choice
from exchange.asking import standing_of_person
from exchange.deciding import approve
from exchange.errors import InputInvalid, OwnApplication, RoleMissing, WrongState
from exchange.models import Application, Assistance
from exchange.procedure import State
from foundation.clock import legal_day, now
from foundation.context import PLATFORM
from licences.drafting import Contents, issue_draft, review_draft, seal_draft
from licences.errors import ContentInvalid
from licences.models import Licence, Notice
from registry.defining import define_type
from registry.enrolling import grant_role
from registry.forms import Form
from tests import factories as make

pytestmark = pytest.mark.django_db
NUMBER = "成国土〔1999〕7号"
ISSUED_ON = legal_day(now()) - dt.timedelta(days=30)


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city()


def _waiting(applicant: make.Citizen | None = None) -> Application:
    applicant = applicant or make.citizen()
    return make.submitted(applicant, make.wallet_for_d2(applicant.company) | {2: Choice(number=NUMBER)})


def _asked(application: Application) -> Assistance:
    return ask_issuer(application, need=2, number=NUMBER, question="请核对存根", person=make.clerk("D"))


def _paper(application: Application, number: str = NUMBER) -> Contents:
    return Contents([application.holder], {}, number)


@time_machine.travel(dt.datetime(2026, 3, 2, 2, tzinfo=dt.UTC), tick=False)
def test_one_click_asks_the_issuer_who_has_five_working_days() -> None:
    application = _waiting()
    with make.recorded() as entries:
        asked = _asked(application)
    assert (asked.number, asked.department.code, asked.answer_by) == ("XC-20260302-0001", "L", dt.date(2026, 3, 9))
    assert [(e.action, e.outcome, e.fields) for e in entries[-1:]] == [("ask_issuer", "asked", [asked.number, "L"])]
    assert list(waiting(["L"])) == [asked]
    assert not waiting(["M"]).exists()


def test_the_issuer_is_asked_once_at_a_time_and_about_a_need_of_the_item() -> None:
    application = _waiting()
    _asked(application)
    with pytest.raises(AssistanceOpen):
        _asked(application)
    with pytest.raises(NeedUnknown):
        ask_issuer(application, need=9, number=NUMBER, person=make.clerk("D"))
    with pytest.raises(InputInvalid):
        ask_issuer(application, need=1, number=" ", person=make.clerk("D"))
    with pytest.raises(RoleMissing):
        ask_issuer(application, need=1, number=NUMBER, person=make.clerk("M"))


def test_an_issuer_outside_of_the_city_cannot_be_asked_here() -> None:
    application = make.submitted(make.citizen(), {1: Choice(number="典1号")}, "O5")
    with pytest.raises(IssuerOutside):
        ask_issuer(application, need=1, number="典1号", person=make.clerk("O"))


def test_of_several_types_the_one_that_is_meant_decides_who_is_asked() -> None:
    application = make.submitted(make.citizen(), {1: Choice(number="x"), 2: Choice(number="y")}, "O2")
    asked = ask_issuer(
        application, need=1, number="x", licence_type=make.licence_type(make.STUDY), person=make.clerk("O")
    )
    assert (asked.licence_type.name_zh, asked.department.code) == (make.STUDY, "D")


def test_confirming_makes_the_paper_electronic_and_the_case_goes_on_by_itself() -> None:
    application = _waiting()
    asked = _asked(application)
    done = digitise(asked, person=make.clerk("L"), contents=_paper(application), issued_on=ISSUED_ON)
    assert (done.state, done.licence and done.licence.number) == ("confirmed", NUMBER)
    application.refresh_from_db()
    assert application.state == State.SUBMITTED
    keep_up()
    with make.recorded() as entries:
        follow()
    application.refresh_from_db()
    assert application.state == State.ACCEPTED
    assert application.references.get(need_group=2).licence == done.licence
    assert [(e.action, e.actor_role) for e in entries if e.case == application.number][-1] == ("accept", "platform")
    assert "application_moved_on" in Notice.objects.values_list("reason", flat=True)
    assert approve(application, person=make.clerk("D")).state == State.ISSUED


def test_where_two_persons_are_needed_the_case_goes_on_when_the_second_has_issued_it() -> None:
    define_type(make.licence_type(make.LAND), Form(two_persons=True), actor=PLATFORM)
    application = _waiting()
    done = digitise(_asked(application), person=make.clerk("L"), contents=_paper(application))
    assert (done.licence, done.draft is not None) == (None, True)
    keep_up()
    follow()
    application.refresh_from_db()
    assert application.state == State.SUBMITTED
    assert done.draft
    head = make.clerk("L", "department_head")
    actor = standing_of_person(head, make.department("L"), "department_head").actor
    for step in (review_draft, seal_draft, issue_draft):
        keep_up()
        follow()
        step(done.draft, actor=actor)
    keep_up()
    follow()
    application.refresh_from_db()
    assert application.state == State.ACCEPTED


@pytest.mark.parametrize("answer", ["differs", "not_ours"])
def test_an_answer_that_it_is_not_right_leaves_the_case_as_it_is(answer: str) -> None:
    application = _waiting()
    issued = Licence.objects.count()
    with make.recorded() as entries:
        done = answer_issuer(_asked(application), person=make.clerk("L"), answer=answer, remark="存根中为张三丰")
    assert (done.state, done.answer, Licence.objects.count()) == (answer, "存根中为张三丰", issued)
    assert (entries[-1].action, entries[-1].outcome) == ("answer_assistance", answer)
    assert "张三丰".encode() not in bytes(entries[-1].leaf)
    assert list(answered(["L"])) == [done]


def test_an_answer_that_differs_says_how_and_none_is_given_twice() -> None:
    application = _waiting()
    asked, clerk = _asked(application), make.clerk("L")
    for answer, remark in (("differs", " "), ("maybe", ""), ("not_ours", "长" * 2001)):
        with pytest.raises(InputInvalid):
            answer_issuer(asked, person=clerk, answer=answer, remark=remark)
    answer_issuer(asked, person=clerk, answer="not_ours")
    with pytest.raises(AssistanceAnswered):
        digitise(asked, person=clerk, contents=_paper(application))


def test_another_department_neither_opens_nor_answers_it() -> None:
    application = _waiting()
    asked = _asked(application)
    for stranger in (make.clerk("M"), make.citizen(9).person):
        with make.recorded() as entries, pytest.raises(AssistanceNotFound):
            open_assistance(asked.number, person=stranger)
        assert [(e.action, e.outcome) for e in entries] == [("open_assistance", "refused")]
        with pytest.raises(AssistanceNotFound):
            digitise(asked, person=stranger, contents=_paper(application))
    with pytest.raises(AssistanceNotFound):
        open_assistance("XC-1", person=make.clerk("L"))


def test_nobody_confirms_paper_of_their_own() -> None:
    applicant = make.citizen()
    application = _waiting(applicant)
    grant_role(person=applicant.person, role="clerk", department=make.department("L"), actor=PLATFORM)
    with pytest.raises(OwnApplication):
        digitise(_asked(application), person=applicant.person, contents=_paper(application))
    assert Assistance.objects.get().state == "asked"


def test_content_that_does_not_fit_the_type_answers_nothing() -> None:
    application = _waiting()
    with pytest.raises(ContentInvalid):
        digitise(_asked(application), person=make.clerk("L"), contents=Contents([], {}, NUMBER))
    assert Assistance.objects.get().state == "asked"


def test_nobody_asks_for_a_case_that_is_decided() -> None:
    application = make.submitted()
    approve(application, person=make.clerk("D"))
    with pytest.raises(WrongState):
        _asked(application)
