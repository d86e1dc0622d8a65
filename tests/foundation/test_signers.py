"""What signs: software, a PKCS#11 token, SM2. Checked by OpenSSL, and no private key is given out or shown."""

import copy
import multiprocessing
import pickle
import subprocess
import sys
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pkcs11
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation.keys import HeldKey, PublicJwk, as_der, joined, new_private_key, public_key, software_signer
from foundation.reasons import Refused
from foundation.signatures import is_signed
from foundation.sm2 import SIGNER_ID, Sm2Unavailable, is_signed_sm2, new_sm2_key, sm2_signer
from foundation.tokens import Token, TokenSigner, TokenUnavailable
from tests.softhsm import PIN, SoftToken, restart, soft_token

__all__ = ["soft_token"]
DER, ES256_JWK = new_private_key()
SM2_PRIVATE, SM2_JWK = new_sm2_key()
SOFTWARE, SM2 = software_signer(DER), sm2_signer(SM2_PRIVATE)
ORDER = {
    "ES256": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    "SM2-SM3": 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123,
}
BOTH = pytest.mark.parametrize(("signer", "jwk"), [(SOFTWARE, ES256_JWK), (SM2, SM2_JWK)], ids=["ES256", "SM2"])


# --- Every algorithm ---------------------------------------------------------------------------------------------


