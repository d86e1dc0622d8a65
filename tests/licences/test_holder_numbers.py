"""Holders over time: a new passport, a USCC in place of a registration number, another name."""

import datetime as dt
import importlib
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from exchange.applying import Choice
from exchange.verifying import verify_number
from foundation.clock import now
from foundation.context import PLATFORM
from licences.backlog import HolderNamed
from licences.enlisting import enlist
from licences.errors import HolderInvalid, HolderNumberTaken
from licences.holders import change_number, find_holder, open_number, register_holder, rename_holder
from licences.models import Holder, HolderNumber, Licence
from licences.outcomes import Outcome
from licences.queries import find_licences, index_of, is_held_by_index, wallet
from licences.verification import verify_found
from portal.demonstration.numbers import company_code
from tests import factories as make

pytestmark = pytest.mark.django_db

OLD, NEW = "E12345678", "EJ7654321"
REGISTRATION = "510100000012345"


def traveller() -> Holder:
    return register_holder(name="Ann", code_type="414", number=OLD, actor=PLATFORM)


def firm() -> Holder:
    return register_holder(name="演示贸易公司", code_type="099", number=REGISTRATION, actor=PLATFORM)


def renewed(holder: Holder, code_type: str = "414", number: str = NEW) -> Holder:
    return change_number(holder, code_type=code_type, number=number, actor=PLATFORM, basis="换发护照")


def test_a_holder_has_one_number_in_force_from_the_day_it_was_registered() -> None:
    before = now()
    (number,) = traveller().numbers.all()
    assert before <= number.since <= now()
    assert number.until is None


def test_a_new_passport_is_a_new_number_of_the_same_holder() -> None:
    holder, at = traveller(), now() + dt.timedelta(days=1)
    change_number(holder, code_type="414", number=NEW, actor=PLATFORM, basis="换发护照", at=at)
    present = Holder.objects.get()
    assert present.pk == holder.pk
    assert open_number(present) == NEW
    former, new = present.numbers.order_by("since")
    assert (former.until, new.since, new.until, new.basis) == (at, at, None, "换发护照")


def test_a_holder_is_found_by_every_number_it_has_or_had() -> None:
    holder = renewed(traveller())
    assert find_holder(OLD) == find_holder(NEW.lower()) == holder
    assert register_holder(name="Ann", code_type="414", number=OLD, actor=PLATFORM) == holder
    named = [HolderNamed("Ann", "414", OLD), HolderNamed("Ann", "414", NEW)]
    assert set(enlist(named, actor=PLATFORM).values()) == {holder}
    assert Holder.objects.count() == 1


def test_a_registration_number_becomes_a_uscc() -> None:
    holder = renewed(firm(), "001", company_code(5))
    assert (holder.code_type, open_number(Holder.objects.get())) == ("001", company_code(5))
    assert [n.code_type for n in holder.numbers.order_by("since")] == ["099", "001"]


def test_a_licence_outlives_its_holders_number_and_is_found_by_both() -> None:
    make.city()
    holder = firm()
    old = make.issued(make.LAND, holder)
    holder = renewed(holder, "001", company_code(5))
    young = make.issued(make.SITE, holder)
    (found,) = find_licences(old.number, [old.licence_type_id])
    assert verify_found([found], at=now()).outcome is Outcome.VALID
    assert {licence.pk for licence in wallet(holder.pk)} == {old.pk, young.pk}
    for number in (REGISTRATION, company_code(5)):
        assert is_held_by_index(found, index_of(number))
        assert is_held_by_index(young, index_of(number))
    assert not is_held_by_index(found, index_of(company_code(6)))


@pytest.mark.parametrize("number", [REGISTRATION, company_code(5)])
def test_who_asks_by_the_former_or_the_present_number_is_told_the_same(number: str) -> None:
    make.city()
    holder = firm()
    licence = make.issued(make.LAND, holder)
    renewed(holder, "001", company_code(5))
    answer = verify_number(make.ask(licence.number, holder_number=number), standing=make.standing())
    assert answer.verification.outcome is Outcome.VALID


def test_an_application_of_before_goes_on_under_the_new_number() -> None:
    make.city()
    applicant = make.citizen(3)
    application = make.submitted(applicant, {1: Choice(licence=make.issued(make.SITE, applicant.company).pk)}, "L1")
    renewed(applicant.company, "001", company_code(5))
    answer = verify_number(
        make.ask(application.references.get().number, "L1", case=application.number), standing=make.standing("L")
    )
    assert answer.verification.outcome is Outcome.VALID


