"""Who may do what to a licence: people and systems of its issuer, by their roles."""

import pytest

from foundation.context import PLATFORM, Actor
from foundation.ids import new_id
from foundation.reasons import Refused
from licences.lifecycle import OPERATIONS, State
from licences.models import Licence
from licences.operating import can_do, operate
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city(keys="L")


def _actor(role: str, department: str = "L") -> Actor:
    return Actor(person=new_id(), department=department, role=role, name="某人")


@pytest.mark.parametrize("role", ["department_head", "department_administrator", "client"])
def test_who_decides_for_the_issuer_may_suspend_and_resume(role: str) -> None:
    licence = make.issued()
    assert operate(licence, "suspend", reason="复核", actor=_actor(role)).state == State.SUSPENDED
    assert operate(licence, "resume", reason="通过", actor=_actor(role)).state == State.VALID


@pytest.mark.parametrize(
    ("role", "department", "code"),
    [
        ("clerk", "L", "operation_not_permitted"),
        ("citizen", "L", "operation_not_permitted"),
        ("auditor", "", "not_the_issuer"),
        ("data_authority", "", "not_the_issuer"),
        ("department_head", "M", "not_the_issuer"),
        ("client", "O", "not_the_issuer"),
    ],
)
def test_others_may_not_and_the_attempt_is_recorded(role: str, department: str, code: str) -> None:
    licence = make.issued()
    with make.recorded() as entries, pytest.raises(Refused) as caught:
        operate(licence, "revoke", reason="测试", actor=_actor(role, department))
    assert caught.value.grounds.code == code
    assert caught.value.grounds.reason.status == 403
    assert Licence.objects.get().state == State.VALID
    (entry,) = entries
    assert (entry.action, entry.outcome, entry.reason, entry.subject) == (
        "revoke", "refused", code, licence.identifier,
    )  # fmt: skip


def test_the_refusal_names_who_may_in_both_languages() -> None:
    with pytest.raises(Refused) as caught:
        operate(make.issued(), "revoke", reason="测试", actor=_actor("clerk"))
    assert "部门负责人" in caught.value.grounds.zh
    assert "the head" in caught.value.grounds.en


@pytest.mark.parametrize("operation", OPERATIONS)
def test_what_a_page_offers_is_what_the_act_allows(operation: str) -> None:
    licence = make.issued()
    for role in ("clerk", "department_head"):
        offered = can_do(operation, licence, _actor(role))
        allowed = licence.state in OPERATIONS[operation].sources and role in OPERATIONS[operation].who
        assert offered == allowed


def test_a_change_of_what_the_status_list_says_is_noted_on_the_list() -> None:
    licence = make.issued()
    assert licence.status_list
    before = licence.status_list.changed_at
    operate(licence, "suspend", reason="复核", actor=PLATFORM)
    licence.status_list.refresh_from_db()
    assert licence.status_list.changed_at > before
