"""Presenting a credential: only its holder can, only to whom and when they meant to. Pure."""

import base64
import datetime as dt
import json
from typing import Any

import pytest

from foundation.keys import new_private_key, software_signer
from foundation.reasons import REASONS
from licences import jws
from licences.jws import CredentialError
from licences.sdjwt import (
    Presentation,
    issue,
    parse,
    parse_presentation,
    present,
    select,
    verify,
    verify_presentation,
)

DER, KEY = new_private_key()
SIGNER = software_signer(DER)
HOLDER_DER, HOLDER_KEY = new_private_key()
HOLDER = software_signer(HOLDER_DER)
PLAIN = {"iss": "https://city.example/departments/L", "vct": "https://city.example/types/1", "iat": 1_790_000_000}
CLAIMS = {"certificateName": "用地预审意见", "certificateNumber": "成国土〔2026〕1号"}
AUDIENCE, NONCE = "https://verifier.example", "n-0S6_WzA2Mj"
AT = dt.datetime(2026, 10, 2, 8, tzinfo=dt.UTC)
BOUND = issue(plain=PLAIN, disclosable=CLAIMS, signer=SIGNER, holder_key=HOLDER_KEY)
SHOWN = present(BOUND, ["certificateName"], signer=HOLDER, audience=AUDIENCE, nonce=NONCE, at=AT)


def _refused(presentation: Presentation, reason: str, **how: Any) -> None:
    asked: dict[str, Any] = {"audience": AUDIENCE, "nonce": NONCE, "at": AT} | how
    with pytest.raises(CredentialError) as caught:
        verify_presentation(presentation, KEY, **asked)
    assert caught.value.reason == reason
    assert reason in REASONS


def _bound(signer: Any = HOLDER, typ: str = "kb+jwt", **claims: Any) -> Presentation:
    _, payload = jws.unverified(SHOWN.binding)
    return Presentation(SHOWN.credential, jws.sign(payload | claims, typ=typ, signer=signer))


def test_a_presentation_shows_what_its_holder_chose_and_nothing_else() -> None:
    claims = verify_presentation(parse_presentation(str(SHOWN)), KEY, audience=AUDIENCE, nonce=NONCE, at=AT)
    assert claims.pop("cnf") == {"jwk": {name: HOLDER_KEY[name] for name in ("kty", "crv", "x", "y")}}
    assert claims == PLAIN | {"certificateName": "用地预审意见"}


def test_a_presentation_is_read_as_it_is_written() -> None:
    assert parse_presentation(str(SHOWN)) == SHOWN
    assert parse_presentation(str(BOUND)) == Presentation(BOUND, "")


def test_a_presentation_is_no_credential() -> None:
    with pytest.raises(CredentialError) as caught:
        parse(str(SHOWN))
    assert caught.value.reason == "credential_malformed"


def test_claims_are_chosen_without_a_proof_too() -> None:
    assert verify(select(BOUND, ["certificateNumber"]), KEY).keys() & CLAIMS.keys() == {"certificateNumber"}
    assert not select(BOUND, []).disclosures


def test_what_the_credential_does_not_hold_cannot_be_chosen() -> None:
    with pytest.raises(CredentialError) as caught:
        present(BOUND, ["birthDate"], signer=HOLDER, audience=AUDIENCE, nonce=NONCE, at=AT)
    assert caught.value.reason == "disclosure_missing"


def test_a_credential_alone_proves_no_holder() -> None:
    _refused(Presentation(SHOWN.credential, ""), "binding_missing")


def test_a_credential_bound_to_no_key_cannot_be_proven() -> None:
    free = issue(plain=PLAIN, disclosable=CLAIMS, signer=SIGNER)
    _refused(present(free, [], signer=HOLDER, audience=AUDIENCE, nonce=NONCE, at=AT), "binding_missing")


