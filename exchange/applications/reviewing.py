"""What later decisions rest on a licence; where it is annulled they are looked at again, and never revoked by that."""

import datetime as dt
from collections.abc import Collection
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from exchange.applications.checking import VALID
from exchange.applications.errors import ReviewClosed
from exchange.applications.stepping import check_not_own, note, refusals_recorded, standing_for
from exchange.errors import InputInvalid
from exchange.models import Application, Review
from exchange.procedure import GRANTED
from foundation.clock import now
from foundation.context import PLATFORM
from foundation.reasons import because

if TYPE_CHECKING:
    from licences.models import Licence
    from registry.models import Item, Person

LONGEST = 2000


def resting_on(licence: "Licence") -> QuerySet[Application]:
    """Return the granted applications that this version of a licence was a ground of, the latest first."""
    found = Application.objects.filter(
        references__licence=licence, references__outcome=VALID, state__in=GRANTED
    ).distinct()
    return found.select_related("item__department", "holder").order_by("-decided_at")


def open_reviews(licence: "Licence", at: dt.datetime) -> int:
    """Open a review of every decision that rests on a licence, once each; return how many were opened."""
    return sum(_open(application, licence, at) for application in resting_on(licence))


@transaction.atomic
def _open(application: Application, licence: "Licence", at: dt.datetime) -> bool:
    _, made = Review.objects.get_or_create(application=application, licence=licence, defaults={"opened_at": at})
    if made:
        note("open_review", application, PLATFORM, at, fields=[licence.identifier], outcome="opened")
    return made


def reviews_of(items: "Collection[Item] | QuerySet[Item]") -> QuerySet[Review]:
    """Return the open reviews of decisions on these items, the oldest first."""
    found = Review.objects.filter(application__item__in=items, closed_at__isnull=True).order_by("opened_at")
    return found.select_related("application__item__department", "application__holder", "licence__licence_type")


def close_review(
    application: Application, *, key: UUID, person: "Person", finding: str, at: dt.datetime | None = None
) -> Review:
    """Close a review with what was found; whatever becomes of the result is an operation of its own on its licence."""
    at = at or now()
    with refusals_recorded("close_review", application, person), transaction.atomic():
        standing = standing_for(person, application.item, at)
        check_not_own(application, person, at)
        review = Review.objects.select_for_update().filter(pk=key, application=application).first()
        if review is None or review.closed_at:
            raise ReviewClosed
        if not finding.strip():
            raise InputInvalid({"finding": because("field_required")})
        if len(finding) > LONGEST:
            raise InputInvalid({"finding": because("text_too_long", count=str(LONGEST))})
        review.closed_at, review.closed_by, review.finding = at, person, finding.strip()
        review.save(update_fields=["closed_at", "closed_by", "finding"])
        note("close_review", application, standing.actor, at, outcome="closed", personal={"finding": review.finding})
        return review
