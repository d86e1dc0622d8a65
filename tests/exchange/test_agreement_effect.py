"""What agreements do in the access decision: at once, until the second they end, within their quota, in their ways."""

import datetime as dt
from typing import Any

import pytest
import time_machine

from exchange.agreements import quotas
from exchange.agreements.stepping import take_step
from exchange.agreements.watching import keep_clocks
from exchange.applications.accepting import accept
from exchange.applying import Choice
from exchange.asking import Standing
from exchange.disclosing import disclose
from exchange.errors import AccessRefused, LicenceNotFound
from exchange.models import Agreement, QuotaUse
from exchange.verifying import Answer, verify_number
from foundation.clock import now
from foundation.reasons import Grounds
from licences.models import Licence
from registry.models import Need
from tests import factories as make
from tests.exchange.agreed import People, agreement_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city()


@pytest.fixture
def planning() -> Standing:
    return make.standing("O")


@pytest.fixture
def people() -> People:
    return People()


def _verify(licence: Licence, planning: Standing, **values: Any) -> Answer:
    return verify_number(make.ask(licence.number, "O3", **values), standing=planning)


def _refused(licence: Licence, planning: Standing, **values: Any) -> Grounds:
    with make.recorded() as entries, pytest.raises(AccessRefused) as refused:
        _verify(licence, planning, **values)
    assert [(e.outcome, e.reason) for e in entries] == [("refused", refused.value.grounds.code)]
    return refused.value.grounds


def _used() -> list[int]:
    return list(QuotaUse.objects.order_by("day").values_list("used", flat=True))


# --- From consent to the end -----------------------------------------------------------------------------------------


def test_it_gives_the_right_with_consent_and_not_before(people: People, planning: Standing) -> None:
    deed = make.issued(make.DEED)
    agreement = agreement_in("in_review", people)
    assert _refused(deed, planning).code == "agreement_missing"
    take_step(agreement, "consent", person=people.provider_head)
    assert _verify(deed, planning).verification.outcome.label == "valid"


@pytest.mark.parametrize("state", ["draft", "requested", "submitted", "refused", "disputed", "directed"])
def test_no_state_on_the_way_gives_the_right(people: People, planning: Standing, state: str) -> None:
    agreement_in(state, people)
    assert _refused(make.issued(make.DEED), planning).code == "agreement_missing"


def test_a_proposed_end_leaves_the_right_until_the_requester_agrees(people: People, planning: Standing) -> None:
    deed = make.issued(make.DEED)
    agreement = agreement_in("end_proposed", people)
    assert _verify(deed, planning)
    take_step(agreement, "agree_end", person=people.head)
    assert _refused(deed, planning).code == "agreement_ended"


def test_in_the_middle_of_a_batch_access_ends_with_the_suspension(people: People, planning: Standing) -> None:
    deeds = [make.issued(make.DEED, make.company(n)) for n in range(1, 6)]
    agreement = agreement_in("in_force", people)
    answers = []
    for count, deed in enumerate(deeds):
        if count == 3:
            take_step(agreement, "suspend", person=people.authority, text="核查")
        try:
            answers.append(_verify(deed, planning).verification.outcome.label)
        except AccessRefused as refused:
            answers.append(refused.grounds.code)
    assert answers == ["valid"] * 3 + ["agreement_suspended"] * 2
    take_step(agreement, "resume", person=people.authority, text="无误")
    assert _verify(deeds[3], planning)


def test_in_the_middle_of_a_batch_access_ends_with_the_second_of_the_end(planning: Standing) -> None:
    deeds = [make.issued(make.DEED, make.company(n)) for n in range(1, 5)]
    start = now()
    make.agreement(until=start + dt.timedelta(seconds=10), fields=["certificateNumber"])
    answers: list[bool | str] = []
    with time_machine.travel(start, tick=False) as clock:
        for deed in deeds:
            clock.shift(3)
            ask = make.ask(deed.identifier, "O3", case="外部-1")
            try:
                answers.append(bool(disclose(ask, standing=planning).fields))
            except AccessRefused as refused:
                answers.append(refused.grounds.code)
    # At 3, 6, 9 and 12 seconds; nobody had to note the end.
    assert answers == [True, True, True, "agreement_ended"]
    assert Agreement.objects.get().state == "in_force"


def test_a_suspension_says_whom_to_ask(people: People, planning: Standing) -> None:
    agreement = agreement_in("suspended", people)
    grounds = _refused(make.issued(make.DEED), planning)
    assert grounds.code == "agreement_suspended"
    assert agreement.reference in grounds.en
    assert "data authority" in grounds.en


