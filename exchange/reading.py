"""Reading at the counter what a holder authorised: the licence is found by the holder, whom the authorisation names."""

import datetime as dt
from typing import TYPE_CHECKING

from audit.recording import Subject, Why, record_refusal
from exchange.asking import Ask, Standing
from exchange.disclosing import Disclosure, disclose
from exchange.errors import LicenceNotFound
from foundation.clock import now
from licences import queries as licences
from registry.lineage import with_predecessors

if TYPE_CHECKING:
    from exchange.models import Authorisation
    from licences.models import Licence
    from registry.models import LicenceType


def read_authorised(
    given: "Authorisation",
    *,
    licence_type: "LicenceType",
    case: str,
    standing: Standing,
    at: dt.datetime | None = None,
) -> Disclosure:
    """Disclose the holder's licence of the type for a case: the newest that is valid, or else the newest.

    Raises `LicenceNotFound` where the holder has none here; what the decision refuses it refuses as for any reading.
    """
    at = at or now()
    item, purpose = given.item.code if given.item else "", given.purpose or (given.item.name_zh if given.item else "")
    held = licences.held_by_index(bytes(given.holder.number_index), [t.pk for t in with_predecessors([licence_type])])
    licence = _best(list(held), at)
    if licence is None:
        raise record_refusal(
            LicenceNotFound(),
            action="disclose",
            actor=standing.actor,
            subject=Subject("licence", "", licence_type.code),
            why=Why(item, purpose, case[:80]),
        )
    ask = Ask(licence.identifier, item, purpose, case, authorisation=str(given.pk))
    return disclose(ask, standing=standing, at=at)


def _best(held: "list[Licence]", at: dt.datetime) -> "Licence | None":
    valid = (licence for licence in held if licences.is_valid_now(licence, at))
    return next(valid, held[0] if held else None)
