"""Issuing licences: numbered, signed, authenticated and recorded, all in one transaction.

One licence is issued as many are: what they share is prepared once, serials and places in the status list are taken
together, rows are written together.
"""

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.db import IntegrityError, connection, transaction
from django.db.models import Max

from audit.inserting import Row, insert_all
from audit.recording import Act, Subject, Why, record_all
from foundation.clock import legal_day, now
from foundation.context import Actor
from foundation.ids import new_id
from licences.composing import Draft, Frame, Numbered, check_draft, compose, frame_of
from licences.counting import take_serials
from licences.errors import IdempotencyKeyReused, NumberTaken
from licences.lifecycle import State
from licences.models import IssueRequest, Licence
from licences.numbering import number_key
from licences.operating import carry_out
from licences.statuses import Place, take_places
from registry.forms import number_of

__all__ = ["Draft", "Once", "issue_all", "issue_licence", "issue_once", "issue_one", "taken_numbers"]


# One look into the index for each number. Asked for a list, PostgreSQL reads all of the issuer's licences of the type
# while it has no statistics of a table that a batch has just begun to fill: the longer, the slower.
_TAKEN = (
    "SELECT key FROM unnest(%s::text[]) AS key, LATERAL (SELECT 1 FROM licences_licence "
    "WHERE issuer_id = %s AND licence_type_id = %s AND number_key = key LIMIT 1) AS taken"
)


@transaction.atomic
def issue_licence(draft: Draft, *, actor: Actor, why: Why = Why(), at: dt.datetime | None = None) -> Licence:
    """Issue the licence and return it; raises `NotIssuable`, `NoSigningKey` or `ContentInvalid` where it cannot be.

    The version that it replaces ends in the same transaction.
    """
    frame = frame_of(draft.licence_type, draft.issuer, at or now())
    check_draft(draft, frame.form)
    if draft.replaces:
        carry_out(draft.replaces, draft.operation, actor=actor)
    return issue_one(draft, frame=frame, actor=actor, why=why)


def issue_one(draft: Draft, *, frame: Frame, actor: Actor, why: Why = Why(), state: State = State.VALID) -> Licence:
    """Issue the licence of a draft that was checked, and return it."""
    (row,) = issue_all([draft], frame=frame, actor=actor, why=why, state=state)
    licence = Licence.from_db(None, list(row), list(row.values()))
    licence.licence_type, licence.issuer, licence.signing_key = frame.licence_type, frame.issuer, frame.key
    return licence


@transaction.atomic
def issue_all(
    drafts: Sequence[Draft], *, frame: Frame, actor: Actor, why: Why = Why(), state: State = State.VALID
) -> list[Row]:
    """Issue licences of one frame from drafts that were checked, in their order, or none of them; return their rows."""
    places = zip(_numbered(drafts, frame), take_places(frame.issuer.pk, len(drafts)), strict=True)
    # Composed while they are written: the database works on one licence while the next one is signed.
    licences: list[Row] = []
    try:
        with transaction.atomic():
            insert_all(Licence, _rows(drafts, places, frame, state, licences))
            insert_all(Licence.holders.through, _held(licences, drafts))
    except IntegrityError:
        # Another transaction gave one of these numbers from paper away since it was looked up.
        raise NumberTaken("、".join(draft.number for draft in drafts if draft.number)) from None
    outcome = "issued" if state is State.VALID else str(state)
    subjects = [Subject("licence", licence["identifier"], frame.licence_type.code) for licence in licences]
    record_all([Act("issue", actor, subject, outcome, why=why) for subject in subjects])
    return licences


def _rows(
    drafts: Sequence[Draft],
    places: Iterable[tuple[Numbered, Place]],
    frame: Frame,
    state: State,
    licences: list[Row],
) -> Iterator[Row]:
    for draft, (numbered, place) in zip(drafts, places, strict=True):
        row = compose(draft, frame=frame, numbered=numbered, place=place, state=state)
        licences.append(row)
        yield row


