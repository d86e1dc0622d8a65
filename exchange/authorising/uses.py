"""The accesses that relied on an authorisation: each is noted in its own transaction, and a single one used up."""

import datetime as dt
from uuid import UUID

from exchange.asking import Ask
from exchange.authorising.terms import State, state_of
from exchange.errors import AccessRefused
from exchange.lacking import told_day
from exchange.models import Authorisation, AuthorisationUse
from foundation.reasons import Both, Grounds, because
from registry.lineage import lineage


def rely_on(reference: str, *, ask: Ask, entry: UUID | None, at: dt.datetime, uses_up: bool) -> None:
    """Note that the access with this entry relied on an authorisation, in the access's transaction.

    An access relies on one that its right rests on, or that it names: that told it whose licence is meant. One for a
    single use is used up where `uses_up`; without an entry it is checked alone. The row is locked: of two at once the
    second is refused, and nothing is shown that begins to rely on it after it was taken back.
    """
    rows = Authorisation.objects.select_for_update(of=("self",)).select_related("licence_type", "item")
    given = rows.get(pk=reference)
    refusal = _refusal(given, ask, at)
    if refusal:
        raise AccessRefused(refusal)
    if uses_up and given.once:
        given.used_at = at
        given.save(update_fields=["used_at"])
    if entry:
        AuthorisationUse.objects.create(authorisation=given, entry=entry, at=at)


def _refusal(given: Authorisation, ask: Ask, at: dt.datetime) -> Grounds | None:
    name = given.licence_type.name if given.licence_type else Both("证照", "the licence")
    state = state_of(given, at)
    if state is not State.IN_FORCE:
        when = {State.REVOKED: given.revoked_at, State.USED: given.used_at, State.ENDED: given.until}[state]
        return because(f"authorisation_{state}", type=name, date=told_day(when) if when else "")
    if given.item and given.item.code not in lineage("item", ask.item):
        return because("authorisation_other_item", type=name, item=ask.item)
    if given.purpose not in ("", ask.purpose):
        return because("authorisation_other_purpose", type=name, purpose=given.purpose)
    return None
