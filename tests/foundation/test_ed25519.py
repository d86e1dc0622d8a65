"""Ed25519 keys: a known answer, and a private half that is neither shown nor given out."""

import pickle

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from foundation.ed25519 import Ed25519Signer, ed25519_signer, new_ed25519_key
from foundation.keys import new_private_key


def test_a_signature_is_that_of_the_standards_example() -> None:
    # RFC 8032 section 7.1, test 2.
    secret = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
    signer = Ed25519Signer(Ed25519PrivateKey.from_private_bytes(secret))
    assert signer.public.hex() == "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
    assert signer.sign(b"\x72").hex() == (
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )


def test_a_new_key_signs_under_its_public_half() -> None:
    private, public = new_ed25519_key()
    signer = ed25519_signer(private)
    assert signer.public == public
    Ed25519PublicKey.from_public_bytes(public).verify(signer.sign(b"tree"), b"tree")
    assert new_ed25519_key()[1] != public


def test_the_private_half_is_neither_shown_nor_pickled() -> None:
    signer = ed25519_signer(new_ed25519_key()[0])
    assert repr(signer) == f"Ed25519Signer({signer.public.hex()})"
    with pytest.raises(TypeError, match="does not leave"):
        pickle.dumps(signer)


def test_another_kind_of_key_is_refused() -> None:
    with pytest.raises(TypeError, match="Ed25519"):
        ed25519_signer(new_private_key()[0])
