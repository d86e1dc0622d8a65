"""Signing keys: what they sign is verified by an independent implementation."""

import base64

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st
from jwcrypto.jwk import JWK
from jwcrypto.jws import JWSCore

from foundation.keys import new_private_key, software_signer

DER, PUBLIC = new_private_key()
SIGNER = software_signer(DER)


@settings(max_examples=25)
@given(st.binary(min_size=1, max_size=80))
def test_jwcrypto_accepts_every_signature(message: bytes) -> None:
    signature = SIGNER.sign(message)
    assert len(signature) == 64
    payload = base64.urlsafe_b64encode(message).rstrip(b"=")
    # JWSCore signs `header.payload`; an equal input must verify under the same key.
    core = JWSCore("ES256", JWK(**{k: v for k, v in PUBLIC.items() if k != "use"}), '{"alg":"ES256"}', message)
    header = base64.urlsafe_b64encode(b'{"alg":"ES256"}').rstrip(b"=")
    assert core.verify(SIGNER.sign(header + b"." + payload))


def test_the_key_id_is_the_rfc_7638_thumbprint() -> None:
    assert PUBLIC["kid"] == SIGNER.key_id == JWK(**{k: v for k, v in PUBLIC.items() if k != "use"}).thumbprint()


def test_the_public_key_holds_no_private_part() -> None:
    assert set(PUBLIC) == {"kty", "crv", "x", "y", "kid", "alg", "use"}
    private = serialization.load_der_private_key(DER, None)
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    secret = private.private_numbers().private_value.to_bytes(32, "big")
    assert base64.urlsafe_b64encode(secret).rstrip(b"=").decode() not in str(PUBLIC)
    assert "private" not in repr(SIGNER)


def test_every_key_is_a_new_one() -> None:
    assert new_private_key()[1]["kid"] != PUBLIC["kid"]
