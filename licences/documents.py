"""Documents of licences: the sealed PDF, made once and kept, and copies bound to one use (加注件)."""

import base64
import datetime as dt
import hashlib

from django.conf import settings
from django.db import IntegrityError, transaction
from pyhanko.sign.timestamps.common_utils import TimestampRequestError

from audit.recording import Why, record
from foundation.clock import now
from foundation.context import Actor
from foundation.ids import new_id
from foundation.keys import Signer
from foundation.reasons import Both, Grounds, because
from licences.errors import (
    DocumentNotGiven,
    DocumentNotSealable,
    InvalidCopy,
    LicenceNotValid,
    RowAltered,
    TimeStampUnavailable,
)
from licences.keystore import signer_for
from licences.lifecycle import State
from licences.models import Document, Licence, SigningKey, UseCopy
from licences.numbering import new_check_code
from licences.offline import write_code
from licences.outcomes import Outcome
from licences.pdf.layout import render
from licences.pdf.sealing import ALGORITHM, HttpTimeStamper, seal
from licences.queries import state_now
from licences.showing import code_of, page_of
from licences.subjects import subject_of
from licences.verification import Verification, verify_found

LONGEST = 200
DOCUMENT = "document"
_REASON = Both("签发证照", "Licence issued")
_COPY_REASON = Both("制作限一次用途的副本", "Copy bound to one use")


def can_give(licence: Licence) -> bool:
    """Say whether the licence has a document: once issued it has one for ever, whatever became of the licence."""
    return licence.state not in (State.SEALED, State.DISCARDED)


def check_address(licence: Licence) -> str:
    """Return the licence's short verification address; one that was issued without gets its random part now."""
    if not licence.check_code:
        Licence.objects.filter(pk=licence.pk, check_code__isnull=True).update(check_code=new_check_code())
        licence.refresh_from_db(fields=["check_code"])
    return f"{settings.PUBLIC_URL}/c/{licence.check_code}"


def document_of(licence: Licence, *, actor: Actor, at: dt.datetime | None = None) -> bytes:
    """Return the licence's sealed PDF: made when first asked for, the same bytes ever after.

    A credential that was signed anew gets a new one. Of two at once one is kept, and both get it. Raises
    `DocumentNotGiven` before the licence is issued, `RowAltered` where it does not verify, `DocumentNotSealable` and
    `TimeStampUnavailable` where it cannot be sealed.
    """
    at = at or now()
    if not can_give(licence):
        raise DocumentNotGiven(state_now(licence, at))
    kept = Document.objects.filter(
        licence=licence, copy__isnull=True, credential_digest=licence.credential_digest
    ).first()
    # Drawn and sealed outside of a transaction: a time-stamp server may take its time.
    return _opened(kept or _keep(licence, _draw(licence, _verified(licence, at)), None, actor=actor, at=at))


def give_document(licence: Licence, *, actor: Actor, why: Why = Why()) -> bytes:
    """Return the licence's sealed PDF and record that the actor took it; whether they may is the caller's to know."""
    pdf = document_of(licence, actor=actor)
    with transaction.atomic():
        record(action="take_document", actor=actor, subject=subject_of(licence), outcome="done", why=why)
    return pdf


def make_copy(
    licence: Licence,
    *,
    purpose: str,
    receiver: str,
    expires_at: dt.datetime | None,
    actor: Actor,
    why: Why = Why(),
    at: dt.datetime | None = None,
) -> UseCopy:
    """Make a copy bound to one use, with its sealed PDF, and record it.

    `InvalidCopy` names every field that is wrong at once; `LicenceNotValid` where the licence is not valid at `at`.
    """
    at = at or now()
    faults = _faults(purpose, receiver, expires_at, at)
    if faults or expires_at is None:
        raise InvalidCopy(faults)
    verified = _verified(licence, at)
    if verified.outcome is not Outcome.VALID:
        raise LicenceNotValid(state_now(licence, at))
    copy = UseCopy(
        id=new_id(), licence=licence, purpose=purpose.strip(), receiver=receiver.strip(), expires_at=expires_at,
        made_at=at, made_by=actor.person, maker=actor.name,
    )  # fmt: skip
    pdf = _draw(licence, verified, copy)
    with transaction.atomic():
        copy.save(force_insert=True)
        _keep(licence, pdf, copy, actor=actor, at=at)
        record(
            action="make_copy",
            actor=actor,
            subject=subject_of(licence),
            outcome="done",
            why=why,
            fields=[str(copy.pk)],
            personal={"purpose": copy.purpose, "receiver": copy.receiver},
            at=at,
        )
    return copy


