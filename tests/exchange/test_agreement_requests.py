"""Asking for an agreement: what there is to agree on, one list of all that is missing, and both heads' approval."""

import datetime as dt
from typing import Any

import pytest
import time_machine

from exchange.agreements.contents import requestable
from exchange.agreements.errors import (
    AgreementNotNeeded,
    AgreementNotYours,
    AgreementWrongState,
    BothSides,
    NotRequestable,
    OwnRequest,
    RequestIncomplete,
)
from exchange.agreements.listing import agreements_of, asked_of_us, notices_for
from exchange.agreements.requesting import amend_draft, draft_agreement, request_agreement
from exchange.agreements.stepping import steps_for, take_step
from exchange.errors import InputInvalid, RoleMissing
from exchange.models import Agreement
from foundation.clock import legal_day, now
from foundation.context import PLATFORM
from foundation.reasons import Refused
from registry.enrolling import grant_role
from registry.models import Person, Succession
from tests import factories as make
from tests.exchange.agreed import People, agreement_in, asked, drafted

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city(keys="")


@pytest.fixture
def people() -> People:
    return People()


def test_a_request_goes_from_clerk_to_both_heads_and_is_then_in_force_at_once(people: People) -> None:
    with make.recorded() as entries:
        agreement = agreement_in("in_force", people)
    assert agreement.since
    assert agreement.since <= now()
    assert agreement.until
    assert legal_day(agreement.until) == asked().last_day + dt.timedelta(days=1)  # type: ignore[operator]
    steps = [(row.step, row.side, row.state) for row in agreement.steps.all()]
    assert steps == [
        ("draft", "requester", "draft"),
        ("request", "requester", "requested"),
        ("approve", "requester", "submitted"),
        ("take_up", "provider", "in_review"),
        ("consent", "provider", "in_force"),
    ]
    kept = [e for e in entries if e.action == "step_agreement"]
    assert [(e.subject, e.item, e.outcome, e.fields) for e in kept] == [
        (agreement.reference, "O3", "done", [step, state]) for step, _, state in steps
    ]
    assert [row.entry for row in agreement.steps.all()] == [e.pk for e in kept]


def test_everything_missing_is_named_at_once_and_what_was_entered_is_kept(people: People) -> None:
    agreement = drafted(people, basis="", scene=" ", fields=(), ways=(), purpose="", last_day=None)
    given = asked(basis="某法第一条", scene="", fields=(), ways=("verify",), purpose="", last_day=None)
    with make.recorded() as entries, pytest.raises(RequestIncomplete) as refused:
        request_agreement(agreement, person=people.clerk, asked=given)
    assert set(refused.value.fields) == {"scene", "fields", "purpose", "last_day"}
    assert all(name in refused.value.grounds.zh for name in ("使用场景", "字段范围", "用途", "使用期限"))
    assert agreement.reference in refused.value.grounds.en
    kept = Agreement.objects.get()
    assert (kept.state, kept.basis, kept.ways) == ("draft", "某法第一条", ["verify"])
    assert [(e.outcome, e.reason) for e in entries] == [("done", ""), ("refused", "agreement_incomplete")]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"fields": ("certificateNumber", "salary")}, "fields"),
        ({"ways": ("verify", "copy")}, "ways"),
        ({"last_day": dt.date(2020, 1, 1)}, "last_day"),
        ({"last_day": dt.date(9999, 1, 1)}, "last_day"),
        ({"quota": 0}, "quota"),
        ({"quota": 10**12}, "quota"),
        ({"quota_per": "hour"}, "quota_per"),
        ({"basis": "法" * 501}, "basis"),
        ({"renews": "SY-20200101-0001"}, "renews"),
    ],
)
def test_what_is_wrong_is_named_by_its_field(people: People, values: dict[str, Any], field: str) -> None:
    agreement = drafted(people)
    with pytest.raises(RequestIncomplete) as refused:
        request_agreement(agreement, person=people.clerk, asked=asked(**values))
    assert set(refused.value.fields) == {field}
    assert Agreement.objects.get().state == "draft"


