"""What the record tells of licences moves cases on, opens reviews, and delivers what waited for a second person."""

import pytest

from audit.sequencing import keep_up
from exchange.applications.errors import ReviewClosed
from exchange.applications.following import deliver_due, follow
from exchange.applications.reviewing import close_review, resting_on, reviews_of
from exchange.applying import Choice
from exchange.asking import standing_of_person
from exchange.deciding import approve
from exchange.errors import InputInvalid, RoleMissing
from exchange.models import Application, Review
from exchange.procedure import State, Way
from foundation.context import PLATFORM
from licences.drafting import issue_draft, review_draft, seal_draft
from licences.models import Licence
from licences.operating import operate
from registry.defining import define_type
from registry.forms import Form
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city()


def _follow() -> None:
    keep_up()
    follow()


def _granted() -> tuple[Application, Licence]:
    """Return a granted application, and a licence that it rests on."""
    application = approve(make.submitted(), person=make.clerk("D"))
    licence = application.references.get(need_group=2).licence
    assert licence
    return application, licence


# --- A licence that arrives ------------------------------------------------------------------------------------------


def _awaiting_the_site(applicant: make.Citizen) -> Application:
    land, report = (Choice(licence=make.issued(n, applicant.company).pk) for n in (make.LAND, make.REPORT))
    return make.submitted(applicant, {1: Choice(awaited=True), 2: land, 3: report})


def test_a_licence_that_another_case_yields_is_taken_where_it_was_awaited() -> None:
    applicant = make.citizen()
    application = _awaiting_the_site(applicant)
    assert (application.state, application.references.get(need_group=1).way) == (State.SUBMITTED, Way.AWAITED)
    _follow()
    application.refresh_from_db()
    assert application.state == State.SUBMITTED
    site = approve(make.submitted(applicant, {}, "O1"), person=make.clerk("O")).results.get()
    _follow()
    application.refresh_from_db()
    reference = application.references.get(need_group=1)
    assert (application.state, reference.licence, reference.way) == (State.ACCEPTED, site, Way.REFERENCE)


def test_anothers_licence_does_not_arrive() -> None:
    applicant = make.citizen(1)
    application = _awaiting_the_site(applicant)
    make.issued(make.SITE, make.company(2))
    _follow()
    application.refresh_from_db()
    assert (application.state, application.references.get(need_group=1).licence) == (State.SUBMITTED, None)


def test_in_a_case_that_was_accepted_already_the_arrival_is_noted() -> None:
    applicant = make.citizen()
    application = make.submitted(applicant)
    make.edit(application.references.get(need_group=1), outcome="", licence=None, way="awaited", number_key="")
    make.issued(make.SITE, applicant.company)
    keep_up()
    with make.recorded() as entries:
        follow()
    assert [(e.action, e.outcome) for e in entries] == [("verify", "valid"), ("arrive", "arrived")]
    assert application.references.get(need_group=1).outcome == "valid"


def test_nothing_is_done_twice_and_a_closed_case_stays_closed() -> None:
    application, _ = _granted()
    _follow()
    with make.recorded() as entries:
        follow()
    assert entries == []
    application.refresh_from_db()
    assert application.state == State.ISSUED


# --- Reviews ---------------------------------------------------------------------------------------------------------


def test_a_licence_shows_what_later_decisions_rest_on_it() -> None:
    application, licence = _granted()
    assert list(resting_on(licence)) == [application]
    make.submitted(make.citizen(2))
    assert not resting_on(make.issued(make.LAND)).exists()


def test_an_annulment_opens_a_review_once_and_revokes_nothing() -> None:
    application, licence = _granted()
    operate(licence, "annul", reason="骗取", actor=PLATFORM)
    keep_up()
    with make.recorded() as entries:
        follow()
        follow()
    (review,) = reviews_of([application.item])
    assert (review.application, review.licence) == (application, licence)
    assert [(e.action, e.fields) for e in entries] == [("open_review", [licence.identifier])]
    assert application.results.get().state == "valid"


@pytest.mark.parametrize("operation", ["revoke", "suspend", "cancel", "withdraw"])
def test_what_ends_for_the_future_opens_no_review(operation: str) -> None:
    _, licence = _granted()
    operate(licence, operation, reason="测试", actor=PLATFORM)
    _follow()
    assert not Review.objects.exists()


def test_a_review_is_closed_with_what_was_found_and_once() -> None:
    application, licence = _granted()
    operate(licence, "annul", reason="骗取", actor=PLATFORM)
    _follow()
    key, clerk = Review.objects.get().pk, make.clerk("D")
    with pytest.raises(InputInvalid):
        close_review(application, key=key, person=clerk, finding=" ")
    with pytest.raises(RoleMissing):
        close_review(application, key=key, person=make.clerk("L"), finding="无影响")
    closed = close_review(application, key=key, person=clerk, finding="另有依据，结果维持")
    assert (closed.closed_by, closed.finding) == (clerk, "另有依据，结果维持")
    with pytest.raises(ReviewClosed):
        close_review(application, key=key, person=clerk, finding="再查")
    assert not reviews_of([application.item]).exists()


# --- Delivery --------------------------------------------------------------------------------------------------------


def test_a_result_that_waited_for_its_second_person_is_delivered_when_it_is_issued() -> None:
    define_type(make.licence_type(make.APPROVAL), Form(two_persons=True), actor=PLATFORM)
    application = approve(make.submitted(), person=make.clerk("D"))
    assert (application.state, application.results.count()) == (State.APPROVED, 0)
    assert application.deliver_by
    assert deliver_due() == 0
    actor = standing_of_person(make.clerk("D", "department_head"), make.department("D"), "department_head").actor
    draft = application.drafts.get()
    for step in (review_draft, seal_draft, issue_draft):
        step(draft, actor=actor)
    with make.recorded() as entries:
        assert [deliver_due(), deliver_due()] == [1, 0]
    application.refresh_from_db()
    assert (application.state, application.results.get().state) == (State.ISSUED, "valid")
    assert [(e.action, e.outcome) for e in entries] == [("deliver", "issued")]
