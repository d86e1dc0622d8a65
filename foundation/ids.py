"""Keys of public objects: UUIDv7 (RFC 9562 section 5.7), made in the application and ordered by time."""

from uuid import UUID

import uuid_utils.compat


def new_id() -> UUID:
    """Return a new UUIDv7."""
    return uuid_utils.compat.uuid7()