@pytest.mark.parametrize(
    ("item", "name", "error", "code"),
    [
        ("O2", make.LAND, AgreementNotNeeded, "agreement_not_needed"),
        ("O4", make.EXPLOSIVES, NotRequestable, "not_shared"),
        ("O2", make.DEED, NotRequestable, "type_not_needed"),
        ("D2", make.LAND, NotRequestable, "item_of_other_department"),
    ],
)
def test_where_there_is_nothing_to_agree_on_the_reason_says_so(
    people: People, item: str, name: str, error: type[Refused], code: str
) -> None:
    with make.recorded() as entries, pytest.raises(error) as refused:
        draft_agreement(
            person=people.clerk,
            department=make.department("O"),
            item=make.item(item),
            licence_type=make.licence_type(name),
        )
    assert refused.value.grounds.code == code
    assert [(e.outcome, e.reason) for e in entries if e.action == "step_agreement"] == [("refused", code)]
    if code == "not_shared":
        assert "民用爆炸物品安全管理条例" in refused.value.grounds.zh
    assert not Agreement.objects.exists()


def test_what_a_department_may_ask_for_are_the_conditional_types_of_others_that_its_items_need() -> None:
    found = requestable(make.department("O"), now())
    assert [(item.code, wanted.name_zh) for item, wanted in found] == [("O3", make.DEED)]
    assert requestable(make.department("L"), now()) == []


def test_only_staff_of_the_department_asks_in_its_name(people: People) -> None:
    with pytest.raises(RoleMissing):
        draft_agreement(
            person=people.provider,
            department=make.department("O"),
            item=make.item("O3"),
            licence_type=make.licence_type(make.DEED),
        )
    agreement = drafted(people)
    with pytest.raises(AgreementNotYours):
        amend_draft(agreement, person=people.provider_head, asked=asked())


def test_the_provider_sees_nothing_before_the_requesters_head_has_approved(people: People) -> None:
    agreement_in("requested", people)
    assert not asked_of_us(["L"]).exists()
    assert not agreements_of(["L"]).exists()
    with pytest.raises(AgreementWrongState):
        take_step(Agreement.objects.get(), "consent", person=people.provider_head)


def test_a_head_does_not_approve_what_they_asked_for_where_there_is_another_head(people: People) -> None:
    agreement = drafted(people)
    both = people.head
    request_agreement(agreement, person=both)
    assert take_step(agreement, "return", person=make.clerk("O", "department_head"), text="改").state == "draft"
    request_agreement(agreement, person=both)
    with pytest.raises(OwnRequest):
        take_step(agreement, "approve", person=both)
    assert "approve" not in steps_for(Agreement.objects.get(), both, now())
    assert take_step(agreement, "approve", person=make.clerk("O", "department_head")).state == "submitted"


def test_the_only_head_may_approve_what_they_asked_for(people: People) -> None:
    agreement = draft_agreement(
        person=people.head,
        department=make.department("O"),
        item=make.item("O3"),
        licence_type=make.licence_type(make.DEED),
        asked=asked(),
    )
    request_agreement(agreement, person=people.head)
    assert take_step(agreement, "approve", person=people.head).state == "submitted"


def test_a_head_whose_time_has_ended_is_no_other_head(people: People) -> None:
    agreement = drafted(people)
    request_agreement(agreement, person=people.head)
    former = make.clerk("O", "department_head", since=now() - dt.timedelta(days=9))
    make.edit(former.memberships.get(), until=now() - dt.timedelta(days=1))
    make.edit(make.clerk("O", "department_head"), is_active=False)
    assert take_step(agreement, "approve", person=people.head).state == "submitted"


