"""Signed calls (RFC 9421): what is covered, by whom, when, and only once."""

import base64
import datetime as dt
import hashlib
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from http_message_signatures import HTTPMessageVerifier, InvalidSignature, MappingKeyResolver
from http_message_signatures.algorithms import ECDSA_P256_SHA256, ED25519
from joserfc.jwk import OKPKey
from rest_framework.test import APIClient

from exchange.models import UsedOnce
from foundation.clock import now
from foundation.context import PLATFORM
from licence_exchange_client import PrivateKey
from registry.systems import change_client, deactivate_client, end_client_key
from tests import factories as make
from tests.exchange.callers import System, sent, signed, system

pytestmark = pytest.mark.django_db
PATH = "/api/v1/verifications/"
BODY = b'{"number":"X1","item":"O2","purpose":"p","case":"1"}'


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city(keys="")


@pytest.fixture
def known() -> System:
    return system()


@pytest.fixture
def caller(known: System) -> APIClient:
    caller = APIClient(raise_request_exception=False)
    caller.credentials(HTTP_AUTHORIZATION=f"Bearer {make.token(known.client, known.secret)}")
    return caller


def _refused(answer: Any, reason: str) -> None:
    assert (answer.status_code, answer.json()["reason"]) == (401, reason), answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["record"]


def test_a_signed_call_is_answered(known: System, caller: APIClient) -> None:
    assert sent(caller, signed(known.key, "POST", PATH, BODY)).status_code == 200


def test_an_ed25519_key_signs_as_well() -> None:
    made = system(key=PrivateKey(OKPKey.generate_key("Ed25519").as_dict(private=True)))
    caller = APIClient()
    caller.credentials(HTTP_AUTHORIZATION=f"Bearer {make.token(made.client, made.secret)}")
    assert sent(caller, signed(made.key, "POST", PATH, BODY)).status_code == 200


def test_a_call_without_body_is_signed_with_its_query(known: System, caller: APIClient) -> None:
    path = "/api/v1/licences/1.2/?item=O2&purpose=%E8%A7%84%E5%88%92&case=1"
    assert sent(caller, signed(known.key, "GET", path)).json()["reason"] == "licence_not_found"
    request = signed(known.key, "GET", path)
    request.url = request.url.copy_set_param("case", "2")
    _refused(sent(caller, request), "signature_wrong")


def test_a_replayed_signature_is_refused_and_that_is_recorded(known: System, caller: APIClient) -> None:
    request = signed(known.key, "POST", PATH, BODY)
    assert sent(caller, request).status_code == 200
    with make.recorded() as entries:
        answer = sent(caller, request)
    _refused(answer, "signature_replayed")
    (entry,) = entries
    assert (entry.action, entry.outcome, entry.reason) == ("call", "refused", "signature_replayed")
    assert (entry.actor_client, entry.subject, str(entry.pk)) == (
        known.client.pk,
        "verifications",
        answer.json()["record"],
    )


def _with(name: str, change: Callable[[str], str]) -> Callable[[httpx.Request], None]:
    def changed(request: httpx.Request) -> None:
        request.headers[name] = change(request.headers[name])

    return changed


def _without(*names: str) -> Callable[[httpx.Request], None]:
    def changed(request: httpx.Request) -> None:
        for name in names:
            del request.headers[name]

    return changed


def _other_body(request: httpx.Request) -> None:
    request._content = BODY.replace(b"X1", b"X2")


def _other_body_and_digest(request: httpx.Request) -> None:
    _other_body(request)
    digest = base64.b64encode(hashlib.sha256(request.content).digest()).decode()
    request.headers["Content-Digest"] = f"sha-256=:{digest}:"