# --- Applications accepted before the end ---------------------------------------------------------------------------


def _accepted_case(deed: Licence) -> str:
    """Return an application for O3 that names another licence, so that this one is not presented."""
    application = make.submitted(make.citizen(30), {1: Choice(number="某〔2020〕1号")}, "O3")
    return accept(application, by=make.clerk("O")).number


@pytest.mark.parametrize("cases_continue", [True, False])
def test_accepted_applications_go_on_after_an_ordinary_end_where_the_agreement_says_so(
    people: People, planning: Standing, cases_continue: bool
) -> None:
    deed = make.issued(make.DEED)
    agreement = agreement_in("in_force", people, cases_continue=cases_continue)
    case = _accepted_case(deed)
    assert agreement.until
    after = agreement.until + dt.timedelta(days=1)
    with time_machine.travel(after, tick=False):
        keep_clocks()
        assert Agreement.objects.get().state == "expired"
        values = {"case": case, "holder_number": make.company_code(1)}
        if cases_continue:
            assert _verify(deed, planning, **values).verification.outcome.label == "valid"
        else:
            assert _refused(deed, planning, **values).code == "agreement_ended"
        # Neither what comes later nor what is no application of ours.
        later = make.submitted(make.citizen(31), {1: Choice(number="某〔2020〕2号")}, "O3").number
        for other in (later, "外部-1", ""):
            assert _refused(deed, planning, **{**values, "case": other}).code == "agreement_ended"


def test_nothing_goes_on_after_misuse(people: People, planning: Standing) -> None:
    deed = make.issued(make.DEED)
    agreement = agreement_in("suspended", people, cases_continue=True)
    case = _accepted_case(deed)
    take_step(agreement, "terminate", person=people.authority, text="属实")
    values = {"case": case, "holder_number": make.company_code(1)}
    assert _refused(deed, planning, **values).code == "agreement_suspended"


def test_what_was_suspended_gives_nothing_past_its_last_day_either(people: People, planning: Standing) -> None:
    deed = make.issued(make.DEED)
    agreement = agreement_in("in_force", people, cases_continue=True)
    case = _accepted_case(deed)
    take_step(agreement, "suspend", person=people.authority, text="核查")
    assert agreement.until
    with time_machine.travel(agreement.until + dt.timedelta(days=1), tick=False):
        keep_clocks()
        assert Agreement.objects.get().state == "suspended"
        _refused(deed, planning, case=case, holder_number=make.company_code(1))


def test_an_end_by_agreement_is_an_ordinary_one(people: People, planning: Standing) -> None:
    deed = make.issued(make.DEED)
    agreement = agreement_in("in_force", people, cases_continue=True)
    case = _accepted_case(deed)
    take_step(agreement, "give_up", person=people.head)
    assert _refused(deed, planning).code == "agreement_ended"
    assert _verify(deed, planning, case=case, holder_number=make.company_code(1))


# --- Ways -----------------------------------------------------------------------------------------------------------


def test_an_agreement_to_verify_does_not_let_fields_be_read(people: People, planning: Standing) -> None:
    deed = make.issued(make.DEED)
    agreement = agreement_in("in_force", people, ways=("verify",))
    assert _verify(deed, planning)
    with pytest.raises(AccessRefused) as refused:
        disclose(make.ask(deed.identifier, "O3", case="外部-1"), standing=planning)
    assert refused.value.grounds.code == "agreement_way_missing"
    assert agreement.reference in refused.value.grounds.zh


# --- Quotas ---------------------------------------------------------------------------------------------------------


def test_a_days_quota_is_refused_with_when_it_goes_on_and_whom_to_ask(people: People, planning: Standing) -> None:
    deed = make.issued(make.DEED)
    with time_machine.travel(dt.datetime(2026, 3, 2, 2, tzinfo=dt.UTC), tick=False) as clock:
        agreement = agreement_in("in_force", people, quota=2, quota_per="day")
        _verify(deed, planning)
        _verify(deed, planning)
        grounds = _refused(deed, planning)
        assert (grounds.code, grounds.reason.status) == ("daily_quota_used", 429)
        assert all(told in grounds.zh for told in (agreement.reference, "2026-03-03", "国土局"))
        assert grounds.values_en["seconds"] == str(14 * 3600)
        assert _used() == [2]
        clock.move_to(dt.datetime(2026, 3, 2, 16, tzinfo=dt.UTC))
        assert _verify(deed, planning)
        assert _used() == [2, 1]


