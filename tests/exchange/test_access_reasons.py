"""What a refusal says would change the answer, and the three ways of use: by holder, by duty, by entrustment."""

from dataclasses import replace
from typing import Any

import pytest

from exchange.access import Way, decide
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

# --- What would change the answer --------------------------------------------------------------------------------

LATER, EARLIER = AT + 24 * HOUR, AT - 24 * HOUR
WHY_NOT: list[tuple[str, dict[str, Any], str]] = [
    ("agreement_missing", {}, "国土局"),
    ("agreement_ended", {"agreements": (an_agreement(until=EARLIER),)}, "2026年11月22日"),
    ("agreement_not_yet", {"agreements": (an_agreement(since=LATER),)}, "2026年11月24日"),
    ("agreement_other_purpose", {"agreements": (an_agreement(purpose="别的用途"),)}, "别的用途"),
    ("agreement_other_fields", {"agreements": (an_agreement(fields=("unknownField",)),)}, "2026-1"),
    ("authorisation_revoked", {"authorisations": (an_authorisation(revoked_at=EARLIER),)}, "2026年11月22日"),
    ("authorisation_used", {"authorisations": (an_authorisation(used_at=EARLIER, once=True),)}, "一次性"),
    ("authorisation_ended", {"authorisations": (an_authorisation(until=EARLIER),)}, "2026年11月22日"),
    ("authorisation_not_yet", {"authorisations": (an_authorisation(since=LATER),)}, "2026年11月24日"),
    ("authorisation_other_purpose", {"authorisations": (an_authorisation(purpose="贷款"),)}, "贷款"),
    ("authorisation_other_item", {"authorisations": (an_authorisation(for_item=False),)}, "O3"),
]


@pytest.mark.parametrize(("code", "facts", "told"), WHY_NOT, ids=[code for code, *_ in WHY_NOT])
def test_a_right_that_does_not_hold_says_why_and_what_would_change_it(
    code: str, facts: dict[str, Any], told: str
) -> None:
    refusal = refuses(replace(CONDITIONAL, **facts), code)
    assert told in refusal.grounds.zh
    assert "…" not in refusal.grounds.zh + refusal.grounds.en


def test_of_several_agreements_the_one_nearest_to_holding_is_named() -> None:
    ended, other = an_agreement(until=EARLIER), an_agreement(reference="2026-9", purpose="别的用途")
    assert "2026-9" in refuses(replace(CONDITIONAL, agreements=(ended, other)), "agreement_other_purpose").grounds.zh


def test_an_agreement_without_a_field_of_the_type_still_lets_it_be_verified() -> None:
    question = replace(CONDITIONAL, agreements=(an_agreement(fields=("unknownField",)),), disclose=False)
    assert decide(question).relied_on == "2026-1"


# --- Three ways of use -------------------------------------------------------------------------------------------

ASKS_FOR_CONSENT = a_question(licence_type=a_type(sharing="conditional", needs_authorisation=True))


@pytest.mark.parametrize(
    ("facts", "way"),
    [
        ({"authorisations": (an_authorisation(),)}, Way.HOLDER),
        ({"authorisations": (an_authorisation(entrusted=True),)}, Way.ENTRUSTMENT),
        ({"duty": "《某法》第一条"}, Way.DUTY),
        ({"presented": True}, Way.HOLDER),
    ],
)
def test_by_holder_by_duty_or_by_entrustment_even_a_type_that_asks_for_consent_is_used(
    facts: dict[str, Any], way: Way
) -> None:
    decision = decide(replace(ASKS_FOR_CONSENT, **facts))
    assert decision.way is way
    assert decision.authorisation == ("A-1" if "authorisations" in facts else "")


def test_a_duty_names_its_law_and_asks_nobody() -> None:
    decision = decide(replace(ASKS_FOR_CONSENT, duty="《某法》第一条", authorisations=(an_authorisation(once=True),)))
    assert "《某法》第一条" in decision.grounds.zh
    assert decision.authorisation == ""


def test_an_agreement_does_not_stand_for_the_consent_that_a_type_asks_for() -> None:
    refuses(replace(ASKS_FOR_CONSENT, agreements=(an_agreement(),)), "authorisation_missing")
    refuses(
        replace(ASKS_FOR_CONSENT, agreements=(an_agreement(),), authorisations=(an_authorisation(revoked_at=AT),)),
        "authorisation_revoked",
    )


def test_one_for_a_single_use_is_relied_on_only_where_no_other_holds() -> None:
    once, lasting = an_authorisation(once=True), an_authorisation(reference="A-2", since=AT)
    assert decide(replace(CONDITIONAL, authorisations=(once, lasting))).authorisation == "A-2"
    assert decide(replace(CONDITIONAL, authorisations=(once,))).authorisation == "A-1"


@pytest.mark.parametrize(
    "right", [{"authorisations": (an_authorisation(),)}, {"duty": "《某法》第一条"}, {"presented": True}]
)
def test_an_agreement_on_few_fields_does_not_narrow_what_another_right_shows(right: dict[str, Any]) -> None:
    both = replace(CONDITIONAL, agreements=(an_agreement(fields=("certificateNumber",)),), **right)
    assert decide(both).fields == FIELDS
    assert decide(both).relied_on == ""


def test_a_shared_type_that_asks_for_consent_relies_on_it_though_the_right_is_another() -> None:
    shared = a_question(licence_type=a_type(needs_authorisation=True), authorisations=(an_authorisation(),))
    assert (decide(shared).way, decide(shared).authorisation) == (Way.UNCONDITIONAL, "A-1")