def test_one_person_with_a_role_on_both_sides_acts_for_one_of_them_alone(people: People) -> None:
    agreement = agreement_in("submitted", people)
    grant_role(person=people.head, role="department_head", department=make.department("L"), actor=PLATFORM)
    grant_role(person=people.head, role="data_authority", department=None, actor=PLATFORM)
    for step in ("consent", "take_up", "refuse"):
        with make.recorded() as entries, pytest.raises(BothSides):
            take_step(agreement, step, person=people.head, text="理由")
        assert [(e.outcome, e.reason) for e in entries] == [("refused", "agreement_both_sides")]
    assert take_step(agreement, "consent", person=people.provider_head).state == "in_force"
    with pytest.raises(BothSides):
        take_step(agreement, "suspend", person=people.head, text="理由")


def test_who_drafted_for_one_side_does_not_consent_for_the_other(people: People) -> None:
    grant_role(person=people.clerk, role="department_head", department=make.department("L"), actor=PLATFORM)
    agreement = agreement_in("in_review", people)
    with pytest.raises(BothSides):
        take_step(agreement, "consent", person=people.clerk)


def _stranger() -> Person:
    return make.clerk("D", "department_head")


@pytest.mark.parametrize("step", ["approve", "consent", "refuse", "withdraw", "suspend", "dispute", "take_up"])
def test_others_take_no_step(people: People, step: str) -> None:
    agreement = agreement_in("submitted", people)
    with pytest.raises(AgreementNotYours):
        take_step(agreement, step, person=_stranger(), text="理由")
    assert Agreement.objects.get().state == "submitted"


def test_clerks_do_not_decide_and_a_step_that_is_none_is_bad_input(people: People) -> None:
    agreement = agreement_in("in_review", people)
    with pytest.raises(AgreementNotYours) as refused:
        take_step(agreement, "consent", person=people.provider)
    assert "提供部门负责人" in refused.value.grounds.zh
    with pytest.raises(InputInvalid):
        take_step(agreement, "conquer", person=people.provider)


def test_a_refusal_needs_its_reason_which_the_requester_reads(people: People) -> None:
    agreement = agreement_in("in_review", people)
    with pytest.raises(InputInvalid) as refused:
        take_step(agreement, "refuse", person=people.provider_head, text=" ")
    assert set(refused.value.fields) == {"text"}
    with make.recorded() as entries:
        take_step(agreement, "refuse", person=people.provider_head, text="与事项无关的字段过多")
    assert agreement.steps.get(step="refuse").text == "与事项无关的字段过多"
    assert "与事项无关".encode() not in bytes(entries[0].leaf)
    (latest, *_) = notices_for(["O"], now())
    assert (latest.reference, latest.grounds.code) == (agreement.reference, "agreement_moved")
    assert "提供部门不同意" in latest.grounds.zh


def test_a_withdrawn_request_is_at_an_end(people: People) -> None:
    agreement = agreement_in("in_review", people)
    assert take_step(agreement, "withdraw", person=people.clerk).state == "withdrawn"
    with pytest.raises(AgreementWrongState):
        take_step(agreement, "consent", person=people.provider_head)


def test_a_dispute_goes_from_the_two_sides_to_the_authority_whose_word_still_needs_the_providers_head(
    people: People,
) -> None:
    agreement = agreement_in("with_authority", people)
    for person in (people.provider_head, people.head):
        with pytest.raises(AgreementNotYours):
            take_step(agreement, "direct", person=person, text="理由")
    take_step(agreement, "direct", person=people.authority, text="依法应当共享")
    with pytest.raises(AgreementWrongState):
        take_step(agreement, "refuse", person=people.provider_head, text="仍不同意")
    assert take_step(agreement, "consent", person=people.provider_head).state == "in_force"


def test_between_the_two_sides_a_provider_may_think_better_of_it(people: People) -> None:
    agreement = agreement_in("disputed", people)
    assert take_step(agreement, "consent", person=people.provider_head).state == "in_force"


