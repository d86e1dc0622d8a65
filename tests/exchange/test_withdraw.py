"""Taking an application back."""

import pytest

from exchange.applying import withdraw
from exchange.deciding import refuse
from exchange.errors import NotRepresented, WrongState
from exchange.procedure import State
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city()


def test_an_applicant_takes_an_application_back_before_it_is_decided() -> None:
    applicant = make.citizen()
    application = make.submitted(applicant, {}, "O1")
    with make.recorded() as entries:
        assert withdraw(application, person=applicant.person).state == State.WITHDRAWN
    assert [(e.action, e.outcome, e.case) for e in entries] == [("withdraw", "withdrawn", application.number)]


def test_nobody_withdraws_anothers_application() -> None:
    application, other = make.submitted(make.citizen(1), {}, "O1"), make.citizen(2).person
    with make.recorded() as entries, pytest.raises(NotRepresented):
        withdraw(application, person=other)
    application.refresh_from_db()
    assert application.state == State.ACCEPTED
    assert [(e.action, e.outcome) for e in entries] == [("withdraw", "refused")]


def test_what_is_decided_or_withdrawn_is_not_withdrawn() -> None:
    applicant = make.citizen()
    decided, twice = (make.submitted(applicant, {}, "O1") for _ in range(2))
    refuse(decided, person=make.clerk("O"), reason="不符")
    withdraw(twice, person=applicant.person)
    for application in (decided, twice):
        with make.recorded() as entries, pytest.raises(WrongState) as caught:
            withdraw(application, person=applicant.person)
        assert caught.value.grounds.reason.status == 409
        assert [(e.outcome, e.reason) for e in entries] == [("refused", "wrong_state")]
