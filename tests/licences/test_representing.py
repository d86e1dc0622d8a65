"""Who acts for whom, and until when."""

import datetime as dt
from uuid import UUID

import pytest
import time_machine

from exchange.applying import withdraw
from exchange.errors import NotRepresented
from foundation.clock import now
from foundation.codes import identity_check_character
from foundation.context import PLATFORM, Actor
from licences.errors import NotRepresentable
from licences.holders import IDENTITY_NUMBER, register_holder
from licences.models import Holder, Representation
from licences.queries import represented_by
from licences.representing import (
    appoint,
    change_legal_representative,
    comes_of_age,
    end_representation,
    is_legal_representative,
    represent,
)
from tests import factories as make

pytestmark = pytest.mark.django_db

LATER = dt.timedelta(seconds=1)


def child(born: str) -> Holder:
    number = f"990000{born}001"
    number += identity_check_character(number)
    return register_holder(name="张小明", code_type=IDENTITY_NUMBER, number=number, actor=PLATFORM)


def acts_for(person: UUID, at: dt.datetime | None = None) -> list[Holder]:
    return [r.holder for r in represented_by(person, at or now())]


def as_actor(person: UUID) -> Actor:
    return Actor(person=person, role="citizen", name="某人")


def led() -> tuple[Holder, UUID]:
    """Return a company and its legal representative."""
    company, head = make.company(), make.person().pk
    change_legal_representative(company, person=head, actor=PLATFORM)
    return company, head


# --- Children ----------------------------------------------------------------------------------------------------


@time_machine.travel(dt.datetime(2026, 11, 24, tzinfo=dt.UTC), tick=False)
def test_a_parent_acts_for_a_child_until_the_first_moment_of_its_eighteenth_birthday_in_china() -> None:
    parent = make.person().pk
    made = represent(person=parent, holder=child("20100301"), kind="child", actor=PLATFORM)
    birthday = dt.datetime(2028, 2, 29, 16, tzinfo=dt.UTC)  # midnight of 1 March in Shanghai
    assert (made.until, made.ended_because) == (birthday, "came_of_age")
    assert acts_for(parent, birthday - LATER) == [made.holder]
    assert acts_for(parent, birthday) == []


@pytest.mark.parametrize(
    ("born", "day"),
    [
        (dt.date(2008, 2, 29), dt.date(2026, 3, 1)),
        (dt.date(2010, 2, 28), dt.date(2028, 2, 28)),
        (dt.date(2008, 12, 31), dt.date(2026, 12, 31)),
    ],
)
def test_age_is_counted_by_the_calendar(born: dt.date, day: dt.date) -> None:
    assert comes_of_age(born) == dt.datetime.combine(day, dt.time()).replace(tzinfo=dt.UTC) - dt.timedelta(hours=8)


@time_machine.travel(dt.datetime(2026, 11, 23, 16, 0, tzinfo=dt.UTC), tick=False)
def test_a_person_who_comes_of_age_today_is_no_child_and_one_who_does_so_tomorrow_still_is() -> None:
    parent = make.person().pk
    with pytest.raises(NotRepresentable) as refused:
        represent(person=parent, holder=child("20081124"), kind="child", actor=PLATFORM)
    assert refused.value.grounds.code == "child_of_age"
    assert represent(person=parent, holder=child("20081125"), kind="child", actor=PLATFORM).until


def test_acting_for_a_child_may_end_earlier_and_never_later() -> None:
    parent, born = make.person().pk, f"{now().year - 10}0101"
    soon = now() + dt.timedelta(days=30)
    assert represent(person=parent, holder=child(born), kind="child", until=soon, actor=PLATFORM).until == soon
    late = now() + dt.timedelta(days=9000)
    other = represent(person=make.person().pk, holder=child(born), kind="child", until=late, actor=PLATFORM)
    assert other.until == comes_of_age(dt.date(now().year - 10, 1, 1))


def test_a_child_is_registered_by_the_number_that_tells_its_birth() -> None:
    young = register_holder(name="Ann", code_type="414", number="E12345678", actor=PLATFORM)
    with pytest.raises(NotRepresentable) as refused:
        represent(person=make.person().pk, holder=young, kind="child", actor=PLATFORM)
    assert refused.value.grounds.code == "child_birth_unknown"


# --- Who may act for whom ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "of_company", "reason"),
    [
        ("self", True, "persons_only"),
        ("child", True, "persons_only"),
        ("legal_representative", False, "organisations_only"),
        ("company", False, "organisations_only"),
    ],
)
def test_people_have_parents_and_organisations_have_representatives(kind: str, of_company: bool, reason: str) -> None:
    holder = make.company() if of_company else make.someone()
    with pytest.raises(NotRepresentable) as refused:
        represent(person=make.person().pk, holder=holder, kind=kind, actor=PLATFORM)
    assert refused.value.grounds.code == reason
    assert not Representation.objects.exists()


