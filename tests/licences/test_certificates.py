"""Certificates of keys: verified by OpenSSL; requests; chains of licensed authorities, and what is none."""

import base64
import datetime as dt
import subprocess
from pathlib import Path
from typing import Any

import pytest
import time_machine
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from pytest_django import Settings

from foundation.clock import now
from foundation.context import PLATFORM
from foundation.keys import new_private_key, open_private_key, public_key
from licences import certifying
from licences.certificates import Bearer, certify, make_root
from licences.certifying import certificate_request, import_chain, root
from licences.errors import ChainInvalid, KeyNotCertifiable
from licences.keystore import make_key, signer_of
from licences.models import CertificateAuthority, SigningKey
from tests import factories as make
from tests.softhsm import PIN, SoftToken, soft_token

__all__ = ["soft_token"]
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city(keys="")


def _key(code: str = "L", **values: Any) -> SigningKey:
    return make_key(department=make.department(code).pk, actor=PLATFORM, **values)


def _certificates(key: SigningKey) -> list[x509.Certificate]:
    return [x509.load_der_x509_certificate(base64.b64decode(text)) for text in key.chain]


def _pem(*certificates: x509.Certificate) -> bytes:
    return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates)


def _openssl(*arguments: str, given: bytes = b"") -> str:
    made = subprocess.run(["openssl", *arguments], input=given, capture_output=True, check=False)
    return (made.stdout + made.stderr).decode()


# --- The platform's own ------------------------------------------------------------------------------------------


def test_openssl_verifies_the_chain_strictly_and_not_under_another_root(tmp_path: Path) -> None:
    own, authority = _certificates(_key())
    other = x509.load_der_x509_certificate(make_root("另一根", ec.generate_private_key(ec.SECP256R1()), at=now()))
    for name, certificate in (("own", own), ("root", authority), ("other", other)):
        (tmp_path / name).write_bytes(_pem(certificate))
    arguments = ("verify", "-x509_strict", "-purpose", "smimesign", "-CAfile")
    assert "own: OK" in _openssl(*arguments, str(tmp_path / "root"), str(tmp_path / "own"))
    assert "OK" not in _openssl(*arguments, str(tmp_path / "other"), str(tmp_path / "own"))
    # What a department's key signs as a certificate is none.
    assert "OK" not in _openssl(*arguments, str(tmp_path / "own"), str(tmp_path / "own"))


def test_a_certificate_names_the_department_and_what_its_key_may_do() -> None:
    key = _key("D")
    own, authority = _certificates(key)
    subject = {attribute.oid: attribute.value for attribute in own.subject}
    assert subject[NameOID.ORGANIZATION_NAME] == "经信委"
    assert subject[NameOID.ORGANIZATION_IDENTIFIER] == "11510100LX0000046C"
    assert subject[NameOID.COMMON_NAME] == "经信委电子证照签章"
    names = own.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == ["http://127.0.0.1:8000/departments/D"]
    usage = own.extensions.get_extension_for_class(x509.KeyUsage)
    assert (usage.critical, usage.value.digital_signature, usage.value.content_commitment) == (True, True, True)
    assert not usage.value.key_cert_sign
    assert own.public_key() == public_key(key.public_jwk)
    assert own.not_valid_after_utc - own.not_valid_before_utc == dt.timedelta(days=5 * 365)
    assert "演示" in authority.subject.rfc4514_string()


def test_no_certificate_outlives_its_root() -> None:
    start = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    with time_machine.travel(start, tick=False):
        _key()
    with time_machine.travel(start + dt.timedelta(days=19 * 365), tick=False):
        own, authority = _certificates(_key())
    assert own.not_valid_after_utc == authority.not_valid_after_utc == start + dt.timedelta(days=20 * 365)


def test_the_root_is_made_once_recorded_and_sealed(settings: Settings) -> None:
    with make.recorded() as entries:
        first, second = _key(), _key("O")
    assert [entry.action for entry in entries] == ["make_authority", "make_key", "make_key"]
    assert first.chain[1] == second.chain[1] == base64.b64encode(bytes(root().certificate)).decode()
    authority = CertificateAuthority.objects.get()
    assert "演示根证书 / demonstration root" in authority.name
    plain = settings.SEALING_RING.open(
        bytes(authority.private_sealed or b""), purpose="certificate-authority", bound_to=certifying.ROOT.bytes
    )
    number = open_private_key(plain).private_numbers().private_value.to_bytes(32)
    assert plain not in make.every_byte()
    assert number not in make.every_byte()


@pytest.mark.parametrize("name", ["环" * 200, "a" * 200, "省"])
@pytest.mark.parametrize("uscc", ["", "11510100LX0000046C"])
def test_names_of_any_length_and_address_fit_into_a_certificate(name: str, uscc: str) -> None:
    der, _ = new_private_key()
    key = open_private_key(der)
    bearer = Bearer(name, uscc, "电子证照签章", "https://example.org/departments/省_V")
    made = certify(new_private_key()[1], bearer, root=make_root(name, key, at=now()), root_key=key, at=now())
    own = x509.load_der_x509_certificate(made)
    (common,) = own.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    assert str(common.value).startswith(name[:1])
    assert str(common.value).endswith("电子证照签章")
    assert bool(own.subject.get_attributes_for_oid(NameOID.ORGANIZATION_IDENTIFIER)) == bool(uscc)


