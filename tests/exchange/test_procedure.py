"""States of an application. Pure."""

import pytest

from exchange.procedure import STATE_NAMES, STEPS, State, can_step


@pytest.mark.parametrize("step", STEPS)
def test_each_step_starts_from_a_submitted_application_only(step: str) -> None:
    assert [s for s in State if can_step(step, s)] == [State.SUBMITTED]


def test_staff_decide_and_the_applicant_withdraws() -> None:
    assert {name for name, step in STEPS.items() if step.by_staff} == {"approve", "refuse"}


def test_every_state_is_named_in_both_languages() -> None:
    assert set(STATE_NAMES) == set(State)
    assert all(n.en.isascii() and not n.zh.isascii() for n in STATE_NAMES.values())
