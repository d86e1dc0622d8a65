"""The personal values behind an entry's commitments: at rest one sealed row an entry, so that a dump shows none."""

from collections.abc import Mapping
from uuid import UUID

import orjson
from django.conf import settings

from audit.leaf import Committed
from audit.models import Personal

__all__ = ["PERSONAL_VALUES", "Personal", "open_values", "seal_values"]

PERSONAL_VALUES = "record-personal-values"


def seal_values(entry: UUID, values: Mapping[str, Committed]) -> bytes:
    """Seal an entry's personal values with their salts, for its row alone.

    The salts too: with them likely values could be tried against the leaf's commitments.
    """
    plain = orjson.dumps({name: [c.salt.hex(), c.value] for name, c in values.items()})
    return settings.SEALING_RING.seal(plain, purpose=PERSONAL_VALUES, bound_to=entry.bytes)


def open_values(row: Personal) -> dict[str, Committed]:
    """Return an entry's personal values by name; `SealError` where the row was altered or its key is missing."""
    plain = settings.SEALING_RING.open(bytes(row.values_sealed), purpose=PERSONAL_VALUES, bound_to=row.entry.bytes)
    return {name: Committed(bytes.fromhex(salt), value) for name, (salt, value) in orjson.loads(plain).items()}
