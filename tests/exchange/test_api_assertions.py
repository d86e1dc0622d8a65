"""`private_key_jwt`: a system shows who it is by a signed assertion (RFC 7523), once."""

import base64
import datetime as dt
import hmac
import json
import time
from typing import Any

import pytest
import time_machine
from joserfc import jws
from joserfc.jwk import ECKey, OKPKey, RSAKey

from exchange.callers.replays import forget_used
from exchange.models import UsedOnce
from foundation.clock import now
from foundation.context import PLATFORM
from licence_exchange_client import PrivateKey
from registry.systems import add_client_key, deactivate_client, end_client_key
from tests import factories as make
from tests.exchange.callers import AUDIENCE, System, ask_token, system

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city(keys="")


@pytest.fixture
def known() -> System:
    return system()


def _refused(answer: Any, reason: str) -> None:
    assert (answer.status_code, answer.json()["error"], answer.json()["reason"]) == (401, "invalid_client", reason)
    assert answer["Cache-Control"] == "no-store"
    assert "access_token" not in answer.json()


@pytest.mark.parametrize("audience", [AUDIENCE, f"{AUDIENCE}/oauth/token/", [AUDIENCE]])
def test_a_good_assertion_gets_a_token_and_that_stands_in_the_record(known: System, audience: Any) -> None:
    with make.recorded() as entries:
        answer = ask_token(known.assertion(aud=audience), scope="verify")
    assert answer.status_code == 200, answer.content
    assert answer.json()["scope"] == "verify"
    (entry,) = entries
    assert (entry.action, entry.outcome, entry.actor_client) == ("get_token", "done", known.client.pk)


@pytest.mark.parametrize("alg", ["Ed25519", "EdDSA"])
def test_ed25519_is_taken_under_both_its_names(alg: str) -> None:
    made = system(key=PrivateKey(OKPKey.generate_key("Ed25519").as_dict(private=True)))
    assert ask_token(made.assertion({"alg": alg})).status_code == 200


def test_an_assertion_is_taken_once(known: System) -> None:
    assertion = known.assertion()
    assert ask_token(assertion).status_code == 200
    with make.recorded() as entries:
        _refused(ask_token(assertion), "assertion_replayed")
    (entry,) = entries
    assert (entry.outcome, entry.reason, entry.actor_client) == ("refused", "assertion_replayed", None)
    # Another assertion with the same id is the same; another system may use that id.
    _refused(ask_token(known.assertion(jti=_claims(assertion)["jti"])), "assertion_replayed")
    assert ask_token(system("D").assertion(jti=_claims(assertion)["jti"])).status_code == 200


def _claims(assertion: str) -> dict[str, Any]:
    return dict(json.loads(base64.urlsafe_b64decode(assertion.split(".")[1] + "==")))


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"aud": "https://another.example"}, "assertion_audience"),
        ({"aud": [AUDIENCE, "https://another.example"]}, "assertion_audience"),
        ({"aud": {"a": 1}}, "assertion_audience"),
        ({"aud": None}, "assertion_malformed"),
        ({"exp": time.time() - 31}, "assertion_stale"),
        ({"exp": time.time() + 10_000}, "assertion_stale"),
        ({"exp": 10**400}, "assertion_stale"),
        ({"exp": float("nan")}, "assertion_stale"),
        ({"exp": "soon"}, "assertion_malformed"),
        ({"exp": True}, "assertion_malformed"),
        ({"exp": None}, "assertion_malformed"),
        ({"iat": time.time() + 600}, "assertion_stale"),
        ({"nbf": time.time() + 600}, "assertion_stale"),
        ({"jti": None}, "assertion_malformed"),
        ({"jti": ""}, "assertion_malformed"),
        ({"jti": "x" * 201}, "assertion_malformed"),
        ({"jti": 7}, "assertion_malformed"),
        ({"sub": "another"}, "assertion_malformed"),
        ({"sub": None}, "assertion_malformed"),
        ({"iss": "nobody", "sub": "nobody"}, "client_key_unknown"),
        ({"iss": "a\0b", "sub": "a\0b"}, "client_key_unknown"),
        ({"iss": None}, "client_key_unknown"),
    ],
)
def test_what_an_assertion_must_say(known: System, changed: dict[str, Any], reason: str) -> None:
    with time_machine.travel(time.time(), tick=False):
        _refused(ask_token(known.assertion(**changed)), reason)
    assert not UsedOnce.objects.exists()


@pytest.mark.parametrize("header", [{"kid": None}, {"kid": "another"}, {"kid": "\0"}, {"kid": ["x"]}, {"kid": 7}])
def test_a_key_that_is_not_named_or_not_registered(known: System, header: dict[str, Any]) -> None:
    head = {"alg": "ES256", **{k: v for k, v in header.items() if v is not None}}
    assertion = _written(head, known.claims(), b"\0" * 64)
    _refused(ask_token(assertion), "client_key_unknown")


def _written(header: dict[str, Any], claims: dict[str, Any], signature: bytes) -> str:
    def part(data: bytes) -> str:
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    return f"{part(json.dumps(header).encode())}.{part(json.dumps(claims).encode())}.{part(signature)}"


