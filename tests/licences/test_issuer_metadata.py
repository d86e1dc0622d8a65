"""Departments' public keys where verifiers look for them: issuer metadata and key sets."""

import base64
import json

import pytest
from cryptography import x509
from django.test import Client as Browser
from jwcrypto.jwk import JWKSet

from foundation.context import PLATFORM
from foundation.keys import public_key
from licences.keystore import make_key, retire_key, rotate_key
from licences.models import SigningKey
from licences.recovering import report_compromised
from licences.sdjwt import verify
from licences.storing import stored_credential
from tests import factories as make

pytestmark = pytest.mark.django_db
METADATA, KEY_SET = "/.well-known/jwt-vc-issuer/departments/{}", "/departments/{}/jwks.json"
BOTH = pytest.mark.parametrize("address", [METADATA, KEY_SET])


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city(keys="LO")


def _ids(code: str = "L") -> list[str]:
    return [key["kid"] for key in Browser().get(KEY_SET.format(code)).json()["keys"]]


def test_a_credential_leads_to_the_key_that_verifies_it() -> None:
    licence = make.issued()
    header, payload = (json.loads(base64.urlsafe_b64decode(part + "==")) for part in licence.credential.split(".")[:2])
    origin, _, code = payload["iss"].partition("/departments/")
    metadata = Browser().get(METADATA.format(code)).json()
    assert metadata["issuer"] == payload["iss"] == f"{origin}/departments/L"
    (key,) = (key for key in metadata["jwks"]["keys"] if key["kid"] == header["kid"])
    assert verify(stored_credential(licence), key)["certificateNumber"] == licence.number


def test_the_key_set_is_read_by_another_implementation_and_bears_the_chain() -> None:
    answer = Browser().get(KEY_SET.format("L"))
    assert answer["Content-Type"] == "application/jwk-set+json"
    key = SigningKey.objects.get(department__code="L")
    assert JWKSet.from_json(answer.content.decode()).get_key(key.key_id)
    (published,) = answer.json()["keys"]
    own = x509.load_der_x509_certificate(base64.b64decode(published["x5c"][0]))
    assert own.public_key() == public_key(published) == public_key(key.public_jwk)
    assert "d" not in published


def test_retired_keys_stay_and_compromised_ones_go() -> None:
    first = SigningKey.objects.get(department__code="L")
    second = rotate_key(first.department_id, actor=PLATFORM)
    assert _ids() == [first.key_id, second.key_id]
    report_compromised(first.key_id, actor=PLATFORM, reason="测试")
    assert _ids() == [second.key_id]
    retire_key(second.key_id, actor=PLATFORM)
    assert _ids() == [second.key_id]
    report_compromised(second.key_id, actor=PLATFORM, reason="测试")
    assert _ids() == []
    assert len(_ids("O")) == 1


def test_an_sm2_key_is_published_without_a_chain() -> None:
    make_key(department=make.department("M").pk, actor=PLATFORM, algorithm="SM2-SM3")
    (key,) = Browser().get(KEY_SET.format("M")).json()["keys"]
    assert (key["crv"], "x5c" in key) == ("SM2", False)


@BOTH
def test_who_has_the_keys_gets_them_again_only_when_they_changed(address: str) -> None:
    first = Browser().get(address.format("L"))
    assert first["Cache-Control"] == "public, max-age=300"
    again = {"If-None-Match": first["ETag"]}
    assert Browser().get(address.format("L"), headers=again).status_code == 304
    rotate_key(make.department("L").pk, actor=PLATFORM)
    assert Browser().get(address.format("L"), headers=again).status_code == 200


@BOTH
@pytest.mark.parametrize(("language", "said"), [("en", "There is no such department."), ("zh-hans", "没有这个部门。")])
def test_an_unknown_department_is_a_problem_in_the_callers_language(address: str, language: str, said: str) -> None:
    answer = Browser().get(address.format("ZZ"), headers={"Accept-Language": language})
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
    assert answer["Cache-Control"] == "no-store"
    assert (answer.json()["reason"], answer.json()["detail"]) == ("department_not_found", said)


@BOTH
def test_keys_are_only_read(address: str) -> None:
    assert Browser().post(address.format("L")).status_code == 405
