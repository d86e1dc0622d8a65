"""Enrolling people and clients."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from foundation.context import PLATFORM
from registry.enrolling import enrol_person, grant_role
from registry.models import Client, Membership, Person
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city(keys="")


def test_a_person_is_enrolled_with_a_password_that_is_stored_hashed() -> None:
    with make.recorded() as entries:
        person = enrol_person(username="li", password="secret words", name="李", actor=PLATFORM)
    assert person.check_password("secret words")
    assert "secret words" not in Person.objects.get().password
    assert [(e.action, e.subject) for e in entries] == [("enrol_person", str(person.pk))]


def test_without_a_password_nobody_signs_in_with_one() -> None:
    person = enrol_person(username="li", password=None, name="李", actor=PLATFORM)
    assert not person.has_usable_password()


def test_one_account_name_is_one_person() -> None:
    enrol_person(username="li", password=None, name="李", actor=PLATFORM)
    with pytest.raises(IntegrityError), transaction.atomic():
        enrol_person(username="li", password=None, name="另一个李", actor=PLATFORM)
    assert Person.objects.count() == 1


def test_a_role_is_recorded() -> None:
    person = make.person()
    with make.recorded() as entries:
        grant_role(person=person, role="clerk", department=make.department("D"), actor=PLATFORM)
    assert [(e.action, e.subject, e.fields) for e in entries] == [("grant_role", str(person.pk), ["clerk", "D"])]


@pytest.mark.parametrize("role", ["king", ""])
def test_a_role_that_does_not_exist_is_refused(role: str) -> None:
    with pytest.raises(ValidationError):
        grant_role(person=make.person(), role=role, department=make.department("D"), actor=PLATFORM)
    assert not Membership.objects.exists()


@pytest.mark.parametrize("role", ["clerk", "department_head", "department_administrator"])
def test_a_departments_role_needs_its_department(role: str) -> None:
    with pytest.raises(ValidationError):
        grant_role(person=make.person(), role=role, department=None, actor=PLATFORM)


@pytest.mark.parametrize("role", ["data_authority", "auditor", "operator"])
def test_a_city_wide_role_has_none(role: str) -> None:
    assert grant_role(person=make.person(), role=role, department=None, actor=PLATFORM).department is None


def test_a_clients_secret_is_told_once_and_stored_hashed() -> None:
    with make.recorded() as entries:
        client, secret = make.client("O")
    assert len(secret) >= 32
    assert Client.objects.get().client_secret != secret
    assert secret.encode() not in make.every_byte()
    assert client.department == make.department("O")
    assert [(e.action, e.subject) for e in entries] == [("register_client", str(client.pk))]
