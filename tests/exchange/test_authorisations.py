"""Authorisations of holders: granted, relied on, used up, taken back, given by proxy."""

import datetime as dt
from typing import Any

import pytest
import time_machine

from exchange.access import Way
from exchange.asking import Ask, Standing
from exchange.authorising.errors import AuthorisationOver
from exchange.authorising.granting import Grant, grant, revoke
from exchange.authorising.terms import ONCE_DAYS
from exchange.disclosing import Disclosure, disclose
from exchange.errors import AccessRefused, AuthorisationNotFound, InputInvalid, LicenceNotFound, NotRepresented
from exchange.models import Authorisation, AuthorisationUse
from exchange.verifying import verify_number
from foundation.clock import end_of_day, legal_day, now
from foundation.context import PLATFORM
from licences.lifecycle import State
from licences.models import Licence
from licences.representing import end_representation, represent
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city()


@pytest.fixture
def planning() -> Standing:
    return make.standing("O")


def _read(licence: Licence, given: Authorisation | None, standing: Standing, **values: str) -> Disclosure:
    named = {"case": "柜台-1", "authorisation": str(given.pk) if given else "", **values}
    return disclose(make.ask(licence.identifier, "O3", **named), standing=standing)


def _refused(licence: Licence, given: Authorisation | None, standing: Standing, code: str, **values: str) -> None:
    with make.recorded() as entries, pytest.raises(AccessRefused) as caught:
        _read(licence, given, standing, **values)
    assert caught.value.grounds.code == code
    (entry,) = entries
    assert (entry.action, entry.outcome) == ("disclose", "refused")


def test_a_holder_authorises_a_department_for_an_item_and_it_stands_in_the_record(planning: Standing) -> None:
    citizen = make.citizen()
    deed = make.issued(make.DEED, citizen.company)
    with make.recorded() as entries:
        given = make.authorisation(citizen.company, citizen.person)
    (entry,) = entries
    assert (entry.action, entry.subject, entry.item) == ("authorise", str(given.pk), "O3")
    assert (entry.actor_person, entry.licence_type) == (citizen.person.pk, deed.licence_type.code)
    read = _read(deed, given, planning)
    assert (read.decision.way, read.decision.authorisation) == (Way.HOLDER, str(given.pk))
    assert read.fields["certificateHolderName"] == citizen.company.name
    (use,) = AuthorisationUse.objects.all()
    assert (use.authorisation_id, use.entry) == (given.pk, read.entry)


def test_one_for_a_single_use_is_used_up_by_reading_and_not_by_verifying(planning: Standing) -> None:
    citizen = make.citizen()
    deed = make.issued(make.DEED, citizen.company)
    given = make.authorisation(citizen.company, citizen.person, once=True)
    for _ in range(2):
        ask = make.ask(deed.number, "O3", case="柜台-1", authorisation=str(given.pk))
        assert verify_number(ask, standing=planning).verification.outcome.label == "valid"
    assert _read(deed, given, planning).fields
    _refused(deed, given, planning, "authorisation_used")
    given.refresh_from_db()
    assert given.used_at is not None
    assert given.uses.count() == 3


def test_a_refused_reading_does_not_use_it_up(planning: Standing) -> None:
    citizen = make.citizen()
    deed = make.issued(make.DEED, citizen.company)
    given = make.authorisation(citizen.company, citizen.person, once=True)
    _refused(deed, given, planning, "authorisation_other_purpose", purpose="别的用途")
    _refused(deed, given, planning, "case_missing", case="")
    assert _read(deed, given, planning).fields


def test_where_another_right_holds_the_single_use_is_kept(planning: Standing) -> None:
    citizen = make.citizen()
    deed = make.issued(make.DEED, citizen.company)
    once = make.authorisation(citizen.company, citizen.person, once=True)
    lasting = make.authorisation(citizen.company, citizen.person)
    assert _read(deed, once, planning).decision.authorisation == str(lasting.pk)
    once.refresh_from_db()
    assert once.used_at is None


def test_taking_it_back_takes_effect_at_once(planning: Standing) -> None:
    citizen = make.citizen()
    deed = make.issued(make.DEED, citizen.company)
    given = make.authorisation(citizen.company, citizen.person)
    assert _read(deed, given, planning).fields
    with make.recorded() as entries:
        revoke(given.pk, person=citizen.person)
    assert [e.action for e in entries] == ["revoke_authorisation"]
    _refused(deed, given, planning, "authorisation_revoked")
    with pytest.raises(AuthorisationOver):
        revoke(given.pk, person=citizen.person)


