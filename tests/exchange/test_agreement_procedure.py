"""The table of states of agreements: what no path through it can do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.agreements.procedure import (
    BY_SYSTEMS,
    GIVING,
    OPEN,
    PARTY_NAMES,
    STATE_NAMES,
    STEPS,
    Party,
    Side,
    State,
    can_step,
    steps_open_to,
)

WALKS = st.lists(st.integers(0, 99), max_size=40)


def walked(walk: list[int]) -> list[tuple[str, Party, State]]:
    """Go through the table, each time by one of the steps that are open; return them with the states reached."""
    state, taken = State.DRAFT, []
    for choice in walk:
        open_ones = [(step, party) for party in Party for step in steps_open_to([party], state)]
        if not open_ones:
            break
        step, party = open_ones[choice % len(open_ones)]
        assert can_step(step, state, party)
        state = STEPS[step].target
        taken.append((step, party, state))
    return taken


def _paths(most: int) -> list[list[tuple[str, Party, State]]]:
    """Return every way from the draft that visits no state twice."""
    found: list[list[tuple[str, Party, State]]] = []

    def go(state: State, path: list[tuple[str, Party, State]], seen: frozenset[State]) -> None:
        for party in Party:
            for step in steps_open_to([party], state):
                target = STEPS[step].target
                if target in seen or len(path) >= most:
                    continue
                longer = [*path, (step, party, target)]
                found.append(longer)
                go(target, longer, seen | {target})

    go(State.DRAFT, [], frozenset({State.DRAFT}))
    return found


def _approved_by_both(taken: list[tuple[str, Party, State]]) -> bool:
    approvals = {(step, party) for step, party, _ in taken}
    return {("approve", Party.REQUESTER_HEAD), ("consent", Party.PROVIDER_HEAD)} <= approvals


@given(WALKS)
def test_whatever_is_done_nothing_is_in_force_without_the_approval_of_both_heads(walk: list[int]) -> None:
    taken = walked(walk)
    for count, (_, _, state) in enumerate(taken, start=1):
        if state in GIVING:
            assert _approved_by_both(taken[:count])


def test_no_way_through_the_whole_table_leads_into_force_without_both_approvals() -> None:
    ways = _paths(most=14)
    into_force = [way for way in ways if way[-1][2] in GIVING]
    assert into_force
    assert all(_approved_by_both(way) for way in into_force)


def test_every_state_is_reached_and_named_and_every_party_has_a_name() -> None:
    assert {way[-1][2] for way in _paths(most=14)} | {State.DRAFT} == set(State)
    assert set(STATE_NAMES) == set(State)
    assert set(PARTY_NAMES) == set(Party)


@pytest.mark.parametrize("party", [Party.PROVIDER, Party.PROVIDER_HEAD])
def test_a_provider_alone_ends_nothing_that_is_in_force(party: Party) -> None:
    for state in (*GIVING, State.SUSPENDED):
        targets = {STEPS[step].target for step in steps_open_to([Party.PROVIDER, party], state)}
        assert targets <= set(GIVING)


def test_misuse_is_ended_by_the_authority_alone_and_only_after_it_suspended() -> None:
    enders = [(party, state) for party, states in STEPS["terminate"].sources.items() for state in states]
    assert enders == [(Party.AUTHORITY, State.SUSPENDED)]


def test_time_is_extended_once_at_most() -> None:
    seen = {State.EXTENDED}
    left = [State.EXTENDED]
    while left:
        state = left.pop()
        targets = {STEPS[s].target for s in steps_open_to(Party, state)} - {State.WITHDRAWN}
        left += [t for t in targets - seen if t in OPEN]
        seen |= targets
    assert State.EXTENSION_ASKED not in seen


def test_what_has_ended_stays_so() -> None:
    closed = set(State) - set(OPEN) - set(GIVING) - {State.SUSPENDED}
    assert closed == {State.WITHDRAWN, State.FINALLY_REFUSED, State.EXPIRED, State.ENDED, State.TERMINATED}
    assert not any(steps_open_to(Party, state) for state in closed)


def test_systems_take_only_steps_of_staff_that_are_not_heads() -> None:
    assert all(set(STEPS[step].sources) == {Party.REQUESTER} for step in BY_SYSTEMS)


def test_refusals_suspensions_and_disputes_need_words() -> None:
    wordless = {name for name, step in STEPS.items() if not step.needs_text}
    assert wordless == {
        "request", "approve", "withdraw", "take_up", "grant_extension", "escalate", "consent", "agree_end", "give_up",
        "expire",
    }  # fmt: skip


def test_each_party_stands_on_a_side() -> None:
    assert {party: party.side for party in Party} == {
        Party.REQUESTER: Side.REQUESTER,
        Party.REQUESTER_HEAD: Side.REQUESTER,
        Party.PROVIDER: Side.PROVIDER,
        Party.PROVIDER_HEAD: Side.PROVIDER,
        Party.AUTHORITY: Side.AUTHORITY,
        Party.PLATFORM: Side.PLATFORM,
    }
