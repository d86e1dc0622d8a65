"""What pages and the API may ask about subscriptions."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from exchange.delivery import Progress, State
from exchange.models import Delivery, Subscription
from exchange.subscriptions.errors import SubscriptionNotFound


def subscriptions_of(departments: Iterable[str]) -> QuerySet[Subscription]:
    """Return the departments' subscriptions that have not ended, the newest first, each with its dead letters."""
    found = Subscription.objects.filter(department__code__in=list(departments)).exclude(state=State.ENDED)
    counted = Count("deliveries", filter=Q(deliveries__progress=Progress.DEAD))
    waiting = Count("deliveries", filter=Q(deliveries__progress=Progress.WAITING))
    return found.select_related("department", "client").annotate(dead=counted, waiting=waiting).order_by("-id")


def subscription_of(key: UUID, departments: Iterable[str]) -> Subscription:
    """Return one of the departments' subscriptions; raises `SubscriptionNotFound`."""
    found = subscriptions_of(departments).filter(pk=key).first()
    if found is None:
        raise SubscriptionNotFound
    return found


def deliveries_of(subscription: Subscription, progress: str = "") -> QuerySet[Delivery]:
    """Return a subscription's deliveries, the newest first, of one progress where given."""
    found = Delivery.objects.filter(subscription=subscription).order_by("-id")
    return found.filter(progress=progress) if progress else found


def has_disabled(departments: Iterable[str]) -> bool:
    """Say whether a subscription of these departments was disabled: somebody has to mend its endpoint."""
    return Subscription.objects.filter(department__code__in=list(departments), state=State.DISABLED).exists()
