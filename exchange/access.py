"""The access decision: one table of conditions for API, pages and scenarios. Pure; the default is refusal.

What an item needs decides who may see what. The conditions stand in the order of `CONDITIONS`; the first that fails
answers. A `Decision` says which fields may be shown; verifying never shows any.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from exchange import agreed
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
class Question:
    """All that the decision looks at. `licence_type` is None while only the item is judged.

    `accepted_at` is when the case, an application of ours that is not decided yet, was accepted.
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
    authorised: bool = False
    holder_known: bool = False
    duty: str = ""
    retry_after: int = 0
    accepted_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """Permit or refusal with its grounds; `fields` may be shown, `relied_on` names the agreement used.

    `takes` names the agreements of whose quota the access takes one, once it has found something.
    """

    permitted: bool
    grounds: Grounds
    fields: tuple[str, ...] = ()
    relied_on: str = ""
    takes: tuple[str, ...] = ()


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


@dataclass(frozen=True, slots=True)
class _Ground:
    """What gives the right of use; agreements limit the fields, the other grounds show all of the type's."""

    text: Both
    agreements: tuple[AgreementFacts, ...] = ()


def _ground_of_use(q: Question, wanted: TypeFacts) -> _Ground | None:
    if wanted.owner == q.asker.department:
        return _Ground(Both("本单位的证照", "the department's own licence type"))
    if wanted.sharing == "unconditional":
        return _Ground(Both("无条件共享", "shared unconditionally"))
    if wanted.sharing == "not_shared":
        return None
    if q.presented:
        return _Ground(Both("持证人在办件中出示", "presented by the holder in the application"))
    if q.authorised:
        return _Ground(Both("持证人授权", "authorised by the holder"))
    agreements = agreed.relied_on(q, wanted)
    if agreements:
        names = [a.reference for a in agreements]
        return _Ground(Both(f"使用协议 {'、'.join(names)}", f"agreement {', '.join(names)}"), agreements)
    return _Ground(Both(f"法定职责：{q.duty}", f"a duty named by law: {q.duty}")) if q.duty else None


def _right_of_use(q: Question) -> Grounds | None:
    wanted = q.licence_type
    if wanted is None or _ground_of_use(q, wanted):
        return None
    if wanted.sharing == "not_shared":
        return because("not_shared", type=wanted.name, basis=wanted.legal_basis)
    names = {"type": wanted.name, "department": q.asker.department_name, "owner": wanted.owner_name}
    return agreed.why_none_helps(q, wanted) or because("agreement_missing", **names)


def _holder_authorised(q: Question) -> Grounds | None:
    if q.licence_type is None or not q.licence_type.needs_authorisation or q.presented or q.authorised or q.duty:
        return None
    return because("authorisation_missing", type=q.licence_type.name)


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
    within = {field for agreement in ground.agreements for field in agreement.fields}
    shown = tuple(f for f in q.licence_type.fields if not ground.agreements or f in within)
    if not q.holder_known:
        # Whoever cannot name the holder, by a case of ours or by number, is not told the number.
        shown = tuple(f for f in shown if f not in HOLDER_NUMBER)
    return Decision(
        permitted=True,
        grounds=because("permitted", ground=ground.text),
        fields=shown if q.disclose else (),
        relied_on=", ".join(a.reference for a in ground.agreements),
        takes=tuple(a.reference for a in ground.agreements if a.quota_left is not None),
    )
