"""Problem answers (RFC 9457) with a reason code and both languages."""

from http import HTTPStatus
from typing import Any

from foundation.reasons import Grounds, Language, Refused

MEDIA_TYPE = "application/problem+json"


def _texts(grounds: Grounds) -> dict[str, str]:
    return {"zh": grounds.zh, "en": grounds.en}


def problem(refused: Refused, *, language: Language, instance: str) -> dict[str, Any]:
    """Return the members of the answer; `type` names the reason's entry on the page of reasons.

    `errors` lists the fields to mend, `record` the entry in which the refusal stands, where there are any.
    """
    grounds = refused.grounds
    answer: dict[str, Any] = {
        "type": f"/reasons/#{grounds.code}",
        "title": HTTPStatus(grounds.reason.status).phrase,
        "status": grounds.reason.status,
        "detail": grounds.zh if language == "zh" else grounds.en,
        "instance": instance,
        "reason": grounds.code,
        "explanation": _texts(grounds),
    }
    if refused.fields:
        answer["errors"] = [
            {"field": name, "reason": why.code, "message": _texts(why)} for name, why in refused.fields.items()
        ]
    if refused.entry:
        answer["record"] = refused.entry
    return answer
