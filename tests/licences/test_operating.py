"""Operations on an issued licence."""

import pytest

from audit.queries import personal_values
from foundation.clock import now
from foundation.context import PLATFORM
from licences.composing import frame_of
from licences.errors import OperationNotAllowed, ReasonRequired, RowAltered
from licences.issuing import Draft, issue_all
from licences.lifecycle import OPERATIONS, State, can_operate
from licences.models import Licence
from licences.operating import operate
from licences.outcomes import Outcome
from licences.verification import verify_found
from tests import factories as make

pytestmark = pytest.mark.django_db

# One way into each state.
WAYS = {
    State.SEALED: (),
    State.DISCARDED: ("discard",),
    State.VALID: (),
    State.SUSPENDED: ("suspend",),
    State.EXPIRED: ("expire",),
    State.REPLACED: ("change",),
    State.TRANSFERRED: ("transfer",),
    State.CANCELLED: ("cancel",),
    State.REVOKED: ("revoke",),
    State.WITHDRAWN: ("withdraw",),
    State.ANNULLED: ("annul",),
}


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city(keys="L")


def _sealed() -> Licence:
    land = make.licence_type(make.LAND)
    assert land.owner
    frame = frame_of(land, land.owner, now())
    draft = Draft(land, land.owner, [make.company()])
    return issue_all([draft], frame=frame, actor=PLATFORM, state=State.SEALED)[0]


def _in(state: State) -> Licence:
    licence = _sealed() if state in (State.SEALED, State.DISCARDED) else make.issued()
    for operation in WAYS[state]:
        licence = operate(licence, operation, reason="测试", actor=PLATFORM)
    assert licence.state == state
    return licence


@pytest.mark.parametrize("state", State)
def test_each_state_allows_just_what_the_table_says(state: State) -> None:
    for name, operation in OPERATIONS.items():
        licence = _in(state)
        if can_operate(name, state):
            assert operate(licence, name, reason="测试", actor=PLATFORM).state == operation.target
            continue
        with pytest.raises(OperationNotAllowed) as caught:
            operate(licence, name, reason="测试", actor=PLATFORM)
        assert caught.value.grounds.code == "operation_not_allowed"
        licence.refresh_from_db()
        assert licence.state == state


@pytest.mark.parametrize("operation", [name for name, o in OPERATIONS.items() if o.needs_reason])
@pytest.mark.parametrize("reason", ["", "  \n", "\u3000"])
def test_an_operation_without_its_reason_is_refused(operation: str, reason: str) -> None:
    licence = _in(min(OPERATIONS[operation].sources))
    with pytest.raises(ReasonRequired) as caught:
        operate(licence, operation, reason=reason, actor=PLATFORM)
    assert set(caught.value.fields) == {"reason"}


def test_an_operation_is_recorded_with_its_reason() -> None:
    licence = make.issued()
    with make.recorded() as entries:
        operate(licence, "suspend", reason="复核", actor=PLATFORM)
    (entry,) = entries
    assert (entry.action, entry.outcome, entry.subject) == ("suspend", "suspended", licence.identifier)
    # What people write may name people, so that it stands outside the leaf, behind a commitment.
    assert personal_values([entry.pk])[entry.pk]["reason"] == "复核"
    assert "复核" not in bytes(entry.leaf).decode()


def test_the_row_is_authenticated_afresh_so_that_the_new_state_verifies() -> None:
    licence = make.operated("suspend")
    assert verify_found([Licence.objects.get()], at=now()).outcome is Outcome.SUSPENDED
    operate(licence, "resume", reason="通过", actor=PLATFORM)
    assert verify_found([Licence.objects.get()], at=now()).outcome is Outcome.VALID


def test_the_row_decides_and_not_the_copy_in_hand() -> None:
    stale = make.issued()
    operate(Licence.objects.get(), "revoke", reason="测试", actor=PLATFORM)
    assert stale.state == State.VALID
    with pytest.raises(OperationNotAllowed):
        operate(stale, "suspend", reason="测试", actor=PLATFORM)


@pytest.mark.parametrize("values", [{"state": "valid"}, {"valid_until": None}, {"version": 2}, {"mac": b"\0" * 32}])
def test_an_edited_row_is_refused_and_gets_no_fresh_mac(values: dict[str, object]) -> None:
    licence = make.operated("suspend")
    make.edit(licence, **values)
    mac = bytes(Licence.objects.get().mac)
    operation = "suspend" if values.get("state") else "resume"
    with pytest.raises(RowAltered) as caught:
        operate(licence, operation, reason="测试", actor=PLATFORM)
    assert caught.value.grounds.reason.status == 409
    assert bytes(Licence.objects.get().mac) == mac


def test_a_state_that_does_not_exist_is_an_edited_row_like_any_other() -> None:
    licence = make.issued()
    make.edit(licence, state="golden")
    with pytest.raises(RowAltered):
        operate(licence, "suspend", reason="测试", actor=PLATFORM)
