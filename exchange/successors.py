"""Which version took a licence's place, and who may be told of it."""

from typing import TYPE_CHECKING

from exchange.access import Question, decide
from exchange.cases import Case
from exchange.rights import type_question
from licences import queries as licences
from licences.lifecycle import State
from licences.outcomes import Signature
from licences.verification import Verification, verify_found
from registry import queries as registry

if TYPE_CHECKING:
    from licences.models import Licence
    from registry.models import Item


def successor_for(verification: Verification, question: Question, item: "Item", case: Case) -> "Licence | None":
    """Return the newest version in the place of a licence that was replaced or transferred, or None.

    It is told for a case only, where its type is permitted for that case, and where the holder asked about holds it
    too: of a licence that was transferred nobody learns the new holder's.
    """
    ended = verification.licence
    if ended is None or verification.grounds.code not in (State.REPLACED, State.TRANSFERRED):
        return None
    if not question.case.strip() or case.holder_index is None:
        return None
    successor = licences.successor_of(ended)
    if successor is None or not _may_be_told(successor, question, item, case):
        return None
    return successor


def _may_be_told(successor: "Licence", question: Question, item: "Item", case: Case) -> bool:
    needed = {t.pk for group in registry.need_groups(item) for t in group.types}
    asked = type_question(question, item, successor.licence_type, case, needed=successor.licence_type_id in needed)
    if not case.is_about(successor) or not decide(asked).permitted:
        return False
    # A row that an intruder made the successor is not passed on as one.
    return verify_found([successor], at=question.at).outcome.signature is Signature.RIGHT
