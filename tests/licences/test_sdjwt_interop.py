"""Credentials and presentations go both ways between this platform and two other implementations. Pure."""

import datetime as dt
import time
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_private_key
from jwcrypto.jwk import JWK
from openvc.keys import P256SigningKey
from openvc.proof.sd_jwt import SdJwtVcProofSuite
from sd_jwt.common import SDObj
from sd_jwt.holder import SDJWTHolder
from sd_jwt.issuer import SDJWTIssuer
from sd_jwt.verifier import SDJWTVerifier

from foundation.keys import PublicJwk, new_private_key, software_signer
from licences.jws import CredentialError
from licences.sdjwt import issue, parse, parse_presentation, present, verify, verify_presentation

DER, KEY = new_private_key()
SIGNER = software_signer(DER)
HOLDER_DER, HOLDER_KEY = new_private_key()
HOLDER = software_signer(HOLDER_DER)
PLAIN = {"iss": "https://city.example/departments/L", "vct": "https://city.example/types/1", "iat": 1_790_000_000}
CLAIMS: dict[str, Any] = {
    "certificateName": "用地预审意见",
    "certificateNumber": "成国土〔2026〕1号",
    "parcels": [{"area": 12.5, "use": "工业"}],
}
AUDIENCE, NONCE = "https://verifier.example", "n-0S6_WzA2Mj"
SUITE = SdJwtVcProofSuite()
BOUND = issue(plain=PLAIN, disclosable=CLAIMS, signer=SIGNER, holder_key=HOLDER_KEY)


