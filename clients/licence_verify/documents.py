"""Whose key sealed a document."""

import io

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from pyhanko.pdf_utils.reader import PdfFileReader

from foundation.keys import public_jwk


def signing_key(pdf: bytes) -> str:
    """Return the key identifier of the seal of a document whose seal was checked before."""
    seal = PdfFileReader(io.BytesIO(pdf)).embedded_regular_signatures[0]
    key = x509.load_der_x509_certificate(seal.signer_cert.dump()).public_key()
    return str(public_jwk(key)["kid"]) if isinstance(key, ec.EllipticCurvePublicKey) else ""