# --- Confusion -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("alg", ["none", "None", "NONE", ""])
def test_an_assertion_without_a_signature_is_none(known: System, alg: str) -> None:
    for signature in (b"", b"\0" * 64):
        _refused(
            ask_token(_written({"alg": alg, "kid": known.key.kid}, known.claims(), signature)),
            "client_algorithm_refused",
        )


def test_the_public_key_is_no_shared_secret(known: System) -> None:
    public = known.key.public()
    for secret in (
        ECKey.import_key(public).as_pem(private=False),
        json.dumps(public).encode(),
        base64.urlsafe_b64decode(public["x"] + "=="),
    ):
        unsigned = _written({"alg": "HS256", "kid": known.key.kid}, known.claims(), b"").rstrip(".")
        mac = hmac.digest(secret, unsigned.encode(), "sha256")
        forged = f"{unsigned}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"
        _refused(ask_token(forged), "client_algorithm_refused")


def test_a_key_that_the_assertion_brings_along_is_not_looked_at(known: System) -> None:
    own = PrivateKey.made()
    forged = System.__new__(System)
    forged.client, forged.secret, forged.key = known.client, "", own
    header = {"kid": known.key.kid, "jwk": own.public(), "jku": "https://evil.example/keys"}
    answer = ask_token(forged.assertion(header))
    assert answer.json()["reason"] in ("assertion_wrong", "assertion_malformed")
    assert answer.status_code == 401
    _refused(ask_token(forged.assertion({"kid": known.key.kid})), "assertion_wrong")


def test_a_key_of_another_kind_is_not_taken_for_the_registered_one(known: System) -> None:
    other = OKPKey.generate_key("Ed25519")
    forged = jws.serialize_compact(
        {"alg": "Ed25519", "kid": known.key.kid}, json.dumps(known.claims()), other, algorithms=["Ed25519"]
    )
    _refused(ask_token(forged), "client_algorithm_refused")
    rsa = jws.serialize_compact(
        {"alg": "RS256", "kid": known.key.kid}, json.dumps(known.claims()), RSAKey.generate_key(2048)
    )
    _refused(ask_token(rsa), "client_algorithm_refused")


def test_another_systems_key_does_not_sign_for_this_one(known: System) -> None:
    other = system("D")
    name = known.client.client_id
    _refused(ask_token(other.assertion(iss=name, sub=name)), "client_key_unknown")
    # Nor under the id of a key that both have.
    twin = PrivateKey({**other.key.private(), "kid": known.key.kid})
    add_client_key(other.client, twin.public(), actor=PLATFORM)
    forged = System.__new__(System)
    forged.client, forged.secret, forged.key = known.client, "", twin
    _refused(ask_token(forged.assertion()), "assertion_wrong")


@pytest.mark.parametrize(
    "assertion",
    [
        "",
        "a",
        "a.b",
        "a.b.c",
        "e30.e30.",
        "e30.W10.AA",
        ".".join(["e30"] * 5),
        "é.é.é",
        "x" * 20_000,
        "[" * 5_000 + ".e30.AA",
    ],
)
def test_what_is_no_assertion_is_refused(assertion: str) -> None:
    answer = ask_token(assertion)
    assert answer.status_code == 401
    assert answer.json()["reason"] in ("assertion_malformed", "client_key_unknown")


def test_half_a_character_in_a_claim_is_no_fault_of_ours(known: System) -> None:
    text = _written({"alg": "ES256", "kid": known.key.kid}, known.claims(iss="\ud800", sub="\ud800"), b"\0" * 64)
    _refused(ask_token(text), "client_key_unknown")


def test_an_assertion_nested_too_deep_is_refused(known: System) -> None:
    deep = base64.urlsafe_b64encode(b"[" * 5_500).rstrip(b"=").decode()
    head = base64.urlsafe_b64encode(b'{"alg":"ES256"}').rstrip(b"=").decode()
    _refused(ask_token(f"{head}.{deep}.AA"), "assertion_malformed")


# --- Two ways at once, ends ------------------------------------------------------------------------------------------


def test_who_shows_an_assertion_and_a_secret_is_refused(known: System) -> None:
    _refused(ask_token(known.assertion(), client_secret=known.secret), "not_signed_in")
    _refused(ask_token(known.assertion(), client_id=system("D").client.client_id), "client_key_unknown")
    assert ask_token(known.assertion(), client_id=known.client.client_id).status_code == 200


def test_another_type_of_assertion_is_refused(known: System) -> None:
    saml = "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"
    _refused(ask_token(known.assertion(), client_assertion_type=saml), "not_signed_in")


def test_a_key_that_ended_or_has_not_begun_signs_nothing(known: System) -> None:
    end_client_key(known.client, known.key.kid, actor=PLATFORM)
    _refused(ask_token(known.assertion()), "client_key_unknown")
    made = system("D")
    make.edit(made.client.keys.get(), since=now() + dt.timedelta(hours=1))
    _refused(ask_token(made.assertion()), "client_key_unknown")


def test_a_system_that_was_deactivated_gets_no_token(known: System) -> None:
    deactivate_client(known.client, actor=PLATFORM)
    _refused(ask_token(known.assertion()), "client_key_unknown")


def test_what_was_used_is_forgotten_once_it_could_not_be_used_any_more(known: System) -> None:
    ask_token(known.assertion())
    assert forget_used() == 0
    assert forget_used(now() + dt.timedelta(minutes=6)) == 1
