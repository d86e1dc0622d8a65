"""The table of what may be done to a licence. Pure."""

import pytest

from licences.lifecycle import OPERATIONS, STATE_NAMES, State, can_operate

ENDED = {State.REPLACED, State.CANCELLED, State.REVOKED, State.WITHDRAWN}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_nothing_is_done_twice_and_nothing_mends_an_annulled_licence(operation: str) -> None:
    assert not can_operate(operation, OPERATIONS[operation].target)
    assert not can_operate(operation, State.ANNULLED)


@pytest.mark.parametrize("operation", [o for o in OPERATIONS if o != "annul"])
@pytest.mark.parametrize("state", sorted(ENDED))
def test_what_has_ended_can_only_be_annulled(operation: str, state: State) -> None:
    assert not can_operate(operation, state)
    assert can_operate("annul", state)


def test_only_a_suspended_licence_is_resumed_and_nothing_else_leads_back_to_valid() -> None:
    assert [name for name, o in OPERATIONS.items() if o.target is State.VALID] == ["resume"]
    assert OPERATIONS["resume"].sources == {State.SUSPENDED}


def test_an_expired_licence_may_still_be_cancelled() -> None:
    assert can_operate("cancel", State.EXPIRED)


def test_only_what_happens_by_itself_needs_no_reason() -> None:
    assert {name for name, o in OPERATIONS.items() if not o.needs_reason} == {"expire", "replace"}


def test_states_and_operations_are_named_in_both_languages() -> None:
    names = [*STATE_NAMES.values(), *(o.name for o in OPERATIONS.values())]
    assert set(STATE_NAMES) == set(State)
    assert all(n.zh and n.en and n.en.isascii() and not n.zh.isascii() for n in names)
