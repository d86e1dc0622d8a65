"""What the record tells of licences: one that is issued moves cases on, one that is annulled opens reviews.

By a cursor of its own over the sequenced record (`audit.feed`): no message that is lost loses anything, and nothing is
done twice.
"""

import datetime as dt
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q

from audit.feed import CHUNK, take
from exchange.applications.accepting import accept_if_complete
from exchange.applications.checking import VALID, verify_one
from exchange.applications.reviewing import open_reviews
from exchange.applications.stepping import locked, move, note, platform_standing
from exchange.models import Application, Reference
from exchange.procedure import ARRIVED, IN_HAND, OPEN, State, Way
from foundation.clock import now
from foundation.context import PLATFORM
from licences import queries as licences
from licences.lifecycle import State as LicenceState
from licences.notices import notify
from registry import queries as registry

if TYPE_CHECKING:
    from licences.models import Licence

READER = "exchange.applications"


def follow(*, at: dt.datetime | None = None, most: int = CHUNK) -> int:
    """Take at most `most` new entries of the record, and do what follows from them; return how many were taken."""
    at = at or now()
    with take(READER, most) as placed:
        entries = [p.entry for p in placed if p.entry.outcome != "refused" and p.entry.subject_kind == "licence"]
        issued = {e.subject for e in entries if e.action == "issue"}
        annulled = {e.subject for e in entries if e.action == "annul"}
        found = licences.by_identifier(issued | annulled)
        for identifier in sorted(issued & found.keys()):
            arrived(found[identifier], at)
        for identifier in sorted(annulled & found.keys()):
            open_reviews(found[identifier], at)
        return len(placed)


# --- A licence that arrives -------------------------------------------------------------------------------------------


def arrived(licence: "Licence", at: dt.datetime) -> int:
    """Verify the licence in every open case that names or awaits it, and move on what is complete; return how many."""
    if licence.state == LicenceState.SEALED:
        # It comes again as it is issued.
        return 0
    named = Q(number_key=licence.number_key) | Q(licence=licence.previous_id, licence__isnull=False)
    awaited = Q(way=Way.AWAITED, application__holder__in=licence.holders.all())
    waiting = Reference.objects.filter(named | awaited, application__state__in=OPEN).exclude(outcome=VALID)
    applications = Application.objects.filter(references__in=waiting).distinct().order_by("submitted_at")
    return sum(_move_on(application, licence, at) for application in applications)


@transaction.atomic
def _move_on(application: Application, licence: "Licence", at: dt.datetime) -> bool:
    application = locked(application)
    if application.state not in OPEN:
        return False
    groups = {group.number: group for group in registry.need_groups(application.item)}
    standing, came = platform_standing(application.item), False
    for reference in application.references.exclude(outcome=VALID):
        group = groups.get(reference.need_group)
        if group is None or licence.licence_type_id not in {t.pk for t in group.types}:
            continue
        if reference.way == Way.AWAITED and licences.is_held_by(licence, application.holder_id):
            reference.licence, reference.number, reference.number_key = licence, licence.number, licence.number_key
            reference.save(update_fields=["licence", "number", "number_key"])
        if reference.number_key == licence.number_key:
            verify_one(application, reference, group, standing, at)
            came |= reference.outcome == VALID
    if came and application.state in ARRIVED:
        _complete(application, at)
    elif came and application.state in IN_HAND:
        note("arrive", application, PLATFORM, at, fields=[licence.identifier], outcome="arrived")
    return came


def _complete(application: Application, at: dt.datetime) -> None:
    accept_if_complete(application, at)
    if application.state == State.ACCEPTED:
        notify([application.holder], None, reason="application_moved_on", at=at)


# --- A result that waited for its second person ----------------------------------------------------------------------


def deliver_due(*, at: dt.datetime | None = None, most: int = 500) -> int:
    """Deliver at most `most` approved applications whose drafts have all been issued; return how many."""
    at = at or now()
    waiting = Application.objects.filter(state=State.APPROVED, drafts__state="issued").distinct()
    return sum(_deliver(application, at) for application in waiting.order_by("decided_at")[:most])


@transaction.atomic
def _deliver(application: Application, at: dt.datetime) -> bool:
    application = locked(application)
    drafts = list(application.drafts.select_related("licence").exclude(state="discarded"))
    if application.state != State.APPROVED or not all(d.state == "issued" and d.licence for d in drafts):
        return False
    application.results.add(*(d.licence for d in drafts if d.licence))
    move(application, "deliver")
    application.delivered_at = at
    application.save(update_fields=["state", "delivered_at"])
    note("deliver", application, PLATFORM, at)
    return True
