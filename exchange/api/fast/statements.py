"""The statements that find all at once: version of the facts, state of the token, whether a case is ours, licences."""

from exchange.versioning import VERSION
from licences.direct import COLUMNS, ISSUED

HEAD = 7
"""So many columns come before those of a licence."""
MOST = 8
"""Of more licences than these nobody is told here."""


def _find(wanted: str, case: str, most: int) -> str:
    return (
        "SELECT v.version, t.application_id, t.expires, t.scope, t.resource, "  # noqa: S608 - our own names
        f"EXISTS (SELECT FROM exchange_application a WHERE a.number = {case}), l.id IS NOT NULL, "
        f"{COLUMNS} FROM ({VERSION}) v "
        "LEFT JOIN oauth2_provider_accesstoken t ON t.token_checksum = $1::text "
        f"LEFT JOIN licences_licence l ON {wanted} AND {ISSUED} LIMIT {most + 1}"
    )


def most_of(numbers: int) -> int:
    """Return how many licences are read at most for so many numbers."""
    return MOST * numbers


FIND_BY = {
    b"number": _find("l.number_key = $2::text", "$3::text", MOST),
    b"identifier": _find("l.identifier = $2::text", "$3::text", MOST),
}
"""By the name of the statement: token's checksum, number's key or identifier, case."""
FIND_MANY = _find("l.number_key = ANY ($2::text[])", "ANY ($3::text[])", most_of(1000))
"""The same for arrays of keys and of cases."""
