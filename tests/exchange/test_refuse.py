"""Refusing an application."""

import pytest

from exchange.deciding import approve, refuse
from exchange.errors import OwnApplication, ReasonMissing, RoleMissing, WrongState
from exchange.procedure import State
from foundation.context import PLATFORM
from licences.models import Licence
from registry.enrolling import grant_role
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city()


def test_a_refusal_keeps_its_reason_and_issues_nothing() -> None:
    application, clerk = make.submitted(choices={}, code="O1"), make.clerk("O")
    with make.recorded() as entries:
        refused = refuse(application, person=clerk, reason=" 选址不符合规划 ")
    assert (refused.state, refused.decision_reason, refused.decided_by) == (State.REFUSED, "选址不符合规划", clerk)
    assert not Licence.objects.exists()
    assert [(e.action, e.outcome, e.case) for e in entries] == [("refuse", "refused", application.number)]


@pytest.mark.parametrize("reason", ["", " \n", "\u3000"])
def test_a_refusal_needs_a_reason(reason: str) -> None:
    application = make.submitted(choices={}, code="O1")
    with make.recorded() as entries, pytest.raises(ReasonMissing) as caught:
        refuse(application, person=make.clerk("O"), reason=reason)
    assert set(caught.value.fields) == {"reason"}
    application.refresh_from_db()
    assert application.state == State.ACCEPTED
    assert entries[-1].reason == "reason_required"


def test_the_same_people_as_for_an_approval_may_refuse() -> None:
    applicant = make.citizen()
    grant_role(person=applicant.person, role="clerk", department=make.department("O"), actor=PLATFORM)
    application = make.submitted(applicant, {}, "O1")
    with pytest.raises(OwnApplication):
        refuse(application, person=applicant.person, reason="不符")
    with pytest.raises(RoleMissing):
        refuse(application, person=make.clerk("M"), reason="不符")


def test_what_is_decided_is_not_refused() -> None:
    application, clerk = make.submitted(choices={}, code="O1"), make.clerk("O")
    approve(application, person=clerk)
    with pytest.raises(WrongState):
        refuse(application, person=clerk, reason="不符")
    application.refresh_from_db()
    assert application.state == State.ISSUED
