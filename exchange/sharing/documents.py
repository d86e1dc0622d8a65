"""Verifying a sealed file, and reading a QR code: what both name is looked at, and recorded."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit
from uuid import UUID

from django.db import transaction

from audit.recording import Subject, record, record_refusal
from exchange.access import decide
from exchange.asking import Ask, Standing, item_question
from exchange.errors import AccessRefused
from exchange.noting import why_of
from exchange.sharing.errors import CodeNamesNothing, CredentialNotGiven
from foundation.clock import now
from foundation.reasons import Grounds, Refused
from licence_verify.checking import Checker
from licence_verify.saved import Saved
from licences import queries as licences
from licences.numbering import Identifier, parse_check_code, parse_identifier
from licences.offline import PREFIX
from licences.subjects import subject_of
from licences.trusting import trust_list
from registry import queries as registry

ACTION = "verify_document"
_UNREADABLE = ("document_unreadable",)


class FileResult(StrEnum):
    """What 'verify file' found."""

    PASSED = "passed"
    SEAL = "seal"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class FileCheck:
    """What a file's seal is worth, and why; `identifier` is that of its licence where the seal holds."""

    result: FileResult
    grounds: Grounds
    identifier: str
    entry: UUID


def verify_document(pdf: bytes, ask: Ask, *, standing: Standing, at: dt.datetime | None = None) -> FileCheck:
    """Say whether a sealed PDF is as a department of this platform sealed it; the licence it shows is recorded.

    Whether the licence is valid now it does not say. `ask.text` is empty. Refusals are recorded.
    """
    at = at or now()
    try:
        _check_item(ask, standing, at)
    except Refused as refused:
        raise record_refusal(
            refused, action=ACTION, actor=standing.actor, subject=Subject("licence"), why=why_of(ask)
        ) from None
    finding = _checker(at).check_document(pdf)
    holds, grounds = bool(finding.signature.holds), finding.signature.grounds
    identifier = str(finding.content.get("identifier", "")) if holds else ""
    result = FileResult.FILE if grounds.code in _UNREADABLE else FileResult.PASSED if holds else FileResult.SEAL
    with transaction.atomic():
        entry = record(
            action=ACTION,
            actor=standing.actor,
            subject=subject_of(licences.by_identifier([identifier]).get(identifier) if identifier else None),
            outcome="done" if holds else "signature_invalid",
            reason=grounds.code,
            why=why_of(ask),
            at=at,
        )
    return FileCheck(result, grounds, identifier, entry)


def identifier_in(code: str, ask: Ask, *, standing: Standing, at: dt.datetime | None = None) -> str:
    """Return the identifier that the text of a QR code names: an offline code, a check address, or an identifier.

    Raises, recorded, `CredentialNotGiven` where an offline code's signature does not hold, `CodeNamesNothing` where
    the text is none of these. What it names is verified by `verify_number`, which the caller asks next.
    """
    at = at or now()
    try:
        _check_item(ask, standing, at)
        return _named(code.strip(), at)
    except Refused as refused:
        raise record_refusal(
            refused,
            action="verify",
            actor=standing.actor,
            subject=Subject("licence"),
            why=why_of(ask),
            personal={"code": code[:200]},
        ) from None


def _named(code: str, at: dt.datetime) -> str:
    if code.startswith(PREFIX):
        finding = _checker(at).check(code)
        if not finding.signature.holds:
            raise CredentialNotGiven(finding.signature.grounds)
        return str(finding.content["identifier"])
    if isinstance(parse_identifier(code), Identifier):
        return code
    parts = _path_of(code)
    check_code = parse_check_code(parts[2]) if len(parts) > 2 and parts[1] == "c" else None
    found = licences.with_check_code(check_code) if check_code else []
    if not found:
        raise CodeNamesNothing
    return found[0].identifier


def _path_of(code: str) -> list[str]:
    try:
        return urlsplit(code).path.split("/")
    except ValueError:
        return []


def _check_item(ask: Ask, standing: Standing, at: dt.datetime) -> None:
    judged = decide(item_question(ask, standing, registry.item_by_code(ask.item), at, disclose=False))
    if not judged.permitted:
        raise AccessRefused(judged.grounds)


def _checker(at: dt.datetime) -> Checker:
    # No status lists: whether the licence is valid now is asked of its row.
    return Checker(Saved(trust_list(at), {}), at=at)
