"""Opening an application as staff; who opened it stands in the record."""

import pytest

from exchange.errors import ApplicationNotFound, RoleMissing
from exchange.staffing import open_application
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city()


def test_a_clerk_of_the_department_opens_it_and_is_recorded() -> None:
    application, clerk = make.submitted(choices={}, code="O1"), make.clerk("O")
    with make.recorded() as entries:
        assert open_application(application.number, person=clerk) == application
    assert [(e.action, e.outcome, e.actor_person) for e in entries] == [("open_application", "opened", clerk.pk)]


def test_a_clerk_of_another_department_does_not_and_the_attempt_is_recorded() -> None:
    application, other = make.submitted(choices={}, code="O1"), make.clerk("M")
    with make.recorded() as entries, pytest.raises(RoleMissing):
        open_application(application.number, person=other)
    (entry,) = entries
    assert (entry.outcome, entry.reason, entry.subject) == ("refused", "role_missing", application.number)
    assert (entry.actor_person, entry.actor_department) == (other.pk, "M")


@pytest.mark.parametrize("number", ["O1-20260101-0001", "", "\0", "九" * 500])
def test_an_unknown_number_is_not_found(number: str) -> None:
    with make.recorded() as entries, pytest.raises(ApplicationNotFound):
        open_application(number, person=make.clerk("O"))
    assert entries[-1].reason == "application_not_found"
