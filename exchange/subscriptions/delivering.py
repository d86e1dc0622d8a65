"""Delivering what waits: each message permitted anew and recorded before its first byte, retried, or a dead letter.

A licence's messages go out in the order of its changes, as far as they are tried at all: one that waits for another try
holds back the later ones of the same licence, one that is a dead letter does not. A message may come twice; its id
tells. Claims are leases in the rows, so that a worker that dies loses nothing.
"""

import datetime as dt
import logging
import secrets
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, Min, OuterRef

from audit.recording import Act, Subject, Why, record, record_all
from exchange.access import decide
from exchange.asking import Ask, item_question, standing_of_client
from exchange.cases import case_of
from exchange.delivery import ATTEMPTS, FAILING_FOR, STEPS, Progress, State, can_step, delay_after
from exchange.errors import AccessRefused
from exchange.models import Delivery, Reliance, Subscription
from exchange.rights import type_question
from exchange.subscriptions.messages import change_message, secrets_of
from exchange.subscriptions.posting import SECONDS, Posted, post
from exchange.subscriptions.signing import signed_headers
from foundation.clock import now
from foundation.context import PLATFORM, Actor
from foundation.reasons import REASONS, Grounds, Refused, because
from foundation.sealing import SealError
from licences import queries as licences
from licences.subjects import subject_of
from registry import queries as registry
from registry.lineage import lineage

MOST, MOST_OF_ONE, WORKERS = 100, 20, 8
_LEASE = dt.timedelta(seconds=SECONDS * MOST_OF_ONE + 60)
_GONE = 410
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Message:
    delivery: UUID
    address: str
    body: bytes
    secrets: tuple[bytes, ...]


def deliver_due(*, at: dt.datetime | None = None, most: int = MOST) -> int:
    """Send at most `most` messages that are due, those of one endpoint one after another; return how many were taken.

    After a failure the endpoint's other messages wait for the next run.
    """
    at = at or now()
    batches = _claim(at, most)
    if not batches:
        return 0
    with ThreadPoolExecutor(WORKERS) as pool:
        sent = dict(zip(batches, pool.map(_send, batches.values()), strict=True))
    return sum(_settle(key, batches[key], posted, at) for key, posted in sent.items())


def _send(messages: list[_Message]) -> list[Posted]:
    """Send one endpoint's messages until one fails; what is not reached is not in the answer. No database here."""
    posted: list[Posted] = []
    for message in messages:
        headers = signed_headers(message.delivery, message.body, by=message.secrets, at=now())
        posted.append(post(message.address, message.body, headers))
        if not posted[-1].is_taken:
            break
    return posted


# --- What is due, and may be sent ------------------------------------------------------------------------------------


def _claim(at: dt.datetime, most: int) -> dict[UUID, list[_Message]]:
    earlier = Delivery.objects.filter(
        subscription=OuterRef("subscription"),
        identifier=OuterRef("identifier"),
        progress=Progress.WAITING,
        id__lt=OuterRef("id"),
    )
    due = Delivery.objects.filter(progress=Progress.WAITING, next_at__lte=at, subscription__state=State.ACTIVE)
    due = due.exclude(Exists(earlier)).order_by("next_at", "id")
    batches: dict[UUID, list[_Message]] = {}
    # The endpoint that has waited longest comes first, and none takes more than its share of a run.
    waiting = due.order_by().values("subscription").annotate(first=Min("next_at")).order_by("first")
    for subscription in waiting.values_list("subscription", flat=True)[:most]:
        share = min(MOST_OF_ONE, most - sum(map(len, batches.values())))
        keys = due.filter(subscription=subscription).values_list("id", flat=True)[:share]
        batches[subscription] = [message for key in keys for message in _permitted(key, at)]
    return {key: batch for key, batch in batches.items() if batch}


@transaction.atomic
def _permitted(key: UUID, at: dt.datetime) -> list[_Message]:
    """Lease one delivery and record that its department is told; nothing where another has it or it may not be."""
    mine = Delivery.objects.filter(pk=key, progress=Progress.WAITING, next_at__lte=at).update(next_at=at + _LEASE)
    if not mine:
        return []
    found = Delivery.objects.select_related("subscription__client__department", "subscription__department")
    delivery = found.get(pk=key)
    try:
        keys = tuple(secrets_of(delivery.subscription, at))
    except SealError:
        log.exception("the secret of subscription %s does not open", delivery.subscription_id)
        return []
    why, grounds = _ground(delivery, at)
    if why is None:
        delivery.progress, delivery.reason, delivery.ended_at = Progress.WITHHELD, grounds.code, at
        delivery.save(update_fields=["progress", "reason", "ended_at"])
        return []
    if delivery.told_at is None:
        delivery.told_at = at
        delivery.save(update_fields=["told_at"])
        record_all([_told(delivery, why, at)])
    return [_Message(delivery.pk, delivery.subscription.address, change_message(delivery), keys)]


def _told(delivery: Delivery, why: Why, at: dt.datetime) -> Act:
    licence = licences.by_identifier([delivery.identifier]).get(delivery.identifier)
    return Act(
        action="tell_change",
        actor=replace(standing_of_client(delivery.subscription.client).actor, name=""),
        subject=subject_of(licence),
        outcome=delivery.licence_state,
        why=why,
        fields=[str(delivery.pk)],
        at=at,
    )


