"""Verifying one number the short way."""

from collections.abc import Mapping, Sequence
from typing import Any

from audit.direct import FORMATS, values_of
from audit.errors import RecordUnavailable
from exchange.api.fast.answers import verification_body
from exchange.api.fast.asked import Caller, Unusual, asked, body_of, caller_of
from exchange.api.fast.database import Session, Unreachable, database
from exchange.api.fast.knowing import knowledge, standing_shown, survey_of
from exchange.api.fast.looking import charge, look
from exchange.api.fast.shapes import shape_of
from exchange.api.fast.statements import HEAD, MOST
from exchange.api.fast.telling import Answer, refused, told
from exchange.asking import Ask
from exchange.errors import AccessRefused
from foundation.clock import now
from licences.direct import WIDTH, Row, row_of
from licences.numbering import identifier_in, number_key

PATH = "/api/v1/verifications/"


def verify(environ: Mapping[str, Any], content: bytes) -> Answer:
    """Answer one verification; raises `Unusual` where the views are to, before anything was written."""
    caller = caller_of(environ)
    ask, operator = asked(body_of(content))
    shape = shape_of(environ, PATH)
    if shape is None:
        raise Unusual
    request_id = caller.context.request_id
    with database.session() as session:
        at = now()
        head, rows = _found(session, caller, ask)
        facts = knowledge.facts(head[0], at)
        standing = standing_shown(head[1:5], facts, operator, at)
        survey = survey_of(facts, ask, standing, at)
        seen = look(ask, standing, survey, rows, facts=facts, at=at)
        charge(standing, survey, 1)
        try:
            entry, values = values_of(seen.act, caller.context)
            session.run(b"record", values, FORMATS)
        except (Unreachable, RecordUnavailable) as error:
            unavailable = error if isinstance(error, RecordUnavailable) else RecordUnavailable(str(error))
            return refused(unavailable, shape, request_id, path=PATH)
    if seen.outcome is None:
        return refused(AccessRefused(seen.grounds), shape, request_id, path=PATH, entry=entry)
    body = verification_body(seen.outcome, seen.grounds, seen.row, ask=ask, facts=facts, at=at, entry=entry)
    return told(body, shape, request_id)


def _found(session: Session, caller: Caller, ask: Ask) -> tuple[Sequence[bytes | None], list[Row]]:
    """Return what stands before the licences, and the issued licences that bear the number or identifier."""
    identifier = identifier_in(ask.text)
    by = (b"identifier", str(identifier)) if identifier else (b"number", number_key(ask.text))
    result = session.run(by[0], [caller.checksum, by[1].encode(), ask.case.encode()])
    if not 0 < result.ntuples <= MOST:
        raise Unusual
    head = [result.get_value(0, column) for column in range(HEAD)]
    if head[5] == b"t":
        # The case is one of ours, and names a holder.
        raise Unusual
    if head[6] != b"t":
        return head, []
    width = range(HEAD, HEAD + WIDTH)
    return head, [row_of([result.get_value(n, column) for column in width]) for n in range(result.ntuples)]