def test_it_ends_with_its_last_legal_day(planning: Standing) -> None:
    citizen = make.citizen()
    deed = make.issued(make.DEED, citizen.company)
    last = legal_day(now()) + dt.timedelta(days=2)
    given = make.authorisation(citizen.company, citizen.person, until=last)
    with time_machine.travel(end_of_day(last) - dt.timedelta(seconds=1), tick=False):
        assert _read(deed, given, planning).fields
    with time_machine.travel(end_of_day(last), tick=False):
        _refused(deed, given, planning, "authorisation_ended")


def test_the_department_to_which_it_was_given_uses_it_and_no_other() -> None:
    citizen = make.citizen()
    deed = make.issued(make.DEED, citizen.company)
    given = make.authorisation(citizen.company, citizen.person)
    make.item("M1").needs.create(group=9, licence_type=deed.licence_type)
    ask = make.ask(deed.identifier, "M1", case="柜台-1", authorisation=str(given.pk))
    with pytest.raises(AuthorisationNotFound):
        disclose(ask, standing=make.standing("M"))
    assert not AuthorisationUse.objects.exists()


@pytest.mark.parametrize("key", ["nonsense", "019ab000-0000-7000-8000-000000000000", "\0"])
def test_an_authorisation_that_nobody_gave_answers_as_anothers(planning: Standing, key: str) -> None:
    deed = make.issued(make.DEED)
    with pytest.raises(AuthorisationNotFound):
        disclose(make.ask(deed.identifier, "O3", case="1", authorisation=key), standing=planning)


def test_it_opens_the_holders_licences_only(planning: Standing) -> None:
    citizen = make.citizen()
    foreign = make.issued(make.DEED, make.company(7))
    given = make.authorisation(citizen.company, citizen.person)
    with pytest.raises(LicenceNotFound) as caught:
        _read(foreign, given, planning)
    assert caught.value.grounds.code == "licence_not_found"


def test_for_another_item_of_the_department_it_gives_no_right(planning: Standing) -> None:
    citizen = make.citizen()
    deed = make.issued(make.DEED, citizen.company)
    make.item("O2").needs.create(group=9, licence_type=deed.licence_type)
    given = make.authorisation(citizen.company, citizen.person, item_code="O2")
    _refused(deed, given, planning, "authorisation_other_item")


def test_a_mandate_covers_what_the_item_needs_and_names_its_document(planning: Standing) -> None:
    citizen = make.citizen()
    deed = make.issued(make.DEED, citizen.company)
    with make.recorded() as entries:
        given = make.authorisation(citizen.company, citizen.person, name="", mandate="委托书2026-7", purpose="")
    assert "委托书2026-7".encode() not in bytes(entries[0].leaf)
    assert _read(deed, given, planning).decision.way is Way.ENTRUSTMENT
    with pytest.raises(InputInvalid) as caught:
        make.authorisation(citizen.company, citizen.person, name="", mandate=" ")
    assert caught.value.fields["mandate"].code == "mandate_missing"


@pytest.mark.parametrize(
    ("values", "field", "code"),
    [
        ({"code": "M"}, "item", "department_not_handling"),
        ({"item_code": "O2"}, "item", "type_not_needed"),
        ({"until": None}, "until", "field_required"),
        ({"until": dt.date(2020, 1, 1)}, "until", "expiry_not_future"),
        ({"until": dt.date(2999, 1, 1)}, "until", "authorisation_too_long"),
        ({"purpose": "长" * 201}, "purpose", "field_too_long"),
    ],
)
def test_what_cannot_be_granted_names_its_fault(values: dict[str, Any], field: str, code: str) -> None:
    citizen = make.citizen()
    with make.recorded() as entries, pytest.raises(InputInvalid) as caught:
        make.authorisation(citizen.company, citizen.person, **values)
    assert caught.value.fields[field].code == code
    assert [(e.action, e.outcome) for e in entries] == [("authorise", "refused")]
    assert not Authorisation.objects.exists()


def test_once_without_a_day_ends_by_itself_when_it_is_not_used() -> None:
    citizen = make.citizen()
    given = make.authorisation(citizen.company, citizen.person, once=True, until=None)
    assert given.until == end_of_day(legal_day(now()) + dt.timedelta(days=ONCE_DAYS))


