"""Learning of changes: by a cursor of its own over the sequenced record, never by signals.

A department relies on a licence once it found it valid for a case: a verification or a disclosure with the outcome
valid, by its system or its people, that names a case. That includes each licence named in its applications, once its
clerk verifies them or decides. A change is an operation of the life cycle that was carried out on the licence.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby

from audit.feed import CHUNK, take
from audit.queries import Entry
from exchange.delivery import PRESENT, Progress, State
from exchange.models import Delivery, Reliance, Subscription
from foundation.clock import now
from licences.lifecycle import OPERATIONS
from licences.lifecycle import State as LicenceState
from registry.lineage import lineage

CURSOR = "subscriptions"
CHUNKS_A_RUN = 50
"""So many chunks of the record one run follows at most; what is left the next one takes."""
_CHANGES = frozenset(OPERATIONS) - {"new"}
_TOLD = frozenset(LicenceState) - {LicenceState.SEALED, LicenceState.DISCARDED}


def follow_changes(limit: int = CHUNK) -> int:
    """Take at most `limit` entries of the record: note who relies on what, and make a delivery of each change.

    Return how many entries were taken. Both are written with the cursor's move, so that none is lost or made twice.
    """
    with take(CURSOR, limit) as placed:
        for kind, run in groupby(placed, key=lambda one: _kind(one.entry)):
            entries = [one.entry for one in run]
            if kind == "relied":
                _note_reliance(entries)
            elif kind == "changed":
                _make_deliveries(entries)
        return len(placed)


def _kind(entry: Entry) -> str:
    if entry.subject_kind != "licence" or not entry.subject:
        return ""
    if entry.action in ("verify", "disclose"):
        relied = entry.outcome == "valid" and entry.case.strip() and entry.actor_department
        return "relied" if relied else ""
    return "changed" if entry.action in _CHANGES and entry.outcome in _TOLD else ""


def _note_reliance(entries: Iterable[Entry]) -> None:
    # Of several at once the last counts: a statement changes no row twice.
    rows = {(e.subject, e.actor_department, e.item): e for e in entries}
    Reliance.objects.bulk_create(
        (
            Reliance(identifier=identifier, department=department, item=item, purpose=e.purpose, case=e.case, at=e.at)
            for (identifier, department, item), e in rows.items()
        ),
        update_conflicts=True,
        unique_fields=["identifier", "department", "item"],
        update_fields=["purpose", "case", "at"],
    )


def _make_deliveries(entries: list[Entry]) -> None:
    subscriptions = _by_department()
    if not subscriptions:
        return
    relying: dict[str, set[str]] = {}
    found = Reliance.objects.filter(identifier__in={e.subject for e in entries}, department__in=subscriptions)
    for identifier, department in found.values_list("identifier", "department"):
        relying.setdefault(identifier, set()).add(department)
    Delivery.objects.bulk_create(_deliveries(entries, relying, subscriptions), ignore_conflicts=True)


def _by_department() -> dict[str, list[Subscription]]:
    """Return the present subscriptions by the codes of their departments, and of those that these succeeded."""
    found: dict[str, list[Subscription]] = {}
    for subscription in Subscription.objects.filter(state__in=PRESENT).select_related("department"):
        for code in lineage("department", subscription.department.code):
            found.setdefault(code, []).append(subscription)
    return found


def _deliveries(
    entries: Iterable[Entry], relying: dict[str, set[str]], subscriptions: dict[str, list[Subscription]]
) -> Iterator[Delivery]:
    at = now()
    for entry in entries:
        told = {s.pk: s for code in relying.get(entry.subject, ()) for s in subscriptions[code]}
        for subscription in told.values():
            # What was before the subscription is not told.
            if entry.at < subscription.made_at:
                continue
            disabled = subscription.state == State.DISABLED
            yield Delivery(
                subscription=subscription,
                entry=entry.pk,
                identifier=entry.subject,
                licence_state=entry.outcome,
                changed_at=entry.at,
                # Kept for a resending, once the endpoint is verified anew.
                progress=Progress.DEAD if disabled else Progress.WAITING,
                reason=subscription.reason if disabled else "",
                made_at=at,
                next_at=at,
            )
