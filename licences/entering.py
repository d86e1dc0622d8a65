"""A licence in the making as people enter it: holders by their numbers, the type's fields, every fault at once."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction

from foundation.clock import now
from foundation.context import Actor
from foundation.reasons import Grounds, because
from licences.backlog import HolderNamed
from licences.composing import check_said
from licences.drafting import Contents, amend_draft, make_draft
from licences.enlisting import check_named, enlist
from licences.errors import ContentInvalid
from licences.models import Draft, Holder, Licence
from licences.numbering import check_number
from registry.defining import form_of

if TYPE_CHECKING:
    from registry.forms import Form
    from registry.models import Department, LicenceType

# How often it is tried where another registers the same holder at the same instant.
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Entered:
    """What was entered: holders that are known and stay, those named anew, the type's own fields, number and days."""

    named: Sequence[HolderNamed] = ()
    kept: Sequence[Holder] = ()
    content: Mapping[str, Any] = field(default_factory=dict)
    number: str = ""
    valid_from: dt.date | None = None
    valid_until: dt.date | None = None


def faults_of(entered: Entered, form: "Form") -> dict[str, Grounds]:
    """Return every fault: of the content by field, of a holder as `holders.0.number`, `number`, the days."""
    kinds = [holder.code_type for holder in (*entered.kept, *entered.named)]
    found = check_said(form, kinds, entered.content, entered.valid_from, entered.valid_until)
    wrong = check_number(entered.number) if entered.number else None
    if wrong:
        found["number"] = because("field_invalid", why=wrong)
    for index, of_holder in enumerate(check_named(entered.named)):
        found |= {f"holders.{index}.{part}": why for part, why in of_holder.items()}
    return found


def enter_draft(
    entered: Entered,
    *,
    licence_type: "LicenceType",
    issuer: "Department",
    actor: Actor,
    operation: str = "new",
    replaces: Licence | None = None,
) -> Draft:
    """Make a draft of what was entered, its holders registered where nobody has their numbers yet.

    Raises `ContentInvalid` with every fault, and what `make_draft` raises.
    """
    contents = _contents(entered, licence_type, actor)
    return make_draft(
        licence_type=licence_type, issuer=issuer, contents=contents, actor=actor, operation=operation, replaces=replaces
    )


def enter_again(draft: Draft, entered: Entered, *, actor: Actor) -> Draft:
    """Amend the draft by what was entered; raises as `enter_draft` does."""
    return amend_draft(draft, contents=_contents(entered, draft.licence_type, actor), actor=actor)


def _contents(entered: Entered, licence_type: "LicenceType", actor: Actor) -> Contents:
    faults = faults_of(entered, form_of(licence_type, now()))
    if faults:
        raise ContentInvalid(faults)
    for attempt in range(_ATTEMPTS):
        try:
            # By itself: where the draft is refused after that, the refusal stands in the record.
            holders = _holders(entered, actor)
        except IntegrityError:
            if attempt == _ATTEMPTS - 1:
                raise
        else:
            return Contents(holders, entered.content, entered.number, entered.valid_from, entered.valid_until)
    raise AssertionError  # the last attempt has returned or raised


@transaction.atomic
def _holders(entered: Entered, actor: Actor) -> list[Holder]:
    known = enlist(entered.named, actor=actor)
    faults = {
        f"holders.{index}.name": because("holder_name_differs")
        for index, named in enumerate(entered.named)
        if known[named.number].name != named.name
    }
    if faults:
        raise ContentInvalid(faults)
    holders = {holder.pk: holder for holder in (*entered.kept, *(known[named.number] for named in entered.named))}
    return list(holders.values())