# --- Requests ----------------------------------------------------------------------------------------------------


def _check_request(key: SigningKey) -> None:
    text = certificate_request(key, signer_of(key))
    assert "verify OK" in _openssl("req", "-verify", "-noout", given=text.encode())
    request = x509.load_pem_x509_csr(text.encode())
    assert request.is_signature_valid
    assert request.public_key() == public_key(key.public_jwk)
    assert request.subject == certifying.bearer_of(key).subject()
    names = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == ["http://127.0.0.1:8000/departments/L"]


def test_a_request_is_one_that_openssl_verifies() -> None:
    _check_request(_key())


def test_a_request_for_a_key_in_a_token_is_signed_there(soft_token: SoftToken, settings: Settings) -> None:
    settings.PKCS11_MODULE, settings.PKCS11_TOKEN, settings.PKCS11_PIN = soft_token.module, soft_token.label, PIN
    _check_request(_key(store="pkcs11"))


def test_an_sm2_key_is_not_certified_here() -> None:
    key = _key(algorithm="SM2-SM3")
    with pytest.raises(KeyNotCertifiable):
        certificate_request(key, signer_of(key))
    with pytest.raises(KeyNotCertifiable):
        import_chain(key, b"", actor=PLATFORM)


# --- Chains of a licensed authority ------------------------------------------------------------------------------


class Authority:
    """A licensed authority of tests: its certificates may be wrong in one way each."""

    def __init__(
        self, name: str = "授权CA", *, issuer: "Authority | None" = None, ca: bool = True, rsa_key: bool = False
    ):
        self.key = rsa.generate_private_key(65537, 2048) if rsa_key else ec.generate_private_key(ec.SECP384R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        by = issuer or self
        self.certificate = by.certify(self.key.public_key(), self.name, ca=ca, issuer=by.name)

    def certify(
        self, key: Any, name: x509.Name, *, ca: bool, issuer: x509.Name, start: int = -1, end: int = 900
    ) -> x509.Certificate:
        usage = x509.KeyUsage(True, False, False, False, False, ca, ca, False, False)
        made = x509.CertificateBuilder().subject_name(name).issuer_name(issuer).public_key(key)
        made = made.serial_number(x509.random_serial_number()).add_extension(usage, critical=True)
        made = made.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        made = made.not_valid_before(now() + dt.timedelta(days=start)).not_valid_after(now() + dt.timedelta(days=end))
        return made.sign(self.key, hashes.SHA256())

    def own(self, key: SigningKey, **values: Any) -> x509.Certificate:
        subject = certifying.bearer_of(key).subject()
        return self.certify(public_key(key.public_jwk), subject, ca=False, issuer=self.name, **values)


@pytest.mark.parametrize("rsa_key", [False, True])
def test_the_chain_of_a_licensed_authority_takes_the_place_of_the_demonstration(rsa_key: bool) -> None:
    key, top = _key(), Authority(rsa_key=rsa_key)
    middle = Authority("中级CA", issuer=top)
    chain = [middle.own(key), middle.certificate, top.certificate]
    with make.recorded() as entries:
        import_chain(key, _pem(*chain), actor=PLATFORM)
    assert _certificates(SigningKey.objects.get(pk=key.pk)) == chain
    assert [(entry.action, entry.subject) for entry in entries] == [("import_certificate", key.key_id)]


def test_a_file_that_is_no_chain_of_the_key_is_refused_with_its_reason() -> None:
    key, other, top = _key(), _key("O"), Authority()
    middle, stranger = Authority("中级CA", issuer=top), Authority("授权CA")
    no_authority = Authority("并非CA", issuer=top, ca=False)
    bad = {
        "no certificate that can be read": [b"", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"],
        "for another key": [_pem(top.own(other), top.certificate), _pem(top.certificate, top.own(key))],
        "not signed by the next": [
            _pem(middle.own(key), top.certificate),
            _pem(top.own(key), stranger.certificate),
            _pem(middle.own(key), top.certificate, middle.certificate),
        ],
        "not valid today": [_pem(top.own(key, start=1), top.certificate), _pem(top.own(key, end=0), top.certificate)],
        "no certificate authority": [_pem(no_authority.own(key), no_authority.certificate, top.certificate)],
        "too many": [_pem(top.own(key), *[top.certificate] * 8)],
    }
    before = key.chain
    for why, files in bad.items():
        for file in files:
            with make.recorded() as entries, pytest.raises(ChainInvalid, match=why):
                import_chain(key, file, actor=PLATFORM)
            assert entries == []
    assert SigningKey.objects.get(pk=key.pk).chain == before
