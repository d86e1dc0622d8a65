"""The access decision: one table of conditions for API, pages and scenarios. Pure; the default is refusal.

What an item needs decides who may see what. The conditions stand in the order of `CONDITIONS`; the first that fails
answers. A `Decision` says which fields may be shown; verifying never shows any.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from exchange import agreed, lacking
from foundation.reasons import Both, Grounds, because

HOLDER_NUMBER = ("certificateHolderCode", "certificateHolderType")
Sharing = Literal["unconditional", "conditional", "not_shared"]


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: a department's client or one of its people; `operator` is the person's name or account."""

    active: bool
    department: str
    department_name: Both
    operator: str = ""


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """The item for which is asked; `handled_by_asker`: it is the asker's own, or its acceptance is delegated."""

    code: str
    in_force: bool
    handled_by_asker: bool
    department: Both


@dataclass(frozen=True, slots=True)
class TypeFacts:
    """The licence type asked about; `needed` by the item, or else the codes of the items that do need it."""

    name: Both
    owner: str
    owner_name: Both
    sharing: Sharing
    needed: bool
    items_needing: tuple[str, ...]
    legal_basis: Both
    needs_authorisation: bool
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AgreementFacts:
    """A right of use that the asker's department holds for the item and the type.

    `ways` are those agreed on, all where none is named. `cases_continue`: applications accepted before `until` may go
    on after it. `stopped`: the authority suspended or ended it. `quota_left` of `quota` accesses are left until
    `resumes`, the legal day on which there are new ones, or for ever.
    """

    reference: str
    purpose: str
    since: dt.datetime
    until: dt.datetime | None
    fields: tuple[str, ...]
    ways: tuple[str, ...] = ()
    cases_continue: bool = False
    stopped: bool = False
    quota: int = 0
    quota_left: int | None = None
    resumes: dt.date | None = None


@dataclass(frozen=True, slots=True)
class AuthorisationFacts:
    """What a holder allowed the asker's department for the type: a consent (授权), or as `entrusted` a mandate (受托).

    `for_item` says whether it was given for the item asked about (or for any); `once`, that one disclosure uses it up.
    """

    reference: str
    since: dt.datetime
    until: dt.datetime | None = None
    purpose: str = ""
    for_item: bool = True
    once: bool = False
    used_at: dt.datetime | None = None
    revoked_at: dt.datetime | None = None
    entrusted: bool = False

    def holds(self, purpose: str, at: dt.datetime) -> bool:
        """Say whether it allows the use for a purpose at `at`."""
        ends = [end for end in (self.until, self.used_at, self.revoked_at) if end]
        fits = self.for_item and self.purpose in ("", purpose)
        return fits and self.since <= at and all(at < end for end in ends)


@dataclass(frozen=True, slots=True)
class Question:
    """All that the decision looks at. `licence_type` is None while only the item is judged.

    `accepted_at` is when the case, an application of ours that is not decided yet, was accepted.
    `duty` is the law that makes the use the asker's duty, in force at `at`; empty where none does.
    """

    asker: Asker
    item_code: str
    item: ItemFacts | None
    purpose: str
    case: str
    at: dt.datetime
    disclose: bool = False
    licence_type: TypeFacts | None = None
    agreements: tuple[AgreementFacts, ...] = ()
    presented: bool = False
    authorisations: tuple[AuthorisationFacts, ...] = ()
    holder_known: bool = False
    duty: str = ""
    retry_after: int = 0
    accepted_at: dt.datetime | None = None


class Way(StrEnum):
    """By what right a licence is used. The three ways of practice are holder, duty and entrustment."""

    OWN = "own"
    UNCONDITIONAL = "unconditional"
    HOLDER = "holder"
    ENTRUSTMENT = "entrustment"
    DUTY = "duty"
    AGREEMENT = "agreement"


WAY_NAMES: dict[Way, Both] = {
    Way.OWN: Both("本单位的证照", "the department's own licence type"),
    Way.UNCONDITIONAL: Both("无条件共享", "shared unconditionally"),
    Way.HOLDER: Both("按持证人", "by the holder"),
    Way.ENTRUSTMENT: Both("受托", "by entrustment"),
    Way.DUTY: Both("依职责", "by duty"),
    Way.AGREEMENT: Both("按使用协议", "by agreement"),
}


@dataclass(frozen=True, slots=True)
class Decision:
    """Permit or refusal with its grounds; `fields` may be shown.

    `relied_on` names the agreements used, and `takes` those of whose quota the access takes one, once it has found
    something; `authorisation` is the holder's consent or mandate without which it would have been refused. `way` is the
    right, where a type was asked about and permitted.
    """

    permitted: bool
    grounds: Grounds
    fields: tuple[str, ...] = ()
    relied_on: str = ""
    takes: tuple[str, ...] = ()
    authorisation: str = ""
    way: Way | None = None


Condition = Callable[[Question], Grounds | None]


def _asker_is_active(q: Question) -> Grounds | None:
    return None if q.asker.active and q.asker.department else because("client_inactive")


def _purpose_is_stated(q: Question) -> Grounds | None:
    return None if q.purpose.strip() else because("purpose_missing")


def _case_or_operator_is_named(q: Question) -> Grounds | None:
    if q.disclose and not q.case.strip():
        return because("case_missing")
    return None if q.case.strip() or q.asker.operator.strip() else because("case_or_operator_missing")


def _item_is_known(q: Question) -> Grounds | None:
    return None if q.item else because("item_unknown", item=q.item_code)


def _item_is_in_force(q: Question) -> Grounds | None:
    return None if q.item and q.item.in_force else because("item_not_in_force", item=q.item_code)


