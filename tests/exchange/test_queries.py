"""What pages ask of the exchange."""

import datetime as dt
from typing import Any

import pytest

from exchange import queries
from exchange.applying import withdraw
from exchange.deciding import approve
from exchange.looking import looks_at
from exchange.verifying import verify_number
from foundation.clock import now
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city()


def test_the_inbox_holds_what_waits_the_most_urgent_first() -> None:
    applicant = make.citizen()
    late, soon, gone = (make.submitted(applicant, {}, "O1") for _ in range(3))
    make.edit(soon, decide_by=late.decide_by - dt.timedelta(days=3))
    withdraw(gone, person=applicant.person)
    make.submitted(applicant, {}, "L2")
    items = [make.item("O1")]
    assert list(queries.inbox(items)) == [soon, late]
    assert list(queries.decided(items)) == [gone]


def test_people_see_their_own_applications_only() -> None:
    one, other = make.citizen(1), make.citizen(2)
    application = make.submitted(one, {}, "O1")
    assert queries.application_of(one.person, application.number) == application
    assert queries.application_of(other.person, application.number) is None
    assert list(queries.applications_by(other.person)) == []


def test_counts_tell_what_waits_and_what_was_issued() -> None:
    applicant = make.citizen()
    approve(make.submitted(applicant, {}, "O1"), person=make.clerk("O"))
    make.submitted(applicant, {}, "O1")
    assert queries.counts() == {"waiting": 1, "issued": 1, "all": 2}


def test_entries_are_described_by_names_in_a_fixed_number_of_queries(django_assert_num_queries: Any) -> None:
    licence = make.issued()
    verify_number(make.ask(licence.number), standing=make.standing("O"))
    entries = list(looks_at([make.company().pk], at=now()))
    with django_assert_num_queries(4):
        (described,) = queries.described(entries)
    assert described.subject == licence.number
    assert described.department.en == "Planning Bureau"
    assert described.item.zh == "建设用地规划许可"
    assert described.reason.zh == "证照真实有效。"
    assert described.personal["number"] == licence.number


def test_the_inbox_takes_one_query(django_assert_num_queries: Any) -> None:
    applicant, item = make.citizen(), make.item("O1")
    for _ in range(3):
        make.submitted(applicant, {}, "O1")
    with django_assert_num_queries(1):
        assert {(a.holder.name, a.item.department.code) for a in queries.inbox([item])}
