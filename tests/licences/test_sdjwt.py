"""SD-JWT VC: accepted by an independent verifier, refused in every altered form. Pure."""

import base64
import datetime as dt
import hashlib
import hmac
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jwcrypto.jwk import JWK
from sd_jwt.verifier import SDJWTVerifier

from foundation.keys import PublicJwk, new_private_key, software_signer
from foundation.reasons import REASONS
from licences.jws import CredentialError
from licences.sdjwt import Credential, check_times, issue, parse, verify

DER, KEY = new_private_key()
SIGNER = software_signer(DER)
PLAIN = {"iss": "https://city.example/departments/L", "vct": "https://city.example/types/1", "iat": 1_790_000_000}
CLAIMS = {
    "certificateName": "用地预审意见",
    "certificateNumber": "成国土〔2026〕1号",
    "certificateHolderName": "甲公司",
}
CREDENTIAL = issue(plain=PLAIN, disclosable=CLAIMS, signer=SIGNER)


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(part: str) -> dict[str, Any]:
    return dict(json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))))


def _signed(header: dict[str, Any], payload: Any) -> str:
    signing_input = f"{_b64(json.dumps(header).encode())}.{_b64(json.dumps(payload).encode())}"
    return f"{signing_input}.{_b64(SIGNER.sign(signing_input.encode()))}"


def _parts() -> tuple[dict[str, Any], dict[str, Any]]:
    header, payload, _ = CREDENTIAL.jwt.split(".")
    return _decoded(header), _decoded(payload)


def _refused(credential: Credential, reason: str, key: PublicJwk = KEY) -> None:
    with pytest.raises(CredentialError) as caught:
        verify(credential, key)
    assert caught.value.reason == reason
    assert reason in REASONS


def _jwk(key: PublicJwk) -> JWK:
    return JWK(**{k: v for k, v in key.items() if k in ("kty", "crv", "x", "y")})


def test_an_independent_verifier_accepts_it_with_all_its_claims() -> None:
    verifier = SDJWTVerifier(str(CREDENTIAL), lambda issuer, header: _jwk(KEY))
    payload = verifier.get_verified_payload()
    assert {name: payload[name] for name in CLAIMS} == CLAIMS
    assert payload["vct"] == PLAIN["vct"]


def test_an_independent_verifier_sees_only_what_is_disclosed() -> None:
    one = Credential(CREDENTIAL.jwt, CREDENTIAL.disclosures[:1])
    payload = SDJWTVerifier(str(one), lambda issuer, header: _jwk(KEY)).get_verified_payload()
    assert set(payload) & set(CLAIMS) == {"certificateName"}


def test_the_signed_part_alone_shows_no_claim() -> None:
    _, payload = _parts()
    assert set(payload) == {*PLAIN, "_sd", "_sd_alg"}
    assert payload["_sd"] == sorted(payload["_sd"])
    assert all(len(base64.urlsafe_b64decode(d + "=")) == 32 for d in payload["_sd"])


def test_its_header_names_type_algorithm_and_key() -> None:
    header, _ = _parts()
    assert header == {"alg": "ES256", "typ": "dc+sd-jwt", "kid": KEY["kid"]}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(
    st.dictionaries(
        st.text(min_size=1, max_size=10).filter(lambda n: n not in ("_sd", "...", "_sd_alg", *PLAIN)), JSON, max_size=5
    )
)
def test_whatever_is_issued_verifies_with_the_same_claims(claims: dict[str, Any]) -> None:
    credential = issue(plain=PLAIN, disclosable=claims, signer=SIGNER)
    assert verify(parse(str(credential)), KEY) == PLAIN | claims


def test_equal_claims_have_different_digests_in_each_credential() -> None:
    again = issue(plain=PLAIN, disclosable=CLAIMS, signer=SIGNER)
    assert not set(again.disclosures) & set(CREDENTIAL.disclosures)


def test_a_changed_payload_is_refused() -> None:
    header, payload = _parts()
    signature = CREDENTIAL.jwt.rsplit(".", 1)[1]
    changed = f"{_b64(json.dumps(header).encode())}.{_b64(json.dumps(payload | {'iat': 1}).encode())}.{signature}"
    _refused(Credential(changed, CREDENTIAL.disclosures), "signature_invalid")


@given(st.data())
def test_no_changed_character_of_the_signed_part_passes(data: st.DataObject) -> None:
    jwt = CREDENTIAL.jwt
    place = data.draw(st.integers(0, len(jwt) - 1))
    character = data.draw(st.characters(codec="utf-8").filter(lambda c: c != jwt[place]))
    with pytest.raises(CredentialError):
        verify(Credential(jwt[:place] + character + jwt[place + 1 :], CREDENTIAL.disclosures), KEY)


def test_a_signature_has_one_spelling_only() -> None:
    last = CREDENTIAL.jwt[-1]
    for other in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".replace(last, ""):
        with pytest.raises(CredentialError):
            verify(Credential(CREDENTIAL.jwt[:-1] + other, ()), KEY)
    for more in ("=", "\n", "!", "=="):
        _refused(Credential(CREDENTIAL.jwt + more, ()), "credential_malformed")


