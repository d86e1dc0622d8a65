"""What a department may see of a holder: the list of licences that the decision permits, and exactly those."""

import datetime as dt
from typing import TYPE_CHECKING

from django.db.models import QuerySet

from exchange.access import Decision, Question, decide
from exchange.asking import Ask, Standing, item_question
from exchange.cases import Case, case_of
from exchange.rights import type_question
from licences import queries as licences
from registry import queries as registry

if TYPE_CHECKING:
    from licences.models import Licence
    from registry.models import Item, LicenceType


def decided_types(question: Question, item: "Item", case: Case) -> "list[tuple[LicenceType, Decision]]":
    """Return every type that the item needs with the decision about it; a type named twice comes once."""
    needed = {t.pk: t for group in registry.need_groups(item) for t in group.types}
    return [(t, decide(type_question(question, item, t, case, needed=True))) for t in needed.values()]


def reachable(ask: Ask, *, standing: Standing, at: dt.datetime, disclose: bool = False) -> "QuerySet[Licence]":
    """Return the holder's licences, in all their versions, that the decision permits for the item; none by default.

    The holder is the one whom `ask` names (by number, authorisation or case); where it names none there are none. What
    is shown of them is recorded by whoever shows it. Raises `AccessRefused` where the case is another item's.
    """
    item = registry.item_by_code(ask.item)
    question = item_question(ask, standing, item, at, disclose=disclose)
    if item is None or not decide(question).permitted:
        return licences.held_by_index(b"", ())
    case = case_of(ask, item, department=standing.asker.department)
    if case.holder_index is None:
        return licences.held_by_index(b"", ())
    permitted = [t.pk for t, decision in decided_types(question, item, case) if decision.permitted]
    return licences.held_by_index(case.holder_index, permitted)
