"""`manage.py keys`: what an operator types, what is answered, and what no output ever shows."""

from base64 import b64decode
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from django.core.management import call_command
from django.core.management.base import CommandError
from pytest_django import Settings

from foundation.clock import now
from foundation.keys import open_private_key, public_key
from licences import recovering
from licences.certificates import KEY_TERM, make_root
from licences.keystore import key_in_force
from licences.lifecycle import State
from licences.models import Licence, SigningKey
from licences.outcomes import Outcome
from licences.verification import verify_found
from tests import factories as make
from tests.softhsm import PIN, SoftToken, soft_token

__all__ = ["soft_token"]
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city(keys="L")


@pytest.fixture
def key() -> SigningKey:
    return SigningKey.objects.get(department__code="L")


def _keys(*arguments: str) -> str:
    out = StringIO()
    call_command("keys", *arguments, stdout=out, stderr=out)
    return out.getvalue()


def _newest(code: str = "L") -> SigningKey:
    found = key_in_force(make.department(code).pk)
    assert found
    return found


def test_list_names_every_key_with_its_state(key: SigningKey) -> None:
    _keys("rotate", "L")
    _keys("rotate", "L")
    _keys("make", "O", "--algorithm", "SM2-SM3")
    retired, (compromised,) = key, SigningKey.objects.filter(retired_at__isnull=False).exclude(pk=key.pk)
    _keys("compromised", compromised.key_id, "--reason", "测试")
    lines = _keys("list").splitlines()
    assert len(lines) == 4
    states = {retired.key_id: "retired", compromised.key_id: "compromised", _newest().key_id: "in force"}
    for line in lines[:3]:
        _, key_id, *_ = line.split()
        assert states.pop(key_id) in line
        assert "国土局" in line
    assert states == {}
    assert "SM2-SM3" in lines[3]
    assert _keys("list", "O").splitlines() == lines[3:]


def test_make_and_rotate_say_which_key_signs_now(key: SigningKey) -> None:
    said = _keys("make", "O")
    assert f"made {_newest('O').key_id}: ES256, software" in said
    said = _keys("rotate", "L")
    key.refresh_from_db()
    assert key.retired_at
    assert f"made {_newest().key_id}: ES256, software" in said


def test_a_key_is_made_in_the_token(soft_token: SoftToken, settings: Settings) -> None:
    settings.PKCS11_MODULE, settings.PKCS11_TOKEN, settings.PKCS11_PIN = soft_token.module, soft_token.label, PIN
    said = _keys("make", "O", "--store", "pkcs11")
    made = _newest("O")
    assert (made.store, bytes(made.private_sealed)) == ("pkcs11", b"")
    assert f"made {made.key_id}: ES256, pkcs11" in said
    assert PIN not in said
    assert "BEGIN CERTIFICATE REQUEST" in _keys("request", made.key_id)


def test_an_sm2_key_is_said_to_have_no_certificate() -> None:
    assert "no X.509 certificate" in _keys("make", "O", "--algorithm", "SM2-SM3")
    with pytest.raises(CommandError, match=r"no X\.509 certificate"):
        _keys("request", _newest("O").key_id)


@pytest.mark.parametrize("begins", ["-", "--", "-h", "-v", "_"])
def test_a_key_whose_id_looks_like_an_option_is_found(key: SigningKey, begins: str) -> None:
    make.edit(key, key_id=begins.ljust(43, "a"))
    assert "BEGIN CERTIFICATE" in _keys("certificate", begins.ljust(43, "a"))
    assert "0 credentials revoked" in _keys("compromised", begins.ljust(43, "a"), "--reason", "测试")
    key.refresh_from_db()
    assert key.compromised_at


def test_retiring_the_last_key_says_that_nothing_can_be_issued(key: SigningKey) -> None:
    assert "can issue nothing" in _keys("retire", key.key_id)
    assert key_in_force(key.department_id) is None


