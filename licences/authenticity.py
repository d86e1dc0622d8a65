"""The keyed MAC of a licence row and its holders: an edit in the database is noticed on the next verification.

What it cannot notice is a row put back to a state it truly had, MAC included: there the record shows the later change.
"""

import datetime as dt
from dataclasses import dataclass

from foundation.sealing import Ring

_PURPOSE = "licence-row"


@dataclass(frozen=True, slots=True)
class Authenticated:
    """The values under the MAC."""

    identifier: str
    version: int
    state: str
    valid_from: dt.date
    valid_until: dt.date | None
    credential_digest: bytes
    key_id: str
    holders: tuple[str, ...]

    def message(self) -> bytes:
        """Return the authenticated bytes; no value holds a line feed, so the form is unambiguous."""
        until = self.valid_until.isoformat() if self.valid_until else ""
        parts = (
            self.identifier, str(self.version), self.state, self.valid_from.isoformat(), until,
            bytes(self.credential_digest).hex(), self.key_id, *sorted(self.holders),
        )  # fmt: skip
        return "\n".join(parts).encode()


def authenticate(values: Authenticated, ring: Ring) -> tuple[str, bytes]:
    """Return the name of the key used and the 32-byte MAC."""
    return ring.authenticate(values.message(), purpose=_PURPOSE)


def is_authentic(values: Authenticated, *, key: str, mac: bytes, ring: Ring) -> bool:
    """Say whether the row is as the platform wrote it."""
    return ring.is_authentic(values.message(), key=key, mac=mac, purpose=_PURPOSE)