def _item_is_the_askers(q: Question) -> Grounds | None:
    if q.item and q.item.handled_by_asker:
        return None
    department = q.item.department if q.item else Both("", "")
    return because("item_of_other_department", item=q.item_code, department=department)


def _type_is_needed(q: Question) -> Grounds | None:
    if q.licence_type is None or q.licence_type.needed:
        return None
    items = q.licence_type.items_needing
    listed = Both("、".join(items) or "无", ", ".join(items) or "none")
    return because("type_not_needed", item=q.item_code, type=q.licence_type.name, items=listed)


def _authorisation(q: Question) -> AuthorisationFacts | None:
    """Return what the holder allowed that holds now; one for a single use only where no other does."""
    holding = [a for a in q.authorisations if a.holds(q.purpose, q.at)]
    return min(holding, key=lambda a: (a.once, a.since, a.reference), default=None)


@dataclass(frozen=True, slots=True)
class _Ground:
    """What gives the right of use; agreements limit the fields, the other grounds show all of the type's."""

    way: Way
    text: Both
    agreements: tuple[AgreementFacts, ...] = ()
    authorisation: str = ""


def _ground_of_use(q: Question, wanted: TypeFacts) -> _Ground | None:
    """Return the widest right there is: what shows all fields stands before the agreements, which show some."""
    if wanted.owner == q.asker.department:
        return _Ground(Way.OWN, WAY_NAMES[Way.OWN])
    if wanted.sharing == "unconditional":
        return _Ground(Way.UNCONDITIONAL, WAY_NAMES[Way.UNCONDITIONAL])
    if wanted.sharing == "not_shared":
        return None
    if q.presented:
        return _Ground(Way.HOLDER, Both("持证人在办件中出示", "presented by the holder in the application"))
    if q.duty:
        return _Ground(Way.DUTY, Both(f"法定职责：{q.duty}", f"a duty named by law: {q.duty}"))
    return _by_authorisation(q) or _by_agreement(q, wanted)


def _by_authorisation(q: Question) -> _Ground | None:
    given = _authorisation(q)
    if given is None:
        return None
    if given.entrusted:
        text = Both("受持证人委托", "entrusted by the holder")
        return _Ground(Way.ENTRUSTMENT, text, authorisation=given.reference)
    return _Ground(Way.HOLDER, Both("持证人授权", "authorised by the holder"), authorisation=given.reference)


def _by_agreement(q: Question, wanted: TypeFacts) -> _Ground | None:
    agreements = agreed.relied_on(q, wanted)
    if not agreements or (q.disclose and not _agreed_fields(agreements, wanted)):
        return None
    names = [a.reference for a in agreements]
    text = Both(f"使用协议 {'、'.join(names)}", f"agreement {', '.join(names)}")
    return _Ground(Way.AGREEMENT, text, agreements)


def _agreed_fields(agreements: tuple[AgreementFacts, ...], wanted: TypeFacts) -> tuple[str, ...]:
    within = {field for agreement in agreements for field in agreement.fields}
    return tuple(field for field in wanted.fields if field in within)


def _right_of_use(q: Question) -> Grounds | None:
    wanted = q.licence_type
    if wanted is None or _ground_of_use(q, wanted):
        return None
    if wanted.sharing == "not_shared":
        return because("not_shared", type=wanted.name, basis=wanted.legal_basis)
    return lacking.right_of_use(q, wanted)


def _holder_authorised(q: Question) -> Grounds | None:
    if q.licence_type is None or not q.licence_type.needs_authorisation:
        return None
    return None if q.presented or q.duty or _authorisation(q) else lacking.authorisation(q, q.licence_type)


def _within_rate(q: Question) -> Grounds | None:
    return because("rate_exceeded", seconds=str(q.retry_after)) if q.retry_after else None


CONDITIONS: tuple[Condition, ...] = (
    _asker_is_active,
    _purpose_is_stated,
    _case_or_operator_is_named,
    _item_is_known,
    _item_is_in_force,
    _item_is_the_askers,
    _type_is_needed,
    _right_of_use,
    _holder_authorised,
    _within_rate,
)


def decide(question: Question) -> Decision:
    """Return the decision on `question`; the first condition that fails refuses."""
    for condition in CONDITIONS:
        refusal = condition(question)
        if refusal is not None:
            return Decision(permitted=False, grounds=refusal)
    return _permit(question)


def _permit(q: Question) -> Decision:
    ground = _ground_of_use(q, q.licence_type) if q.licence_type else None
    if q.licence_type is None or ground is None:
        handled = Both("事项由本单位办理", "the item is handled by the department")
        return Decision(permitted=True, grounds=because("permitted", ground=handled))
    shown = _agreed_fields(ground.agreements, q.licence_type) if ground.agreements else q.licence_type.fields
    if not q.holder_known:
        # Whoever cannot name the holder, by a case of ours or by number, is not told the number.
        shown = tuple(f for f in shown if f not in HOLDER_NUMBER)
    return Decision(
        permitted=True,
        grounds=because("permitted", ground=ground.text),
        fields=shown if q.disclose else (),
        relied_on=", ".join(a.reference for a in ground.agreements),
        takes=tuple(a.reference for a in ground.agreements if a.quota_left is not None),
        authorisation=ground.authorisation or _needed_authorisation(q, q.licence_type),
        way=ground.way,
    )


def _needed_authorisation(q: Question, wanted: TypeFacts) -> str:
    given = _authorisation(q) if wanted.needs_authorisation and not (q.presented or q.duty) else None
    return given.reference if given else ""
