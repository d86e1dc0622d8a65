"""Licences in the making: made, reviewed, sealed and issued, by two persons where the type asks for it.

Sealing numbers and signs the licence; it is dated that day, and nobody outside its issuer knows of it until it is
issued. The version whose place it takes stays valid until then. A sealed licence that is discarded keeps its number, so
that no number is missing without a reason.
"""

import datetime as dt
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from audit.recording import Subject, record, record_refusal
from foundation.clock import now
from foundation.context import Actor
from foundation.ids import new_id
from foundation.reasons import Refused
from licences.composing import Draft as Said
from licences.composing import check_draft, frame_of
from licences.errors import (
    DraftNotAllowed,
    NotTheIssuer,
    OperationNotAllowed,
    OperationNotPermitted,
    ReasonRequired,
    SecondPersonNeeded,
)
from licences.issuing import issue_all
from licences.lifecycle import OPERATIONS, PLATFORM, State, can_operate, may_operate
from licences.models import Draft, Holder, Licence
from licences.operating import carry_out
from licences.stages import STAGE_NAMES, STEPS, Stage
from licences.statuses import mark_changed
from licences.subjects import draft_subject
from registry.defining import form_of
from registry.lineage import current_department
from registry.queries import issuers_of

if TYPE_CHECKING:
    from registry.models import Department, LicenceType

DRAFT_CONTENT = "draft-content"


@dataclass(frozen=True, slots=True)
class Contents:
    """What a draft is to say: its holders, the type's own fields, a number from paper, the first and the last day."""

    holders: Sequence[Holder]
    content: Mapping[str, Any]
    number: str = ""
    valid_from: dt.date | None = None
    valid_until: dt.date | None = None


def content_of(draft: Draft) -> dict[str, Any]:
    """Return the type's own fields as the draft holds them, opened."""
    sealed = bytes(draft.content_sealed)
    plain = settings.SEALING_RING.open(sealed, purpose=DRAFT_CONTENT, bound_to=draft.pk.bytes)
    content: dict[str, Any] = json.loads(plain)
    return content


def contents_of(draft: Draft) -> Contents:
    """Return all that the draft is to say, opened."""
    holders = list(draft.holders.order_by("pk"))
    return Contents(holders, content_of(draft), draft.number, draft.valid_from, draft.valid_until)


# --- Who may take a step --------------------------------------------------------------------------------------------


def check_step(draft: Draft, step: str, actor: Actor) -> None:
    """Raise where the draft's state, the actor's role or department, or the rule of two persons forbids the step."""
    of, stage = STEPS[step], Stage(draft.state)
    if actor.role != PLATFORM and actor.department != current_department(draft.issuer).code:
        raise NotTheIssuer(draft.issuer.name)
    if actor.role not in of.who:
        raise OperationNotPermitted(of.name, of.who)
    if stage not in of.sources:
        raise DraftNotAllowed(of.name, STAGE_NAMES[stage])
    if of.second and _by(actor) == draft.made_by and form_of(draft.licence_type, now()).two_persons:
        raise SecondPersonNeeded


def can_step(draft: Draft, step: str, actor: Actor) -> bool:
    """Say whether the actor may take this step now."""
    try:
        check_step(draft, step, actor)
    except Refused:
        return False
    return True


def _by(actor: Actor) -> UUID | None:
    return actor.person or actor.client


@contextmanager
def _refusals_recorded(step: str, actor: Actor, subject: Subject) -> Iterator[None]:
    try:
        with transaction.atomic():
            yield
    except Refused as refused:
        raise record_refusal(refused, action=f"{step}_draft", actor=actor, subject=subject) from None


def _step(
    draft: Draft, step: str, actor: Actor, *, reason: str = "", do: Callable[[Draft], None] = lambda _: None
) -> Draft:
    """Lock the draft, check the step, do what belongs to it, and record it."""
    with _refusals_recorded(step, actor, draft_subject(draft)):
        draft = Draft.objects.select_for_update(of=("self",)).select_related("issuer", "licence_type").get(pk=draft.pk)
        check_step(draft, step, actor)
        if STEPS[step].needs_reason and not reason.strip():
            raise ReasonRequired
        draft.state = STEPS[step].target
        do(draft)
        draft.save()
        record(
            action=f"{step}_draft",
            actor=actor,
            subject=draft_subject(draft),
            outcome=str(draft.state),
            personal={"reason": reason[:2000]},
        )
    return draft


# --- The steps ------------------------------------------------------------------------------------------------------


