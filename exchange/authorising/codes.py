"""Codes shown at a counter: made by the holder for 60 seconds, redeemed once into an authorisation."""

import datetime as dt
import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.db import transaction

from audit.recording import Subject, Why, record
from exchange.access import AuthorisationFacts, decide
from exchange.asking import Ask, Standing, item_question
from exchange.authorising.errors import CodeInvalid, TooManyAttempts
from exchange.authorising.granting import acting_for, citizen, guarded_until, refusals_recorded, subject_of, term_of
from exchange.authorising.terms import LONGEST_DAYS, end_of
from exchange.cases import Case
from exchange.errors import AccessRefused, InputInvalid, NotRepresented
from exchange.limiting import Limit
from exchange.models import Authorisation, AuthorisationCode
from exchange.rights import type_question
from foundation.clock import legal_day, now
from foundation.reasons import because
from foundation.sealing import keyed_index
from registry import queries as registry

if TYPE_CHECKING:
    from registry.models import Item, LicenceType, Person

LIFE = dt.timedelta(seconds=60)
# Without I, L, O and U, which are misread or spell words: Crockford's base 32. Twelve of them hold 60 random bits.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ_AS = str.maketrans("ILO", "110")
_LENGTH, _GROUP = 12, 4
MAKING = Limit("authorisation-codes-made", most=20)
TRYING = Limit("authorisation-codes-tried", most=30)
TRYING_IN_ALL = Limit("authorisation-codes-tried-in-all", most=600)


@dataclass(frozen=True, slots=True)
class OfferedCode:
    """A code as it is shown, and when it ends; it is told this once and stored nowhere."""

    code: str
    expires_at: dt.datetime


def offer_code(
    *, person: "Person", holder: UUID, licence_type: "LicenceType", days: int = 0, at: dt.datetime | None = None
) -> OfferedCode:
    """Make a code by which whoever it is shown to may use the holder's licences of the type.

    Once, or for so many `days` counted from today. Which department and item, the redeeming says: it is shown there.
    """
    at = at or now()
    actor, subject = citizen(person), Subject("authorisation", "", licence_type.code)
    with refusals_recorded("offer_authorisation", subject, actor):
        wait = MAKING.wait(str(person.pk), at)
        if wait:
            raise TooManyAttempts(wait)
        with transaction.atomic():
            acting_for(person, holder, at)
            if not 0 <= days <= LONGEST_DAYS:
                raise InputInvalid({"days": because("authorisation_too_long", days=str(LONGEST_DAYS))})
            AuthorisationCode.objects.filter(made_by=person, expires_at__lte=at).delete()
            code = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
            made = AuthorisationCode.objects.create(
                digest=_digest(code),
                holder_id=holder,
                made_by=person,
                licence_type=licence_type,
                days=days,
                expires_at=at + LIFE,
            )
            record(action="offer_authorisation", actor=actor, subject=subject, outcome="done", at=at)
    parts = [code[start : start + _GROUP] for start in range(0, _LENGTH, _GROUP)]
    return OfferedCode("-".join(parts), made.expires_at)


def redeem(
    code: str, *, item: str, purpose: str = "", case: str = "", standing: Standing, at: dt.datetime | None = None
) -> Authorisation:
    """Turn a code into an authorisation for the asker's department, exactly once; it is bound to item and purpose.

    `purpose` is the item's name where none is given. Raises `CodeInvalid` for whatever is no living code,
    `AccessRefused` where the authorisation would permit nothing: the code then still lives.
    """
    at = at or now()
    found = registry.item_by_code(item)
    ask = Ask("", item, purpose.strip()[:200] or (found.name_zh if found else item[:40]), case)
    why = Why(ask.item[:40], ask.purpose, ask.case[:80])
    subject = Subject("authorisation")
    with refusals_recorded("redeem_authorisation", subject, standing.actor, why, {"code": code[:40]}):
        _check_rate(standing, at)
        with transaction.atomic():
            judged = decide(item_question(ask, standing, found, at, disclose=False))
            if found is None or not judged.permitted:
                raise AccessRefused(judged.grounds)
            offered = _living(code, at)
            made = _authorised(offered, ask, found, standing, at)
            offered.delete()
            fields = [standing.asker.department, *term_of(made)]
            record(
                action="redeem_authorisation",
                actor=standing.actor,
                subject=subject_of(made),
                outcome="done",
                why=why,
                fields=fields,
                at=at,
            )
            return made


def read_code(text: str) -> str:
    """Return a typed code as it is compared: hyphens, spaces and case do not matter, nor what looks alike."""
    kept = "".join(c for c in text.upper() if c.isascii() and c.isalnum())
    return kept.translate(_READ_AS)


def _digest(code: str) -> bytes:
    return keyed_index(settings.INDEX_KEY, read_code(code), purpose="authorisation-code")


def _check_rate(standing: Standing, at: dt.datetime) -> None:
    who = str(standing.actor.client or standing.actor.person)
    wait = TRYING.wait(who, at) or TRYING_IN_ALL.wait("", at)
    if wait:
        raise TooManyAttempts(wait)


def _living(code: str, at: dt.datetime) -> AuthorisationCode:
    # Whoever comes second waits for the lock, and then finds the row gone.
    rows = AuthorisationCode.objects.select_for_update(of=("self",)).select_related("made_by", "licence_type__owner")
    found = rows.filter(digest=_digest(code), expires_at__gt=at).first()
    if found is None:
        raise CodeInvalid
    return found


def _authorised(
    offered: AuthorisationCode, ask: Ask, item: "Item", standing: Standing, at: dt.datetime
) -> Authorisation:
    try:
        representation = acting_for(offered.made_by, offered.holder_id, at)
    except NotRepresented:
        # The power under which it was made ended meanwhile.
        raise CodeInvalid from None
    once = offered.days == 0
    until = None if once else legal_day(at) + dt.timedelta(days=offered.days)
    end = end_of(until, at, represented_until=guarded_until(representation))
    _check_would_permit(offered, ask, item, standing, at)
    return Authorisation.objects.create(
        holder_id=offered.holder_id,
        granted_by=offered.made_by,
        licence_type=offered.licence_type,
        department=registry.departments_by_code([standing.asker.department]).get(),
        item=item,
        purpose=ask.purpose,
        since=at,
        until=end,
        once=once,
    )


def _check_would_permit(
    offered: AuthorisationCode, ask: Ask, item: "Item", standing: Standing, at: dt.datetime
) -> None:
    wanted = offered.licence_type
    needed = any(t.pk == wanted.pk for group in registry.need_groups(item) for t in group.types)
    question = item_question(ask, standing, item, at, disclose=False)
    asked = type_question(question, item, wanted, Case(), needed=needed)
    judged = decide(replace(asked, authorisations=(AuthorisationFacts("", at),)))
    if not judged.permitted:
        raise AccessRefused(judged.grounds)
