"""The bodies of answers, as the views' serializers and renderer write them."""

import datetime as dt
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson

from exchange.asking import Ask
from exchange.surveying import Facts
from foundation.clock import LEGAL_ZONE
from foundation.reasons import Both, Grounds
from licences.direct import Row
from licences.outcomes import Outcome


def rendered(body: Mapping[str, Any]) -> bytes:
    """Return a body's bytes."""
    content = orjson.dumps(body)
    # As the renderer does: these are valid in JSON, but not in JavaScript.
    return content.replace(b"\xe2\x80\xa8", b"\\u2028").replace(b"\xe2\x80\xa9", b"\\u2029")


def verification_body(
    outcome: Outcome, grounds: Grounds, row: Row | None, *, ask: Ask, facts: Facts, at: dt.datetime, entry: UUID
) -> dict[str, Any]:
    """Return the body of a verification's answer; no successor is ever told where no holder is named."""
    return {
        "outcome": outcome.label,
        "code": int(outcome),
        "signature": outcome.signature.value,
        "reason": grounds.code,
        "explanation": _both(grounds),
        "licence": _licence(row, facts, with_case=bool(ask.case)) if row else None,
        "successor": None,
        "checked_at": _instant(at),
        "record": str(entry),
    }


def _licence(row: Row, facts: Facts, *, with_case: bool) -> dict[str, Any]:
    of_type, issuer = facts.types[row.licence_type_id], facts.departments[row.issuer_id]
    told = {
        "number": row.number,
        "type": {"code": of_type.code, "name": _both(of_type.name)},
        "issuer": {"code": issuer.code, "name": _both(issuer.name)},
        "issued_at": _instant(row.issued_at),
        "valid_from": row.valid_from.isoformat(),
        "valid_until": row.valid_until.isoformat() if row.valid_until else None,
    }
    return {**told, "identifier": row.identifier, "holder": row.holder_names} if with_case else told


def _both(text: Both | Grounds) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}


def _instant(at: dt.datetime) -> str:
    return at.astimezone(LEGAL_ZONE).isoformat()