@pytest.mark.parametrize("confirmation", ["x", {}, {"jwk": 7}, {"kid": "x"}])
def test_a_binding_that_names_no_key_is_refused(confirmation: Any) -> None:
    free = issue(plain=PLAIN | {"cnf": confirmation}, disclosable=CLAIMS, signer=SIGNER)
    _refused(Presentation(free, SHOWN.binding), "binding_missing")


@pytest.mark.parametrize(
    "key",
    [
        {},
        {"kty": "EC", "crv": "P-256"},
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": [1]},
        {"kty": "oct", "k": "AA"},
    ],
)
def test_a_binding_to_what_is_no_key_is_refused(key: dict[str, Any]) -> None:
    free = issue(plain=PLAIN | {"cnf": {"jwk": key}}, disclosable=CLAIMS, signer=SIGNER)
    _refused(Presentation(free, SHOWN.binding), "binding_foreign")


def test_the_proof_of_another_key_is_refused() -> None:
    der, _ = new_private_key()
    thief = software_signer(der)
    _refused(present(BOUND, [], signer=thief, audience=AUDIENCE, nonce=NONCE, at=AT), "binding_foreign")
    _refused(_bound(SIGNER), "binding_foreign")


def test_an_unsigned_proof_is_refused() -> None:
    header, payload = jws.unverified(SHOWN.binding)
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in (
        header | {"alg": "none"}, payload)]  # fmt: skip
    _refused(Presentation(SHOWN.credential, ".".join((*parts, ""))), "unsigned")


def test_a_proof_made_for_another_verifier_is_refused() -> None:
    _refused(SHOWN, "binding_audience", audience="https://elsewhere.example")
    _refused(_bound(aud=[AUDIENCE]), "binding_audience")


def test_a_proof_made_for_another_request_is_refused() -> None:
    _refused(SHOWN, "binding_replayed", nonce="another")
    _refused(_bound(nonce=None), "binding_replayed")


@pytest.mark.parametrize(("seconds", "good"), [(-61, False), (-60, True), (0, True), (300, True), (301, False)])
def test_a_proof_holds_for_five_minutes(seconds: int, good: bool) -> None:
    later = AT + dt.timedelta(seconds=seconds)
    if good:
        assert verify_presentation(SHOWN, KEY, audience=AUDIENCE, nonce=NONCE, at=later)
    else:
        _refused(SHOWN, "binding_stale", at=later)


@pytest.mark.parametrize(("made", "reason"), [(None, "binding_stale"), ("now", "credential_malformed")])
def test_a_proof_without_a_time_is_refused(made: Any, reason: str) -> None:
    _refused(_bound(iat=made), reason)


def test_a_proof_covers_the_disclosures_it_was_made_for() -> None:
    _refused(Presentation(select(BOUND, list(CLAIMS)), SHOWN.binding), "binding_altered")
    _refused(Presentation(select(BOUND, []), SHOWN.binding), "binding_altered")
    _refused(_bound(sd_hash=None), "binding_altered")


def test_a_proof_of_another_kind_is_refused() -> None:
    _refused(_bound(typ="JWT"), "token_kind_wrong")
    _refused(_bound(typ="dc+sd-jwt"), "token_kind_wrong")


def test_a_proof_does_not_make_up_for_a_bad_credential() -> None:
    der, _ = new_private_key()
    forged = issue(plain=PLAIN, disclosable=CLAIMS, signer=software_signer(der), holder_key=HOLDER_KEY)
    _refused(present(forged, [], signer=HOLDER, audience=AUDIENCE, nonce=NONCE, at=AT), "key_not_trusted")


def test_what_is_required_must_be_presented() -> None:
    _refused(SHOWN, "disclosure_missing", required=["certificateNumber"])


@pytest.mark.parametrize("text", ["", "a.b.c"])
def test_a_text_without_a_tilde_is_no_presentation(text: str) -> None:
    with pytest.raises(CredentialError):
        parse_presentation(text)