def test_it_may_be_given_within_an_application_which_the_record_names() -> None:
    citizen = make.citizen()
    application = make.submitted(citizen)
    wanted = Grant(make.department("O"), make.item("O3"), make.licence_type(make.DEED), once=True)
    with make.recorded() as entries:
        given = grant(wanted, person=citizen.person, holder=citizen.company.pk, application=application)
    assert given.application == application
    assert entries[0].case == application.number


def test_one_that_is_named_is_used_though_the_type_is_shared_anyhow() -> None:
    citizen, land = make.citizen(), make.standing("L")
    site = make.issued(make.SITE, citizen.company)
    given = make.authorisation(citizen.company, citizen.person, code="L", item_code="L1", name=make.SITE, once=True)
    ask = make.ask(site.identifier, "L1", case="柜台-1", authorisation=str(given.pk))
    assert disclose(ask, standing=land).decision.way is Way.UNCONDITIONAL
    assert given.uses.count() == 1
    with pytest.raises(AccessRefused) as caught:
        disclose(ask, standing=land)
    assert caught.value.grounds.code == "authorisation_used"
    with pytest.raises(AccessRefused):
        verify_number(make.ask("没有", "L1", case="柜台-1", authorisation=str(given.pk)), standing=land)


@pytest.mark.parametrize(
    ("values", "code"),
    [({"purpose": "别的"}, "authorisation_other_purpose"), ({"item": "L9"}, "authorisation_other_item")],
)
def test_one_that_is_named_holds_for_its_item_and_purpose_though_the_type_is_shared_anyhow(
    values: dict[str, str], code: str
) -> None:
    citizen, land = make.citizen(), make.standing("L")
    site = make.issued(make.SITE, citizen.company)
    other = make.item("L2")
    make.edit(other, code="L9")
    other.needs.create(group=9, licence_type=site.licence_type)
    given = make.authorisation(citizen.company, citizen.person, code="L", item_code="L1", name=make.SITE)
    asked = {"item": "L1", "purpose": "规划许可", **values}
    ask = Ask(site.identifier, case="柜台-1", authorisation=str(given.pk), **asked)
    with pytest.raises(AccessRefused) as caught:
        disclose(ask, standing=land)
    assert caught.value.grounds.code == code


# --- By whom --------------------------------------------------------------------------------------------------------


def test_only_who_acts_for_the_holder_grants_and_takes_back() -> None:
    citizen, stranger = make.citizen(1), make.citizen(2)
    with pytest.raises(NotRepresented):
        make.authorisation(citizen.company, stranger.person)
    given = make.authorisation(citizen.company, citizen.person)
    with pytest.raises(AuthorisationNotFound):
        revoke(given.pk, person=stranger.person)


def test_what_was_given_for_a_company_stays_when_the_proxy_leaves_and_the_next_takes_it_back(
    planning: Standing,
) -> None:
    citizen, successor = make.citizen(), make.person("继任")
    deed = make.issued(make.DEED, citizen.company)
    given = make.authorisation(citizen.company, citizen.person)
    end_representation(citizen.company.representations.get(), actor=PLATFORM)
    represent(person=successor.pk, holder=citizen.company, kind="company", actor=PLATFORM)
    assert _read(deed, given, planning).fields
    with pytest.raises(AuthorisationNotFound):
        revoke(given.pk, person=citizen.person)
    with pytest.raises(NotRepresented):
        make.authorisation(citizen.company, citizen.person)
    revoke(given.pk, person=successor)
    _refused(deed, given, planning, "authorisation_revoked")


def test_what_a_guardian_gave_ends_when_the_child_comes_of_age(planning: Standing) -> None:
    parent, child = make.citizen(), make.child(days_left=10)
    guardianship = represent(person=parent.person.pk, holder=child, kind="child", actor=PLATFORM)
    assert guardianship.until is not None
    deed = make.issued(make.DEED, child)
    given = make.authorisation(child, parent.person)
    assert given.until == guardianship.until
    with time_machine.travel(guardianship.until - dt.timedelta(seconds=1), tick=False):
        assert _read(deed, given, planning).fields
    with time_machine.travel(guardianship.until, tick=False):
        _refused(deed, given, planning, "authorisation_ended")
        with pytest.raises(NotRepresented):
            make.authorisation(child, parent.person)


def test_a_licence_that_is_revoked_is_still_said_to_be_so(planning: Standing) -> None:
    citizen = make.citizen()
    deed = make.operated("revoke", make.DEED, citizen.company)
    given = make.authorisation(citizen.company, citizen.person)
    read = _read(deed, given, planning)
    assert read.verification.grounds.code == State.REVOKED
