"""Quotas of agreements: exact in the database, and taken in the transaction of the entry that they pay for."""

import datetime as dt
from collections.abc import Iterable
from uuid import UUID

from django.db.models import F

from exchange.agreed import quota_grounds
from exchange.errors import AccessRefused
from exchange.models import Agreement, QuotaUse
from foundation.clock import legal_day
from foundation.reasons import Both
from registry.lineage import current_department

WHOLE = dt.date.min
"""Stands for the day of a quota that counts in total."""
PER = ("day", "total")


def period(agreement: Agreement, at: dt.datetime) -> dt.date:
    """Return for which day an access at `at` counts."""
    return legal_day(at) if agreement.quota_per == "day" else WHOLE


def resumes(agreement: Agreement, at: dt.datetime) -> dt.date | None:
    """Return the legal day on which a quota that is used up at `at` begins anew, if it does."""
    return legal_day(at) + dt.timedelta(days=1) if agreement.quota_per == "day" else None


def left(agreements: Iterable[Agreement], at: dt.datetime) -> dict[UUID, int]:
    """Return how many accesses are left of the quotas, by agreement; in one query, and for those that have one."""
    limited = {a.pk: a for a in agreements if a.quota is not None}
    if not limited:
        return {}
    uses = QuotaUse.objects.filter(agreement__in=limited, day__in=[WHOLE, legal_day(at)])
    used = {(use.agreement_id, use.day): use.used for use in uses}
    return {key: max((a.quota or 0) - used.get((key, period(a, at)), 0), 0) for key, a in limited.items()}


def take(references: Iterable[str], *, at: dt.datetime) -> None:
    """Take one access of the quota of each of these agreements, in the caller's transaction.

    Whoever takes of the same quota at the same time waits until that transaction ends; what it takes back, where it
    fails, is as if never taken. Raises `AccessRefused` where nothing is left.
    """
    wanted = sorted(set(references))
    if not wanted:
        return
    # Always in the same order, so that two that take of the same ones do not wait for each other.
    rows = Agreement.objects.filter(reference__in=wanted).select_related("licence_type__owner").order_by("reference")
    for agreement in rows:
        if agreement.quota is not None and not _took(agreement, agreement.quota, period(agreement, at)):
            owner = agreement.licence_type.owner
            name = current_department(owner).name if owner else Both("—", "—")
            grounds = quota_grounds(agreement.reference, agreement.quota, resumes(agreement, at), name, at)
            raise AccessRefused(grounds)


def _took(agreement: Agreement, quota: int, day: dt.date) -> bool:
    counter = QuotaUse.objects.filter(agreement=agreement, day=day)
    # PostgreSQL looks at the row again once whoever held it has committed, so that it is never more than the quota.
    one_more = counter.filter(used__lt=quota)
    if one_more.update(used=F("used") + 1):
        return True
    QuotaUse.objects.bulk_create([QuotaUse(agreement=agreement, day=day)], ignore_conflicts=True)
    return bool(one_more.update(used=F("used") + 1))