@given(st.text(max_size=60) | st.binary(max_size=40).map(lambda b: f"{_b64(b)}.{_b64(b)}.{_b64(b)}"))
def test_no_rubbish_passes_or_fails_in_any_other_way(jwt: str) -> None:
    _refused(Credential(jwt, ()), "credential_malformed")


def test_a_credential_that_names_another_key_is_not_trusted() -> None:
    _refused(CREDENTIAL, "key_not_trusted", new_private_key()[1])


def test_a_foreign_signature_under_a_trusted_name_is_refused() -> None:
    der, _ = new_private_key()
    message = CREDENTIAL.jwt.rpartition(".")[0]
    signature = _b64(software_signer(der).sign(message.encode()))
    _refused(Credential(f"{message}.{signature}", CREDENTIAL.disclosures), "signature_invalid")


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE"])
def test_an_unsigned_credential_is_refused(algorithm: str) -> None:
    header, payload = _parts()
    unsigned = f"{_b64(json.dumps(header | {'alg': algorithm}).encode())}.{_b64(json.dumps(payload).encode())}."
    _refused(Credential(unsigned, CREDENTIAL.disclosures), "unsigned")


def test_an_hmac_made_with_the_public_key_is_refused() -> None:
    header, payload = _parts()
    signing_input = f"{_b64(json.dumps(header | {'alg': 'HS256'}).encode())}.{_b64(json.dumps(payload).encode())}"
    secrets = [json.dumps(KEY).encode(), base64.urlsafe_b64decode(KEY["x"] + "="), _jwk(KEY).export_to_pem()]
    for secret in secrets:
        mac = hmac.digest(secret, signing_input.encode(), hashlib.sha256)
        _refused(Credential(f"{signing_input}.{_b64(mac)}", CREDENTIAL.disclosures), "algorithm_refused")


@pytest.mark.parametrize("algorithm", ["ES384", "ES512", "ES256K", "RS256", "PS256", "EdDSA", "", None, 256, ["ES256"]])
def test_another_algorithm_in_the_header_is_refused(algorithm: Any) -> None:
    header, payload = _parts()
    _refused(Credential(_signed(header | {"alg": algorithm}, payload), CREDENTIAL.disclosures), "algorithm_refused")


@pytest.mark.parametrize("kind", ["JWT", "vc+sd-jwt", "", None])
def test_a_token_of_another_type_is_refused_though_the_key_signed_it(kind: Any) -> None:
    header, payload = _parts()
    _refused(Credential(_signed(header | {"typ": kind}, payload), CREDENTIAL.disclosures), "token_kind_wrong")


def test_an_unknown_critical_header_is_refused() -> None:
    header, payload = _parts()
    _refused(
        Credential(_signed(header | {"crit": ["x"], "x": 1}, payload), CREDENTIAL.disclosures), "credential_malformed"
    )


def test_a_key_in_the_header_is_not_trusted() -> None:
    der, foreign = new_private_key()
    header, payload = _parts()
    signing_input = f"{_b64(json.dumps(header | {'jwk': foreign}).encode())}.{_b64(json.dumps(payload).encode())}"
    signature = _b64(software_signer(der).sign(signing_input.encode()))
    _refused(Credential(f"{signing_input}.{signature}", CREDENTIAL.disclosures), "signature_invalid")


def test_stripped_disclosures_hide_their_claims_and_nothing_else() -> None:
    claims = verify(Credential(CREDENTIAL.jwt, ()), KEY)
    assert claims == PLAIN


def test_a_stripped_disclosure_is_refused_where_its_claim_is_required() -> None:
    stripped = Credential(CREDENTIAL.jwt, CREDENTIAL.disclosures[1:])
    assert "certificateNumber" in verify(stripped, KEY, required=["certificateNumber", "iss"])
    with pytest.raises(CredentialError) as caught:
        verify(stripped, KEY, required=["certificateName"])
    assert caught.value.reason == "disclosure_missing"


def test_a_disclosure_given_twice_is_refused() -> None:
    _refused(Credential(CREDENTIAL.jwt, (*CREDENTIAL.disclosures, CREDENTIAL.disclosures[0])), "disclosure_doubled")


def test_a_disclosure_of_another_credential_is_refused() -> None:
    other = issue(plain=PLAIN, disclosable=CLAIMS, signer=SIGNER)
    _refused(Credential(CREDENTIAL.jwt, (*CREDENTIAL.disclosures[:2], other.disclosures[2])), "disclosure_foreign")


def test_a_changed_disclosure_is_refused() -> None:
    salt, name, _ = json.loads(base64.urlsafe_b64decode(CREDENTIAL.disclosures[2] + "=="))
    forged = _b64(json.dumps([salt, name, "乙公司"], ensure_ascii=False).encode())
    _refused(Credential(CREDENTIAL.jwt, (*CREDENTIAL.disclosures[:2], forged)), "disclosure_foreign")


