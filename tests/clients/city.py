"""A made-up platform with two departments, as `licence-verify` sees it: a root, a trust list, status lists. Pure."""

import base64
import dataclasses
import datetime as dt
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from foundation.keys import Signer, SoftwareSigner, public_jwk
from foundation.reasons import Both
from licence_verify import saved
from licences import sdjwt, statuslist
from licences.offline import OfflineCode, write_code
from licences.trust import TrustedIssuer, TrustedKey, TrustList, sign_trust_list

AT = dt.datetime(2026, 10, 2, 8, tzinfo=dt.UTC)
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
URL = "https://city.example"
ISSUER, OTHER = f"{URL}/departments/L", f"{URL}/departments/M"
LIST = f"{URL}/status-lists/0199f3a2-7c11-7def-8123-456789abcdef"
REVOKED, SUSPENDED = 7, 8
CLAIMS = {"certificateName": "用地预审意见", "certificateNumber": "成国土〔2026〕1号"}


def _certificate(
    name: str, key: ec.EllipticCurvePrivateKey, signed_by: "tuple[x509.Certificate, ec.EllipticCurvePrivateKey] | None"
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    issuer, issuer_key = (signed_by[0].subject, signed_by[1]) if signed_by else (subject, key)
    usage = dict.fromkeys(
        ("key_encipherment", "data_encipherment", "key_agreement", "crl_sign", "encipher_only", "decipher_only"), False
    )
    root = signed_by is None
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(AT - 30 * DAY)
        .not_valid_after(AT + 300 * DAY)
        .add_extension(x509.BasicConstraints(ca=root, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(digital_signature=True, content_commitment=not root, key_cert_sign=root, **usage),
            critical=True,
        )
    )
    return builder.sign(issuer_key, hashes.SHA256())


class City:
    """Keys of two departments under one root, and what a verifier saved of them."""

    def __init__(self) -> None:
        root_key, own, other = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
        root = _certificate("Root", root_key, None)
        self.root = root.public_bytes(Encoding.DER)
        self.root_signer = SoftwareSigner(root_key)
        self.signer, self.other = SoftwareSigner(own), SoftwareSigner(other)
        certificate = _certificate("Planning", own, (root, root_key)).public_bytes(Encoding.DER)
        self.chain = [certificate, self.root]
        self.keys = {
            ISSUER: self._key(ISSUER, own, certificate),
            OTHER: self._key(OTHER, other, b""),
        }

    @staticmethod
    def _key(issuer: str, key: ec.EllipticCurvePrivateKey, certificate: bytes) -> TrustedKey:
        jwk = public_jwk(key.public_key())
        x5c = (base64.b64encode(certificate).decode(),) if certificate else ()
        return TrustedKey(jwk["kid"], jwk["alg"], jwk, x5c, AT - 30 * DAY, issuer=issuer)

    def trust(self, *, age: dt.timedelta = HOUR, term: dt.timedelta = 7 * DAY, **key: Any) -> TrustList:
        """Return the trust list, signed `age` ago; `key` changes what it says of the department's key."""
        names = {ISSUER: Both("规划局", "Planning"), OTHER: Both("住建局", "Housing")}
        keys = {**self.keys, ISSUER: dataclasses.replace(self.keys[ISSUER], **key)}
        departments = tuple(TrustedIssuer(one, one[-1], names[one], "", (keys[one],)) for one in keys)
        return TrustList(URL, AT - age, AT - age + term, self.root, departments)

    def trust_token(self, **how: Any) -> str:
        """Return the trust list as it is fetched."""
        return sign_trust_list(self.trust(**how), self.root_signer)

    def status_list(
        self, *, signer: Signer | None = None, age: dt.timedelta = HOUR, term: dt.timedelta = 7 * DAY, uri: str = LIST
    ) -> str:
        """Return the signed status list, in which one licence is revoked and one suspended."""
        return statuslist.sign_token(
            uri=uri,
            values={REVOKED: statuslist.INVALID, SUSPENDED: statuslist.SUSPENDED},
            size=100,
            at=AT - age,
            ttl=dt.timedelta(seconds=60),
            expires_at=AT - age + term,
            signer=signer or self.signer,
        )

    def credential(self, *, signer: Signer | None = None, index: int | None = 1, **plain: Any) -> sdjwt.Credential:
        """Return a credential that names the place `index` in the status list."""
        status = {} if index is None else {"status": {"status_list": {"uri": LIST, "idx": index}}}
        times = {
            "iat": int((AT - DAY).timestamp()),
            "nbf": int((AT - DAY).timestamp()),
            "exp": int((AT + 100 * DAY).timestamp()),
        }
        claims = {"iss": ISSUER, "vct": f"{URL}/types/1", **times, **status, **plain}
        return sdjwt.issue(plain=claims, disclosable=CLAIMS, signer=signer or self.signer)

    def code(self, *, signer: Signer | None = None, **changed: Any) -> str:
        """Return an offline code."""
        code = OfflineCode(
            issuer=ISSUER,
            identifier="1.2.156.3005.2.11100000MB03271699001.11510100MB1234567X.20260000001.001.K",
            number="成国土〔2026〕1号",
            type_name="用地预审意见",
            holder="张**",
            valid_from=(AT - DAY).date(),
            valid_until=(AT + 100 * DAY).date(),
            issued_at=AT - DAY,
            status_uri=LIST,
            status_index=1,
        )
        return write_code(dataclasses.replace(code, **changed), signer or self.signer)

    def save(self, folder: Path, *, trust: str = "", lists: tuple[str, ...] | None = None) -> Path:
        """Write a folder as `licence-verify fetch` leaves it."""
        (folder / saved.STATUS_LISTS).mkdir(parents=True)
        (folder / saved.ROOT).write_bytes(self.root)
        (folder / saved.TRUST_LIST).write_text(trust or self.trust_token())
        for text in (self.status_list(),) if lists is None else lists:
            (folder / saved.STATUS_LISTS / saved.name_of(saved.address_of(text))).write_text(text)
        return folder
