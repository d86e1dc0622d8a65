"""Checking a sealed document without the platform: is the seal right, whose is it, and what does the document carry?

Pure, and without what lays documents out: `licence-verify` needs the roots that it trusts, and nothing else.
"""

import datetime as dt
import io
import logging
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from asn1crypto.x509 import Certificate
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESIndeterminate
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from foundation.reasons import Grounds, because
from licences.pdf.wrapping import is_written_plainly

CODE_PREFIX = "LX1:"
_UNREADABLE = (
    PdfError, SignatureValidationError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError,
    AssertionError, NotImplementedError, RecursionError, zlib.error,
)  # fmt: skip
# What pyHanko finds is told by `SealCheck`; its log would repeat it, with traces for every hostile file.
logging.getLogger("pyhanko").setLevel(logging.CRITICAL)
logging.getLogger("pyhanko_certvalidator").setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True)
class SealCheck:
    """What was found; the seal holds where `reasons` is empty.

    `intact`: the signature fits the bytes it covers. `whole`: it covers the file from its first byte to its last.
    `trusted`: its certificate comes from one of the roots. `signed_at` is what the signer claims; `stamped_at` is said
    by a time-stamp server that comes from a root too. `code` is the text of the offline code.
    """

    reasons: tuple[Grounds, ...]
    intact: bool = False
    whole: bool = False
    trusted: bool = False
    signer: str = ""
    signed_at: dt.datetime | None = None
    stamped_at: dt.datetime | None = None
    code: str = ""

    @property
    def holds(self) -> bool:
        """Whether nothing speaks against the seal."""
        return not self.reasons


def read_code(pdf: bytes) -> str:
    """Return the offline code that a document carries; nothing where it has none. Says nothing of the seal."""
    try:
        return _code(PdfFileReader(io.BytesIO(pdf)))
    except _UNREADABLE:
        return ""


def check_seal(pdf: bytes, *, roots: Sequence[bytes], at: dt.datetime, stamp_roots: Sequence[bytes] = ()) -> SealCheck:
    """Check the seal of a document as of `at`; `roots` and `stamp_roots` (of time-stamp servers) are DER certificates.

    A seal with a trusted time stamp is judged at the time of the stamp, so that it outlives its certificate.
    """
    code = ""
    try:
        reader = PdfFileReader(io.BytesIO(pdf))
        code = _code(reader)
        found = reader.embedded_regular_signatures
        if not found:
            return SealCheck((because("seal_stripped" if code or reader.root.get("/AcroForm") else "seal_missing"),))
        return replace(_checked(pdf, found, _loaded(roots), _loaded(stamp_roots), at), code=code)
    except _UNREADABLE:
        return SealCheck((because("document_unreadable"),), code=code)


def _loaded(certificates: Sequence[bytes]) -> list[Certificate]:
    return [Certificate.load(der) for der in certificates]


def _checked(
    pdf: bytes,
    found: Sequence[EmbeddedPdfSignature],
    roots: Sequence[Certificate],
    stamp_roots: Sequence[Certificate],
    at: dt.datetime,
) -> SealCheck:
    seal = found[0]
    stamps = _context([*roots, *stamp_roots], at)
    status = validate_pdf_signature(seal, _context(roots, at), stamps)
    stamp = status.timestamp_validity
    stamped = stamp.timestamp if stamp and stamp.valid and stamp.intact and stamp.trusted else None
    if stamped and not status.trusted:
        status = validate_pdf_signature(seal, _context(roots, stamped), stamps)
    known = [root.dump() for root in (*roots, *stamp_roots)]
    intact = status.intact and status.valid and _is_plain(pdf, seal, known)
    whole = len(found) == 1 and status.coverage is SignatureCoverageLevel.ENTIRE_FILE
    return SealCheck(
        reasons=tuple(_reasons(status, intact=intact, whole=whole)),
        intact=intact,
        whole=whole,
        trusted=status.trusted,
        signer=str(status.signing_cert.subject.native.get("common_name", "")),
        signed_at=status.signer_reported_dt,
        stamped_at=stamped,
    )


def _context(roots: Sequence[Certificate], at: dt.datetime) -> ValidationContext:
    return ValidationContext(trust_roots=list(roots), moment=at, allow_fetching=False)


def _is_plain(pdf: bytes, seal: EmbeddedPdfSignature, roots: Sequence[bytes]) -> bool:
    """Say whether the gap that the seal leaves out of what it signs holds its own hexadecimal digits and noughts only.

    Nothing covers the gap's bytes, so that no other writing of the same signature is accepted there.
    """
    start, length, after, _ = map(int, seal.byte_range)
    signature = seal.pkcs7_content
    size = _der_length(signature)
    expected = b"<" + signature[:size].hex().upper().encode() + b"00" * (len(signature) - size) + b">"
    return start == 0 and pdf[length:after] == expected and is_written_plainly(signature[:size], roots)


def _der_length(der: bytes) -> int:
    """Return how many bytes the DER value at the start of `der` has (X.690 section 8.1.3)."""
    if der[1] < 0x80:
        return 2 + der[1]
    count = der[1] & 0x7F
    return 2 + count + int.from_bytes(der[2 : 2 + count], "big")


def _reasons(status: PdfSignatureStatus, *, intact: bool, whole: bool) -> Iterator[Grounds]:
    if not intact:
        yield because("seal_broken")
    elif not whole or not status.docmdp_ok:
        yield because("seal_extended")
    stamp = status.timestamp_validity
    if stamp and not (stamp.valid and stamp.intact):
        yield because("time_stamp_broken")
    if not status.trusted:
        expired = status.trust_problem_indic in (
            AdESIndeterminate.OUT_OF_BOUNDS_NO_POE, AdESIndeterminate.OUT_OF_BOUNDS_NOT_REVOKED
        )  # fmt: skip
        yield because("seal_out_of_date" if expired else "seal_not_trusted")


def _code(reader: PdfFileReader) -> str:
    """Return the first keyword if it is an offline code: base 45 has no comma, which parts keywords."""
    info = reader.trailer["/Info"] if "/Info" in reader.trailer else {}  # noqa: SIM401 - pyHanko's trailer has no get
    first = str(info.get("/Keywords", "")).partition(",")[0]
    return first if first.startswith(CODE_PREFIX) else ""
