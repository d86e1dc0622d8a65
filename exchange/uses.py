"""Who uses a licence type, and by what right: its needs, each asked of the access decision."""

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from exchange.access import Asker, Decision, decide
from exchange.asking import Ask, Standing, item_question
from exchange.cases import Case
from exchange.rights import type_question
from foundation.context import PLATFORM
from registry import queries as registry

if TYPE_CHECKING:
    from registry.models import Item, LicenceType


@dataclass(frozen=True, slots=True)
class Use:
    """An item that needs the type: what its department may do by itself, and what where the holder presents it."""

    item: "Item"
    decision: Decision
    when_presented: Decision


def use_of(item: "Item", wanted: "LicenceType", at: dt.datetime) -> Use:
    """Ask the access decision for the item's own department, without a holder and as if the holder presented it."""
    department = item.department
    standing = Standing(
        Asker(active=True, department=department.code, department_name=department.name, operator="readiness"), PLATFORM
    )
    ask = Ask(text="", item=item.code, purpose=item.name_zh, case="readiness")
    question = item_question(ask, standing, item, at, disclose=False)
    plain, presented = (
        decide(type_question(question, item, wanted, case, needed=True)) for case in (Case(), Case(presented=True))
    )
    return Use(item, plain, presented)


def uses_of(wanted: "LicenceType", at: dt.datetime) -> list[Use]:
    """Return every item in force that needs the type, with the right that its department has (使用权)."""
    return [use_of(item, wanted, at) for item in registry.items_needing(wanted, at)]
