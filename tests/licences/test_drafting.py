"""Licences in the making: made, reviewed, sealed, issued; by two persons where the type asks for it."""

import datetime as dt
from typing import Any

import pytest

from audit.models import Entry
from foundation.clock import now
from foundation.context import PLATFORM, Actor
from foundation.reasons import Refused
from licences.drafting import (
    Contents,
    amend_draft,
    can_step,
    contents_of,
    discard_draft,
    issue_draft,
    make_draft,
    return_draft,
    review_draft,
    seal_draft,
)
from licences.lifecycle import State
from licences.models import Draft, Licence
from licences.outcomes import Outcome
from licences.queries import chain_of, find_licences, successor_of, wallet
from licences.verification import verify_found
from registry.defining import define_type
from registry.forms import Form
from registry.models import Person
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city()


def _actor(person: Person, code: str = "L") -> Actor:
    membership = person.memberships.get()
    return Actor(person=person.pk, department=code, role=membership.role, name=person.name)


@pytest.fixture
def clerk() -> Actor:
    return _actor(make.clerk("L"))


@pytest.fixture
def head() -> Actor:
    return _actor(make.clerk("L", "department_head"))


@pytest.fixture
def two_persons() -> None:
    define_type(make.licence_type(make.LAND), Form(two_persons=True), actor=PLATFORM)


def _made(by: Actor, **values: Any) -> Draft:
    land = make.licence_type(make.LAND)
    assert land.owner
    contents = values.pop("contents", None) or Contents([make.company()], {"projectName": "改造"})
    return make_draft(licence_type=land, issuer=land.owner, contents=contents, actor=by, **values)


def _sealed(by: Actor, **values: Any) -> Draft:
    return seal_draft(review_draft(_made(by, **values), actor=by), actor=by)


def _refusal(act: Any) -> str:
    with pytest.raises(Refused) as caught:
        act()
    return caught.value.grounds.code


def test_a_licence_is_made_reviewed_sealed_and_issued_and_each_step_is_recorded(clerk: Actor, head: Actor) -> None:
    with make.recorded() as entries:
        draft = _made(clerk)
        draft = review_draft(draft, actor=head)
        draft = seal_draft(draft, actor=head)
        draft = issue_draft(draft, actor=clerk)
    assert draft.state == "issued"
    assert draft.licence
    assert verify_found([Licence.objects.get(pk=draft.licence.pk)], at=now()).outcome is Outcome.VALID
    mine = [(e.action, e.outcome) for e in entries if e.action != "register_holder"]
    assert mine == [
        ("make_draft", "made"),
        ("review_draft", "reviewed"),
        ("issue", "sealed"),
        ("seal_draft", "sealed"),
        ("issue", "valid"),
        ("issue_draft", "issued"),
    ]
    assert (draft.made_by, draft.reviewed_by, draft.sealed_by, draft.issued_by) == (
        clerk.person, head.person, head.person, clerk.person,
    )  # fmt: skip


def test_what_a_draft_says_is_sealed_at_rest(clerk: Actor) -> None:
    draft = _made(clerk, contents=Contents([make.company()], {"projectName": "机密工程代号青鸟"}))
    assert "机密工程代号青鸟".encode() not in make.every_byte()
    assert contents_of(Draft.objects.get(pk=draft.pk)).content == {"projectName": "机密工程代号青鸟"}


def test_a_sealed_licence_is_nobodys_yet(head: Actor) -> None:
    licence = _sealed(head).licence
    assert licence
    assert licence.number
    types = [licence.licence_type_id]
    assert find_licences(licence.number, types) == find_licences(licence.identifier, types) == []
    assert wallet(make.company().pk) == []
    found = verify_found([licence], at=now())
    assert (found.outcome, found.grounds.code) == (Outcome.NOT_YET_VALID, "sealed_not_issued")


# --- Two persons --------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("two_persons")
def test_where_two_persons_are_asked_for_the_maker_neither_reviews_nor_seals(head: Actor) -> None:
    other = _actor(make.clerk("L", "department_administrator"))
    draft = _made(head)
    assert _refusal(lambda: review_draft(draft, actor=head)) == "second_person_needed"
    reviewed = review_draft(draft, actor=other)
    assert _refusal(lambda: seal_draft(reviewed, actor=head)) == "second_person_needed"
    assert not can_step(reviewed, "seal", head)
    assert seal_draft(reviewed, actor=other).state == "sealed"


@pytest.mark.usefixtures("two_persons")
def test_who_amends_a_draft_becomes_its_maker(clerk: Actor, head: Actor) -> None:
    draft = return_draft(_made(clerk), actor=head, reason="项目名称有误")
    draft = amend_draft(draft, contents=contents_of(draft), actor=head)
    assert _refusal(lambda: review_draft(draft, actor=head)) == "second_person_needed"
    assert review_draft(draft, actor=clerk).state == "reviewed"


def test_elsewhere_one_person_may_take_every_step(head: Actor) -> None:
    assert issue_draft(_sealed(head), actor=head).state == "issued"


# --- Who may, and in which order ----------------------------------------------------------------------------------


def test_a_clerk_does_not_keep_the_seal(clerk: Actor) -> None:
    draft = review_draft(_made(clerk), actor=clerk)
    with pytest.raises(Refused) as caught:
        seal_draft(draft, actor=clerk)
    assert caught.value.grounds.code == "operation_not_permitted"
    # Who may is told, and a clerk is not among them.
    assert "签章" in caught.value.grounds.zh
    assert "部门负责人" in caught.value.grounds.zh
    assert "经办人" not in caught.value.grounds.zh
    assert not Licence.objects.exists()


