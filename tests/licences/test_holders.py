"""Holders: their numbers sealed, found by a keyed index, masked on screens."""

import datetime as dt

import pytest
import time_machine

from foundation.clock import now
from foundation.context import PLATFORM
from licences.errors import HolderInvalid
from licences.holders import (
    IDENTITY_NUMBER,
    USCC,
    find_holder,
    masked_name,
    masked_number,
    open_number,
    register_holder,
)
from licences.models import Holder
from licences.queries import represented_by
from licences.representing import represent
from portal.demonstration.numbers import company_code, identity_number
from registry.forms import HOLDER_KINDS
from tests import factories as make

pytestmark = pytest.mark.django_db

NUMBER = identity_number(7)


def test_a_number_is_opened_again_and_found_however_it_is_written() -> None:
    holder = make.someone(7)
    assert open_number(Holder.objects.get()) == NUMBER
    assert find_holder(f" {NUMBER[:6]} {NUMBER[6:].lower()}\n") == holder
    assert find_holder(identity_number(8)) is None


def test_the_clear_number_stands_nowhere_in_the_table() -> None:
    make.someone(7)
    assert NUMBER.encode() not in make.every_byte()


def test_the_clear_number_stands_nowhere_in_the_database_after_the_whole_chain() -> None:
    make.city()
    applicant = make.citizen(7)
    make.issued(make.REPORT, applicant.own)
    make.submitted(applicant)
    found = make.every_byte()
    assert NUMBER.encode() not in found
    assert company_code(7).encode() not in found


def test_the_index_is_no_plain_hash_of_the_number() -> None:
    import hashlib

    holder = make.someone(7)
    plain = {hashlib.new(name, NUMBER.encode()).digest() for name in ("sha256", "sha3_256", "blake2s")}
    assert bytes(holder.number_index) not in plain


def test_a_holder_is_registered_once_and_recorded_without_name_and_number() -> None:
    with make.recorded() as entries:
        assert make.someone(7) == make.someone(7, name="别名")
    assert Holder.objects.count() == 1
    (entry,) = entries
    assert (entry.action, entry.subject) == ("register_holder", str(Holder.objects.get().pk))


def test_a_sealed_number_moved_to_another_holder_does_not_open() -> None:
    from foundation.sealing import SealError

    one, other = make.someone(7), make.someone(8)
    make.edit(one, number_sealed=bytes(other.number_sealed))
    with pytest.raises(SealError):
        open_number(Holder.objects.get(pk=one.pk))


@pytest.mark.parametrize(
    ("code_type", "number", "field", "en"),
    [
        (IDENTITY_NUMBER, NUMBER[:-1] + ("0" if NUMBER[-1] != "0" else "1"), "number", f"should be {NUMBER[-1]}."),
        (USCC, company_code(7)[:-1] + "I", "number", "never I, O"),
        (IDENTITY_NUMBER, " ", "number", "required"),
        ("414", "1234", "number", "5 to 15 digits"),
        ("516", "H1", "number", "8 to 12 digits"),
        ("099", "企合、川字第1号", "number", "no “、”"),
        ("999", "1" * 65, "number", "at most 64"),
        ("999", "1\0", "number", "at most 64"),
        ("002", company_code(7), "code_type", "no code type “002”; those known: 001, 099"),
    ],
)
def test_a_wrong_number_is_refused_and_the_field_with_the_mend_named_in_both_languages(
    code_type: str, number: str, field: str, en: str
) -> None:
    with pytest.raises(HolderInvalid) as refused:
        register_holder(name="某", code_type=code_type, number=number, actor=PLATFORM)
    (named,) = refused.value.fields.items()
    assert named[0] == field
    assert en in named[1].en
    assert named[1].zh != named[1].en
    assert not Holder.objects.exists()


def test_every_fault_of_a_holder_is_named_at_once() -> None:
    with pytest.raises(HolderInvalid) as refused:
        register_holder(name=" ", code_type=USCC, number="1", actor=PLATFORM)
    assert set(refused.value.fields) == {"name", "number"}


@pytest.mark.parametrize("name", ["", " \u3000", "长" * 201, "甲\0乙", "甲\n乙"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(HolderInvalid) as refused:
        register_holder(name=name, code_type=USCC, number=company_code(7), actor=PLATFORM)
    assert set(refused.value.fields) == {"name"}


@pytest.mark.parametrize("code_type", sorted(HOLDER_KINDS))
def test_every_code_type_of_the_standard_can_be_registered(code_type: str) -> None:
    checked = {USCC: company_code(7), IDENTITY_NUMBER: NUMBER}
    number = checked.get(code_type, "H12345678" if code_type[0] in "45" else "军字第1234567号")
    assert register_holder(name="某", code_type=code_type, number=number, actor=PLATFORM).code_type == code_type


def test_a_foreign_passport_has_no_check_digit() -> None:
    assert open_number(register_holder(name="Ann", code_type="414", number="x123 456", actor=PLATFORM)) == "X123456"


def test_screens_show_people_masked_and_organisations_in_full() -> None:
    someone, company = make.someone(7), make.company(7)
    assert masked_name(someone) == "张**"
    assert masked_name(company) == company.name
    assert masked_number(someone) == f"{NUMBER[:4]}{'*' * 12}{NUMBER[-2:]}"


@time_machine.travel(dt.datetime(2026, 11, 23, tzinfo=dt.UTC), tick=False)
def test_a_person_acts_for_holders_from_then_on_themselves_first() -> None:
    person, own, company = make.person(), make.someone(7), make.company(7)
    represent(person=person.pk, holder=company, kind="company", actor=PLATFORM)
    made = represent(person=person.pk, holder=own, kind="self", actor=PLATFORM)
    assert [r.holder for r in represented_by(person.pk, now())] == [own, company]
    assert represented_by(person.pk, now() - dt.timedelta(seconds=1)) == []
    make.edit(made, until=now())
    assert [r.holder for r in represented_by(person.pk, now())] == [company]
