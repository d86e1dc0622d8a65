"""The table of what may be done to a licence. Pure."""

import pytest

from licences.lifecycle import OPERATIONS, ROLE_NAMES, STATE_NAMES, STATUS_VALUES, State, can_operate, may_operate

ENDED = {State.REPLACED, State.TRANSFERRED, State.CANCELLED, State.REVOKED, State.WITHDRAWN}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_nothing_is_done_twice_and_nothing_mends_an_annulled_licence(operation: str) -> None:
    assert not can_operate(operation, OPERATIONS[operation].target)
    assert not can_operate(operation, State.ANNULLED)


@pytest.mark.parametrize("operation", [o for o in OPERATIONS if o != "annul"])
@pytest.mark.parametrize("state", sorted(ENDED))
def test_what_has_ended_can_only_be_annulled(operation: str, state: State) -> None:
    assert not can_operate(operation, state)
    assert can_operate("annul", state)


def test_only_a_suspended_or_a_sealed_licence_becomes_valid() -> None:
    leading = {name: o.sources for name, o in OPERATIONS.items() if o.target is State.VALID}
    assert leading == {"new": set(), "issue": {State.SEALED}, "resume": {State.SUSPENDED}}


def test_what_was_never_issued_is_issued_or_discarded_and_nothing_else() -> None:
    assert {name for name in OPERATIONS if can_operate(name, State.SEALED)} == {"issue", "discard"}
    assert not any(can_operate(name, State.DISCARDED) for name in OPERATIONS)


@pytest.mark.parametrize("state", State)
def test_nothing_but_a_valid_licence_is_valid_on_a_status_list_save_one_past_its_term(state: State) -> None:
    # A status list knows valid, invalid and suspended; the credential's own end says when it expired.
    assert (STATUS_VALUES[state] == 0) == (state in (State.VALID, State.EXPIRED))


@pytest.mark.parametrize("operation", ["suspend", "revoke", "withdraw", "annul", "cancel", "resume"])
def test_a_decision_against_the_holder_is_not_for_a_clerk(operation: str) -> None:
    assert not may_operate(operation, "clerk")
    assert may_operate(operation, "department_head")


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("role", ["citizen", "auditor", "operator", "data_authority", ""])
def test_nobody_but_the_issuers_people_its_system_and_the_platform_operates(operation: str, role: str) -> None:
    assert not may_operate(operation, role)


def test_a_licence_expires_by_itself_alone() -> None:
    assert OPERATIONS["expire"].who == {"platform"}


def test_an_expired_licence_may_still_be_cancelled() -> None:
    assert can_operate("cancel", State.EXPIRED)


def test_only_what_follows_from_an_application_or_happens_by_itself_needs_no_reason() -> None:
    assert {name for name, o in OPERATIONS.items() if not o.needs_reason} == {
        "new", "issue", "expire", "renew", "change", "reissue", "transfer"
    }  # fmt: skip


def test_states_and_operations_are_named_in_both_languages() -> None:
    told = [text for o in OPERATIONS.values() for text in (o.name, o.effect, o.basis)]
    names = [*STATE_NAMES.values(), *ROLE_NAMES.values(), *told]
    assert set(STATE_NAMES) == set(State)
    assert all(n.zh and n.en and n.en.isascii() and not n.zh.isascii() for n in names)