def test_a_whole_quota_does_not_come_back(people: People, planning: Standing) -> None:
    deed = make.issued(make.DEED)
    agreement_in("in_force", people, quota=1, quota_per="total")
    _verify(deed, planning)
    with time_machine.travel(now() + dt.timedelta(days=3)):
        grounds = _refused(deed, planning)
    assert (grounds.code, grounds.reason.status) == ("total_quota_used", 403)
    assert _used() == [1]


def test_what_is_refused_or_not_found_takes_nothing(people: People, planning: Standing) -> None:
    deed = make.issued(make.DEED)
    agreement_in("in_force", people, quota=5, quota_per="day")
    assert verify_number(make.ask("某〔1999〕1号", "O3"), standing=planning).verification.outcome.label == "not_found"
    _refused(deed, planning, purpose="别的用途")
    with pytest.raises(LicenceNotFound):
        disclose(make.ask(make.issued(make.LAND).identifier, "O3", case="外部-1"), standing=planning)
    assert _used() == []
    disclose(make.ask(deed.identifier, "O3", case="外部-1"), standing=planning)
    _verify(deed, planning)
    assert _used() == [2]


def test_what_is_rolled_back_takes_nothing(people: People, planning: Standing, monkeypatch: pytest.MonkeyPatch) -> None:
    deed = make.issued(make.DEED)
    agreement_in("in_force", people, quota=5, quota_per="day")

    def broken(*args: Any) -> None:
        raise RuntimeError("the record is down")

    monkeypatch.setattr("exchange.verifying.record_all", broken)
    with pytest.raises(RuntimeError):
        _verify(deed, planning)
    assert _used() == []


def test_once_it_is_used_up_nobody_learns_from_refusals_whether_a_number_exists(
    people: People, planning: Standing
) -> None:
    deed = make.issued(make.DEED)
    agreement_in("in_force", people, quota=1, quota_per="day")
    _verify(deed, planning)
    absent = make.ask("某〔1999〕1号", "O3")
    with pytest.raises(AccessRefused) as refused:
        verify_number(absent, standing=planning)
    assert refused.value.grounds == _refused(deed, planning)


def test_an_agreement_without_a_quota_is_relied_on_first(people: People, planning: Standing) -> None:
    deed = make.issued(make.DEED)
    agreement_in("in_force", people, quota=1, quota_per="day")
    make.agreement(fields=["certificateNumber"])
    for _ in range(3):
        _verify(deed, planning)
    assert _used() == []
    # Only the agreement with a quota lets the holder's name be read.
    shown = disclose(make.ask(deed.identifier, "O3", case="外部-1"), standing=planning)
    assert set(shown.fields) == {"certificateNumber", "certificateHolderName"}
    assert _used() == [1]
    shown = disclose(make.ask(deed.identifier, "O3", case="外部-1"), standing=planning)
    assert set(shown.fields) == {"certificateNumber"}


def test_what_the_holder_presents_takes_nothing(people: People, planning: Standing) -> None:
    applicant = make.citizen()
    deed = make.issued(make.DEED, applicant.company)
    agreement_in("in_force", people, quota=1, quota_per="day")
    case = make.submitted(applicant, {1: Choice(licence=deed.pk)}, "O3").number
    for _ in range(2):
        disclose(make.ask(deed.identifier, "O3", case=case), standing=planning)
    assert _used() == []


def test_of_several_needed_types_one_whose_quota_is_used_up_is_not_passed_over_in_silence(
    people: People, planning: Standing
) -> None:
    Need.objects.create(item=make.item("O3"), group=2, licence_type=make.licence_type(make.SITE))
    deed, site = make.issued(make.DEED), make.issued(make.SITE)
    agreement_in("in_force", people, quota=1, quota_per="day")
    _verify(deed, planning)
    assert _verify(site, planning).verification.outcome.label == "valid"
    assert _refused(deed, planning).code == "daily_quota_used"


def test_what_has_slipped_in_between_decision_and_taking_is_refused(people: People) -> None:
    agreement = agreement_in("in_force", people, quota=1, quota_per="total")
    QuotaUse.objects.create(agreement=agreement, day=quotas.WHOLE, used=1)
    with pytest.raises(AccessRefused) as refused:
        quotas.take([agreement.reference], at=now())
    assert refused.value.grounds.code == "total_quota_used"