def test_the_authority_may_uphold_a_refusal_and_that_is_its_end(people: People) -> None:
    agreement = agreement_in("with_authority", people)
    take_step(agreement, "uphold_refusal", person=people.authority, text="字段超出需要")
    assert steps_for(Agreement.objects.get(), people.head, now()) == []


def test_a_renewal_names_the_agreement_that_it_follows(people: People) -> None:
    older = agreement_in("in_force", people)
    renewal = drafted(people, renews=older.reference)
    assert renewal.renews == older
    assert request_agreement(renewal, person=people.clerk).state == "requested"


def test_consent_may_name_a_later_first_day_within_the_time_of_delivery(people: People) -> None:
    with time_machine.travel(dt.datetime(2026, 3, 2, 2, tzinfo=dt.UTC), tick=False):
        agreement = agreement_in("in_review", people)
        for day in (dt.date(2026, 3, 31), dt.date(2026, 3, 1)):
            with pytest.raises(InputInvalid) as refused:
                take_step(agreement, "consent", person=people.provider_head, first_day=day)
            assert "2026-03-30" in refused.value.fields["first_day"].en
        made = take_step(agreement, "consent", person=people.provider_head, first_day=dt.date(2026, 3, 30))
    assert made.since == dt.datetime(2026, 3, 29, 16, tzinfo=dt.UTC)


def test_what_time_has_overtaken_is_not_consented_to(people: People) -> None:
    agreement = agreement_in("in_review", people, last_day=legal_day(now()) + dt.timedelta(days=3))
    with time_machine.travel(now() + dt.timedelta(days=5)), pytest.raises(RequestIncomplete):
        take_step(agreement, "consent", person=people.provider_head)


def test_a_provider_does_not_end_it_alone(people: People) -> None:
    agreement = agreement_in("in_force", people)
    for step in ("give_up", "suspend", "terminate", "agree_end"):
        with pytest.raises(AgreementNotYours):
            take_step(agreement, step, person=people.provider_head, text="理由")
    proposed = take_step(agreement, "propose_end", person=people.provider_head, text="数据另有渠道")
    with pytest.raises(AgreementNotYours):
        take_step(proposed, "agree_end", person=people.provider_head)
    assert take_step(proposed, "agree_end", person=people.head).state == "ended"


def test_a_requester_gives_up_its_own_right_and_the_authority_agrees_to_an_end_in_its_place(people: People) -> None:
    assert take_step(agreement_in("in_force", people), "give_up", person=people.head).state == "ended"
    proposed = agreement_in("end_proposed", people)
    assert take_step(proposed, "agree_end", person=people.authority).state == "ended"


def test_misuse_suspends_and_then_ends(people: People) -> None:
    agreement = agreement_in("in_force", people)
    with pytest.raises(AgreementWrongState):
        take_step(agreement, "terminate", person=people.authority, text="理由")
    take_step(agreement, "report_misuse", person=people.provider_head, text="超出用途")
    told = notices_for(None, now())
    assert [n.reference for n in told] == [agreement.reference]
    take_step(agreement, "suspend", person=people.authority, text="核查")
    assert take_step(agreement, "terminate", person=people.authority, text="属实").state == "terminated"


def test_a_reform_passes_both_sides_on_to_their_successors(people: People) -> None:
    agreement = agreement_in("in_review", people)
    Succession.objects.create(kind="department", old="L", new="M", since=legal_day(now()), basis="改革")
    Succession.objects.create(kind="department", old="O", new="D", since=legal_day(now()), basis="改革")
    made = take_step(agreement, "consent", person=make.clerk("M", "department_head"))
    assert made.state == "in_force"
    assert take_step(made, "give_up", person=make.clerk("D", "department_head")).state == "ended"
    assert [n.reference for n in notices_for(["M"], now())] == [agreement.reference]
