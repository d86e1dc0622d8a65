"""The keyed MAC of a licence row and its holders: an edit in the database is noticed on the next verification.

Form 1 covers what decides whether a licence is valid. Form 2 covers besides all that its row says, so that whoever
verifies it need not open the credential to know that both say the same; a row keeps the form with which it was made.

What it cannot notice is a row put back to a state it truly had, MAC included: there the record shows the later change.
"""

import datetime as dt
from dataclasses import dataclass

from foundation.sealing import Ring

_PURPOSE = "licence-row"
FORM = 2
"""The form of the rows that are made now."""


@dataclass(frozen=True, slots=True)
class Authenticated:
    """The values under the MAC; `said` holds what `said_of` returns, and nothing in form 1."""

    identifier: str
    version: int
    state: str
    valid_from: dt.date
    valid_until: dt.date | None
    credential_digest: bytes
    key_id: str
    holders: tuple[str, ...]
    said: str = ""

    def message(self) -> bytes:
        """Return the authenticated bytes; no value holds a line feed, so the form is unambiguous."""
        until = self.valid_until.isoformat() if self.valid_until else ""
        parts = (
            self.identifier, str(self.version), self.state, self.valid_from.isoformat(), until,
            bytes(self.credential_digest).hex(), self.key_id, *sorted(self.holders),
        )  # fmt: skip
        # No identifier begins as what form 2 adds, so that no row of one form reads as one of the other.
        return "\n".join((self.said, *parts) if self.said else parts).encode()


def said_of(
    *,
    key: str,
    number: str,
    number_key: str,
    licence_type: str,
    issuer: str,
    serial: str,
    previous: str,
    issued_at: dt.datetime,
    place: tuple[str, int | None],
) -> str:
    """Return what form 2 adds: keys as texts, `place` is the status list (empty: none) and index there."""
    issued = issued_at.astimezone(dt.UTC).isoformat(timespec="microseconds")
    parts = (
        str(FORM), key, licence_type, issuer, serial, previous, issued, place[0], str(place[1]), number_key,
        # The only one that may hold anything comes last, its length before it.
        str(len(number)), number,
    )  # fmt: skip
    return "\x1f".join(parts)


def authenticate(values: Authenticated, ring: Ring) -> tuple[str, bytes]:
    """Return the name of the key used and the 32-byte MAC."""
    return ring.authenticate(values.message(), purpose=_PURPOSE)


def is_authentic(values: Authenticated, *, key: str, mac: bytes, ring: Ring) -> bool:
    """Say whether the row is as the platform wrote it."""
    return ring.is_authentic(values.message(), key=key, mac=mac, purpose=_PURPOSE)
