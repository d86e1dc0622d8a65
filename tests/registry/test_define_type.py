"""Defining a licence type's form: by whom, in versions that stay, from a time that has not passed."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
import time_machine

from audit.models import Entry
from foundation.clock import now
from foundation.context import PLATFORM, Actor
from registry.defining import can_define, define_type, form_of, vct_of, versions_of
from registry.enrolling import grant_role
from registry.errors import FormInvalid, FormNotPermitted
from registry.forms import Form
from registry.models import LicenceTypeVersion, Person, Succession
from tests import factories as make

pytestmark = pytest.mark.django_db
SCHEMA = {"type": "object", "properties": {"area": {"type": "number", "title": "面积", "x-title-en": "Area"}}}
FORM = Form(schema=SCHEMA, number_template="川（{year}）第{serial:07}号", validity={"months": 12}, two_persons=True)


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city(keys="")


def _actor(person: Person) -> Actor:
    return Actor(person=person.pk, name=person.name)


def _authority() -> Actor:
    person = make.person("主管")
    grant_role(person=person, role="data_authority", department=None, actor=PLATFORM)
    return _actor(person)


def _define(form: Form = FORM, name: str = make.DEED, **values: Any) -> LicenceTypeVersion:
    return define_type(make.licence_type(name), form, **{"actor": PLATFORM, **values})


# --- What is in force ----------------------------------------------------------------------------------------------


def test_a_type_that_nobody_defined_has_the_base_form_with_the_catalogues_term() -> None:
    form = form_of(make.licence_type(make.LAND), now())
    assert (form.number, form.validity, form.number_template) == (
        0,
        {"months": 36},
        "成{department}〔{year}〕{serial}号",
    )


def test_a_version_says_how_licences_are_made_from_now_on_and_not_before() -> None:
    before = now() - dt.timedelta(seconds=1)
    assert _define().number == 1
    deed = make.licence_type(make.DEED)
    assert form_of(deed, now()) == replace(FORM, number=1)
    assert form_of(deed, before).number == 0


def test_a_version_may_say_that_licences_have_no_end_though_the_catalogue_knows_a_term() -> None:
    _define(Form(), make.LAND)
    assert form_of(make.licence_type(make.LAND), now()).validity == {}


def test_a_version_for_later_waits_and_a_newer_one_takes_its_place() -> None:
    deed, later = make.licence_type(make.DEED), now() + dt.timedelta(days=30)
    _define(in_force_from=later)
    assert form_of(deed, now()).number == 0
    assert form_of(deed, later).number == 1
    _define(replace(FORM, validity={}))
    assert [form_of(deed, at).number for at in (now(), later)] == [2, 2]


def test_what_the_newest_version_says_already_makes_no_other() -> None:
    with make.recorded() as entries:
        first, again = _define(), _define(replace(FORM, number=7))
    assert first == again
    assert [entry.action for entry in entries] == ["define_type"]
    later = _define(in_force_from=now() + dt.timedelta(days=1))
    assert later == first


def test_what_is_planned_for_later_may_be_wanted_at_once() -> None:
    planned = _define(in_force_from=now() + dt.timedelta(days=30))
    assert _define().number == planned.number + 1


def test_older_versions_stay_as_they_were_made() -> None:
    first = _define(basis="不动产登记暂行条例")
    _define(replace(FORM, validity={"months": 6}, schema={}))
    kept = versions_of(make.licence_type(make.DEED)).get(number=1)
    assert (kept.schema, kept.validity, kept.basis) == (SCHEMA, {"months": 12}, "不动产登记暂行条例")
    assert (kept.in_force_from, kept.made_at) == (first.in_force_from, first.made_at)
    assert [version.number for version in versions_of(make.licence_type(make.DEED))] == [2, 1]


def test_types_count_their_versions_by_themselves() -> None:
    assert [_define(name=name).number for name in (make.DEED, make.LAND, make.SITE)] == [1, 1, 1]


def test_credentials_are_signed_under_the_forms_profile_or_the_platforms_address(settings: Any) -> None:
    settings.PUBLIC_URL = "https://licences.example"
    deed = make.licence_type(make.DEED)
    assert vct_of(deed, Form()) == f"https://licences.example/types/{deed.code}"
    assert vct_of(deed, Form(vct="urn:cn:licence:deed")) == "urn:cn:licence:deed"


# --- Who may -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["department_head", "department_administrator"])
def test_heads_and_administrators_define_the_types_of_their_own_department(role: str) -> None:
    person = make.clerk("L", role)
    version = _define(actor=_actor(person))
    assert version.made_by == person.pk
    entry = Entry.objects.get(action="define_type")
    assert (entry.outcome, entry.actor_person, entry.fields) == ("done", person.pk, ["version 1"])
    assert entry.subject == make.licence_type(make.DEED).code


@pytest.mark.parametrize(
    ("code", "role"), [("L", "clerk"), ("O", "department_head"), ("O", "department_administrator")]
)
def test_others_are_refused_and_the_refusal_stands_in_the_record(code: str, role: str) -> None:
    with make.recorded() as entries, pytest.raises(FormNotPermitted) as refused:
        _define(actor=_actor(make.clerk(code, role)))
    assert "Land Bureau" in refused.value.grounds.en
    assert [(e.outcome, e.reason) for e in entries if e.action == "define_type"] == [("refused", "form_not_permitted")]
    assert not LicenceTypeVersion.objects.exists()


def test_the_data_authority_defines_any_type_also_one_without_an_owner() -> None:
    authority, head = _authority(), _actor(make.clerk("L", "department_head"))
    nobodys = make.licence_type(make.DEED)
    nobodys.owner = None
    nobodys.save()
    assert _define(actor=authority).number == 1
    with pytest.raises(FormNotPermitted):
        _define(Form(), actor=head)


def test_who_had_the_role_only_before_or_is_locked_out_may_not() -> None:
    deed, past = make.licence_type(make.DEED), now() - dt.timedelta(days=1)
    former = make.clerk("L", "department_head", since=past)
    assert can_define(deed, _actor(former), now())
    former.memberships.update(until=now())
    assert not can_define(deed, _actor(former), now())
    locked = make.clerk("L", "department_head")
    make.edit(locked, is_active=False)
    assert not can_define(deed, _actor(locked), now())


def test_an_actor_who_only_says_that_they_are_head_or_the_platform_may_not() -> None:
    deed = make.licence_type(make.DEED)
    assert not can_define(deed, Actor(department="L", role="department_head"), now())
    assert not can_define(deed, Actor(person=make.person().pk, department="L", role="platform"), now())


def test_the_department_that_succeeded_the_owner_defines_its_types() -> None:
    deed = make.licence_type(make.DEED)
    successor = _actor(make.clerk("O", "department_head"))
    assert not can_define(deed, successor, now())
    Succession.objects.create(kind="department", old="L", new="O", since=dt.date(2020, 1, 1))
    assert can_define(deed, successor, now())


# --- What is refused -----------------------------------------------------------------------------------------------


def test_every_fault_of_a_form_is_named_at_once_and_nothing_is_made() -> None:
    bad = Form(schema={"type": "array"}, number_template="{year}", validity={"months": -1})
    with pytest.raises(FormInvalid) as refused:
        _define(bad, in_force_from=now() - dt.timedelta(minutes=1), basis="x" * 301)
    assert set(refused.value.fields) == {"schema", "number_template", "validity.months", "in_force_from", "basis"}
    assert refused.value.grounds.code == "form_invalid"
    assert not LicenceTypeVersion.objects.exists()


def test_who_may_not_define_learns_nothing_about_faults() -> None:
    with pytest.raises(FormNotPermitted):
        _define(Form(number_template="{year}"), actor=_actor(make.clerk("L")))


@time_machine.travel(dt.datetime(2026, 11, 24, 9, tzinfo=dt.UTC), tick=False)
def test_the_present_moment_is_not_the_past() -> None:
    assert _define(in_force_from=now()).in_force_from == now()