def _held(licences: Sequence[Row], drafts: Sequence[Draft]) -> Iterator[Row]:
    for licence, draft in zip(licences, drafts, strict=True):
        for holder in draft.holders:
            yield {"licence_id": licence["id"], "holder_id": holder.pk}


def _numbered(drafts: Sequence[Draft], frame: Frame) -> list[Numbered]:
    """Return each draft's place in the counts; a number that is on paper already is never given twice."""
    found: dict[int, Numbered] = {}
    waiting: list[int] = []
    for index, draft in enumerate(drafts):
        if draft.replaces:
            found[index] = _next_version(draft.replaces, frame)
        else:
            waiting.append(index)
    while waiting:
        proposed = _proposed([drafts[index] for index in waiting], frame)
        made = {
            number_key(new.number) for index, new in zip(waiting, proposed, strict=True) if not drafts[index].number
        }
        taken = taken_numbers(made, frame)
        again = []
        for index, numbered in zip(waiting, proposed, strict=True):
            # A number from paper that is taken is refused as it is written: the database gives each once.
            if drafts[index].number or number_key(numbered.number) not in taken:
                found[index] = numbered
            else:
                again.append(index)
        # A paper licence that was taken in under a number of its own may have it already: the count goes on.
        waiting = again
    return [found[index] for index in range(len(drafts))]


def _next_version(old: Licence, frame: Frame) -> Numbered:
    # A version that was sealed and discarded keeps its place in the count.
    of_serial = Licence.objects.filter(licence_type=frame.licence_type, issuer=frame.issuer, serial=old.serial)
    newest = of_serial.aggregate(newest=Max("version"))["newest"] or old.version
    return Numbered(old.serial, old.number, max(newest, old.version) + 1)


def _proposed(drafts: Sequence[Draft], frame: Frame) -> list[Numbered]:
    year = legal_day(frame.at).year
    serials = take_serials(f"{frame.issuer.code}:{year}", len(drafts))
    name = frame.issuer.name_zh
    return [
        Numbered(
            f"{year}{serial:07}",
            draft.number or number_of(frame.form, department=name, year=year, serial=serial),
            1,
        )
        for draft, serial in zip(drafts, serials, strict=True)
    ]


def taken_numbers(keys: set[str], frame: Frame) -> set[str]:
    """Return which of these numbers (in the form that is compared) the issuer has given to licences of the type."""
    if not keys:
        return set()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(_TAKEN, [list(keys), frame.issuer.pk, frame.licence_type.pk])
            return {key for (key,) in cursor.fetchall()}
    issued = Licence.objects.filter(licence_type=frame.licence_type, issuer=frame.issuer, number_key__in=keys)
    return set(issued.values_list("number_key", flat=True))


@dataclass(frozen=True, slots=True)
class Once:
    """The licence of a request, and whether it was issued when the same request was sent before."""

    licence: Licence
    is_replayed: bool


@transaction.atomic
def issue_once(
    make: Callable[[], Draft], *, scope: str, key: str, content: bytes, actor: Actor, why: Why = Why()
) -> Once:
    """Issue the licence that `make` gives, or return the one that the same request issued before (`Idempotency-Key`).

    `scope` is the caller, `content` the request as it was sent; `IdempotencyKeyReused` where it differs. A request that
    is refused leaves nothing, so that its key is free; what `make` looks at may have changed since the first one.
    """
    digest = hashlib.sha256(content).digest()
    try:
        with transaction.atomic():
            request = IssueRequest.objects.create(id=new_id(), scope=scope, key=key, digest=digest, at=now())
    except IntegrityError:
        # The one that came first has ended, or this would still wait for it.
        known = IssueRequest.objects.select_related("licence__licence_type", "licence__issuer").get(
            scope=scope, key=key
        )
        if bytes(known.digest) != digest or known.licence is None:
            raise IdempotencyKeyReused from None
        return Once(known.licence, is_replayed=True)
    request.licence = issue_licence(make(), actor=actor, why=why)
    request.save(update_fields=["licence"])
    return Once(request.licence, is_replayed=False)
