"""What holders are told about licences of theirs: a reason of the list and when, read once they have seen it."""

import datetime as dt
from collections.abc import Iterable
from uuid import UUID

from django.db.models import QuerySet

from foundation.reasons import REASONS
from licences.models import Holder, Licence, Notice


def notify(holders: Iterable[Holder], licence: Licence | None, *, reason: str, at: dt.datetime) -> None:
    """Tell the holders, each once, in the caller's transaction; `reason` is a code of `foundation.reasons`."""
    code = REASONS[reason].code
    Notice.objects.bulk_create(Notice(holder=holder, licence=licence, reason=code, at=at) for holder in holders)


def notices_for(holders: Iterable[UUID]) -> QuerySet[Notice]:
    """Return what these holders were told, the newest first, with the licences."""
    found = Notice.objects.filter(holder__in=list(holders)).order_by("-at", "-pk")
    return found.select_related("holder", "licence__licence_type")


def unread_for(holders: Iterable[UUID]) -> QuerySet[Notice]:
    """Return what these holders were told and have not seen."""
    return notices_for(holders).filter(read_at__isnull=True)


def mark_read(notices: Iterable[Notice], *, at: dt.datetime) -> None:
    """Note that these were seen; those that were seen before keep their time."""
    unread = [notice.pk for notice in notices if notice.read_at is None]
    if unread:
        Notice.objects.filter(pk__in=unread, read_at__isnull=True).update(read_at=at)
