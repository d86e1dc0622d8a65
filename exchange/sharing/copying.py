"""Use-bound copies (加注件) for a case, and the single-use addresses from which they are fetched.

A copy shows all that the licence says, so the right of use must cover all of it. It is watermarked with the purpose,
the department that receives it and its end. An address works once, for ten minutes, for whoever has it: it is the
secret, of 256 bits, and is kept as a digest only. One that is unknown, used, or too old is answered alike.
"""

import datetime as dt
import hashlib
import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from audit.recording import record, record_refusal
from exchange.access import decide
from exchange.asking import Ask, Standing, item_question, standing_of_client
from exchange.cases import Case, case_of
from exchange.disclosing import disclose
from exchange.errors import AccessRefused
from exchange.models import Download
from exchange.noting import why_of
from exchange.rights import type_question
from exchange.sharing.errors import CopyNotFound, DownloadGone, PurposeDiffers
from foundation.clock import now
from foundation.reasons import Refused, because
from licences import queries as licences
from licences.documents import give_copy, make_copy
from licences.subjects import subject_of
from registry import queries as registry

if TYPE_CHECKING:
    from licences.models import Licence, UseCopy

ADDRESS_LIFE = dt.timedelta(minutes=10)
COPY_LIFE = dt.timedelta(days=30)
"""How long a copy may be used where the caller does not say."""
_SECRET_BYTES = 32
_ISSUE = "issue_download"


@dataclass(frozen=True, slots=True)
class Address:
    """A download address as its caller is told it once: the secret part, its end, and the entry of its issue."""

    copy: "UseCopy"
    secret: str
    expires_at: dt.datetime
    entry: UUID


def copy_for_case(
    ask: Ask, *, standing: Standing, expires_at: dt.datetime | None = None, at: dt.datetime | None = None
) -> Address:
    """Make a copy of the licence whose identifier is `ask.text`, bound to `ask.purpose`, and an address to fetch it.

    Raises what `disclose` and `licences.documents.make_copy` do; refusals are recorded.
    """
    at = at or now()
    licence = _whole_licence(ask, standing, at)
    try:
        copy = make_copy(
            licence,
            purpose=ask.purpose,
            receiver=standing.asker.department_name.zh,
            expires_at=expires_at or at + COPY_LIFE,
            actor=standing.actor,
            why=why_of(ask),
            at=at,
        )
    except Refused as refused:
        subject, why = subject_of(licence), why_of(ask)
        raise record_refusal(refused, action="make_copy", actor=standing.actor, subject=subject, why=why) from None
    return _address(copy, ask, standing, at)


def address_for(key: UUID, ask: Ask, *, standing: Standing, at: dt.datetime | None = None) -> Address:
    """Return another address for a copy that the department had made for the same item, purpose and case.

    The access is decided anew. `CopyNotFound` for another department's copy too, `PurposeDiffers` for another use.
    """
    at = at or now()
    licence = _whole_licence(ask, standing, at)
    try:
        copy = licences.use_copy(key)
        made_for = Download.objects.filter(copy=key, department__code=standing.asker.department).first()
        if copy is None or made_for is None or copy.licence_id != licence.pk or copy.expires_at <= at:
            raise CopyNotFound
        if (copy.purpose, made_for.item, made_for.case) != (ask.purpose.strip(), ask.item, ask.case):
            raise PurposeDiffers
    except Refused as refused:
        subject, why = subject_of(licence), why_of(ask)
        raise record_refusal(refused, action=_ISSUE, actor=standing.actor, subject=subject, why=why) from None
    return _address(copy, ask, standing, at)


def _whole_licence(ask: Ask, standing: Standing, at: dt.datetime) -> "Licence":
    disclosure = disclose(ask, standing=standing, at=at, whole=True)
    if disclosure.verification.licence is None:
        raise CopyNotFound
    return disclosure.verification.licence


@transaction.atomic
def _address(copy: "UseCopy", ask: Ask, standing: Standing, at: dt.datetime) -> Address:
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    client, department = standing.actor.client, registry.department_by_code(standing.asker.department)
    if client is None or department is None:
        raise AccessRefused(because("client_inactive"))
    made = Download.objects.create(
        digest=_digest(secret),
        copy=copy,
        client_id=client,
        department=department,
        item=ask.item,
        case=ask.case,
        made_at=at,
        expires_at=at + ADDRESS_LIFE,
    )
    entry = record(
        action=_ISSUE,
        actor=standing.actor,
        subject=subject_of(copy.licence),
        outcome="done",
        why=why_of(ask),
        fields=[str(copy.pk)],
        at=at,
    )
    return Address(copy, secret, made.expires_at, entry)


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def fetch(secret: str, *, at: dt.datetime | None = None) -> bytes:
    """Return the copy's PDF to the first who comes with the address in time, and record it; else `DownloadGone`.

    Whether the access is still permitted is decided again: an agreement that has ended since gives nothing.
    """
    at = at or now()
    found = Download.objects.select_related("client__department", "copy__licence", "copy__document")
    download = found.filter(digest=_digest(secret)).first()
    if download is None:
        raise DownloadGone
    standing = standing_of_client(download.client)
    try:
        with transaction.atomic():
            return _fetched(download, standing, at)
    except Refused as refused:
        told = DownloadGone()
        raise record_refusal(
            told,
            action="take_copy",
            actor=standing.actor,
            subject=subject_of(download.copy.licence),
            why=why_of(_ask_of(download)),
            true_reason=getattr(refused, "true_reason", "") or refused.grounds.code,
        ) from None


def _fetched(download: Download, standing: Standing, at: dt.datetime) -> bytes:
    if download.expires_at <= at:
        raise DownloadGone("download_expired")
    # One statement: of two at once the database lets one change the row.
    if not Download.objects.filter(pk=download.pk, used_at__isnull=True).update(used_at=at):
        raise DownloadGone("download_used")
    ask = _ask_of(download)
    _check_still_permitted(ask, download, standing, at)
    return give_copy(download.copy, actor=standing.actor, why=why_of(ask))


def _ask_of(download: Download) -> Ask:
    copy = download.copy
    return Ask(copy.licence.identifier, download.item, copy.purpose, download.case)


def _check_still_permitted(ask: Ask, download: Download, standing: Standing, at: dt.datetime) -> None:
    licence = download.copy.licence
    item = registry.item_by_code(ask.item)
    question = item_question(ask, standing, item, at, disclose=True)
    judged = decide(question)
    if item is None or not judged.permitted:
        raise AccessRefused(judged.grounds)
    holder = licence.holders.all()[:1]
    presented = case_of(ask, item, department=standing.asker.department).presented
    case = Case(holder[0].pk, bytes(holder[0].number_index), presented) if holder else Case()
    needed = any(t.pk == licence.licence_type_id for group in registry.need_groups(item) for t in group.types)
    asked = type_question(question, item, licence.licence_type, case, needed=needed)
    # An authorisation for a single use that this address used up carries it to its end.
    carried = (replace(a, used_at=None) if a.used_at == download.made_at else a for a in asked.authorisations)
    decision = decide(replace(asked, authorisations=tuple(carried)))
    if not decision.permitted:
        raise AccessRefused(decision.grounds)
    if not licences.is_valid_now(licence, at):
        raise Refused(because("status_invalid"))