def _other_address(request: httpx.Request) -> None:
    request.url = httpx.URL("http://testserver/api/v1/licences/")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_other_body, "digest_wrong"),
        (_other_body_and_digest, "signature_wrong"),
        (_other_address, "signature_wrong"),
        (_with("Signature", lambda s: s.replace("sig=:", "sig=:AAAA", 1)), "signature_wrong"),
        (_with("Signature", lambda s: "sig=1"), "signature_wrong"),
        (_with("Signature", lambda s: s + ', other=:AA==:'), "signature_wrong"),
        (_with("Signature-Input", lambda s: s + ', other=("@method")'), "signature_malformed"),
        (_with("Signature-Input", lambda s: s + ";x=1"), "signature_wrong"),
        (_with("Signature-Input", lambda s: "nonsense ((("), "signature_malformed"),
        (_with("Signature-Input", lambda s: "sig=1"), "signature_malformed"),
        (_with("Signature-Input", lambda s: s.replace('"@method" ', "")), "signature_incomplete"),
        (_with("Signature-Input", lambda s: s.replace('"@target-uri"', '"@target-uri";req')), "signature_incomplete"),
        (_with("Signature-Input", lambda s: s.replace(' "content-digest"', "")), "signature_incomplete"),
        (_with("Signature-Input", lambda s: s.replace("expires", "expired")), "signature_incomplete"),
        (_with("Signature-Input", lambda s: s.replace("created=", "created=1")), "signature_stale"),
        (_with("Signature-Input", lambda s: s.replace("created=", 'created="x";c=')), "signature_malformed"),
        (_with("Signature-Input", lambda s: s.replace('nonce="', 'nonce="";n="')), "signature_malformed"),
        (_with("Signature-Input", lambda s: s.replace('keyid="', 'keyid="x')), "client_key_unknown"),
        (_with("Signature-Input", lambda s: s.replace("ecdsa-p256-sha256", "hmac-sha256")), "client_algorithm_refused"),
        (_with("Content-Digest", lambda s: "sha-256=:AAAA:"), "signature_wrong"),
        (_without("Content-Digest"), "signature_wrong"),
        (_without("Signature"), "signature_wrong"),
        (_without("Signature-Input"), "signature_malformed"),
    ],
)  # fmt: skip
def test_whatever_is_changed_on_the_way_is_noticed(
    known: System, caller: APIClient, change: Callable[[httpx.Request], None], reason: str
) -> None:
    request = signed(known.key, "POST", PATH, BODY)
    change(request)
    _refused(sent(caller, request), reason)
    # And nothing of it used up the nonce: the true request is still good.
    assert not UsedOnce.objects.exists()


def test_another_method_is_another_call(known: System, caller: APIClient) -> None:
    request = signed(known.key, "POST", PATH, BODY)
    request.method = "PUT"
    assert sent(caller, request).status_code in (401, 405)
    request = signed(known.key, "GET", "/api/v1/batches/")
    request.method = "POST"
    _refused(sent(caller, request), "signature_wrong")


@pytest.mark.parametrize("after", [dt.timedelta(minutes=3), dt.timedelta(minutes=-1)])
def test_a_signature_of_another_time_is_refused(known: System, caller: APIClient, after: dt.timedelta) -> None:
    request = signed(known.key, "POST", PATH, BODY)
    with time_machine.travel(now() + after, tick=False):
        _refused(sent(caller, request), "signature_stale")


@pytest.mark.parametrize("after", [dt.timedelta(seconds=140), dt.timedelta(seconds=-20)])
def test_clocks_may_differ_by_half_a_minute(known: System, caller: APIClient, after: dt.timedelta) -> None:
    make.edit(known.client.keys.get(), since=now() - dt.timedelta(days=1))
    request = signed(known.key, "POST", PATH, BODY)
    with time_machine.travel(now() + after, tick=False):
        assert sent(caller, request).status_code == 200


