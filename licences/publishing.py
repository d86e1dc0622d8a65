"""Publishing status lists: rows become signed lists within a minute of a change (Token Status List, section 5.1)."""

import datetime as dt
import logging
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from audit.recording import Subject, record
from foundation.clock import now
from foundation.context import PLATFORM
from licences.errors import NoSigningKey, StatusListNotFound
from licences.keystore import signer_for
from licences.lifecycle import STATUS_VALUES, State
from licences.models import Licence, RevokedCredential, SigningKey, StatusList
from licences.statuslist import INVALID, VALID, sign_token

# How long a list may be kept before it is asked for anew, and how long it can be relied on without network.
TTL = dt.timedelta(minutes=1)
TERM = dt.timedelta(days=7)
# A change is noted before it is committed, maybe by a machine whose clock is behind: what was published this shortly
# after one is published once more.
_MARGIN = dt.timedelta(seconds=30)

log = logging.getLogger(__name__)


def address(status_list: UUID) -> str:
    """Return where a list is found, which is how credentials name it."""
    return f"{settings.PUBLIC_URL}/status-lists/{status_list}"


def _values(of: StatusList) -> dict[int, int]:
    """Return what is not valid in a list, by index."""
    wanted = [str(state) for state, value in STATUS_VALUES.items() if value != VALID]
    states = Licence.objects.filter(status_list=of, state__in=wanted).values_list("status_index", "state")
    values = {index: STATUS_VALUES[State(state)] for index, state in states.iterator() if index is not None}
    revoked = RevokedCredential.objects.filter(status_list=of).values_list("status_index", flat=True)
    return values | {index: INVALID for index in revoked.iterator() if index is not None}


@transaction.atomic
def publish(status_list: StatusList) -> StatusList:
    """Sign the list as its rows are now, store and record it; `NoSigningKey` where its department has no key in force.

    Whoever changes a state notes that on the list's row in the same transaction, so that one in progress is waited for.
    """
    of = StatusList.objects.select_for_update(of=("self",)).select_related("issuer").get(pk=status_list.pk)
    at = now()
    key, signer = signer_for(of.issuer_id, of.issuer.name)
    of.published_at, of.expires_at = at, at + TERM
    of.token = sign_token(
        uri=address(of.pk),
        issuer=f"{settings.PUBLIC_URL}/departments/{of.issuer.code}",
        values=_values(of),
        size=of.size,
        at=at,
        ttl=TTL,
        expires_at=of.expires_at,
        signer=signer,
    )
    of.save(update_fields=["token", "published_at", "expires_at"])
    subject = Subject("status_list", str(of.pk))
    record(action="publish_status_list", actor=PLATFORM, subject=subject, outcome="published")
    log.info("status list %s published under key %s", of.pk, key.key_id)
    return of


def _due(at: dt.datetime) -> QuerySet[StatusList]:
    """Return lists never published, changed since, past half of their term, or under a key compromised since."""
    compromised = SigningKey.objects.filter(
        department=OuterRef("issuer"), compromised_at__gte=OuterRef("published_at") - _MARGIN
    )
    return StatusList.objects.filter(
        Q(published_at__isnull=True)
        | Q(changed_at__gt=F("published_at") - _MARGIN)
        | Q(expires_at__lt=at + TERM / 2)
        | Exists(compromised)
    )


def publish_changed() -> int:
    """Publish every list that is due; return how many. One whose department has no key waits until it has."""
    done = 0
    for of in _due(now()).order_by("published_at"):
        try:
            publish(of)
            done += 1
        except NoSigningKey as refused:
            log.warning("status list %s is not published: %s", of.pk, refused)
    return done


def published(status_list: UUID) -> str:
    """Return the list as last published; `StatusListNotFound` where there is none."""
    token = StatusList.objects.filter(pk=status_list).values_list("token", flat=True).first()
    if not token:
        raise StatusListNotFound
    return token


def published_addresses() -> list[str]:
    """Return where every published list is found (Token Status List, section 9)."""
    lists = StatusList.objects.exclude(token="").order_by("pk")
    return [address(pk) for pk in lists.values_list("pk", flat=True)]
