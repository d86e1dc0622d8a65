"""Applications that a department's own system hands in for people at its counter (窗口), and reads again."""

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from audit.recording import Subject, Why, record_refusal
from exchange.applications.choosing import Choice, references_for
from exchange.applications.errors import RequestKeyReused
from exchange.applications.stepping import note, standing_for, subject_of_case, why_of_case
from exchange.applications.submitting import hand_in
from exchange.asking import Standing
from exchange.errors import AccessRefused, ApplicationNotFound, InputInvalid, ItemNotInForce, NeedsMissing
from exchange.models import Application
from exchange.numbering import next_number
from exchange.procedure import State
from exchange.queries import application_by_number, applications_for
from foundation.clock import now
from foundation.reasons import Grounds, Refused, because
from licences.backlog import HolderNamed
from licences.enlisting import as_named, check_named, enlist
from registry import queries as registry

if TYPE_CHECKING:
    from registry.models import Item

_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class CounterAsked:
    """An application as a counter takes it in: the item's code, the holder, and what is given for each need."""

    item: str
    holder: HolderNamed
    references: Mapping[int, Choice]
    project: str = ""

    def digest(self) -> bytes:
        """Return what two askings that are the same have in common."""
        return hashlib.sha256(json.dumps(asdict(self), default=str, sort_keys=True).encode()).digest()


@dataclass(frozen=True, slots=True)
class TakenIn:
    """The application, and whether the same request took it in before."""

    application: Application
    is_replayed: bool


def take_in(asked: CounterAsked, *, standing: Standing, key: str, at: dt.datetime | None = None) -> TakenIn:
    """Take an application in for somebody at the counter; with the same key it is taken in once. Refusals are recorded.

    Every fault is named at once, by its path (`holder.number`, `references.2`).
    """
    at = at or now()
    for attempt in range(_ATTEMPTS):
        try:
            with transaction.atomic():
                return _take_in(asked, standing, key, at)
        except Refused as refused:
            item = registry.item_by_code(asked.item)
            raise record_refusal(
                refused,
                action="submit",
                actor=standing.actor,
                subject=Subject("application"),
                why=Why(item.code if item else ""),
                personal={"item": asked.item[:80]},
            ) from None
        except IntegrityError:
            # Another sent the same at the same instant, or registered the same holder.
            if attempt == _ATTEMPTS - 1:
                raise
    raise AssertionError  # the last attempt has returned or raised


def _take_in(asked: CounterAsked, standing: Standing, key: str, at: dt.datetime) -> TakenIn:
    item = own_item(asked.item, standing, at)
    known = Application.objects.filter(client=standing.actor.client, request_key=key).first()
    if known:
        if bytes(known.request_digest or b"") != asked.digest():
            raise RequestKeyReused
        return TakenIn(_with_parts(known), is_replayed=True)
    holders = [asked.holder]
    faults = {f"holder.{part}": why for found in check_named(holders) for part, why in found.items()}
    if faults:
        raise InputInvalid(faults)
    (holder,) = as_named(holders, enlist(holders, actor=standing.actor))
    try:
        references = references_for(item, holder, asked.references, at)
    except NeedsMissing as missing:
        raise InputInvalid(_by_path(missing.fields)) from None
    application = Application(
        number=next_number(item.code, at),
        item=item,
        holder=holder,
        client_id=standing.actor.client,
        request_key=key,
        request_digest=asked.digest(),
        project=asked.project.strip()[:200],
    )
    hand_in(application, references, actor=standing.actor, at=at)
    return TakenIn(application, is_replayed=False)


def _by_path(faults: Mapping[str, Grounds]) -> dict[str, Grounds]:
    return {f"references.{name.removeprefix('need-')}": why for name, why in faults.items()}


def own_item(code: str, standing: Standing, at: dt.datetime) -> "Item":
    """Return an item in force that the caller's department handles, or raise as the access decision does."""
    if not standing.asker.active:
        raise AccessRefused(because("client_inactive"))
    item = registry.item_by_code(code)
    if item is None:
        raise AccessRefused(because("item_unknown", item=code))
    if not registry.handles(standing.asker.department, item):
        raise AccessRefused(because("item_of_other_department", item=code, department=item.department.name))
    if not registry.is_in_force(item, at):
        raise ItemNotInForce(item.code)
    return item


def _with_parts(application: Application) -> Application:
    return application_by_number(application.number) or application


# --- Reading ---------------------------------------------------------------------------------------------------------


def own_applications(standing: Standing, states: Sequence[str] = ()) -> QuerySet[Application]:
    """Return the applications for the items that the caller's department handles, the newest first."""
    if not standing.asker.active:
        raise AccessRefused(because("client_inactive"))
    found = applications_for(registry.items_handled_by([standing.asker.department]))
    return found.filter(state__in=states) if states else found


def read_application(number: str, *, standing: Standing, at: dt.datetime | None = None) -> Application:
    """Open an application of the caller's department, and record that; any other is answered like an absent one."""
    at = at or now()
    found = application_by_number(number)
    subject, why = (subject_of_case(found), why_of_case(found)) if found else (Subject("application"), Why())
    try:
        with transaction.atomic():
            if found is None or found.state == State.DRAFT:
                raise ApplicationNotFound
            standing_for(standing, found.item, at)
            note("open_application", found, standing.actor, at, outcome="opened")
            return found
    except Refused as refused:
        raise record_refusal(
            refused,
            action="open_application",
            actor=standing.actor,
            subject=subject,
            why=why,
            personal={"number": number[:80]},
        ) from None
