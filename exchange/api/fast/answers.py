"""The bodies of answers, as the views' serializers and renderer write them."""

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from exchange.asking import Ask
from exchange.surveying import Facts
from foundation.clock import LEGAL_ZONE
from foundation.reasons import Both, Grounds
from licences.direct import Row
from licences.outcomes import Outcome

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def rendered(body: Mapping[str, Any]) -> bytes:
    """Return a body's bytes."""
    # As the renderer does: valid JSON, but not valid JavaScript.
    return _ENCODER.encode(body).replace("\u2028", "\\u2028").replace("\u2029", "\\u2029").encode()


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