def _private(der: bytes) -> ec.EllipticCurvePrivateKey:
    key = load_der_private_key(der, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key


def _jwcrypto(der: bytes) -> Any:
    return JWK.from_pyca(_private(der))


def _openvc(der: bytes, kid: str) -> Any:
    return P256SigningKey(_private(der), kid)


def _bare(key: PublicJwk) -> dict[str, Any]:
    return {name: key[name] for name in ("kty", "crv", "x", "y")}


def _now() -> dt.datetime:
    return dt.datetime.fromtimestamp(int(time.time()), dt.UTC)


@pytest.fixture(autouse=True)
def _today(time_machine: Any) -> None:
    # The other implementations read the clock themselves.
    time_machine.move_to(dt.datetime(2026, 10, 2, 8, tzinfo=dt.UTC), tick=False)


def test_sd_jwt_verifies_a_credential_of_ours() -> None:
    payload = SDJWTVerifier(str(BOUND), lambda issuer, header: _jwcrypto(DER)).get_verified_payload()
    assert {name: payload[name] for name in (*CLAIMS, *PLAIN)} == CLAIMS | PLAIN


def test_openvc_verifies_a_credential_of_ours() -> None:
    verified = SUITE.verify(str(BOUND), public_key_jwk=_bare(KEY), expected_vct=str(PLAIN["vct"]))
    assert verified.issuer == PLAIN["iss"]
    assert {name: verified.claims[name] for name in CLAIMS} == CLAIMS


def test_we_verify_a_credential_of_sd_jwt() -> None:
    claims = {**PLAIN, **{SDObj(name): value for name, value in CLAIMS.items()}}
    header = {"typ": "dc+sd-jwt", "kid": KEY["kid"]}
    text = SDJWTIssuer(claims, _jwcrypto(DER), extra_header_parameters=header).sd_jwt_issuance
    assert verify(parse(text), KEY) == PLAIN | CLAIMS


def test_we_verify_what_sd_jwt_hides_inside_objects_and_arrays_and_its_decoys() -> None:
    claims = {
        **PLAIN,
        "address": {SDObj("street"): "人民南路", "city": "成都"},
        SDObj("holder"): {SDObj("name"): "甲公司", "kind": "企业"},
        "uses": [SDObj("工业"), "商业", SDObj({SDObj("deep"): 1})],
    }
    issued = SDJWTIssuer(
        claims, _jwcrypto(DER), add_decoy_claims=True, extra_header_parameters={"typ": "dc+sd-jwt"}
    ).sd_jwt_issuance
    assert verify(parse(issued), KEY) == PLAIN | {
        "address": {"street": "人民南路", "city": "成都"},
        "holder": {"name": "甲公司", "kind": "企业"},
        "uses": ["工业", "商业", {"deep": 1}],
    }
    holder = SDJWTHolder(issued)
    holder.create_presentation({"holder": True, "uses": [True]})
    assert verify(parse(holder.sd_jwt_presentation), KEY) == PLAIN | {
        "address": {"city": "成都"},
        "holder": {"kind": "企业"},
        "uses": ["工业", "商业"],
    }


def test_an_inner_disclosure_without_the_outer_one_is_refused() -> None:
    claims = {**PLAIN, SDObj("holder"): {SDObj("name"): "甲公司"}}
    issued = SDJWTIssuer(claims, _jwcrypto(DER), extra_header_parameters={"typ": "dc+sd-jwt"}).sd_jwt_issuance
    jwt, inner, *_ = issued.split("~")
    with pytest.raises(CredentialError) as caught:
        verify(parse(f"{jwt}~{inner}~"), KEY)
    assert caught.value.reason == "disclosure_foreign"


def test_we_verify_a_credential_of_openvc() -> None:
    text = SUITE.issue(
        {**PLAIN, **CLAIMS}, signing_key=_openvc(DER, KEY["kid"]), disclosable=list(CLAIMS), vct=str(PLAIN["vct"])
    )
    assert verify(parse(text), KEY) == PLAIN | CLAIMS


def test_sd_jwt_verifies_a_presentation_of_ours() -> None:
    shown = present(BOUND, ["certificateName"], signer=HOLDER, audience=AUDIENCE, nonce=NONCE, at=_now())
    verifier = SDJWTVerifier(
        str(shown), lambda issuer, header: _jwcrypto(DER), expected_aud=AUDIENCE, expected_nonce=NONCE
    )
    assert set(verifier.get_verified_payload()) & set(CLAIMS) == {"certificateName"}


def test_openvc_verifies_a_presentation_of_ours() -> None:
    shown = present(BOUND, ["certificateNumber"], signer=HOLDER, audience=AUDIENCE, nonce=NONCE, at=_now())
    verified = SUITE.verify(
        str(shown), public_key_jwk=_bare(KEY), audience=AUDIENCE, nonce=NONCE, require_key_binding=True
    )
    assert verified.key_bound
    assert set(verified.claims) & set(CLAIMS) == {"certificateNumber"}


def test_we_verify_a_presentation_that_sd_jwt_made() -> None:
    holder = SDJWTHolder(str(BOUND))
    holder.create_presentation({"certificateName": True}, NONCE, AUDIENCE, _jwcrypto(HOLDER_DER))
    shown = parse_presentation(holder.sd_jwt_presentation)
    claims = verify_presentation(shown, KEY, audience=AUDIENCE, nonce=NONCE, at=_now())
    assert set(claims) & set(CLAIMS) == {"certificateName"}


def test_we_verify_a_presentation_that_openvc_made() -> None:
    text = SUITE.issue(
        {**PLAIN, **CLAIMS},
        signing_key=_openvc(DER, KEY["kid"]),
        disclosable=list(CLAIMS),
        vct=str(PLAIN["vct"]),
        holder_jwk=_bare(HOLDER_KEY),
    )
    shown = SUITE.create_presentation(
        text, holder_key=_openvc(HOLDER_DER, HOLDER_KEY["kid"]), audience=AUDIENCE, nonce=NONCE
    )
    claims = verify_presentation(parse_presentation(shown), KEY, audience=AUDIENCE, nonce=NONCE, at=_now())
    assert {name: claims[name] for name in CLAIMS} == CLAIMS
