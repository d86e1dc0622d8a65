"""The table of states of an application: which step, by whom, from where."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.procedure import CLOSED, DECIDED, OPEN, STATE_NAMES, STEPS, WAY_NAMES, Party, State, Way, can_step

ENDS = {State.NOT_ACCEPTED, State.ISSUED, State.REFUSED, State.WITHDRAWN}


def test_every_state_and_way_has_its_name_in_both_languages() -> None:
    assert all(STATE_NAMES[state].zh and STATE_NAMES[state].en for state in State)
    assert all(WAY_NAMES[way].zh and WAY_NAMES[way].en for way in Way)


def test_every_state_but_the_first_can_be_reached() -> None:
    reached = {State.DRAFT}
    while (
        new := {step.target for step in STEPS.values() for sources in step.sources.values() if reached & set(sources)}
        - reached
    ):
        reached |= new
    assert reached == set(State)


def test_from_an_end_no_step_leads_on() -> None:
    for state in ENDS:
        assert not any(can_step(step, state, party) for step in STEPS for party in Party)
    for state in set(State) - ENDS:
        assert any(can_step(step, state, party) for step in STEPS for party in Party)


def test_open_and_closed_states_leave_the_draft_alone() -> None:
    assert set(OPEN) | set(CLOSED) == set(State) - {State.DRAFT}
    assert not set(OPEN) & set(CLOSED)
    assert set(DECIDED) < set(CLOSED)


@pytest.mark.parametrize("step", ["submit", "complete", "withdraw"])
def test_what_is_the_applicants_is_nobody_elses(step: str) -> None:
    assert set(STEPS[step].sources) == {Party.APPLICANT}


@pytest.mark.parametrize("step", ["ask_missing", "not_accept", "approve", "refuse"])
def test_what_is_decided_is_decided_by_staff_alone(step: str) -> None:
    assert set(STEPS[step].sources) == {Party.STAFF}


def test_nothing_is_refused_before_it_is_accepted_and_nothing_declined_after() -> None:
    assert not can_step("refuse", State.SUBMITTED, Party.STAFF)
    assert not can_step("not_accept", State.ACCEPTED, Party.STAFF)


def test_the_list_of_what_is_missing_comes_from_what_was_just_handed_in() -> None:
    assert [s for s in State if can_step("ask_missing", s, Party.STAFF)] == [State.SUBMITTED]


@given(st.lists(st.tuples(st.sampled_from(sorted(STEPS)), st.sampled_from(list(Party))), max_size=30))
def test_whatever_is_tried_a_decision_once_made_stays(tried: list[tuple[str, Party]]) -> None:
    state, decided = State.DRAFT, None
    for step, party in tried:
        if can_step(step, state, party):
            state = STEPS[step].target
        if state in DECIDED and decided is None:
            decided = state
    if decided is State.REFUSED:
        assert state is State.REFUSED
    elif decided:
        assert state in (State.APPROVED, State.ISSUED)