def test_another_department_takes_no_step(clerk: Actor) -> None:
    foreign = _actor(make.clerk("M", "department_head"), "M")
    draft = _made(clerk)
    assert _refusal(lambda: review_draft(draft, actor=foreign)) == "not_the_issuer"
    assert _refusal(lambda: _made(foreign)) == "not_the_issuer"


def test_a_department_makes_no_licence_of_anothers_type(clerk: Actor) -> None:
    deed = make.licence_type(make.SITE)
    contents = Contents([make.company()], {})
    code = _refusal(lambda: make_draft(licence_type=deed, issuer=make.department("L"), contents=contents, actor=clerk))
    assert code == "not_the_issuer"


def test_steps_are_taken_in_their_order_and_once(head: Actor) -> None:
    draft = _made(head)
    assert _refusal(lambda: seal_draft(draft, actor=head)) == "draft_not_allowed"
    assert _refusal(lambda: issue_draft(draft, actor=head)) == "draft_not_allowed"
    reviewed = review_draft(draft, actor=head)
    # The copy in hand is old: the row decides.
    assert _refusal(lambda: review_draft(draft, actor=head)) == "draft_not_allowed"
    issue_draft(seal_draft(reviewed, actor=head), actor=head)
    assert _refusal(lambda: seal_draft(reviewed, actor=head)) == "draft_not_allowed"
    assert Licence.objects.count() == 1


def test_a_refused_step_is_recorded(clerk: Actor) -> None:
    draft = review_draft(_made(clerk), actor=clerk)
    with make.recorded() as entries:
        _refusal(lambda: seal_draft(draft, actor=clerk))
    assert [(e.action, e.outcome, e.reason) for e in entries] == [("seal_draft", "refused", "operation_not_permitted")]


@pytest.mark.parametrize("reason", ["", "　"])
def test_a_draft_is_returned_and_discarded_for_a_reason_only(head: Actor, reason: str) -> None:
    draft = _made(head)
    assert _refusal(lambda: return_draft(draft, actor=head, reason=reason)) == "reason_required"
    assert _refusal(lambda: discard_draft(draft, actor=head, reason=reason)) == "reason_required"
    assert Draft.objects.get().state == "made"


def test_every_fault_of_a_draft_is_named_at_once_and_nothing_is_kept(clerk: Actor) -> None:
    wrong = Contents([], {"colour": "红"}, valid_from=dt.date(2026, 5, 1), valid_until=dt.date(2026, 4, 1))
    with pytest.raises(Refused) as caught:
        _made(clerk, contents=wrong)
    assert set(caught.value.fields) == {"holders", "colour", "valid_until"}
    assert not Draft.objects.exists()


# --- New versions -------------------------------------------------------------------------------------------------


def test_the_old_version_is_valid_until_the_new_one_is_issued(head: Actor) -> None:
    old = make.issued(make.LAND)
    draft = _sealed(head, operation="renew", replaces=old)
    assert verify_found([Licence.objects.get(pk=old.pk)], at=now()).outcome is Outcome.VALID
    assert successor_of(old) is None
    new = issue_draft(draft, actor=head).licence
    assert new
    ended = verify_found([Licence.objects.get(pk=old.pk)], at=now())
    assert (ended.outcome, ended.grounds.code) == (Outcome.NO_LONGER_VALID, "replaced")
    assert (new.number, new.version, successor_of(old)) == (old.number, 2, new)


def test_a_transfer_ends_the_former_holders_version(head: Actor) -> None:
    old = make.issued(make.LAND)
    heir = make.company(2)
    draft = _sealed(head, operation="transfer", replaces=old, contents=Contents([heir], {}))
    new = issue_draft(draft, actor=head).licence
    ended = verify_found([Licence.objects.get(pk=old.pk)], at=now())
    assert (ended.outcome, ended.grounds.code) == (Outcome.NO_LONGER_VALID, "transferred")
    assert wallet(heir.pk) == [new]


def test_an_old_version_that_ended_meanwhile_stops_the_new_one(head: Actor) -> None:
    old = make.issued(make.LAND)
    draft = _sealed(head, operation="renew", replaces=old)
    make.operate(old, "revoke", reason="测试", actor=PLATFORM)
    assert _refusal(lambda: issue_draft(draft, actor=head)) == "operation_not_allowed"
    draft.refresh_from_db()
    assert draft.licence
    assert (draft.state, draft.licence.state) == ("sealed", State.SEALED)


def test_one_version_is_sealed_in_the_place_of_another_at_a_time(head: Actor) -> None:
    old = make.issued(make.LAND)
    _sealed(head, operation="renew", replaces=old)
    second = review_draft(_made(head, operation="change", replaces=old), actor=head)
    assert _refusal(lambda: seal_draft(second, actor=head)) == "operation_not_allowed"


def test_a_discarded_licence_explains_its_number_and_makes_room_for_another(head: Actor) -> None:
    old = make.issued(make.LAND)
    discarded = discard_draft(_sealed(head, operation="renew", replaces=old), actor=head, reason="信息有误").licence
    assert discarded
    assert discarded.state == State.DISCARDED
    new = issue_draft(_sealed(head, operation="renew", replaces=old), actor=head).licence
    assert new
    assert (discarded.version, new.version) == (2, 3)
    assert [licence.version for licence in chain_of(old)] == [1, 3]
    assert find_licences(old.number, [old.licence_type_id]) == [new]
    assert Entry.objects.filter(action="discard", subject=discarded.identifier).count() == 1


def test_a_discarded_number_is_not_given_again(head: Actor) -> None:
    discarded = discard_draft(_sealed(head), actor=head, reason="信息有误").licence
    assert discarded
    assert make.issued(make.LAND).number != discarded.number
