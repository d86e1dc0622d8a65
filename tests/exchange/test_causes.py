"""Which cause for paper the platform proposes from what it knows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.causes import BREAKPOINTS, CAUSE_NAMES, DISPROVED, Cause, Known, propose
from licences.outcomes import Outcome

OUTCOMES = ["", "refused", *(outcome.label for outcome in Outcome)]


@pytest.mark.parametrize(
    ("known", "cause"),
    [
        (Known(outcome="not_collected"), Cause.NOT_COLLECTED),
        (Known(outcome="not_found"), Cause.NOT_COLLECTED),
        (Known(outcome="not_found", connected=False), Cause.NOT_CONNECTED),
        (Known(outcome="not_collected", higher_level=True), Cause.HIGHER_LEVEL),
        (Known(outcome="source_unreachable", higher_level=True), Cause.SYSTEM_DOWN),
        (Known(outcome="incomplete"), Cause.BAD_QUALITY),
        (Known(outcome="ambiguous"), Cause.BAD_QUALITY),
        (Known(outcome="signature_invalid"), Cause.BAD_QUALITY),
        (Known(outcome="valid"), Cause.NOT_ACCEPTED),
        (Known(outcome="refused", refusal="authorisation_missing"), Cause.NOT_AUTHORISED),
        (Known(outcome="refused", refusal="agreement_missing"), Cause.RIGHTS_UNCLEAR),
        (Known(outcome="refused", refusal="agreement_missing", agreement_ended=True), Cause.EXPIRED_AGREEMENT),
        (Known(outcome="refused", refusal="not_shared"), Cause.RIGHTS_UNCLEAR),
        (Known(outcome="refused", refusal="rate_exceeded"), Cause.SYSTEM_DOWN),
        (Known(chose_paper=True), Cause.APPLICANT_CHOSE_PAPER),
        (Known(outcome="valid", chose_paper=True), Cause.APPLICANT_CHOSE_PAPER),
        # Who shows paper since nothing else is there has not chosen it.
        (Known(outcome="not_found", chose_paper=True), Cause.NOT_COLLECTED),
        (Known(), Cause.NOT_COLLECTED),
    ],
)
def test_the_likeliest_cause_is_proposed(known: Known, cause: Cause) -> None:
    assert propose(known) is cause


@pytest.mark.parametrize("outcome", DISPROVED)
@given(st.booleans(), st.booleans())
def test_of_what_data_disprove_paper_is_no_proof(outcome: str, chose: bool, higher: bool) -> None:
    assert propose(Known(outcome=outcome, chose_paper=chose, higher_level=higher)) is None


@given(
    st.sampled_from(OUTCOMES),
    st.sampled_from(["", "agreement_missing", "client_inactive"]),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
def test_there_is_a_proposal_unless_the_data_disprove_it(
    outcome: str, refusal: str, chose: bool, higher: bool, connected: bool, ended: bool
) -> None:
    found = propose(Known(outcome, refusal, chose, higher, connected, ended))
    assert (found is None) == (outcome in DISPROVED)


def test_every_cause_has_its_name_and_a_choice_is_no_breakpoint() -> None:
    assert set(CAUSE_NAMES) == set(Cause)
    assert set(Cause) - set(BREAKPOINTS) == {Cause.APPLICANT_CHOSE_PAPER}