def test_compromised_signs_everything_anew_at_once(key: SigningKey, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recovering, "BATCH", 2)
    licences = [make.issued(holder=make.company(n)) for n in range(1, 4)] + [make.operated("suspend")]
    edited = make.issued()
    make.edit(edited, version=9)
    said = _keys("compromised", key.key_id, "--reason", "私钥文件外泄")
    assert "5 credentials revoked; not signed anew: 1" in said
    assert edited.identifier in said
    assert "私钥文件外泄" not in said
    found = [verify_found([Licence.objects.get(pk=licence.pk)], at=now()).outcome for licence in licences]
    assert found == [Outcome.VALID] * 3 + [Outcome.SUSPENDED]
    assert Licence.objects.get(pk=licences[3].pk).state == State.SUSPENDED
    assert "0 credentials revoked" in _keys("compromised", key.key_id, "--reason", "再次")


def test_request_and_certificate_print_pem_and_no_private_key(key: SigningKey, settings: Settings) -> None:
    request = x509.load_pem_x509_csr(_keys("request", key.key_id).encode())
    assert request.public_key() == public_key(key.public_jwk)
    own, authority = x509.load_pem_x509_certificates(_keys("certificate", key.key_id).encode())
    assert [c.public_bytes(Encoding.DER) for c in (own, authority)] == [b64decode(text) for text in key.chain]
    shown = "".join(
        _keys(*arguments)
        for arguments in (["list"], ["request", key.key_id], ["certificate", key.key_id], ["rotate", "L"])
    )
    assert "PRIVATE" not in shown
    sealed, name = bytes(key.private_sealed), key.key_id.encode()
    plain = settings.SEALING_RING.open(sealed, purpose="signing-key", bound_to=name)
    number = open_private_key(plain).private_numbers().private_value
    assert not any(form in shown for form in (plain.hex(), str(number), f"{number:x}"))


def _licensed(key: SigningKey, folder: Path) -> Path:
    """Write a chain for the key as a licensed authority would send it."""
    authority = ec.generate_private_key(ec.SECP256R1())
    root = x509.load_der_x509_certificate(make_root("授权机构", authority, at=now()))
    made = x509.CertificateBuilder().subject_name(root.subject).issuer_name(root.subject)
    made = made.public_key(public_key(key.public_jwk)).serial_number(x509.random_serial_number())
    own = made.not_valid_before(now()).not_valid_after(now() + KEY_TERM).sign(authority, hashes.SHA256())
    file = folder / "chain.pem"
    file.write_bytes(own.public_bytes(Encoding.PEM) + root.public_bytes(Encoding.PEM))
    return file


def test_a_licensed_authoritys_chain_is_imported(key: SigningKey, tmp_path: Path) -> None:
    file = _licensed(key, tmp_path)
    assert "imported 2 certificates" in _keys("certificate", key.key_id, "--import", str(file))
    assert _keys("certificate", key.key_id).strip() == file.read_text("ascii").strip()
    _keys("make", "O")
    with pytest.raises(CommandError, match="for another key"):
        _keys("certificate", _newest("O").key_id, "--import", str(file))
    with pytest.raises(CommandError, match="cannot be read"):
        _keys("certificate", key.key_id, "--import", str(tmp_path / "none.pem"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["make", "ZZ"], "no such department. / 没有这个部门。"),
        (["rotate", "ZZ"], "no such department"),
        (["list", "ZZ"], "no such department"),
        (["retire", "none"], "no such key. / 没有这个密钥。"),
        (["compromised", "none", "--reason", "测试"], "no such key"),
        (["request", "none"], "no such key"),
        (["certificate", "none"], "no such key"),
        (["make", "L", "--store", "pkcs11"], "none is set"),
        (["make", "L", "--store", "pkcs11", "--algorithm", "SM2-SM3"], "No SM2-SM3 key"),
        (["make", "L", "--store", "paper"], "invalid choice"),
        (["compromised", "none"], "--reason"),
        (["compromised", "none", "--reason", " "], "reason"),
        ([], "WHAT"),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_is_written(arguments: list[str], said: str) -> None:
    before: Any = list(SigningKey.objects.values())
    with make.recorded() as entries, pytest.raises(CommandError, match=said):
        _keys(*arguments)
    assert entries == []
    assert list(SigningKey.objects.values()) == before


def test_a_retired_key_requests_no_certificate_and_retires_once(key: SigningKey) -> None:
    _keys("retire", key.key_id)
    for arguments in (["retire", key.key_id], ["request", key.key_id]):
        with pytest.raises(CommandError, match="it signs no more"):
            _keys(*arguments)