def _disclosing(*disclosures: str, **payload: Any) -> Credential:
    digests = [_b64(hashlib.sha256(d.encode()).digest()) for d in disclosures]
    header, _ = _parts()
    return Credential(_signed(header, PLAIN | {"_sd": digests, "_sd_alg": "sha-256"} | payload), disclosures)


@pytest.mark.parametrize("name", ["_sd", "_sd_alg", "...", "iss", "vct", "nbf", "exp", "status", "cnf"])
def test_a_disclosure_cannot_bring_a_claim_that_is_reserved_or_must_be_plain(name: str) -> None:
    _refused(_disclosing(_b64(json.dumps(["salt", name, "x"]).encode())), "disclosure_reserved")


def test_a_disclosure_cannot_replace_a_plain_claim() -> None:
    _refused(_disclosing(_b64(json.dumps(["salt", "iat", 1]).encode())), "disclosure_doubled")


@pytest.mark.parametrize(
    ("plain", "hidden"), [({"_sd": []}, {}), ({"_sd_alg": "x"}, {}), ({}, {"exp": 1}), ({}, {"...": 1})]
)
def test_nothing_is_issued_under_a_reserved_name(plain: dict[str, Any], hidden: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="reserved"):
        issue(plain=PLAIN | plain, disclosable=hidden, signer=SIGNER)


def test_one_claim_disclosed_with_two_values_is_refused() -> None:
    _refused(_disclosing(*(_b64(json.dumps(["salt", "a", value]).encode()) for value in (1, 2))), "disclosure_doubled")


@pytest.mark.parametrize(
    "content", [b"[]", b'["salt","a"]', b"1", b"null", b"{", b"\xff", b'["salt",1,2]', b'["a","b","c","d"]']
)
def test_a_malformed_disclosure_is_refused_though_its_digest_is_signed(content: bytes) -> None:
    _refused(_disclosing(_b64(content)), "disclosure_malformed")


def test_a_digest_named_twice_is_refused() -> None:
    disclosure = _b64(json.dumps(["salt", "a", 1]).encode())
    digest = _b64(hashlib.sha256(disclosure.encode()).digest())
    header, _ = _parts()
    _refused(Credential(_signed(header, PLAIN | {"_sd": [digest, digest]}), (disclosure,)), "digest_doubled")


@pytest.mark.parametrize("digests", [7, "x", {"a": 1}, [7], [None], [["x"]]])
def test_malformed_digests_are_refused_though_they_are_signed(digests: Any) -> None:
    header, _ = _parts()
    _refused(Credential(_signed(header, PLAIN | {"_sd": digests}), ()), "credential_malformed")


def test_a_payload_that_is_no_object_is_refused_though_it_is_signed() -> None:
    header, _ = _parts()
    payloads: tuple[Any, ...] = ([], 7, None, "x")
    for payload in payloads:
        _refused(Credential(_signed(header, payload), ()), "credential_malformed")


def test_a_credential_nested_without_end_is_refused() -> None:
    header, _ = _parts()
    nested = '{"a":' + "[" * 100_000 + "]" * 100_000 + "}"
    signing_input = f"{_b64(json.dumps(header).encode())}.{_b64(nested.encode())}"
    deep = f"{signing_input}.{_b64(SIGNER.sign(signing_input.encode()))}"
    _refused(Credential(deep, ()), "credential_malformed")


def test_digests_of_another_hash_are_refused() -> None:
    _refused(_disclosing(_b64(json.dumps(["salt", "a", 1]).encode()), _sd_alg="md5"), "digest_algorithm_refused")


@pytest.mark.parametrize("text", ["", "a.b.c", "a.b.c~d", "a.b.c~d~header.payload.signature"])
def test_a_text_that_does_not_end_in_a_tilde_is_no_credential(text: str) -> None:
    with pytest.raises(CredentialError):
        parse(text)


def test_a_credential_is_read_as_it_is_written() -> None:
    assert parse(str(CREDENTIAL)) == CREDENTIAL


BEGINS = dt.datetime(2026, 10, 1, tzinfo=dt.UTC)
ENDS = dt.datetime(2027, 10, 1, tzinfo=dt.UTC)
SECOND = dt.timedelta(seconds=1)


@pytest.mark.parametrize(
    ("at", "reason"),
    [(BEGINS - SECOND, "not_yet_valid"), (BEGINS, ""), (ENDS - SECOND, ""), (ENDS, "expired")],
)
def test_a_credential_is_valid_from_its_first_second_to_its_last(at: dt.datetime, reason: str) -> None:
    times = {"nbf": int(BEGINS.timestamp()), "exp": int(ENDS.timestamp())}
    claims = verify(issue(plain=PLAIN | times, disclosable={}, signer=SIGNER), KEY)
    if not reason:
        check_times(claims, at)
        return
    with pytest.raises(CredentialError) as caught:
        check_times(claims, at)
    assert caught.value.reason == reason


def test_a_credential_without_times_is_not_limited_by_them() -> None:
    check_times(PLAIN, BEGINS)
