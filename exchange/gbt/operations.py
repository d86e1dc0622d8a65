"""The operations, each a call of the exchange's own acts; what they answer is laid out by a style's table."""

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from exchange.asking import Ask, Standing
from exchange.disclosing import disclose
from exchange.errors import InputInvalid
from exchange.gbt.envelope import Call
from exchange.gbt.tables import Style, metadata, take
from exchange.sharing.copying import Address, copy_for_case
from exchange.sharing.documents import identifier_in, verify_document
from exchange.sharing.searching import search_by_holder
from exchange.verifying import Answer, verify_number
from foundation.reasons import Both, because
from licences.lifecycle import STATE_CODES, STATE_NAMES, State
from licences.outcomes import Signature
from licences.verification import Verification
from registry.forms import HOLDER_KINDS

DISCLOSE, VERIFY = "disclose", "verify"
LARGEST_FILE = 10 << 20
_OTHER_STATE = "99"
_NO_FILE = Both("应为以 Base64 编码的文件，至多10 MiB", "must be a file in base64, of at most 10 MiB")
Values = dict[str, Any]
"""What an operation answers, by the rows of a style's `answer`."""


@dataclass(frozen=True, slots=True)
class Context:
    """What an operation works on: the call as it was sent, by whom, in which style; how an address is told."""

    body: Any
    standing: Standing
    style: Style
    address: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: the scope of the token that it takes, what it needs besides the envelope, and what it does."""

    scope: str
    needed: tuple[str, ...]
    act: Callable[[Call, Context], Values]


def _named(claims: Mapping[str, Any], style: Style) -> dict[str, str]:
    """Return claims under the style's names of fields; those of a type's own have no other name than theirs."""
    names = metadata() if style.fields == "short" else {}
    told = {name: str(value) for name, value in claims.items()}
    kind = HOLDER_KINDS.get(told.get("certificateHolderType", ""))
    if kind:
        told["certificateHolderTypeName"] = kind.zh
    return {names.get(name, name): value for name, value in told.items()}


def _find(call: Call, context: Context) -> Values:
    ask = replace(call.ask, text="")
    found = search_by_holder(ask, standing=context.standing, page=call.page, size=call.page_size)
    with_case = bool(ask.case)
    rows = []
    for licence, verification in found.licences:
        claims = {
            "certificateName": licence.licence_type.name_zh,
            "certificateTypeCode": licence.licence_type.code,
            "certificateNumber": licence.number,
            **({"certificateIdentifier": licence.identifier} if with_case else {}),
            "certificateIssuingAuthorityName": licence.issuer.name_zh,
            "certificateEffectiveDate": licence.valid_from.isoformat(),
            "certificateExpiringDate": licence.valid_until.isoformat() if licence.valid_until else "",
        }
        rows.append({**_named(claims, context.style), **_result(verification, context.style)})
    return {"rows": rows, "count": found.count, "record": str(found.entry)}


def _result(verification: Verification, style: Style) -> dict[str, str]:
    """Return a row's own result, under the last parts of the paths that a single one has."""
    told = {"result": style.verify_code(verification.outcome), "explanation": verification.grounds.zh}
    return {style.answer[name].rpartition(".")[2]: value for name, value in told.items()}


def _data(call: Call, context: Context) -> Values:
    shown = disclose(call.ask, standing=context.standing)
    return {
        "licence": _named(shown.fields, context.style),
        "result": context.style.verify_code(shown.verification.outcome),
        "explanation": shown.verification.grounds.zh,
        "record": str(shown.entry),
    }


def _file_address(call: Call, context: Context) -> Values:
    made: Address = copy_for_case(call.ask, standing=context.standing, expires_at=call.copy_until)
    return {
        "identifier": made.copy.licence.identifier,
        "address": context.address(made.secret),
        "address_until": made.expires_at.isoformat(timespec="seconds"),
        "copy_until": made.copy.expires_at.isoformat(timespec="seconds"),
        "record": str(made.entry),
    }


def _verify(call: Call, context: Context) -> Values:
    return _verified(verify_number(call.ask, standing=context.standing), call.ask, context.style)


def _verified(answer: Answer, ask: Ask, style: Style) -> Values:
    licence = answer.verification.licence
    return {
        "result": style.verify_code(answer.verification.outcome),
        "explanation": answer.verification.grounds.zh,
        **({"identifier": licence.identifier} if licence and ask.case else {}),
        "record": str(answer.entry),
    }


def _verify_file(call: Call, context: Context) -> Values:
    path = context.style.request["file"]
    pdf = _decoded(take(context.body, path), path)
    found = verify_document(pdf, replace(call.ask, text=""), standing=context.standing)
    return {
        "result": context.style.file[found.result],
        "explanation": found.grounds.zh,
        **({"identifier": found.identifier} if found.identifier else {}),
        "record": str(found.entry),
    }


def _decoded(text: Any, path: str) -> bytes:
    try:
        file = base64.b64decode(text, validate=True) if isinstance(text, str) else b""
    except (binascii.Error, ValueError):
        file = b""
    if not 0 < len(file) <= LARGEST_FILE:
        raise InputInvalid({path: because("field_invalid", why=_NO_FILE)})
    return file


def _read_code(call: Call, context: Context) -> Values:
    identifier = identifier_in(call.given["code"], replace(call.ask, text=""), standing=context.standing)
    ask = replace(call.ask, text=identifier)
    return _verified(verify_number(ask, standing=context.standing), ask, context.style)


def _remarks(call: Call, context: Context) -> Values:
    """Tell what is remarked on a licence beside its content: its state by the sector's codes, its successor."""
    answer = verify_number(call.ask, standing=context.standing)
    licence, told = answer.verification.licence, _verified(answer, call.ask, context.style)
    if licence is None or answer.verification.outcome.signature is not Signature.RIGHT:
        return told
    state = State(licence.state)
    told |= {"state": STATE_CODES.get(state, _OTHER_STATE), "state_name": STATE_NAMES[state].zh}
    return told | ({"successor": answer.successor.identifier} if answer.successor else {})


OPERATIONS: Mapping[str, Operation] = {
    "find": Operation(DISCLOSE, ("holder_code", "licence_type"), _find),
    "data": Operation(DISCLOSE, ("identifier", "case"), _data),
    "file": Operation(DISCLOSE, ("identifier", "case"), _file_address),
    "verify": Operation(VERIFY, ("identifier", "number"), _verify),
    "verify-file": Operation(VERIFY, (), _verify_file),
    "read-code": Operation(VERIFY, ("code",), _read_code),
    "remarks": Operation(VERIFY, ("identifier", "number"), _remarks),
}
"""The operations by the last part of their address under `/gbt/`."""