def make_draft(
    *,
    licence_type: "LicenceType",
    issuer: "Department",
    contents: Contents,
    actor: Actor,
    operation: str = "new",
    replaces: Licence | None = None,
) -> Draft:
    """Make a draft; raises `ContentInvalid` with every fault, or says who may make one.

    `replaces` is the version whose place the licence will take by `operation`: renew, change, reissue or transfer.
    """
    with _refusals_recorded("make", actor, Subject("draft", "", licence_type.code)):
        if actor.role != PLATFORM and actor.department != current_department(issuer).code:
            raise NotTheIssuer(issuer.name)
        if issuer.code not in issuers_of(licence_type):
            raise NotTheIssuer(licence_type.owner.name if licence_type.owner else licence_type.name)
        if not may_operate(operation, actor.role):
            raise OperationNotPermitted(OPERATIONS[operation].name, OPERATIONS[operation].who)
        if replaces and not can_operate(operation, State(replaces.state)):
            raise OperationNotAllowed(operation, State(replaces.state))
        draft = Draft(id=new_id(), licence_type=licence_type, issuer=issuer, operation=operation, replaces=replaces)
        draft.made_at, draft.made_by = now(), _by(actor)
        _fill(draft, contents)
        draft.save(force_insert=True)
        draft.holders.set(contents.holders)
        record(action="make_draft", actor=actor, subject=draft_subject(draft), outcome="made")
    return draft


def _fill(draft: Draft, contents: Contents) -> None:
    check_draft(_said(draft, contents), form_of(draft.licence_type, now()))
    plain = json.dumps(dict(contents.content), ensure_ascii=False).encode()
    draft.content_sealed = settings.SEALING_RING.seal(plain, purpose=DRAFT_CONTENT, bound_to=draft.pk.bytes)
    draft.number, draft.valid_from, draft.valid_until = contents.number, contents.valid_from, contents.valid_until


def _said(draft: Draft, contents: Contents) -> Said:
    return Said(
        licence_type=draft.licence_type,
        issuer=draft.issuer,
        holders=contents.holders,
        content=contents.content,
        number=contents.number,
        valid_from=contents.valid_from,
        valid_until=contents.valid_until,
        replaces=draft.replaces,
        operation=draft.operation,
    )


def amend_draft(draft: Draft, *, contents: Contents, actor: Actor) -> Draft:
    """Change what the draft is to say; whoever does is its maker from then on."""

    def amend(draft: Draft) -> None:
        _fill(draft, contents)
        draft.made_by, draft.made_at = _by(actor), now()
        draft.holders.set(contents.holders)

    return _step(draft, "amend", actor, do=amend)


def review_draft(draft: Draft, *, actor: Actor) -> Draft:
    """Find the draft right, so that it can be sealed."""

    def review(draft: Draft) -> None:
        draft.reviewed_at, draft.reviewed_by = now(), _by(actor)

    return _step(draft, "review", actor, do=review)


def return_draft(draft: Draft, *, actor: Actor, reason: str) -> Draft:
    """Give the draft back to be amended; the reason stays with it."""

    def give_back(draft: Draft) -> None:
        draft.remark = reason.strip()
        draft.reviewed_at = draft.reviewed_by = None

    return _step(draft, "return", actor, reason=reason, do=give_back)


def seal_draft(draft: Draft, *, actor: Actor, at: dt.datetime | None = None) -> Draft:
    """Give the draft's licence its number and signature, dated today; it is issued by a step of its own.

    Raises `NoSigningKey`, `NotIssuable` or `ContentInvalid` (the type's form may have changed since) as issuing does.
    """

    def seal(draft: Draft) -> None:
        frame = frame_of(draft.licence_type, draft.issuer, at or now())
        said = _said(draft, contents_of(draft))
        check_draft(said, frame.form)
        if said.replaces and Licence.objects.filter(previous=said.replaces.pk).exists():
            raise OperationNotAllowed(draft.operation, State.REPLACED)
        (draft.licence,) = issue_all([said], frame=frame, actor=actor, state=State.SEALED)
        mark_changed(draft.licence.status_list_id)
        draft.sealed_at, draft.sealed_by = now(), _by(actor)

    return _step(draft, "seal", actor, do=seal)


def issue_draft(draft: Draft, *, actor: Actor) -> Draft:
    """Issue the sealed licence: it is valid from now on, and the version that it replaces no longer."""

    def issue(draft: Draft) -> None:
        if draft.licence is None:
            raise DraftNotAllowed(STEPS["issue"].name, STAGE_NAMES[Stage.REVIEWED])
        if draft.replaces:
            carry_out(draft.replaces, draft.operation, actor=actor)
        draft.licence = carry_out(draft.licence, "issue", actor=actor)
        draft.issued_at, draft.issued_by = now(), _by(actor)

    return _step(draft, "issue", actor, do=issue)


def discard_draft(draft: Draft, *, actor: Actor, reason: str) -> Draft:
    """Give the draft up; a sealed licence is discarded with it, and its number is not used again."""

    def discard(draft: Draft) -> None:
        draft.remark = reason.strip()
        if draft.licence:
            draft.licence = carry_out(draft.licence, "discard", reason=reason, actor=actor)
            # The version before may be replaced by another one.
            draft.licence.previous = None
            draft.licence.save(update_fields=["previous"])

    return _step(draft, "discard", actor, reason=reason, do=discard)