@BOTH
@settings(max_examples=25)
@given(message=st.binary(max_size=200), place=st.integers(0, 511))
def test_what_is_signed_is_signed_and_nothing_else(signer: Any, jwk: PublicJwk, message: bytes, place: int) -> None:
    signature = signer.sign(message)
    assert len(signature) == 64
    assert is_signed(message, signature, jwk)
    assert not is_signed(message + b"x", signature, jwk)
    changed = bytearray(signature)
    changed[place // 8] ^= 1 << place % 8
    assert not is_signed(message, bytes(changed), jwk)


@BOTH
def test_the_key_id_of_signer_and_public_key_is_one_and_another_key_did_not_sign(signer: Any, jwk: PublicJwk) -> None:
    assert signer.key_id == jwk["kid"]
    assert signer.algorithm == jwk["alg"]
    other = new_sm2_key()[1] if jwk is SM2_JWK else new_private_key()[1]
    assert not is_signed(b"m", signer.sign(b"m"), other)


@BOTH
@pytest.mark.parametrize("length", [0, 1, 63, 65, 128])
def test_a_signature_of_another_length_signs_nothing(signer: Any, jwk: PublicJwk, length: int) -> None:
    assert not is_signed(b"m", (signer.sign(b"m") * 2)[:length], jwk)


@BOTH
def test_numbers_outside_their_range_sign_nothing(signer: Any, jwk: PublicJwk) -> None:
    good, order = signer.sign(b"m"), ORDER[jwk["alg"]].to_bytes(32, "big")
    for bad in (bytes(64), b"\xff" * 64, bytes(32) + good[32:], good[:32] + bytes(32), order + good[32:]):
        assert not is_signed(b"m", bad, jwk)


@BOTH
@pytest.mark.parametrize("value", ["", "AAAA", "!", None])
@pytest.mark.parametrize("member", ["x", "y", "crv", "alg"])
def test_a_malformed_key_signs_nothing(signer: Any, jwk: PublicJwk, member: str, value: str | None) -> None:
    signature = signer.sign(b"m")
    assert not is_signed(b"m", signature, {**jwk, member: value})
    assert not is_signed(b"m", signature, {name: kept for name, kept in jwk.items() if name != member})


@BOTH
def test_a_key_under_the_others_algorithm_or_curve_signs_nothing(signer: Any, jwk: PublicJwk) -> None:
    other = ES256_JWK if jwk is SM2_JWK else SM2_JWK
    assert not is_signed(b"m", signer.sign(b"m"), {**jwk, "alg": other["alg"]})
    assert not is_signed(b"m", signer.sign(b"m"), {**jwk, "alg": other["alg"], "crv": other["crv"]})
    assert not is_signed(b"m", signer.sign(b"m"), {**jwk, "alg": "none"})


def test_der_and_joined_forms_are_one() -> None:
    signature = SOFTWARE.sign(b"m")
    assert joined(as_der(signature)) == signature


@pytest.mark.parametrize("take", [pickle.dumps, copy.copy, copy.deepcopy])
@pytest.mark.parametrize("signer", [SOFTWARE, SM2, TokenSigner(Token("/m.so", "t", PIN), "k", "id")], ids=type)
def test_no_signer_is_pickled_or_copied_or_shows_its_key(signer: HeldKey, take: Callable[[Any], Any]) -> None:
    with pytest.raises(TypeError, match="does not leave its store"):
        take(signer)
    shown = f"{signer!r} {signer} {vars(signer)}"
    for secret in (DER, SM2_PRIVATE[:32]):
        forms = (repr(secret)[2:-1], secret.hex(), _base64(secret), str(int.from_bytes(secret)))
        assert not any(form in shown for form in forms)
    assert PIN not in shown


# --- Checked by OpenSSL ------------------------------------------------------------------------------------------


def openssl(*arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["openssl", *arguments], capture_output=True, text=True, check=check)


# SubjectPublicKeyInfo of an uncompressed point on the curve sm2p256v1 (1.2.156.10197.1.301).
SPKI = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d03420004")
SM2_OPTIONS = ("-rawin", "-digest", "sm3", "-pkeyopt", f"distid:{SIGNER_ID.decode()}")
MESSAGE = "证照互通 licence exchange".encode()


def _base64(number: bytes) -> str:
    return urlsafe_b64encode(number).decode().rstrip("=")


def _number(jwk: PublicJwk, name: str) -> bytes:
    return urlsafe_b64decode(jwk[name] + "=")


@pytest.fixture
def message(tmp_path: Path) -> str:
    (tmp_path / "message").write_bytes(MESSAGE)
    return str(tmp_path / "message")


def test_openssl_verifies_our_sm2_signatures_and_refuses_changed_ones(tmp_path: Path, message: str) -> None:
    public, signature = tmp_path / "public.der", tmp_path / "signature"
    public.write_bytes(SPKI + _number(SM2_JWK, "x") + _number(SM2_JWK, "y"))
    signature.write_bytes(as_der(SM2.sign(MESSAGE)))
    arguments = ["pkeyutl", "-verify", "-pubin", "-inkey", str(public), "-keyform", "DER", *SM2_OPTIONS]
    arguments += ["-in", message, "-sigfile", str(signature)]
    assert "Verified Successfully" in openssl(*arguments).stdout
    signature.write_bytes(as_der(SM2.sign(MESSAGE + b"!")))
    assert openssl(*arguments, check=False).returncode != 0


def test_we_verify_openssls_sm2_signatures_and_only_under_its_signers_id(tmp_path: Path, message: str) -> None:
    key, public, signature = (str(tmp_path / name) for name in ("key.pem", "public.der", "signature"))
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:SM2", "-out", key)
    openssl("pkey", "-in", key, "-pubout", "-outform", "DER", "-out", public)
    point = Path(public).read_bytes()[-64:]
    jwk = {"kty": "EC", "crv": "SM2", "x": _base64(point[:32]), "y": _base64(point[32:]), "alg": "SM2-SM3"}
    openssl("pkeyutl", "-sign", "-inkey", key, *SM2_OPTIONS, "-in", message, "-out", signature)
    assert is_signed(MESSAGE, joined(Path(signature).read_bytes()), jwk)
    openssl("pkeyutl", "-sign", "-inkey", key, *SM2_OPTIONS[:-1], "distid:other", "-in", message, "-out", signature)
    assert not is_signed(MESSAGE, joined(Path(signature).read_bytes()), jwk)


def test_openssl_verifies_our_es256_signatures(tmp_path: Path, message: str, soft_token: SoftToken) -> None:
    token = soft_token.opened()
    jwk = token.make_key("k")
    for signer, key in ((SOFTWARE, ES256_JWK), (TokenSigner(token, "k", jwk["kid"]), jwk)):
        public, signature = tmp_path / "public.pem", tmp_path / "signature"
        public.write_bytes(public_key(key).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
        signature.write_bytes(as_der(signer.sign(MESSAGE)))
        verified = openssl("dgst", "-sha256", "-verify", str(public), "-signature", str(signature), message)
        assert "Verified OK" in verified.stdout


def test_without_the_extra_sm2_is_said_to_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gmssl_pyx", None)
    for act in (new_sm2_key, lambda: is_signed_sm2(b"m", bytes(64), SM2_JWK)):
        with pytest.raises(Sm2Unavailable) as caught:
            act()
        assert caught.value.grounds.code == "algorithm_unavailable"


# --- PKCS#11 -----------------------------------------------------------------------------------------------------


def test_a_key_of_a_token_signs_and_stays_there_over_a_restart(soft_token: SoftToken) -> None:
    jwk = soft_token.opened().make_key("k")
    assert set(jwk) == {"kty", "crv", "x", "y", "kid", "alg", "use"}
    restart(soft_token.module)
    assert is_signed(b"m", TokenSigner(soft_token.opened(), "k", jwk["kid"]).sign(b"m"), jwk)


def test_a_token_does_not_give_its_private_key_out(soft_token: SoftToken) -> None:
    token = soft_token.opened()
    token.make_key("k")
    session = token._session
    key = session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, label="k")
    assert key[pkcs11.Attribute.SENSITIVE]
    assert not key[pkcs11.Attribute.EXTRACTABLE]
    with pytest.raises(pkcs11.PKCS11Error):
        key[pkcs11.Attribute.VALUE]


def test_each_label_signs_with_its_own_key(soft_token: SoftToken) -> None:
    token = soft_token.opened()
    keys = {label: token.make_key(label) for label in ("a", "b")}
    for label, jwk in keys.items():
        signature = token.sign(label, b"m")
        assert [is_signed(b"m", signature, other) for other in keys.values()] == [jwk is k for k in keys.values()]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # what the ended session left behind
@pytest.mark.parametrize("how", ["session", "library"])
def test_a_session_that_has_ended_is_opened_anew(soft_token: SoftToken, how: str) -> None:
    token = soft_token.opened()
    jwk = token.make_key("k")
    if how == "session":
        token._session.close()
    else:
        pkcs11.lib(soft_token.module).finalize()
    assert is_signed(b"m", token.sign("k", b"m"), jwk)


def test_threads_sign_with_one_token_at_once(soft_token: SoftToken) -> None:
    token = soft_token.opened()
    jwk = token.make_key("k")
    messages = [str(n).encode() for n in range(200)]
    with ThreadPoolExecutor(8) as pool:
        signatures = list(pool.map(lambda message: token.sign("k", message), messages))
    assert all(is_signed(m, s, jwk) for m, s in zip(messages, signatures, strict=True))


def test_a_child_process_opens_a_session_of_its_own(soft_token: SoftToken) -> None:
    token = soft_token.opened()
    jwk = token.make_key("k")
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe()
    child = context.Process(target=lambda: there.send(token.sign("k", b"of the child")))
    child.start()
    assert here.poll(30)
    assert is_signed(b"of the child", here.recv(), jwk)
    child.join(30)
    assert is_signed(b"of the parent", token.sign("k", b"of the parent"), jwk)


def test_a_wrong_pin_is_tried_once_and_never_shown(soft_token: SoftToken) -> None:
    soft_token.opened().make_key("k")
    restart(soft_token.module)
    token = Token(soft_token.module, soft_token.label, "0" + PIN)
    for _ in range(3):
        with pytest.raises(TokenUnavailable) as caught:
            token.sign("k", b"m")
        assert "PIN" in caught.value.grounds.en
        assert PIN not in f"{caught.value!r} {caught.value.__cause__!r} {caught.value.grounds}"
    assert caught.value.__cause__ is None  # the third time nothing was asked


def test_what_is_missing_is_said(soft_token: SoftToken) -> None:
    token = soft_token.opened()
    token.make_key("k")
    _refuses(lambda: token.sign("other", b"m"), "does not hold the key")
    _refuses(lambda: Token(soft_token.module, "other", PIN).make_key("k"), "cannot be opened")
    _refuses(lambda: Token("/nowhere.so", "other", PIN).make_key("k"), "cannot be opened")
    assert token.sign("k", b"m")  # a failure does not take the token away from the others


def test_without_the_extra_pkcs11_is_said_to_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pkcs11", None)
    _refuses(lambda: Token("/m.so", "t", PIN).make_key("k"), "not installed")


def _refuses(act: Callable[[], object], why: str) -> None:
    with pytest.raises(Refused, match=why) as caught:
        act()
    assert caught.value.grounds.code == "token_unavailable"
