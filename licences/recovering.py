"""After a key was compromised: every credential that it signed is revoked as a credential and signed anew.

Which are left is read from the rows, so that a stop at any point loses nothing and two workers do not meet. The
licences themselves, their state and dates, stay as they are.
"""

import datetime as dt
import logging

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from audit.recording import Subject, record
from foundation.clock import now
from foundation.context import PLATFORM, Actor
from foundation.keys import Signer
from foundation.tokens import TokenUnavailable
from licences.authenticity import is_authentic
from licences.errors import KeyNotFound, ReasonRequired, RowAltered
from licences.keystore import key_in_force, make_key, signer_of
from licences.models import Licence, RevokedCredential, SigningKey, StatusList
from licences.notices import notify
from licences.resigning import sign_anew
from licences.statuses import mark_changed
from licences.storing import authenticated
from licences.subjects import subject_of

BATCH = 200
_CHANGED = (
    "credential", "credential_digest", "disclosures_sealed", "status_list", "status_index", "signing_key",
    "mac_key", "mac",
)  # fmt: skip

log = logging.getLogger(__name__)


@transaction.atomic
def report_compromised(key_id: str, *, actor: Actor, reason: str) -> SigningKey:
    """Mark a key as compromised: from now on nothing that it signed is trusted. To report it again changes nothing."""
    if not reason.strip():
        raise ReasonRequired
    key = SigningKey.objects.select_for_update().filter(key_id=key_id).first()
    if key is None:
        raise KeyNotFound
    if key.compromised_at is None:
        key.compromised_at = now()
        key.save(update_fields=["compromised_at"])
        # Status lists that this key signed are to be signed by another.
        StatusList.objects.filter(issuer=key.department_id).update(changed_at=key.compromised_at)
        record(
            action="report_compromised",
            actor=actor,
            subject=Subject("signing_key", key_id),
            outcome="done",
            personal={"reason": reason[:2000]},
        )
    return key


def left_by(key: SigningKey) -> QuerySet[Licence]:
    """Return the licences whose credential is still to be revoked and signed anew."""
    return Licence.objects.filter(~_treated(), signing_key=key)


def altered_under(key: SigningKey) -> QuerySet[Licence]:
    """Return the licences that were not signed anew, because their rows are not as the platform wrote them."""
    return Licence.objects.filter(_treated(), signing_key=key)


def _treated() -> Exists:
    return Exists(RevokedCredential.objects.filter(licence=OuterRef("pk"), signing_key=OuterRef("signing_key")))


def resign_batch(key: SigningKey, limit: int = BATCH) -> int:
    """Treat at most `limit` licences that still carry the compromised key, in one transaction; return how many.

    None is left, or another worker has the last of them, where the answer is 0.
    """
    if not left_by(key).exists():
        return 0
    successor = _successor(key)
    signer, at = signer_of(successor), now()
    with transaction.atomic():
        rows = left_by(key).select_related("signing_key").order_by("pk")
        rows = rows.select_for_update(skip_locked=True, of=("self",)).prefetch_related("holders")
        licences = list(rows[:limit])
        for licence in licences:
            _treat(licence, successor, signer, at)
    return len(licences)


@transaction.atomic
def _successor(key: SigningKey) -> SigningKey:
    """Return the department's key in force, made where there is none; two workers make one."""
    SigningKey.objects.select_for_update().get(pk=key.pk)
    in_force = key_in_force(key.department_id)
    return in_force or make_key(department=key.department_id, actor=PLATFORM, store=key.store, algorithm=key.algorithm)


def _treat(licence: Licence, successor: SigningKey, signer: Signer, at: dt.datetime) -> None:
    """Revoke the licence's credential and sign it anew; one whose row was altered is only revoked, and reported."""
    revoked = RevokedCredential(
        licence=licence,
        signing_key=licence.signing_key,
        status_list_id=licence.status_list_id,
        status_index=licence.status_index,
        credential_digest=bytes(licence.credential_digest),
        revoked_at=at,
    )
    outcome, reason = "issued", "key_compromised"
    try:
        _check_row(licence)
        sign_anew(licence, key=successor, signer=signer, at=at)
    except RowAltered as altered:
        outcome, reason = "refused", altered.grounds.code
    else:
        licence.save(update_fields=_CHANGED)
        notify(licence.holders.all(), licence, reason="key_compromised", at=at)
    revoked.save(force_insert=True)
    mark_changed(revoked.status_list_id)
    record(action="resign", actor=PLATFORM, subject=subject_of(licence), outcome=outcome, reason=reason, at=at)


def _check_row(licence: Licence) -> None:
    values, mac = authenticated(licence), bytes(licence.mac)
    if not is_authentic(values, key=licence.mac_key, mac=mac, ring=settings.SEALING_RING):
        raise RowAltered


def resign_due(limit: int) -> int:
    """Treat at most `limit` licences of all compromised keys, batch by batch; return how many."""
    done = 0
    for key in SigningKey.objects.filter(compromised_at__isnull=False).order_by("compromised_at"):
        try:
            while done < limit and (count := resign_batch(key, min(BATCH, limit - done))):
                done += count
        except TokenUnavailable as error:
            # The departments whose keys are elsewhere need not wait for this token.
            log.warning("key %s was compromised, and nothing can be signed anew: %s", key.key_id, error)
    return done
