"""The statement that finds all at once: the policy's version, the token's state, whether a case is ours, and licences."""

from licences.direct import COLUMNS, ISSUED

HEAD = 7
"""So many columns come before those of a licence."""
MOST = 8
"""Of more licences than these nobody is told here."""


def _find(wanted: str) -> str:
    return (
        "SELECT v.version, t.application_id, t.expires, t.scope, t.resource, "  # noqa: S608 - our own names
        "EXISTS (SELECT FROM exchange_application a WHERE a.number = $3::text), l.id IS NOT NULL, "
        f"{COLUMNS} FROM exchange_policyversion v "
        "LEFT JOIN oauth2_provider_accesstoken t ON t.token_checksum = $1::text "
        f"LEFT JOIN licences_licence l ON {wanted} = $2::text AND {ISSUED} LIMIT {MOST + 1}"
    )


FIND_BY = {b"number": _find("l.number_key"), b"identifier": _find("l.identifier")}
"""By the name of the statement: token's checksum, number's key or identifier, case."""
