"""The access decision as a table: each condition refuses with its own reason, in this order. Pure."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.access import (
    CONDITIONS,
    AgreementFacts,
    Asker,
    AuthorisationFacts,
    ItemFacts,
    Question,
    Way,
    decide,
)
from exchange.steps import ASKS, steps
from foundation.reasons import Both
from tests.exchange.questions import (
    AT,
    CONDITIONAL,
    FIELDS,
    HOUR,
    a_question,
    a_type,
    an_agreement,
    an_authorisation,
    refuses,
)

Q = a_question()
ITEM = Q.item
assert ITEM

# Each with all that come after it wrong as well: the first that fails answers.
BROKEN: list[tuple[str, dict[str, Any]]] = [
    ("rate_exceeded", {"retry_after": 30}),
    ("authorisation_missing", {"licence_type": a_type(needs_authorisation=True)}),
    ("agreement_missing", {"licence_type": a_type(needs_authorisation=True, sharing="conditional")}),
    ("type_not_needed", {"licence_type": a_type(needs_authorisation=True, sharing="conditional", needed=False)}),
    ("item_of_other_department", {"item": replace(ITEM, handled_by_asker=False)}),
    ("item_not_in_force", {"item": replace(ITEM, handled_by_asker=False, in_force=False)}),
    ("item_unknown", {"item": None}),
    ("case_missing", {"case": " "}),
    ("purpose_missing", {"purpose": "\u3000"}),
    ("client_inactive", {"asker": replace(Q.asker, active=False)}),
]


@pytest.mark.parametrize("last", range(1, len(BROKEN) + 1), ids=[code for code, _ in BROKEN])
def test_the_first_condition_that_fails_answers(last: int) -> None:
    question = Q
    for _, values in BROKEN[:last]:
        question = replace(question, **values)
    refuses(question, BROKEN[last - 1][0])


@pytest.mark.parametrize(("code", "values"), BROKEN)
def test_each_condition_refuses_alone(code: str, values: dict[str, Any]) -> None:
    refuses(replace(Q, **values), code)


def test_a_client_without_a_department_is_not_active() -> None:
    refuses(a_question(asker=replace(Q.asker, department="")), "client_inactive")


def test_without_a_case_an_operator_may_verify_but_not_read() -> None:
    assert decide(a_question(case="", disclose=False)).permitted
    refuses(a_question(case="", disclose=True), "case_missing")
    nobody = replace(Q.asker, operator=" ")
    refuses(a_question(case="", disclose=False, asker=nobody), "case_or_operator_missing")
    assert decide(a_question(disclose=False, asker=nobody)).permitted


def test_a_type_not_needed_lists_the_items_that_do_need_it() -> None:
    listed = refuses(a_question(licence_type=a_type(needed=False, items_needing=("O3", "L9"))), "type_not_needed")
    assert "需要它的事项：O3、L9" in listed.grounds.zh
    assert "Items that do: O3, L9" in listed.grounds.en
    none = refuses(a_question(licence_type=a_type(needed=False)), "type_not_needed")
    assert "none" in none.grounds.en


def test_even_the_owner_asks_only_for_what_its_item_needs() -> None:
    refuses(a_question(licence_type=a_type(owner="O", needed=False)), "type_not_needed")


@pytest.mark.parametrize("sharing", ["unconditional", "conditional", "not_shared"])
def test_the_owner_uses_its_own_type_however_it_is_shared(sharing: Any) -> None:
    decision = decide(a_question(licence_type=a_type(owner="O", sharing=sharing)))
    assert decision.permitted
    assert decision.fields == FIELDS


def test_a_type_not_shared_is_refused_with_its_legal_basis_whatever_else_is_given() -> None:
    question = a_question(
        licence_type=a_type(sharing="not_shared"),
        presented=True,
        authorisations=(an_authorisation(),),
        duty="某法",
        agreements=(an_agreement(),),
    )
    refusal = refuses(question, "not_shared")
    assert "某法" in refusal.grounds.zh
    assert "An act" in refusal.grounds.en


def test_a_conditional_type_without_a_right_says_whom_to_ask() -> None:
    refusal = refuses(CONDITIONAL, "agreement_missing")
    assert "国土局" in refusal.grounds.zh
    assert "Land" in refusal.grounds.en


@pytest.mark.parametrize(
    "right", [{"presented": True}, {"authorisations": (an_authorisation(),)}, {"duty": "某法第1条"}]
)
def test_presentation_authorisation_or_duty_give_the_right_to_all_fields_of_the_type(right: dict[str, Any]) -> None:
    decision = decide(replace(CONDITIONAL, **right))
    assert decision.permitted
    assert decision.fields == FIELDS
    assert decision.relied_on == ""


def test_an_agreement_gives_the_right_to_its_fields_and_is_named() -> None:
    decision = decide(replace(CONDITIONAL, agreements=(an_agreement(fields=("certificateNumber", "unknownField")),)))
    assert decision.permitted
    assert decision.fields == ("certificateNumber",)
    assert decision.relied_on == "2026-1"
    assert "2026-1" in decision.grounds.zh


@pytest.mark.parametrize(
    ("values", "permitted"),
    [
        ({"until": AT + dt.timedelta(seconds=1)}, True),
        ({"until": AT}, False),
        ({"until": AT - HOUR}, False),
        ({"since": AT}, True),
        ({"since": AT + dt.timedelta(seconds=1)}, False),
        ({"purpose": "规划许可"}, True),
        ({"purpose": "别的用途"}, False),
    ],
)
def test_an_agreement_counts_in_its_time_and_for_its_purpose_only(values: dict[str, Any], permitted: bool) -> None:
    assert decide(replace(CONDITIONAL, agreements=(an_agreement(**values),))).permitted is permitted


def test_an_agreement_past_its_end_does_not_hide_the_one_in_force() -> None:
    agreements = (an_agreement(until=AT), an_agreement(reference="2026-2"))
    assert decide(replace(CONDITIONAL, agreements=agreements)).relied_on == "2026-2"


def test_the_item_alone_shows_no_fields() -> None:
    decision = decide(a_question(licence_type=None))
    assert decision.permitted
    assert decision.fields == ()


# --- Properties --------------------------------------------------------------------------------------------------

TEXT = st.sampled_from(["", " ", "规划许可"])
AGREEMENTS = st.builds(
    AgreementFacts,
    st.just("2026-1"),
    st.sampled_from(["", "", "规划许可", "别的"]),
    st.sampled_from([AT - HOUR, AT - HOUR, AT, AT + HOUR]),
    st.sampled_from([None, None, AT - HOUR, AT, AT + HOUR]),
    st.lists(st.sampled_from([*FIELDS, "other"]), max_size=3).map(tuple),
    ways=st.sampled_from([(), ("verify",), ("disclose",)]),
    cases_continue=st.booleans(),
    stopped=st.sampled_from([False, False, True]),
    quota=st.just(9),
    quota_left=st.sampled_from([None, None, 0, 1, 9]),
    resumes=st.sampled_from([None, AT.date() + dt.timedelta(days=1)]),
)
ENDS = st.sampled_from([None, None, None, AT + HOUR, AT, AT - HOUR])
AUTHORISATIONS = st.builds(
    AuthorisationFacts,
    reference=st.sampled_from(["A-1", "A-2"]),
    since=st.sampled_from([AT - HOUR, AT, AT + HOUR]),
    until=ENDS,
    purpose=st.sampled_from(["", "", "规划许可", "别的"]),
    for_item=st.sampled_from([True, True, False]),
    once=st.booleans(),
    used_at=ENDS,
    revoked_at=ENDS,
    entrusted=st.booleans(),
)
TYPES = st.builds(
    a_type,
    owner=st.sampled_from(["O", "L", "L", ""]),
    sharing=st.sampled_from(["unconditional", "conditional", "conditional", "not_shared"]),
    needed=st.sampled_from([True, True, True, False]),
    needs_authorisation=st.booleans(),
)
QUESTIONS = st.builds(
    Question,
    asker=st.builds(Asker, st.booleans(), st.sampled_from(["O", ""]), st.just(Both("规划局", "Planning")), TEXT),
    item_code=st.just("O3"),
    item=st.none() | st.builds(ItemFacts, st.just("O3"), st.booleans(), st.booleans(), st.just(Both("甲", "A"))),
    purpose=TEXT,
    case=TEXT,
    at=st.just(AT),
    disclose=st.booleans(),
    licence_type=st.none() | TYPES,
    agreements=st.lists(AGREEMENTS, max_size=3).map(tuple),
    presented=st.booleans(),
    authorisations=st.lists(AUTHORISATIONS, max_size=3).map(tuple),
    duty=st.sampled_from(["", "某法"]),
    retry_after=st.sampled_from([0, 0, 5]),
    accepted_at=st.sampled_from([None, AT - HOUR / 2]),
)
# Mostly whole questions, so that permits come up as often as refusals.
LIKELY = st.builds(
    lambda wanted, agreements, authorisations, presented, duty, disclose: a_question(
        licence_type=wanted,
        agreements=agreements,
        authorisations=authorisations,
        presented=presented,
        duty=duty,
        disclose=disclose,
    ),
    TYPES,
    st.lists(AGREEMENTS, max_size=3).map(tuple),
    st.lists(AUTHORISATIONS, max_size=3).map(tuple),
    st.sampled_from([False, False, True]),
    st.sampled_from(["", "", "某法"]),
    st.booleans(),
)
# Where only the right of use is open, so that each right meets the others.
CLOSE = st.builds(
    lambda agreements, authorisations, duty: replace(
        CONDITIONAL, agreements=agreements, authorisations=authorisations, duty=duty
    ),
    st.lists(AGREEMENTS, max_size=2).map(tuple),
    st.lists(st.just(an_authorisation()) | AUTHORISATIONS, max_size=2).map(tuple),
    st.sampled_from(["", "", "某法"]),
)
ANY = QUESTIONS | LIKELY | CLOSE
MANY = settings(max_examples=500)


@given(ANY)
def test_no_fields_without_a_permit_and_none_when_verifying(question: Question) -> None:
    decision = decide(question)
    if not decision.permitted or not question.disclose or question.licence_type is None:
        assert decision.fields == ()
    elif decision.fields:
        assert question.case.strip()
        assert set(decision.fields) <= set(question.licence_type.fields)


@given(ANY)
def test_every_decision_is_explained_in_both_languages(question: Question) -> None:
    grounds = decide(question).grounds
    assert (grounds.code == "permitted") is decide(question).permitted
    assert "…" not in grounds.zh + grounds.en


@given(ANY)
def test_nothing_is_permitted_that_the_item_does_not_need(question: Question) -> None:
    if decide(question).permitted and question.licence_type:
        assert question.licence_type.needed
        assert question.item
        assert question.item.handled_by_asker
        assert question.asker.active


TAKEN_AWAY: dict[str, dict[str, Any]] = {
    "agreements": {"agreements": ()},
    "presentation": {"presented": False},
    "authorisation": {"authorisations": ()},
    "duty": {"duty": ""},
    "purpose": {"purpose": ""},
    "case": {"case": ""},
    "item": {"item": None},
}


@pytest.mark.parametrize("values", TAKEN_AWAY.values(), ids=TAKEN_AWAY)
@given(question=ANY)
@MANY
def test_taking_a_ground_away_never_widens_access(values: dict[str, Any], question: Question) -> None:
    before, after = decide(question), decide(replace(question, **values))
    assert after.permitted <= before.permitted
    assert set(after.fields) <= set(before.fields)


@given(QUESTIONS.filter(lambda q: q.licence_type is not None))
def test_dropping_the_need_never_turns_a_refusal_into_a_permit(question: Question) -> None:
    assert question.licence_type
    without = replace(question, licence_type=replace(question.licence_type, needed=False))
    assert not decide(without).permitted


@given(ANY, AGREEMENTS)
@MANY
def test_one_more_agreement_never_narrows_access(question: Question, more: AgreementFacts) -> None:
    before, after = decide(question), decide(replace(question, agreements=(*question.agreements, more)))
    assert before.permitted <= after.permitted
    assert set(before.fields) <= set(after.fields)


@given(ANY, AUTHORISATIONS)
@MANY
def test_one_more_authorisation_never_narrows_access(question: Question, more: AuthorisationFacts) -> None:
    before, after = decide(question), decide(replace(question, authorisations=(*question.authorisations, more)))
    assert before.permitted <= after.permitted
    assert set(before.fields) <= set(after.fields)


@given(ANY)
def test_the_answer_is_that_of_the_first_condition_that_does_not_hold(question: Question) -> None:
    judged = steps(question)
    assert len(judged) == len(CONDITIONS)
    first = next((step.refusal for step in judged if step.refusal), None)
    decision = decide(question)
    assert decision.permitted is (first is None)
    assert first is None or first == decision.grounds


@given(ANY)
def test_what_was_relied_on_is_in_force_and_was_needed(question: Question) -> None:
    decision = decide(question)
    named = {a.reference: a for a in question.authorisations if a.holds(question.purpose, question.at)}
    assert decision.authorisation == "" or decision.authorisation in named
    if decision.authorisation:
        assert not decide(replace(question, authorisations=(), agreements=())).permitted
    if decision.relied_on:
        assert decision.way is Way.AGREEMENT
    assert (decision.way is not None) is (decision.permitted and question.licence_type is not None)


def test_every_condition_says_what_it_asks_in_both_languages() -> None:
    assert len(ASKS) == len(CONDITIONS)
    assert all(text.zh and text.en for text in ASKS)


@given(ANY)
def test_verifying_is_never_harder_than_reading(question: Question) -> None:
    if decide(replace(question, disclose=True)).permitted:
        assert decide(replace(question, disclose=False)).permitted


def _agreement(**values: Any) -> AgreementFacts:
    return replace(AgreementFacts("2026-1", "", AT - HOUR, None, ("certificateNumber",)), **values)


@given(LIKELY)
def test_what_is_relied_on_is_in_force_and_takes_of_a_quota_that_has_some_left(question: Question) -> None:
    decision = decide(question)
    relied = [a for a in question.agreements if a.reference in decision.relied_on.split(", ")]
    assert set(decision.takes) <= {a.reference for a in relied if a.quota_left}
    if decision.relied_on:
        assert any(not a.stopped and a.quota_left != 0 for a in relied)


def test_an_agreement_without_a_quota_spares_those_that_have_one() -> None:
    limited = _agreement(reference="2026-2", quota=5, quota_left=5, fields=("certificateHolderName",))
    decision = decide(replace(CONDITIONAL, agreements=(limited, _agreement()), disclose=False))
    assert (decision.relied_on, decision.takes) == ("2026-1", ())
    reading = decide(replace(CONDITIONAL, agreements=(limited, _agreement()), disclose=True))
    assert (reading.relied_on, reading.takes) == ("2026-1, 2026-2", ("2026-2",))


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"quota": 5, "quota_left": 0}, "total_quota_used"),
        ({"quota": 5, "quota_left": 0, "resumes": AT.date()}, "daily_quota_used"),
        ({"stopped": True}, "agreement_suspended"),
        ({"ways": ("verify",)}, "agreement_way_missing"),
        ({"until": AT}, "agreement_ended"),
        ({"until": AT, "cases_continue": True}, "agreement_ended"),
    ],
)
def test_what_keeps_an_agreement_from_giving_the_right_is_the_reason(values: dict[str, Any], code: str) -> None:
    question = replace(CONDITIONAL, agreements=(_agreement(**values),), disclose=True)
    assert decide(question).grounds.code == code


def test_a_case_that_was_accepted_before_the_end_goes_on_where_the_agreement_says_so() -> None:
    agreement = _agreement(since=AT - 3 * HOUR, until=AT - HOUR, cases_continue=True)
    question = replace(CONDITIONAL, agreements=(agreement,))
    for hours, permitted in ((4, False), (3, True), (2, True), (1, False), (0, False)):
        assert decide(replace(question, accepted_at=AT - hours * HOUR)).permitted is permitted
