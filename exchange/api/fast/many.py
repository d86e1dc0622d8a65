"""Verifying many numbers the short way: found in one statement, recorded in another."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, cast
from uuid import UUID

from audit.direct import quoted, values_of_all
from audit.errors import RecordUnavailable
from exchange.api.fast.answers import verification_body
from exchange.api.fast.asked import Unusual, asked, body_of, caller_of
from exchange.api.fast.database import Session, Unreachable, database
from exchange.api.fast.knowing import knowledge, standing_shown, survey_of
from exchange.api.fast.looking import Look, charge, look
from exchange.api.fast.shapes import Shape, shape_of
from exchange.api.fast.statements import HEAD, most_of
from exchange.api.fast.telling import Answer, refused, told
from exchange.asking import Ask, Standing
from exchange.errors import AccessRefused
from exchange.surveying import Facts, Survey
from exchange.verifying_many import MOST
from foundation.clock import now
from foundation.problems import problem
from licences.direct import WIDTH, Row, row_of
from licences.numbering import identifier_in, number_key

PATH = "/api/v1/verifications/batch/"
SHARED = ("item", "purpose", "case", "licence_type", "operator")

Head = Sequence[bytes | None]


def verify_all(environ: Mapping[str, Any], content: bytes) -> Answer:
    """Answer one call; raises `Unusual` where the views are to, before anything was written: one row is enough."""
    caller = caller_of(environ)
    askings = [asked(row) for row in _rows(body_of(content))]
    shape = shape_of(environ, PATH)
    if shape is None:
        raise Unusual
    request_id = caller.context.request_id
    with database.session() as session:
        at = now()
        keys = [_key(ask.text) for ask, _ in askings]
        head, rows = _found(session, caller.checksum, keys, {ask.case for ask, _ in askings})
        facts = knowledge.facts(head[0], at)
        seen: list[Look] = []
        charged: Counter[int] = Counter()
        surveys: dict[int, tuple[Standing, Survey]] = {}
        for (ask, operator), key in zip(askings, keys, strict=True):
            standing = standing_shown(head[1:5], facts, operator, at)
            survey = survey_of(facts, ask, standing, at)
            charged[id(survey)] += 1
            surveys[id(survey)] = standing, survey
            seen.append(look(ask, standing, survey, rows.get(key, ()), facts=facts, at=at))
        for key_of, (standing, survey) in surveys.items():
            charge(standing, survey, charged[key_of])
        try:
            entries, values = values_of_all([one.act for one in seen], caller.context)
            session.run(b"record_many", values)
        except (Unreachable, RecordUnavailable) as error:
            unavailable = error if isinstance(error, RecordUnavailable) else RecordUnavailable(str(error))
            return refused(unavailable, shape, request_id, path=PATH)
    answers = [
        _row(n, one, ask, facts=facts, entry=entry, shape=shape)
        for n, (one, (ask, _), entry) in enumerate(zip(seen, askings, entries, strict=True))
    ]
    return told({"answers": answers}, shape, request_id)


def _rows(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    rows = body.get("verifications")
    if not isinstance(rows, list) or not 0 < len(rows) <= MOST or not all(isinstance(row, dict) for row in rows):
        raise Unusual
    shared = {name: body[name] for name in SHARED if name in body}
    return [{**shared, **row} for row in rows]


def _key(text: str) -> str:
    if identifier_in(text):
        raise Unusual
    return number_key(text)


def _found(
    session: Session, checksum: bytes, keys: Sequence[str], cases: set[str]
) -> tuple[Head, dict[str, list[Row]]]:
    """Return what stands before the licences, and the issued licences by the keys of their numbers."""
    wanted = set(keys)
    result = session.run(b"numbers", [checksum, _array(wanted), _array(cases)])
    if not 0 < result.ntuples <= most_of(len(wanted)):
        raise Unusual
    head = [result.get_value(0, column) for column in range(HEAD)]
    if head[5] == b"t":
        raise Unusual
    rows: dict[str, list[Row]] = {}
    if head[6] == b"t":
        width = range(HEAD, HEAD + WIDTH)
        for n in range(result.ntuples):
            values = [result.get_value(n, column) for column in width]
            rows.setdefault(cast("bytes", values[3]).decode(), []).append(row_of(values))
    return head, rows


def _array(texts: set[str]) -> bytes:
    return b"{" + b",".join([quoted(text.encode()) for text in texts]) + b"}"


def _row(row: int, seen: Look, ask: Ask, *, facts: Facts, entry: UUID, shape: Shape) -> dict[str, Any]:
    if seen.outcome is None:
        refusal = AccessRefused(seen.grounds)
        refusal.entry = str(entry)
        instance = f"{PATH}#/verifications/{row}"
        return {
            "row": row,
            "verification": None,
            "problem": problem(refusal, language=shape.language, instance=instance),
        }
    at = seen.act.at
    assert at is not None  # noqa: S101 - a look has its instant
    body = verification_body(seen.outcome, seen.grounds, seen.row, ask=ask, facts=facts, at=at, entry=entry)
    return {"row": row, "verification": body, "problem": None}
