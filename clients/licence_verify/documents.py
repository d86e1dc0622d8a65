"""Sealed documents: what their seal is worth, and whose key made it.

The one module that loads pyHanko, which takes longer than checking a thousand credentials: others load it when asked.
"""

import datetime as dt
import io

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from pyhanko.pdf_utils.reader import PdfFileReader

from foundation.keys import public_jwk
from licences.pdf.checking import SealCheck, check_seal


def open_document(pdf: bytes, *, root: bytes, at: dt.datetime) -> tuple[SealCheck, str]:
    """Return what the seal is worth under `root`, and where it holds the identifier of the key that made it."""
    found = check_seal(pdf, roots=[root], at=at)
    return found, _signing_key(pdf) if found.holds else ""


def _signing_key(pdf: bytes) -> str:
    seal = PdfFileReader(io.BytesIO(pdf)).embedded_regular_signatures[0]
    key = x509.load_der_x509_certificate(seal.signer_cert.dump()).public_key()
    return str(public_jwk(key)["kid"]) if isinstance(key, ec.EllipticCurvePublicKey) else ""
