"""Issuing for a department's own system: a licence by one call, sent as often as need be; and what is done to it."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction

from audit.recording import Subject, record_refusal
from exchange.asking import Ask, Standing
from exchange.errors import AccessRefused, InputInvalid, TwoPersonsNeeded, TypeOfOtherDepartment, UnknownLicence
from exchange.wanted import wanted_subject
from foundation.clock import legal_day, now
from foundation.reasons import Both, Grounds, Refused, because
from licences import queries as licences
from licences.backlog import HolderNamed
from licences.composing import check_said
from licences.enlisting import as_named, check_named, enlist
from licences.errors import NotIssuable
from licences.issuing import Draft, Once, issue_once
from licences.numbering import Identifier, check_number, parse_identifier
from licences.operating import operate
from registry import queries as registry
from registry.defining import form_of
from registry.lineage import current_department, current_type, lineage

if TYPE_CHECKING:
    from licences.models import Licence
    from registry.forms import Form
    from registry.models import Department, LicenceType

# What a client may do to a licence by itself, and by what a new version takes a licence's place.
OPERATIONS = ("suspend", "resume", "cancel", "revoke", "withdraw", "annul")
REPLACING = ("renew", "change", "reissue", "transfer")

# How often it is tried where another registers the same holder at the same instant.
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class IssueAsked:
    """A licence to be issued, as a department's system asks for it; the type by its name, an alias or its code.

    `number` and `issued_on` are those of a licence that exists on paper already. `replaces` is the identifier of the
    version whose place it takes, by `operation`.
    """

    licence_type: str
    holders: Sequence[HolderNamed]
    content: Mapping[str, Any] = field(default_factory=dict)
    number: str = ""
    issued_on: dt.date | None = None
    valid_from: dt.date | None = None
    valid_until: dt.date | None = None
    replaces: str = ""
    operation: str = ""

    def canonical(self) -> bytes:
        """Return the bytes by which two askings are the same."""
        return json.dumps(asdict(self), default=str, sort_keys=True).encode()


def check_active(standing: Standing) -> None:
    """Raise where the client or its department is not active any more."""
    if not standing.asker.active:
        raise AccessRefused(because("client_inactive"))


def issue_for(asked: IssueAsked, *, standing: Standing, key: str) -> Once:
    """Issue the licence in the name of the caller's department; with the same key it is issued once.

    Every fault is named at once, by its path (`holders.0.number`). Refusals are recorded.
    """
    for attempt in range(_ATTEMPTS):
        try:
            with transaction.atomic():
                check_active(standing)
                return issue_once(
                    lambda: _draft(asked, standing),
                    scope=f"client:{standing.actor.client}",
                    key=key,
                    content=asked.canonical(),
                    actor=standing.actor,
                )
        except Refused as refused:
            raise record_refusal(
                refused,
                action="issue",
                actor=standing.actor,
                subject=type_subject(asked.licence_type),
                personal={"licence_type": asked.licence_type[:80]},
            ) from None
        except IntegrityError:
            if attempt == _ATTEMPTS - 1:
                raise
    raise AssertionError  # the last attempt has returned or raised


def _draft(asked: IssueAsked, standing: Standing) -> Draft:
    licence_type, issuer = own_type(asked.licence_type, standing)
    form = form_of(licence_type, now())
    if form.two_persons:
        raise TwoPersonsNeeded
    faults = _faults(asked, form)
    replacing: dict[str, Any] = {}
    if asked.replaces:
        try:
            replacing = {"replaces": _replaced(asked, licence_type, standing), "operation": asked.operation}
        except UnknownLicence as unknown:
            faults["replaces"] = unknown.grounds
    if faults:
        raise InputInvalid(faults)
    return Draft(
        licence_type=licence_type,
        issuer=issuer,
        holders=as_named(asked.holders, enlist(asked.holders, actor=standing.actor)),
        content=asked.content,
        number=asked.number,
        issued_on=asked.issued_on,
        valid_from=asked.valid_from,
        valid_until=asked.valid_until,
        **replacing,
    )


def type_subject(name: str) -> Subject:
    """Return the type that a name stands for as entries name it; what stands for none may be anything."""
    found = registry.types_named(name)
    code = found[0].code if len(found) == 1 else ""
    return Subject("licence_type", code, code)


def own_type(name: str, standing: Standing) -> "tuple[LicenceType, Department]":
    """Return the type, as it is issued today, with the caller's department, which must be its owner's or succeed it."""
    found = registry.types_named(name)
    if len(found) != 1:
        raise InputInvalid({"licence_type": because("field_invalid", why=_MANY if found else _NONE)})
    licence_type = current_type(found[0])
    if licence_type.owner is None:
        raise NotIssuable(licence_type.name)
    issuer = current_department(licence_type.owner)
    if issuer.code != standing.asker.department:
        raise TypeOfOtherDepartment(licence_type.name, issuer.name)
    return licence_type, issuer


_NONE = Both("不是已有证照类型的名称、别名或代码", "names no licence type: give its name, an alias or its code")
_MANY = Both("对应多种证照类型，请用代码写明", "names several licence types: give the code of one")


def _replaced(asked: IssueAsked, licence_type: "LicenceType", standing: Standing) -> "Licence":
    """Return the version whose place is taken: of the caller's department, and of the type or one that it succeeded."""
    old = own_licence(asked.replaces, standing)
    if old.licence_type.name_zh not in lineage("licence_type", licence_type.name_zh):
        raise UnknownLicence
    return old


def _faults(asked: IssueAsked, form: "Form") -> dict[str, Grounds]:
    """Return every fault by its path."""
    kinds = [holder.code_type for holder in asked.holders]
    on = asked.issued_on or legal_day(now())
    said = check_said(form, kinds, asked.content, asked.valid_from, asked.valid_until, issued_on=on)
    faults = {name if name in _PARTS else f"content.{name}": why for name, why in said.items()}
    wrong = check_number(asked.number) if asked.number else None
    if wrong:
        faults["number"] = because("field_invalid", why=wrong)
    for index, of_holder in enumerate(check_named(asked.holders)):
        faults |= {f"holders.{index}.{part}": why for part, why in of_holder.items()}
    return faults


_PARTS = ("holders", "issued_on", "valid_from", "valid_until")


# --- Licences of the department ------------------------------------------------------------------------------------


def own_licence(identifier: str, standing: Standing) -> "Licence":
    """Return a licence that the caller's department (or one that it succeeded) issued; `UnknownLicence` else."""
    if isinstance(parse_identifier(identifier), Identifier):
        for licence in licences.find_licences(identifier, licences.types_of(identifier)):
            if current_department(licence.issuer).code == standing.asker.department:
                return licence
    raise UnknownLicence


def operate_for(identifier: str, operation: str, *, reason: str, standing: Standing) -> "Licence":
    """Carry out an operation of the life cycle on a licence of the caller's department; refusals are recorded."""
    try:
        check_active(standing)
        licence = own_licence(identifier, standing)
    except Refused as refused:
        asked = Ask(identifier, "", "")
        raise record_refusal(
            refused,
            action=operation,
            actor=standing.actor,
            subject=wanted_subject(asked, identifier=True),
            personal={"number": identifier[:200]},
        ) from None
    return operate(licence, operation, reason=reason, actor=standing.actor)
