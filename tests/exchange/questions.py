"""Questions to the access decision, whole unless a test changes them."""

import datetime as dt
from dataclasses import replace
from typing import Any

from exchange.access import AgreementFacts, Asker, AuthorisationFacts, Decision, ItemFacts, Question, TypeFacts, decide
from foundation.reasons import Both

AT = dt.datetime(2026, 11, 23, 1, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
FIELDS = ("certificateNumber", "certificateHolderName", "projectName")


def a_type(**values: Any) -> TypeFacts:
    usual = TypeFacts(
        name=Both("不动产权证书", "Deed"), owner="L", owner_name=Both("国土局", "Land"), sharing="unconditional",
        needed=True, items_needing=(), legal_basis=Both("某法", "An act"), needs_authorisation=False, fields=FIELDS,
    )  # fmt: skip
    return replace(usual, **values)


def an_agreement(**values: Any) -> AgreementFacts:
    return replace(AgreementFacts("2026-1", "", AT - HOUR, None, ("certificateNumber",)), **values)


def an_authorisation(**values: Any) -> AuthorisationFacts:
    return replace(AuthorisationFacts("A-1", AT - HOUR, AT + HOUR), **values)


def a_question(**values: Any) -> Question:
    usual = Question(
        asker=Asker(active=True, department="O", department_name=Both("规划局", "Planning"), operator="李"),
        item_code="O3",
        item=ItemFacts("O3", in_force=True, handled_by_asker=True, department=Both("规划局", "Planning")),
        purpose="规划许可",
        case="O3-1",
        at=AT,
        disclose=True,
        licence_type=a_type(),
    )
    return replace(usual, **values)


def refuses(question: Question, code: str) -> Decision:
    decision = decide(question)
    assert not decision.permitted
    assert decision.grounds.code == code
    assert decision.fields == ()
    assert decision.grounds.zh != decision.grounds.en
    return decision


CONDITIONAL = a_question(licence_type=a_type(sharing="conditional"))
