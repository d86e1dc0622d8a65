"""Sealing a document: a PAdES signature (ETSI EN 319 142-1, B-B, or B-T with a time stamp) by a department's key. Pure.

The signature certifies the whole document and permits no change after it. Its field lies over the visible seal, which
the page itself shows: a click on the seal opens the reader's account of the signature, and the picture is signed too.
"""

import io
from collections.abc import Sequence
from typing import Protocol

import httpx
from asn1crypto import tsp
from asn1crypto.x509 import Certificate
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from pyhanko.pdf_utils.content import RawContent
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.layout import BoxConstraints
from pyhanko.pdf_utils.writer import BasePdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.timestamps.common_utils import TimestampRequestError
from pyhanko.stamp import StaticStampStyle
from pyhanko_certvalidator.registry import SimpleCertificateStore

from foundation.keys import Signer

ALGORITHM = "ES256"
FIELD = "Seal"
# Room left for the signature besides its certificates, and for a time stamp with those of its server, in bytes.
_SIGNATURE_BYTES, _STAMP_BYTES = 2048, 10240
_STAMP_SECONDS = 10


class Sealable(Protocol):
    """A document with the place of its visible seal."""

    @property
    def pdf(self) -> bytes:
        """The unsealed PDF."""

    @property
    def seal_page(self) -> int:
        """The page that shows the seal, from 0."""

    @property
    def seal_box(self) -> tuple[int, int, int, int]:
        """Its box in points: left, bottom, right, top."""


def seal(
    document: Sealable,
    *,
    signer: Signer,
    chain: Sequence[bytes],
    name: str,
    reason: str,
    location: str,
    time_stamper: TimeStamper | None = None,
) -> bytes:
    """Return the sealed PDF: the document unchanged, and one update after it that holds the signature.

    `chain` holds DER certificates, the signer's own first. Raises `ValueError` where the key cannot seal, and
    `TimestampRequestError` where the time-stamp server does not answer: nothing is sealed without its stamp then.
    """
    if signer.algorithm != ALGORITHM or not chain:
        raise ValueError(f"a seal needs a {ALGORITHM} key with a certificate")
    left, bottom, right, top = document.seal_box
    metadata = signers.PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        name=name,
        reason=reason,
        location=location,
        subfilter=fields.SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=fields.MDPPerm.NO_CHANGES,
    )
    place = fields.SigFieldSpec(FIELD, on_page=document.seal_page, box=document.seal_box)
    # PDF/A wants an appearance of every visible field: an empty one, as the page shows the seal already.
    empty = RawContent(b"", box=BoxConstraints(width=right - left, height=top - bottom))
    pdf_signer = _Sealer(
        metadata,
        signer=_PortSigner(signer, chain),
        timestamper=time_stamper,
        new_field_spec=place,
        stamp_style=StaticStampStyle(background=empty, border_width=0),
    )
    room = sum(map(len, chain)) + _SIGNATURE_BYTES + (_STAMP_BYTES if time_stamper else 0)
    sealed = io.BytesIO()
    # Counted in hexadecimal digits.
    pdf_signer.sign_pdf(_Update(io.BytesIO(document.pdf)), output=sealed, bytes_reserved=2 * room)
    return sealed.getvalue()


class _Sealer(signers.PdfSigner):
    """Names no extensions of the format: they would make the document one of PDF 2.0, which PDF/A-2 is not."""

    def register_extensions(self, pdf_out: BasePdfFileWriter, *, md_algorithm: str) -> None:
        """Leave the catalogue as it is."""


class _Update(IncrementalPdfFileWriter):
    """An update that leaves the metadata alone: written anew, they would lose what PDF/A demands of their form."""

    def _update_meta(self) -> None:
        pass


class _PortSigner(signers.Signer):
    """PyHanko's view of a `Signer`. The root is left out: whoever checks has it, or must not take it from here."""

    def __init__(self, signer: Signer, chain: Sequence[bytes]) -> None:
        own, *above = map(Certificate.load, chain)
        known = SimpleCertificateStore()  # type: ignore[no-untyped-call]
        known.register_multiple(above)
        super().__init__(signing_cert=own, cert_registry=known, embed_roots=False)
        self._signer = signer

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:  # noqa: FBT001, FBT002
        """Return the signature in DER (RFC 3279 section 2.2.3)."""
        if digest_algorithm != "sha256":
            raise ValueError(f"{ALGORITHM} signs SHA-256, not {digest_algorithm}")
        raw = bytes(64) if dry_run else self._signer.sign(data)
        return encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))


class HttpTimeStamper(TimeStamper):
    """A time-stamp server by HTTP (RFC 3161 section 3.4)."""

    def __init__(self, url: str, *, transport: httpx.AsyncBaseTransport | None = None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.url = url
        self.transport = transport

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        """Return the server's answer, or raise `TimestampRequestError`."""
        headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
        try:
            async with httpx.AsyncClient(transport=self.transport, timeout=_STAMP_SECONDS) as client:
                answer = await client.post(self.url, content=req.dump(), headers=headers)
                answer.raise_for_status()
            return tsp.TimeStampResp.load(answer.content, strict=True)
        except (httpx.HTTPError, ValueError) as error:
            raise TimestampRequestError(f"the time-stamp server does not answer as it should: {error}") from error
