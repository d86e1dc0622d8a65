"""The trust list: what it says of departments and keys, its signature, its reading offline, what is no list."""

import base64
import datetime as dt
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client as Browser
from jwcrypto.jwk import JWK
from jwcrypto.jws import JWS

from foundation.clock import now
from foundation.context import PLATFORM
from foundation.keys import SoftwareSigner, new_private_key, software_signer
from foundation.sm2 import new_sm2_key
from licences.certificates import make_root
from licences.certifying import root, root_signer
from licences.keystore import make_key, retire_key, rotate_key
from licences.models import SigningKey
from licences.recovering import report_compromised
from licences.trust import TrustListError, open_trust_list, parse_trust_list, sign_trust_list
from tests import factories as make

pytestmark = pytest.mark.django_db
AT = dt.datetime(2026, 11, 24, 9, 30, 15, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city(keys="LO")


def _listed() -> dict[str, Any]:
    answer = Browser().get("/trust-list")
    assert answer.status_code == 200
    read: dict[str, Any] = answer.json()
    return read


def _token() -> str:
    answer = Browser().get("/trust-list.jwt")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/jwt")
    return str(answer.content.decode())


# --- What it says ------------------------------------------------------------------------------------------------


def test_it_has_the_agreed_form() -> None:
    SigningKey.objects.update(made_at=AT)
    first = SigningKey.objects.get(department__code="L")
    with time_machine.travel(AT + dt.timedelta(hours=1), tick=False):
        second = rotate_key(first.department_id, actor=PLATFORM)
        listed = _listed()
    assert {name: listed[name] for name in ("version", "issuer", "issued_at", "expires_at")} == {
        "version": 1,
        "issuer": "http://127.0.0.1:8000",
        "issued_at": "2026-11-24T10:30:15Z",
        "expires_at": "2026-12-01T10:30:15Z",
    }
    assert base64.b64decode(listed["root"]) == bytes(root().certificate)
    land = listed["departments"][0]
    assert [department["code"] for department in listed["departments"]] == ["L", "O"]
    assert {name: land[name] for name in ("issuer", "name", "uscc")} == {
        "issuer": "http://127.0.0.1:8000/departments/L",
        "name": {"zh": "国土局", "en": "Land Bureau"},
        "uscc": make.department("L").uscc,
    }
    assert land["keys"][0] == {
        "kid": first.key_id,
        "alg": "ES256",
        "jwk": first.public_jwk,
        "x5c": first.chain,
        "trusted_from": "2026-11-24T09:30:15Z",
        "retired_at": "2026-11-24T10:30:15Z",
        "compromised_at": None,
    }
    assert (land["keys"][1]["kid"], land["keys"][1]["retired_at"]) == (second.key_id, None)


def test_a_retired_key_is_trusted_for_what_it_signed_before_and_a_compromised_one_for_nothing() -> None:
    retired, compromised = SigningKey.objects.order_by("department__code")
    retire_key(retired.key_id, actor=PLATFORM)
    report_compromised(compromised.key_id, actor=PLATFORM, reason="测试")
    listed = parse_trust_list(_listed())
    old, bad = listed.key(retired.key_id), listed.key(compromised.key_id)
    assert old
    assert bad
    assert (old.trusted, bad.trusted) == (True, False)
    hour = dt.timedelta(hours=1)
    assert [old.may_have_signed(now() + shift) for shift in (-hour, hour)] == [True, False]
    assert [bad.may_have_signed(now() + shift) for shift in (-hour, hour)] == [False, False]
    # A licence that was taken in from paper is older than the key.
    assert old.may_have_signed(old.trusted_from - 1000 * hour)
    assert old.issuer == "http://127.0.0.1:8000/departments/L"
    assert listed.key("unknown") is None


def test_it_holds_for_seven_days() -> None:
    listed = parse_trust_list(_listed())
    assert listed.is_current(now() + dt.timedelta(days=6, hours=22))
    assert not listed.is_current(now() + dt.timedelta(days=7, hours=1))


def test_it_holds_no_private_key_and_sm2_keys_too() -> None:
    key = make_key(department=make.department("L").pk, actor=PLATFORM, algorithm="SM2-SM3")
    listed = _listed()
    found = parse_trust_list(listed).key(key.key_id)
    assert found
    assert (found.alg, found.jwk["crv"], found.x5c) == ("SM2-SM3", "SM2", ())
    assert '"d"' not in json.dumps(listed)


# --- Caching -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["/trust-list", "/trust-list.jwt"])
def test_who_has_it_gets_it_again_only_when_something_changed(address: str) -> None:
    with time_machine.travel(now().replace(minute=10) + dt.timedelta(hours=2), tick=False) as clock:
        first = Browser().get(address)
        assert first["Cache-Control"] == "public, max-age=300"
        clock.shift(dt.timedelta(minutes=20))
        again = Browser().get(address, headers={"If-None-Match": first["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        report_compromised(SigningKey.objects.earliest("made_at").key_id, actor=PLATFORM, reason="测试")
        assert Browser().get(address, headers={"If-None-Match": first["ETag"]}).status_code == 200


@pytest.mark.parametrize("address", ["/trust-list", "/trust-list.jwt"])
def test_it_is_only_read(address: str) -> None:
    assert Browser().post(address).status_code == 405
    assert Browser().head(address).status_code == 200


# --- Its signature -----------------------------------------------------------------------------------------------


def test_the_signed_list_opens_under_the_root_and_says_the_same() -> None:
    assert open_trust_list(_token() + "\n", bytes(root().certificate)).as_json() == _listed()


def test_a_list_of_a_thousand_keys_opens() -> None:
    listed = parse_trust_list(_listed())
    (key, *_), department = listed.departments[0].keys, listed.departments[0]
    keys = tuple(replace(key, kid=str(n), jwk={**key.jwk, "kid": str(n)}) for n in range(1000))
    large = replace(listed, departments=(replace(department, keys=keys),))
    opened = open_trust_list(sign_trust_list(large, root_signer(root())), listed.root)
    assert opened.key("999") == keys[999]


def test_another_implementation_verifies_the_signed_list() -> None:
    token = JWS()
    token.deserialize(_token())
    pem = f"-----BEGIN CERTIFICATE-----\n{_listed()['root']}\n-----END CERTIFICATE-----\n"
    token.verify(JWK.from_pem(pem.encode()))
    assert json.loads(token.payload) == _listed()


def _signed_by(signer: Any, *, certificate: bytes | None = None) -> str:
    listed = parse_trust_list(_listed())
    return sign_trust_list(replace(listed, root=certificate or listed.root), signer)


def _changed(token: str, part: int, change: Callable[[dict[str, Any]], object]) -> str:
    parts = token.split(".")
    value = json.loads(base64.urlsafe_b64decode(parts[part] + "=="))
    change(value)
    parts[part] = base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
    return ".".join(parts)


@pytest.mark.parametrize(
    "forge",
    [
        lambda token: _changed(token, 1, lambda listed: listed.update(expires_at="2099-01-01T00:00:00Z")),
        lambda token: _changed(token, 1, lambda listed: listed["departments"].pop()),
        lambda token: _changed(token, 0, lambda header: header.update(alg="none")),
        lambda token: _changed(token, 0, lambda header: header.update(alg="none")).rpartition(".")[0] + ".",
        lambda token: _changed(token, 0, lambda header: header.update(typ="dc+sd-jwt")),
        lambda token: _signed_by(software_signer(new_private_key()[0])),
        lambda token: token.rpartition(".")[0] + ".",
        lambda token: "",
        lambda token: "a.b.c",
        lambda token: "{}",
    ],
)
def test_a_list_that_the_root_did_not_sign_is_refused(forge: Callable[[str], str]) -> None:
    with pytest.raises(TrustListError):
        open_trust_list(forge(_token()), bytes(root().certificate))


def test_a_list_of_another_root_is_refused_although_it_holds_together() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = make_root("另一根", key, at=now())
    token = _signed_by(SoftwareSigner(key), certificate=certificate)
    assert open_trust_list(token, certificate).issuer == "http://127.0.0.1:8000"
    with pytest.raises(TrustListError, match="not signed by this root"):
        open_trust_list(token, bytes(root().certificate))
    with pytest.raises(TrustListError, match="another root"):
        open_trust_list(_signed_by(SoftwareSigner(key)), certificate)


# --- What is no list ---------------------------------------------------------------------------------------------


def test_its_text_and_its_values_are_read_alike() -> None:
    listed = _listed()
    assert parse_trust_list(json.dumps(listed)).as_json() == parse_trust_list(listed).as_json() == listed


def _without(name: str) -> Callable[[dict[str, Any]], object]:
    return lambda listed: listed.pop(name)


def _of_key(**values: Any) -> Callable[[dict[str, Any]], object]:
    return lambda listed: listed["departments"][0]["keys"][0].update(values)


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (lambda listed: listed.update(version=2), "version 2"),
        *((_without(name), name) for name in ("version", "issuer", "issued_at", "expires_at", "root", "departments")),
        (lambda listed: listed.update(issued_at="2026-11-24T00:00:00"), "lacks its zone"),
        (lambda listed: listed.update(expires_at="soon"), "no trust list"),
        (lambda listed: listed.update(root="*"), "no trust list"),
        (lambda listed: listed.update(departments={"L": {}}), "no trust list"),
        (lambda listed: listed["departments"].append(listed["departments"][0]), "a key twice"),
        (_of_key(kid="other"), "not the public key"),
        (_of_key(alg="none"), "not the public key"),
        (_of_key(trusted_from=None), "no trust list"),
        (lambda listed: listed["departments"][0]["keys"][0]["jwk"].update(d="AAAA"), "not the public key"),
        (lambda listed: listed["departments"][0]["keys"][0].update(jwk=new_sm2_key()[1]), "not the public key"),
    ],
)
def test_what_is_no_list_is_refused_with_its_fault(spoil: Callable[[dict[str, Any]], object], complaint: str) -> None:
    listed = _listed()
    spoil(listed)
    with pytest.raises(TrustListError, match=complaint):
        parse_trust_list(listed)


@pytest.mark.parametrize("text", ["", "null", "[]", "7", '"x"', "{", "{}"])
def test_a_text_that_is_something_else_is_refused(text: str) -> None:
    with pytest.raises(TrustListError, match="no trust list"):
        parse_trust_list(text)


def test_reading_a_list_needs_no_django() -> None:
    program = "import sys, licences.trust; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=make.SHIPPED.parents[1], check=False).returncode == 0
