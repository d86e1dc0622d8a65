"""The accesses that relied on an authorisation: each is noted in its own transaction, and a single one used up."""

import datetime as dt
from uuid import UUID

from exchange.authorising.terms import State, state_of
from exchange.errors import AccessRefused
from exchange.lacking import told_day
from exchange.models import Authorisation, AuthorisationUse
from foundation.reasons import Both, Grounds, because


def rely_on(reference: str, *, entry: UUID, at: dt.datetime, uses_up: bool) -> None:
    """Note that the access with this entry relied on an authorisation, in the access's transaction.

    One for a single use is used up where `uses_up`. The row is locked: of two at once the second is refused, and
    nothing is shown that begins to rely on it after it was taken back.
    """
    given = Authorisation.objects.select_for_update(of=("self",)).select_related("licence_type").get(pk=reference)
    state = state_of(given, at)
    if state is not State.IN_FORCE:
        raise AccessRefused(_over(given, state))
    if uses_up and given.once:
        given.used_at = at
        given.save(update_fields=["used_at"])
    AuthorisationUse.objects.create(authorisation=given, entry=entry, at=at)


def _over(given: Authorisation, state: State) -> Grounds:
    name = given.licence_type.name if given.licence_type else Both("证照", "the licence")
    when = {State.REVOKED: given.revoked_at, State.USED: given.used_at, State.ENDED: given.until}[state]
    return because(f"authorisation_{state}", type=name, date=told_day(when) if when else "")