def test_nobody_acts_for_the_same_holder_twice_at_a_time_but_may_again_later() -> None:
    person, company = make.person().pk, make.company()
    first = represent(person=person, holder=company, kind="company", actor=PLATFORM)
    with make.recorded() as entries, pytest.raises(NotRepresentable) as refused:
        represent(person=person, holder=company, kind="company", actor=PLATFORM)
    assert refused.value.grounds.code == "represents_already"
    assert [(e.action, e.outcome) for e in entries] == [("represent", "refused")]
    end_representation(first, actor=PLATFORM)
    represent(person=person, holder=company, kind="company", actor=PLATFORM)
    assert acts_for(person) == [company]


def test_a_time_that_has_passed_is_no_end() -> None:
    with pytest.raises(NotRepresentable) as refused:
        appoint(make.company(), person=make.person().pk, by=PLATFORM, until=now())
    assert set(refused.value.fields) == {"until"}


def test_only_a_registrar_registers_who_acts_for_whom() -> None:
    person = make.person().pk
    with pytest.raises(NotRepresentable) as refused:
        represent(person=person, holder=make.someone(), kind="self", actor=as_actor(person))
    assert refused.value.grounds.code == "representing_not_permitted"
    with pytest.raises(NotRepresentable):
        change_legal_representative(make.company(), person=person, actor=as_actor(person))
    represent(person=person, holder=make.someone(), kind="self", actor=Actor(role="data_authority"))


# --- Companies ---------------------------------------------------------------------------------------------------


def test_the_legal_representative_appoints_and_dismisses() -> None:
    company, head = led()
    helper = make.person().pk
    made = appoint(company, person=helper, by=as_actor(head))
    assert acts_for(helper) == [company]
    end_representation(made, actor=as_actor(head))
    assert acts_for(helper) == []
    assert Representation.objects.get(pk=made.pk).ended_because == "withdrawn"


def test_neither_an_appointed_person_nor_a_stranger_nor_a_former_representative_appoints() -> None:
    company, head = led()
    helper = make.person().pk
    appoint(company, person=helper, by=as_actor(head))
    change_legal_representative(company, person=make.person().pk, actor=PLATFORM)
    for by in (helper, head, make.person().pk):
        with pytest.raises(NotRepresentable) as refused:
            appoint(company, person=make.person().pk, by=as_actor(by))
        assert refused.value.grounds.code == "appointing_not_permitted"


def test_who_acts_for_a_company_may_resign_and_others_may_not_end_it() -> None:
    company, head = led()
    helper = make.person().pk
    made = appoint(company, person=helper, by=as_actor(head))
    with pytest.raises(NotRepresentable):
        end_representation(made, actor=as_actor(make.person().pk))
    assert acts_for(helper) == [company]
    ended = end_representation(made, actor=as_actor(helper), reason="resigned")
    assert end_representation(made, actor=as_actor(helper)).until == ended.until
    assert acts_for(helper) == []


def test_with_the_legal_representative_end_all_whom_it_appointed() -> None:
    company, head = led()
    helpers = [make.person().pk, make.person().pk]
    for helper in helpers:
        appoint(company, person=helper, by=as_actor(head))
    elsewhere = make.company(2)
    represent(person=helpers[0], holder=elsewhere, kind="company", actor=PLATFORM)
    successor = helpers[1]
    with make.recorded() as entries:
        change_legal_representative(company, person=successor, actor=PLATFORM)
    assert acts_for(head) == []
    assert acts_for(helpers[0]) == [elsewhere]
    assert acts_for(successor) == [company]
    assert is_legal_representative(successor, company, now())
    assert not is_legal_representative(head, company, now())
    assert not is_legal_representative(None, company, now())
    ended = Representation.objects.filter(ended_because="legal_representative_changed")
    assert {r.person_id for r in ended} == {head, *helpers}
    assert [e.action for e in entries] == ["end_representation"] * 3 + ["represent"]


def test_one_who_was_to_act_later_does_not_after_the_change() -> None:
    company, head = led()
    helper, at = make.person().pk, now() + dt.timedelta(days=10)
    appoint(company, person=helper, by=as_actor(head), at=at)
    change_legal_representative(company, person=make.person().pk, actor=PLATFORM)
    assert acts_for(helper, at + LATER) == []


def test_the_same_legal_representative_again_changes_nothing() -> None:
    company, head = led()
    helper = make.person().pk
    appoint(company, person=helper, by=as_actor(head))
    with make.recorded() as entries:
        change_legal_representative(company, person=head, actor=PLATFORM)
    assert entries == []
    assert acts_for(helper) == [company]


def test_a_company_has_one_legal_representative() -> None:
    company, _ = led()
    with pytest.raises(NotRepresentable) as refused:
        represent(person=make.person().pk, holder=company, kind="legal_representative", actor=PLATFORM)
    assert refused.value.grounds.code == "legal_representative_present"


def test_who_no_longer_acts_for_the_holder_takes_no_application_back() -> None:
    make.city()
    applicant = make.citizen()
    application = make.submitted(applicant)
    (acting,) = Representation.objects.filter(person=applicant.person, holder=applicant.company)
    end_representation(acting, actor=PLATFORM)
    with pytest.raises(NotRepresented):
        withdraw(application, person=applicant.person)
    application.refresh_from_db()
    assert application.state == "accepted"