def test_a_signature_may_not_hold_for_long(known: System, caller: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("licence_exchange_client.keys._HOLDS", 301)
    _refused(sent(caller, signed(known.key, "POST", PATH, BODY)), "signature_stale")


def test_another_systems_key_does_not_sign_this_ones_calls(known: System, caller: APIClient) -> None:
    other = system("D")
    _refused(sent(caller, signed(other.key, "POST", PATH, BODY)), "client_key_unknown")
    twin = PrivateKey({**other.key.private(), "kid": known.key.kid})
    _refused(sent(caller, signed(twin, "POST", PATH, BODY)), "signature_wrong")


def test_a_key_that_ended_signs_no_call(known: System, caller: APIClient) -> None:
    end_client_key(known.client, known.key.kid, actor=PLATFORM)
    _refused(sent(caller, signed(known.key, "POST", PATH, BODY)), "client_key_unknown")


def test_a_system_that_must_sign_is_not_answered_without_and_one_that_need_not_is(
    known: System, caller: APIClient
) -> None:
    assert caller.post(PATH, BODY, content_type="application/json").status_code == 200
    change_client(known.client, actor=PLATFORM, must_sign=True)
    _refused(caller.post(PATH, BODY, content_type="application/json"), "signature_missing")
    assert sent(caller, signed(known.key, "POST", PATH, BODY)).status_code == 200


def test_a_system_that_ended_is_told_so_before_its_signature_is_looked_at(known: System, caller: APIClient) -> None:
    make.edit(known.client, active=False)
    answer = sent(caller, signed(known.key, "POST", PATH, BODY))
    assert (answer.status_code, answer.json()["reason"]) == (403, "client_inactive")


def test_a_system_that_was_deactivated_has_no_token_left(known: System, caller: APIClient) -> None:
    deactivate_client(known.client, actor=PLATFORM)
    assert sent(caller, signed(known.key, "POST", PATH, BODY)).json()["reason"] == "not_signed_in"


def test_a_signed_body_too_large_to_be_held_is_refused(known: System, caller: APIClient) -> None:
    answer = sent(caller, signed(known.key, "POST", PATH, b'"' + b"x" * 3_000_000 + b'"'))
    assert (answer.status_code, answer.json()["reason"]) == (413, "file_too_large")


# --- RFC 9421 appendix B ---------------------------------------------------------------------------------------------

P256 = b"""-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqIVYZVLCrPZHGHjP17CTW0/+D9Lf
w0EkjqF7xB4FivAxzic30tMM4GF+hR6Dxh71Z50VGGdldkkDXZCnTNnoXQ==
-----END PUBLIC KEY-----"""
ED = base64.urlsafe_b64decode("JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs=")


def _b26() -> SimpleNamespace:
    covered = '("date" "@method" "@path" "@authority" "content-type" "content-length")'
    return SimpleNamespace(
        method="POST",
        url="https://example.com/foo?param=Value&Pet=dog",
        headers={
            "Date": "Tue, 20 Apr 2021 02:07:55 GMT",
            "Content-Type": "application/json",
            "Content-Length": "18",
            "Signature-Input": f'sig-b26={covered};created=1618884473;keyid="test-key-ed25519"',
            "Signature": "sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1"
            "u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:",
        },
    )


def _b24() -> SimpleNamespace:
    covered = '("@status" "content-type" "content-digest" "content-length")'
    digest = "sha-512=:mEWXIS7MaLRuGgxOBdODa3xqM1XdEvxoYhvlCFJ41QJgJc4GTsPp29l5oGX69wWdXymyU0rjJuahq4l5aGgfLQ==:"
    return SimpleNamespace(
        status_code=200,
        headers={
            "Content-Type": "application/json",
            "Content-Digest": digest,
            "Content-Length": "23",
            "Signature-Input": f'sig-b24={covered};created=1618884473;keyid="test-key-ecc-p256"',
            "Signature": "sig-b24=:wNmSUAhwb5LxtOtOpNa6W5xj067m5hFrj0XQ4fvpaCLx0NK"
            "ocgPquLgyahnzDnDAUy5eCdlYUEkLIj+32oiasw==:",
        },
    )


@pytest.mark.parametrize(
    ("message", "kid", "key", "algorithm"),
    [
        (_b26, "test-key-ed25519", Ed25519PublicKey.from_public_bytes(ED), ED25519),
        (_b24, "test-key-ecc-p256", load_pem_public_key(P256), ECDSA_P256_SHA256),
    ],
)
def test_the_library_verifies_the_examples_of_the_standard(
    message: Callable[[], SimpleNamespace], kid: str, key: Any, algorithm: Any
) -> None:
    keys = MappingKeyResolver(public_keys={kid: key}, private_keys={})
    verifier = HTTPMessageVerifier(signature_algorithm=algorithm, key_resolver=keys)
    (found,) = verifier.verify(message(), max_age=None)
    assert found.parameters["created"] == 1618884473
    tampered = message()
    tampered.headers["Content-Length"] = "19"
    with pytest.raises(InvalidSignature):
        verifier.verify(tampered, max_age=None)