def test_the_same_number_again_changes_nothing() -> None:
    holder = traveller()
    with make.recorded() as entries:
        assert renewed(holder, number=f" {OLD.lower()}") == holder
    assert entries == []
    assert HolderNumber.objects.count() == 1


def test_a_former_number_may_be_in_force_again() -> None:
    first = renewed(traveller())
    at = now() + dt.timedelta(hours=1)
    holder = change_number(first, code_type="414", number=OLD, actor=PLATFORM, basis="发还旧护照", at=at)
    assert open_number(Holder.objects.get()) == OLD
    again = holder.numbers.get(until__isnull=True)
    assert (again.since, again.basis) == (at, "发还旧护照")
    assert holder.numbers.get(until__isnull=False).until == at
    assert holder.numbers.filter(until__isnull=True).get().number_index == holder.number_index
    assert holder.numbers.count() == 2


@pytest.mark.parametrize("taken", [OLD, NEW])
def test_a_number_that_another_holder_has_or_had_is_refused(taken: str) -> None:
    renewed(traveller())
    other = register_holder(name="Bob", code_type="414", number="X11111111", actor=PLATFORM)
    with make.recorded() as entries, pytest.raises(HolderNumberTaken) as refused:
        renewed(other, number=taken)
    assert refused.value.grounds.code == "holder_number_taken"
    assert [(e.action, e.outcome, e.reason) for e in entries] == [("change_number", "refused", "holder_number_taken")]
    assert open_number(Holder.objects.get(pk=other.pk)) == "X11111111"


def test_a_wrong_number_a_persons_for_an_organisation_and_a_time_before_are_refused() -> None:
    holder = firm()
    for values, field in (
        ({"code_type": "001", "number": company_code(5)[:-1] + "I"}, "number"),
        ({"code_type": "414", "number": NEW}, "code_type"),
        ({"code_type": "001", "number": company_code(5), "at": now() - dt.timedelta(days=1)}, "at"),
    ):
        with pytest.raises(HolderInvalid) as refused:
            change_number(holder, actor=PLATFORM, basis="", **values)
        assert set(refused.value.fields) == {field}
    assert open_number(Holder.objects.get()) == REGISTRATION


def test_the_record_of_a_change_holds_neither_number_and_the_database_neither_in_clear() -> None:
    with make.recorded() as entries:
        holder = renewed(traveller())
    (change,) = (e for e in entries if e.action == "change_number")
    assert change.subject == str(holder.pk)
    assert change.fields == [str(n.pk) for n in holder.numbers.order_by("since")]
    found = make.every_byte()
    assert OLD.encode() not in found
    assert NEW.encode() not in found


def test_another_name_is_for_licences_to_come() -> None:
    make.city()
    holder = make.company(5)
    before = make.issued(make.LAND, holder)
    with make.recorded() as entries:
        renamed = rename_holder(holder, name="演示新名公司", actor=PLATFORM, basis="变更登记")
        assert rename_holder(renamed, name="演示新名公司", actor=PLATFORM, basis="变更登记") == renamed
    assert [e.action for e in entries] == ["rename_holder"]
    assert "演示新名公司".encode() not in bytes(entries[0].leaf)
    told = {}
    for licence in (before, make.issued(make.SITE, renamed)):
        claims = verify_found([Licence.objects.get(pk=licence.pk)], at=now()).claims or {}
        told[licence.pk] = claims["certificateHolderName"]
    assert list(told.values()) == [holder.name, "演示新名公司"]


def test_a_holder_without_a_name_is_refused() -> None:
    with pytest.raises(HolderInvalid):
        rename_holder(traveller(), name=" ", actor=PLATFORM, basis="")


def test_holders_of_before_get_their_numbers_batch_by_batch_and_a_second_run_finds_nothing_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    migration: Any = importlib.import_module("licences.migrations.0003_holder_numbers")
    before, kept = now() - dt.timedelta(seconds=1), renewed(firm(), "001", company_code(5))
    holders = [make.someone(n) for n in range(5)]
    HolderNumber.objects.filter(holder__in=holders).delete()
    monkeypatch.setattr(migration, "BATCH", 2)
    for _ in range(2):
        migration.number_holders(apps, SimpleNamespace(connection=connection))
        assert HolderNumber.objects.count() == 5 + 2
    for holder in holders:
        (number,) = holder.numbers.all()
        assert (number.code_type, number.number_index) == (holder.code_type, holder.number_index)
        assert before < number.since < now()
    assert renewed(holders[0], "414", NEW).numbers.count() == 2
    assert kept.numbers.count() == 2
