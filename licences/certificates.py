"""X.509 certificates (RFC 5280) of departments' keys: a root, what it certifies, requests (PKCS#10), chains of others.

Pure: keys, names and DER in and out. Whatever signs a certificate is the root's key; a request is signed by a `Signer`.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from urllib.parse import quote

from asn1crypto import csr, pem
from asn1crypto.core import ParsableOctetString
from asn1crypto.keys import PublicKeyInfo
from asn1crypto.x509 import Name as Asn1Name
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from foundation.keys import PublicJwk, Signer, as_der, public_key
from foundation.reasons import Both

ROOT_TERM = dt.timedelta(days=20 * 365)
KEY_TERM = dt.timedelta(days=5 * 365)
LONGEST_CHAIN = 8
_NAME_LIMIT = 64  # ub-common-name and ub-organization-name (RFC 5280 appendix A.1); `cryptography` counts bytes


class ChainError(Exception):
    """A certificate chain that does not hold; `why` says so in both languages."""

    def __init__(self, why: Both) -> None:
        super().__init__(why.en)
        self.why = why


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whom a certificate names: the department, its USCC (may be empty), what the key is for, its issuer address."""

    name: str
    uscc: str
    purpose: str
    address: str

    def subject(self) -> x509.Name:
        """Return the distinguished name; the USCC stands as organizationIdentifier (2.5.4.97)."""
        values = [
            (NameOID.COUNTRY_NAME, "CN"),
            (NameOID.ORGANIZATION_NAME, self.name[:_NAME_LIMIT]),
            (NameOID.ORGANIZATION_IDENTIFIER, self.uscc),
            (NameOID.COMMON_NAME, _fit(self.name, _NAME_LIMIT - len(self.purpose.encode())) + self.purpose),
        ]
        return x509.Name([x509.NameAttribute(oid, value) for oid, value in values if value])

    def alternative_name(self) -> x509.SubjectAlternativeName:
        """Return the issuer's address as a URI."""
        uri = quote(self.address, safe=":/?#[]@!$&'()*+,;=%")
        return x509.SubjectAlternativeName([x509.UniformResourceIdentifier(uri)])


def _fit(text: str, limit: int) -> str:
    return text.encode()[:limit].decode(errors="ignore")


def _key_usage(*, certifies: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=not certifies,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=certifies,
        crl_sign=certifies,
        encipher_only=False,
        decipher_only=False,
    )


def _started(subject: x509.Name, key: ec.EllipticCurvePublicKey, at: dt.datetime) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(at)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def make_root(name: str, key: ec.EllipticCurvePrivateKey, *, at: dt.datetime) -> bytes:
    """Return the DER of a self-signed root that certifies departments' keys and signs the trust list."""
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.COMMON_NAME, _fit(name, _NAME_LIMIT)),
        ]
    )
    started = _started(subject, key.public_key(), at).issuer_name(subject).not_valid_after(at + ROOT_TERM)
    started = started.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    started = started.add_extension(_key_usage(certifies=True), critical=True)
    return started.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def certify(
    jwk: PublicJwk, bearer: Bearer, *, root: bytes, root_key: ec.EllipticCurvePrivateKey, at: dt.datetime
) -> bytes:
    """Return the DER of the key's certificate: five years, but never beyond the root's own end."""
    authority = x509.load_der_x509_certificate(root)
    identifier = authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    started = _started(bearer.subject(), public_key(jwk), at).issuer_name(authority.subject)
    started = started.not_valid_after(min(at + KEY_TERM, authority.not_valid_after_utc))
    for extension, critical in (
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (_key_usage(certifies=False), True),
        (x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), False),
        (bearer.alternative_name(), False),
    ):
        started = started.add_extension(extension, critical=critical)
    return started.sign(root_key, hashes.SHA256()).public_bytes(Encoding.DER)


def request(jwk: PublicJwk, bearer: Bearer, signer: Signer) -> str:
    """Return a certificate request (PKCS#10, RFC 2986) as PEM, signed by whatever holds the key."""
    public = public_key(jwk).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    extensions = [
        {"extn_id": name, "critical": critical, "extn_value": ParsableOctetString(value.public_bytes())}
        for name, critical, value in (
            ("subject_alt_name", False, bearer.alternative_name()),
            ("key_usage", True, _key_usage(certifies=False)),
        )
    ]
    info = csr.CertificationRequestInfo(
        {
            "version": "v1",
            "subject": Asn1Name.load(bearer.subject().public_bytes()),
            "subject_pk_info": PublicKeyInfo.load(public),
            "attributes": [{"type": "extension_request", "values": [extensions]}],
        }
    )
    signed = csr.CertificationRequest(
        {
            "certification_request_info": info,
            "signature_algorithm": {"algorithm": "sha256_ecdsa"},
            "signature": as_der(signer.sign(info.dump())),
        }
    )
    text: bytes = pem.armor("CERTIFICATE REQUEST", signed.dump())
    return text.decode()


def checked_chain(text: bytes, jwk: PublicJwk, *, at: dt.datetime) -> list[bytes]:
    """Return the DER certificates of a PEM file, the key's own first, each signed by the next; or raise `ChainError`.

    Whether its last certificate is to be trusted is for whoever imports it to know.
    """
    try:
        chain = x509.load_pem_x509_certificates(text)
        own = chain[0].public_key() == public_key(jwk)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ChainError(Both("文件中没有可读取的证书", "the file holds no certificate that can be read")) from error
    if not own:
        raise ChainError(Both("首张证书的公钥不是该密钥的公钥", "the first certificate is for another key"))
    if len(chain) > LONGEST_CHAIN:
        raise ChainError(Both("证书过多", "there are too many certificates"))
    if not all(each.not_valid_before_utc <= at <= each.not_valid_after_utc for each in chain):
        raise ChainError(Both("有证书不在有效期内", "a certificate is not valid today"))
    _check_order(chain)
    return [each.public_bytes(Encoding.DER) for each in chain]


def _check_order(chain: Sequence[x509.Certificate]) -> None:
    for issued, issuer in pairwise(chain):
        try:
            issued.verify_directly_issued_by(issuer)
        except (InvalidSignature, ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise ChainError(Both("有证书不是由下一张证书签发", "one is not signed by the next")) from error
        if not _certifies(issuer):
            raise ChainError(Both("有签发者不是证书认证机构", "an issuer is no certificate authority"))


def _certifies(certificate: x509.Certificate) -> bool:
    extensions = certificate.extensions
    try:
        usage = extensions.get_extension_for_class(x509.KeyUsage).value
        return extensions.get_extension_for_class(x509.BasicConstraints).value.ca and usage.key_cert_sign
    except x509.ExtensionNotFound:
        return False
