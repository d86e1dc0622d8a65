"""GET /api/v1/licences/{identifier}/credential/: what the issuer signed, with the permitted disclosures only."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from foundation.context import PLATFORM
from licences import sdjwt
from licences.models import Licence
from licences.numbering import Identifier
from registry.defining import define_type
from registry.forms import Form
from tests import factories as make

pytestmark = pytest.mark.django_db

WHY = {"item": "O2", "purpose": "建设用地规划许可", "case": "O2-外部-0001"}


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city()


@pytest.fixture
def caller() -> APIClient:
    return make.api("O")


def _get(caller: APIClient, identifier: str, **values: str) -> Any:
    return caller.get(f"/api/v1/licences/{identifier}/credential/", {**WHY, **values})


def _claims(licence: Licence, text: str) -> tuple[dict[str, Any], dict[str, Any]]:
    return sdjwt.split_claims(sdjwt.parse(text), licence.signing_key.public_jwk)


def test_its_signature_holds_and_it_discloses_what_the_fields_call_would_show(caller: APIClient) -> None:
    licence = make.issued(content={"projectName": "改造"})
    answer = _get(caller, licence.identifier)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/dc+sd-jwt"
    assert answer["Cache-Control"] == "no-store"
    plain, disclosed = _claims(licence, answer.content.decode())
    assert plain["status"]
    assert disclosed["projectName"] == "改造"
    assert "certificateHolderCode" not in disclosed
    fields = caller.get(f"/api/v1/licences/{licence.identifier}/", WHY).json()["fields"]
    assert set(disclosed) <= {field["field"] for field in fields}


def test_an_agreement_narrows_the_disclosures(caller: APIClient) -> None:
    make.agreement(fields=["certificateNumber"])
    licence = make.issued(make.DEED)
    answer = _get(caller, licence.identifier, item="O3")
    _, disclosed = _claims(licence, answer.content.decode())
    assert set(disclosed) == {"certificateNumber"}


def test_both_what_was_shown_and_that_it_was_taken_stand_in_the_record(caller: APIClient) -> None:
    licence = make.issued()
    with make.recorded() as entries:
        answer = _get(caller, licence.identifier)
    shown, taken = entries
    assert (shown.action, taken.action) == ("disclose", "take_credential")
    assert taken.fields == [str(shown.pk)]
    assert answer["X-Record"] == str(taken.pk)
    assert shown.subject == taken.subject == licence.identifier


def test_one_that_was_altered_is_not_given(caller: APIClient) -> None:
    answer = _get(caller, make.tampered().identifier)
    assert (answer.status_code, answer.json()["reason"]) == (409, "credential_not_given")


def test_one_that_was_revoked_is_given_for_its_status_list_says_so(caller: APIClient) -> None:
    assert _get(caller, make.operated("revoke").identifier).status_code == 200


def test_a_guessed_identifier_is_answered_like_one_that_the_item_does_not_need(caller: APIClient) -> None:
    guessed = str(Identifier(make.licence_type(make.LAND).code, make.department("L").uscc, "19990000001", 1))
    outside = make.issued(make.SITE).identifier
    bodies = [_get(caller, identifier).json() for identifier in (guessed, outside)]
    assert [b["status"] for b in bodies] == [404, 404]
    assert bodies[0]["detail"] == bodies[1]["detail"]


def test_another_departments_token_gets_nothing() -> None:
    answer = _get(make.api("M"), make.issued().identifier)
    assert (answer.status_code, answer.json()["reason"]) == (403, "item_of_other_department")


def test_who_takes_only_json_is_told_what_there_is(caller: APIClient) -> None:
    answer = caller.get(f"/api/v1/licences/{make.issued().identifier}/credential/", WHY, HTTP_ACCEPT="application/json")
    assert answer.status_code == 406


def test_what_a_type_signs_openly_is_given_only_to_who_may_see_it(caller: APIClient) -> None:
    define_type(make.licence_type(make.DEED), Form(disclosable=("certificateHolderCode",)), actor=PLATFORM)
    deed = make.issued(make.DEED)
    make.agreement(fields=["certificateNumber"])
    answer = _get(caller, deed.identifier, item="O3")
    assert (answer.status_code, answer.json()["reason"]) == (403, "whole_not_permitted")