def _ground(delivery: Delivery, at: dt.datetime) -> tuple[Why | None, Grounds]:
    """Return for which of the uses that the department relies on the change may be told now, or why it may not."""
    codes = lineage("department", delivery.subscription.department.code)
    relied = Reliance.objects.filter(identifier=delivery.identifier, department__in=codes).order_by("-at")
    refused = because("agreement_missing")
    for reliance in relied:
        try:
            _check(delivery, reliance, at)
        except Refused as error:
            refused = error.grounds
        else:
            return Why(reliance.item, reliance.purpose, reliance.case), because("valid")
    return None, refused


def _check(delivery: Delivery, reliance: Reliance, at: dt.datetime) -> None:
    standing = standing_of_client(delivery.subscription.client)
    ask = Ask(delivery.identifier, reliance.item, reliance.purpose, reliance.case)
    item = registry.item_by_code(reliance.item)
    question = item_question(ask, standing, item, at, disclose=False)
    judged = decide(question)
    if item is None or not judged.permitted:
        raise AccessRefused(judged.grounds)
    licence = licences.by_identifier([delivery.identifier]).get(delivery.identifier)
    if licence is None:
        raise AccessRefused(because("licence_not_found"))
    needed = any(t.pk == licence.licence_type_id for group in registry.need_groups(item) for t in group.types)
    case = case_of(ask, item, department=standing.asker.department)
    asked = type_question(question, item, licence.licence_type, case, needed=needed)
    decision = decide(asked)
    if not decision.permitted:
        raise AccessRefused(decision.grounds)


# --- What came of it -------------------------------------------------------------------------------------------------


@transaction.atomic
def _settle(key: UUID, messages: list[_Message], posted: list[Posted], at: dt.datetime) -> int:
    subscription = Subscription.objects.select_for_update().get(pk=key)
    for message, result in zip(messages, posted, strict=False):
        delivery = Delivery.objects.select_for_update().get(pk=message.delivery)
        if delivery.progress == Progress.WAITING:
            _note_attempt(delivery, result, at)
    unsent = [message.delivery for message in messages[len(posted) :]]
    Delivery.objects.filter(pk__in=unsent, progress=Progress.WAITING).update(next_at=at)
    _note_health(subscription, posted, at)
    return len(posted)


def _note_attempt(delivery: Delivery, posted: Posted, at: dt.datetime) -> None:
    delivery.attempts += 1
    delivery.status = posted.status or None
    delivery.reason = "" if posted.is_taken else posted.grounds.code
    if posted.is_taken:
        delivery.progress, delivery.ended_at = Progress.DELIVERED, at
    elif delivery.attempts >= ATTEMPTS or posted.status == _GONE:
        delivery.progress, delivery.ended_at = Progress.DEAD, at
    else:
        chance = secrets.randbelow(1001) / 1000
        delivery.next_at = at + delay_after(delivery.attempts, chance=chance, asked=posted.retry_after)
    delivery.save(update_fields=["attempts", "status", "reason", "progress", "ended_at", "next_at"])


def _note_health(subscription: Subscription, posted: list[Posted], at: dt.datetime) -> None:
    last = posted[-1]
    if last.is_taken:
        subscription.failing_since = None
    elif subscription.failing_since is None or any(result.is_taken for result in posted):
        subscription.failing_since = at
    subscription.save(update_fields=["failing_since"])
    if last.status == _GONE:
        _disable(subscription, "endpoint_gone", at)
    elif subscription.failing_since and at - subscription.failing_since >= FAILING_FOR:
        _disable(subscription, "endpoint_failing", at)


def _disable(subscription: Subscription, reason: str, at: dt.datetime) -> None:
    if not can_step("disable", State(subscription.state)):
        return
    subscription.state, subscription.reason = STEPS["disable"].target, REASONS[reason].code
    subscription.save(update_fields=["state", "reason"])
    waiting = Delivery.objects.filter(subscription=subscription, progress=Progress.WAITING)
    waiting.update(progress=Progress.DEAD, reason=reason, ended_at=at)
    subject = _subject(subscription)
    record(action="disable_subscription", actor=PLATFORM, subject=subject, outcome=State.DISABLED, reason=reason, at=at)
    log.warning("subscription %s was disabled: %s", subscription.pk, reason)


def _subject(subscription: Subscription) -> Subject:
    return Subject("subscription", str(subscription.pk))


# --- Sending again ---------------------------------------------------------------------------------------------------


@transaction.atomic
def resend(
    subscription: Subscription, *, deliveries: Iterable[UUID] = (), actor: Actor, at: dt.datetime | None = None
) -> int:
    """Let dead letters wait again, those named or all of the subscription; return how many. Their ids stay.

    Each is permitted anew before it is sent.
    """
    at = at or now()
    dead = Delivery.objects.filter(subscription=subscription, progress=Progress.DEAD)
    named = list(deliveries)
    if named:
        dead = dead.filter(pk__in=named)
    count = dead.update(progress=Progress.WAITING, attempts=0, reason="", ended_at=None, next_at=at)
    record(
        action="resend",
        actor=actor,
        subject=_subject(subscription),
        outcome="done",
        fields=[str(key) for key in named] or [str(count)],
        at=at,
    )
    return count
