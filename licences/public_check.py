"""What anybody may learn by the code of a licence's short address: whether it is genuine and valid, not whose it is."""

import datetime as dt

from django.db import transaction

from audit.recording import record
from foundation.context import Actor
from licences.numbering import parse_check_code
from licences.queries import with_check_code
from licences.subjects import subject_of
from licences.verification import Verification, verify_found

ANYBODY = Actor(role="public")
_LONGEST = 40


@transaction.atomic
def check_publicly(text: str, *, at: dt.datetime) -> Verification:
    """Verify the issued licence with this code and record that somebody did; no entry, no answer.

    A text that is no code is looked up as one that nobody has, so that it is answered alike and no sooner.
    """
    found = with_check_code(parse_check_code(text) or "")
    verification = verify_found(found, at=at)
    record(
        action="public_check",
        actor=ANYBODY,
        subject=subject_of(found[0] if found else None),
        outcome=verification.outcome.label,
        reason=verification.grounds.code,
        personal={} if found else {"code": text[:_LONGEST]},
        at=at,
    )
    return verification