def copy_document(copy: UseCopy) -> bytes:
    """Return the sealed PDF of a copy."""
    return _opened(copy.document)


def give_copy(copy: UseCopy, *, actor: Actor, why: Why = Why()) -> bytes:
    """Return the sealed PDF of a copy and record that the actor took it."""
    pdf = copy_document(copy)
    with transaction.atomic():
        record(
            action="take_copy",
            actor=actor,
            subject=subject_of(copy.licence),
            outcome="done",
            why=why,
            fields=[str(copy.pk)],
        )
    return pdf


def _faults(purpose: str, receiver: str, expires_at: dt.datetime | None, at: dt.datetime) -> dict[str, Grounds]:
    faults: dict[str, Grounds] = {}
    for name, text in (("purpose", purpose), ("receiver", receiver)):
        if not text.strip():
            faults[name] = because("field_required")
        elif len(text) > LONGEST:
            faults[name] = because("text_too_long", count=str(LONGEST))
    if expires_at is None:
        faults["expires_at"] = because("field_required")
    elif expires_at <= at:
        faults["expires_at"] = because("expiry_not_future")
    return faults


def _verified(licence: Licence, at: dt.datetime) -> Verification:
    """Return the licence verified, with its signed claims: an altered one gets no fresh seal."""
    verified = verify_found([licence], at=at)
    if verified.claims is None:
        raise RowAltered
    return verified


def _draw(licence: Licence, verified: Verification, copy: UseCopy | None = None) -> bytes:
    """Return a new sealed PDF."""
    claims = verified.claims or {}
    key, signer = signer_for(licence.issuer_id, licence.issuer.name)
    chain = _chain(licence, key, signer)
    page = page_of(
        licence,
        claims,
        offline_code=write_code(code_of(licence, claims, copy), signer),
        address=check_address(licence),
        copy=copy,
    )
    reason = _COPY_REASON if copy else _REASON
    try:
        return seal(
            render(page),
            signer=signer,
            chain=chain,
            name=page.issuer.zh,
            reason=f"{reason.zh} {reason.en}",
            location=f"{settings.CITY_ZH} {settings.CITY_EN}",
            time_stamper=HttpTimeStamper(settings.TIME_STAMP_URL) if settings.TIME_STAMP_URL else None,
        )
    except TimestampRequestError as error:
        raise TimeStampUnavailable from error


def _chain(licence: Licence, key: SigningKey, signer: Signer) -> list[bytes]:
    """Return the certificates of the key, or raise `DocumentNotSealable`."""
    if not key.chain or signer.algorithm != ALGORITHM:
        raise DocumentNotSealable(licence.issuer.name)
    return [base64.b64decode(certificate) for certificate in key.chain]


def _keep(licence: Licence, pdf: bytes, copy: UseCopy | None, *, actor: Actor, at: dt.datetime) -> Document:
    """Store a document; where another was stored meanwhile, return that one."""
    key = new_id()
    document = Document(
        id=key,
        licence=licence,
        copy=copy,
        credential_digest=licence.credential_digest,
        content_sealed=settings.SEALING_RING.seal(pdf, purpose=DOCUMENT, bound_to=key.bytes),
        digest=hashlib.sha256(pdf).digest(),
        made_at=at,
    )
    try:
        with transaction.atomic():
            document.save(force_insert=True)
            record(action="make_document", actor=actor, subject=subject_of(licence), outcome="done", fields=[str(key)])
    except IntegrityError:
        return Document.objects.get(licence=licence, copy=copy, credential_digest=licence.credential_digest)
    return document


def _opened(document: Document) -> bytes:
    sealed = bytes(document.content_sealed)
    return settings.SEALING_RING.open(sealed, purpose=DOCUMENT, bound_to=document.pk.bytes)
