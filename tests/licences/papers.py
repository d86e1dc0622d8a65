"""What tests of documents share: a page, certificates, a look at the paper with other people's tools."""

import base64
import datetime as dt
import subprocess
import tempfile
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import zxingcpp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from numpy.typing import NDArray

from foundation.clock import now
from foundation.keys import SoftwareSigner
from foundation.reasons import Both
from licences.keystore import key_in_force
from licences.models import Licence
from licences.pdf.layout import Field, Page, Rendering, render
from licences.pdf.sealing import seal

CODE = "LX1:" + "6BFOXN%TSMAHN-H PD3.$+/*9:" * 12
ADDRESS = "https://licences.example.cn/c/7K3M9QX2V4T8HZ6R"
ISSUER = Both("成都市规划和自然资源局", "Chengdu Bureau of Planning and Natural Resources")


def page(**values: Any) -> Page:
    """Return a page of a plain licence."""
    return Page(
        **{
            "title": Both("建设用地规划许可证", "Planning permit for construction land"),
            "number": "成规划局〔2024〕17号",
            "identifier": "1.2.156.3005.2.11510000MB1234567800X.11510100LX0000046C.20240000017.001.K",
            "issuer": ISSUER,
            "issuer_code": "11510100LX0000046C",
            "holders": ["成都数控机床有限公司"],
            "fields": [Field(Both("用地位置", "Location"), "成都市高新区天府大道北段1700号")],
            "issued_on": dt.date(2024, 3, 5),
            "valid_from": dt.date(2024, 3, 5),
            "valid_until": dt.date(2026, 3, 4),
            "offline_code": CODE,
            "address": ADDRESS,
            **values,
        }
    )


@dataclass
class Authority:
    """A root and what it certifies."""

    name: str = "演示根证书"
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def __post_init__(self) -> None:
        self.root = self.certify(self.name, self.key.public_key(), ca=True)

    def certify(
        self,
        name: str,
        key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey,
        *,
        ca: bool = False,
        stamps: bool = False,
        days: int = 900,
    ) -> bytes:
        """Return the DER of a certificate for `key`, in force since yesterday."""
        usage = x509.KeyUsage(
            digital_signature=True, content_commitment=not ca, key_cert_sign=ca, crl_sign=ca, key_encipherment=False,
            data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
        )  # fmt: skip
        builder = (
            x509.CertificateBuilder()
            .subject_name(_named(name))
            .issuer_name(_named(self.name))
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now() - dt.timedelta(days=1))
            .not_valid_after(now() + dt.timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(usage, critical=True)
        )
        if stamps:
            purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
            builder = builder.add_extension(purpose, critical=True)
        return builder.sign(self.key, hashes.SHA256()).public_bytes(Encoding.DER)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


AUTHORITY = Authority()


@lru_cache(maxsize=1)
def department() -> tuple[SoftwareSigner, tuple[bytes, ...]]:
    """Return a department's signer with its chain."""
    key = ec.generate_private_key(ec.SECP256R1())
    return SoftwareSigner(key), (AUTHORITY.certify(ISSUER.zh, key.public_key()), AUTHORITY.root)


def sealed(document: Rendering | None = None, **values: Any) -> bytes:
    """Return a sealed document."""
    signer, chain = department()
    known = {"signer": signer, "chain": chain, "name": ISSUER.zh, "reason": "签发证照", "location": "成都市"}
    return seal(document or render(page()), **{**known, **values})


def certify_key_of(licence: Licence) -> None:
    """Give the key of the licence's issuer a certificate of `AUTHORITY`."""
    key = key_in_force(licence.issuer_id)
    assert key
    x, y = (int.from_bytes(base64.urlsafe_b64decode(key.public_jwk[axis] + "="), "big") for axis in "xy")
    public = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    chain = (AUTHORITY.certify(licence.issuer.name_zh, public), AUTHORITY.root)
    key.chain = [base64.b64encode(der).decode() for der in chain]
    key.save(update_fields=["chain"])


def tool(name: str, *arguments: str, pdf: bytes) -> bytes:
    """Return what one of poppler's tools says of a document."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "document.pdf"
        path.write_bytes(pdf)
        filled = [argument.replace("PDF", str(path)) for argument in arguments]
        return subprocess.run([name, *filled], capture_output=True, check=False).stdout


def paper(pdf: bytes, *, number: int = 1, dpi: int = 200) -> NDArray[np.uint8]:
    """Return a page as it is printed: grey values, rows by columns."""
    picture = tool("pdftoppm", "-gray", "-r", str(dpi), "-f", str(number), "-l", str(number), "PDF", pdf=pdf)
    _, size, _, values = picture.split(b"\n", 3)
    width, height = map(int, size.split())
    return np.frombuffer(values, np.uint8).reshape(height, width)


def scanned(pdf: bytes, *, number: int = 1) -> set[str]:
    """Return the texts of the QR codes on a page, read as a phone reads them."""
    return {code.text for code in zxingcpp.read_barcodes(paper(pdf, number=number))}


def text(pdf: bytes) -> str:
    """Return the words of a document, without the white space between them."""
    return "".join(tool("pdftotext", "-raw", "PDF", "-", pdf=pdf).decode().split())
