"""Reports of wrong fields: by whoever saw them, checked and mended by the issuer, passed on when overdue."""

import datetime as dt
from itertools import product
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction

from audit.errors import EntryNotFound
from exchange.corrections.answering import (
    alike,
    answer_report,
    escalate_due,
    open_correction,
    steps_for,
    take_in_check,
)
from exchange.corrections.errors import (
    CorrectionNotFound,
    CorrectionNotYours,
    CorrectionOpen,
    CorrectionWrongState,
    LicenceNotHeld,
    NotMended,
    OwnReport,
)
from exchange.corrections.queries import open_reports, reports_by
from exchange.corrections.reporting import report_for, report_look, report_own, withdraw_report
from exchange.corrections.seeing import seen_by
from exchange.corrections.texts import LONGEST, Said, finding_of, said_of
from exchange.disclosing import disclose
from exchange.errors import InputInvalid
from exchange.mending import OPEN, STEPS, State, can_step
from exchange.models import Correction
from exchange.stepping import Party
from exchange.tasks import escalate_reports
from exchange.verifying import verify_number
from foundation.clock import legal_day, now, working_days_after
from foundation.context import Actor
from foundation.ids import new_id
from foundation.reasons import Refused
from licences.drafting import Contents, issue_draft, make_draft, review_draft, seal_draft
from licences.models import Licence, Notice
from registry.enrolling import grant_role
from registry.models import Person
from tests import factories as make

pytestmark = pytest.mark.django_db

UNTIL = "certificateExpiringDate"
SAID = Said("纸质证照上的日期不同。", "2031-01-01", "见纸质证照扫描件。")


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city()


def _looked(licence: Licence, **values: Any) -> UUID:
    return verify_number(make.ask(licence.number, **values), standing=make.standing("O")).entry


def _reported(licence: Licence | None = None, clerk: Person | None = None, **values: Any) -> Correction:
    licence = licence or make.issued(make.LAND)
    clerk = clerk or make.clerk("O")
    return report_look(_looked(licence), **{"person": clerk, "field": UNTIL, "said": SAID, **values})


def _changed(licence: Licence, **values: Any) -> Licence:
    """Issue the version that takes the licence's place, as its department does."""
    clerk = Actor(person=new_id(), department="L", role="clerk")
    head = Actor(person=new_id(), department="L", role="department_head")
    contents = Contents(list(licence.holders.all()), {}, **values)
    draft = make_draft(
        licence_type=licence.licence_type,
        issuer=licence.issuer,
        contents=contents,
        actor=clerk,
        operation="change",
        replaces=licence,
    )
    done = issue_draft(seal_draft(review_draft(draft, actor=head), actor=head), actor=head).licence
    assert done
    return done


def _authority(role: str = "data_authority") -> Person:
    made = make.person()
    grant_role(person=made, role=role, department=None, actor=make.PLATFORM)
    return made


def _refused(kind: type[Refused], action: str, call: Any) -> Refused:
    with make.recorded() as entries, pytest.raises(kind) as caught:
        call()
    (entry,) = [entry for entry in entries if entry.outcome == "refused"]
    assert (entry.action, entry.outcome, entry.reason) == (action, "refused", caught.value.grounds.code)
    return caught.value


def _overdue(**values: Any) -> Correction:
    report = _reported(**values)
    make.edit(report, answer_by=legal_day(now()) - dt.timedelta(days=1))
    assert escalate_due() == 1
    report.refresh_from_db()
    return report


# --- Reporting -----------------------------------------------------------------------------------------------------


def test_a_clerk_reports_what_an_answer_showed_and_the_issuer_has_ten_working_days() -> None:
    licence, clerk, at = make.issued(make.LAND), make.clerk("O"), now()
    key = _looked(licence)
    with make.recorded() as entries:
        report = report_look(key, person=clerk, field=UNTIL, said=SAID, at=at)
    assert (report.provider.code, report.state, report.licence, report.person) == ("L", "reported", licence, clerk)
    assert report.answer_by == working_days_after(legal_day(at), 10).day
    assert report.number == f"GZ-{legal_day(at):%Y%m%d}-0001"
    assert said_of(report) == SAID
    (entry,) = entries
    assert (entry.action, entry.outcome, entry.actor_department) == ("report_error", "reported", "O")
    assert (entry.subject, entry.licence_type) == (report.number, licence.licence_type.code)
    assert entry.fields == [licence.identifier, UNTIL]


def test_what_is_written_stands_nowhere_in_the_clear() -> None:
    report = _reported(said=Said("张三丰的名字写错了", "张三峰", "身份证"))
    answer_report(report, person=make.clerk("L", "department_head"), step="reject", finding="张三丰无误")
    kept = make.every_byte()
    for text in ("张三峰", "名字写错了", "身份证", "张三丰无误"):
        assert text.encode() not in kept


def test_only_fields_that_were_shown_may_be_reported() -> None:
    licence, clerk = make.issued(make.LAND), make.clerk("O")
    without_case = seen_by(_looked(licence), clerk, now())
    assert "certificateHolderName" not in without_case.fields
    key = _looked(licence, case="O2-1")
    assert "certificateHolderName" in seen_by(key, clerk, now()).fields
    for unseen, code in (("certificateHolderCode", "field_not_seen"), ("", "field_required")):
        refused = _refused(
            InputInvalid,
            "report_error",
            lambda field=unseen: report_look(key, person=clerk, field=field, said=SAID),
        )
        assert refused.fields["field"].code == code


def test_a_disclosure_shows_its_fields_and_no_others() -> None:
    licence, clerk = make.issued(make.LAND), make.clerk("O")
    key = disclose(make.ask(licence.identifier, case="O2-1"), standing=make.standing("O")).entry
    fields = seen_by(key, clerk, now()).fields
    assert "certificateNumber" in fields
    assert "certificateHolderCode" not in fields


@pytest.mark.parametrize("kind", ["foreign", "absent", "not_found", "mismatch", "refused", "own_report"])
def test_no_report_tells_whether_a_licence_exists_that_was_not_seen(kind: str) -> None:
    licence, clerk = make.issued(make.LAND), make.clerk("O")
    if kind == "foreign":
        clerk = make.clerk("D")
    key = {
        "foreign": lambda: _looked(licence),
        "absent": new_id,
        "not_found": lambda: _looked_for("没有的编号"),
        "mismatch": lambda: _looked(licence, holder_number=make.company_code(9), case="O2-1"),
        "refused": lambda: _refused_look(licence),
        "own_report": lambda: _entry_of(report_look(_looked(licence), person=clerk, field=UNTIL, said=SAID)),
    }[kind]()
    _refused(EntryNotFound, "report_error", lambda: report_look(key, person=clerk, field=UNTIL, said=SAID))


def _looked_for(number: str) -> UUID:
    return verify_number(make.ask(number), standing=make.standing("O")).entry


def _refused_look(licence: Licence) -> UUID:
    with pytest.raises(Refused) as caught:
        verify_number(make.ask(licence.number, "O2", purpose=""), standing=make.standing("O"))
    return UUID(caught.value.entry)


def _entry_of(report: Correction) -> UUID:
    return make.Entry.objects.get(subject=report.number).pk


def test_a_citizen_reports_any_field_of_a_licence_of_theirs_and_of_no_other() -> None:
    citizen, other = make.citizen(1), make.citizen(2)
    mine, foreign = make.issued(make.LAND, citizen.company), make.issued(make.LAND, other.company)
    report = report_own(mine.pk, person=citizen.person, field="certificateHolderName", said=SAID)
    assert (report.holder, report.department, report.person) == (citizen.company, None, citizen.person)
    for key in (foreign.pk, new_id()):
        _refused(
            LicenceNotHeld,
            "report_error",
            lambda key=key: report_own(key, person=citizen.person, field=UNTIL, said=SAID),
        )
    assert list(reports_by(citizen.person)) == [report]


def test_a_client_reports_what_its_department_saw() -> None:
    licence = make.issued(make.LAND)
    standing = make.standing("O")
    report = report_for(_looked(licence), standing=standing, field=UNTIL, said=SAID)
    department = make.department("O")
    assert (report.client_id, report.person, report.department) == (standing.actor.client, None, department)
    key = _looked(licence)
    _refused(
        EntryNotFound, "report_error", lambda: report_for(key, standing=make.standing("D"), field=UNTIL, said=SAID)
    )


def test_something_must_be_said_and_not_too_much() -> None:
    key, clerk = _looked(make.issued(make.LAND)), make.clerk("O")
    refused = _refused(
        InputInvalid, "report_error", lambda: report_look(key, person=clerk, field=UNTIL, said=Said(" ", "", "有证据"))
    )
    assert refused.fields["wrong"].code == "field_required"
    long = Said("错", "长" * (LONGEST + 1), "据" * (LONGEST + 1))
    refused = _refused(InputInvalid, "report_error", lambda: report_look(key, person=clerk, field=UNTIL, said=long))
    assert set(refused.fields) == {"proposed", "evidence"}


def test_the_same_person_reports_a_field_once_until_it_is_answered() -> None:
    licence, clerk = make.issued(make.LAND), make.clerk("O")
    report = _reported(licence, clerk)
    _refused(CorrectionOpen, "report_error", lambda: _again(licence, clerk))
    assert _reported(licence, clerk, field="certificateNumber").number != report.number
    assert _reported(licence, make.clerk("O")).person != clerk
    withdraw_report(report, person=clerk)
    assert _reported(licence, clerk).pk


def _again(licence: Licence, clerk: Person) -> None:
    key = make.Entry.objects.filter(action="verify").latest("id").pk
    report_look(key, person=clerk, field=UNTIL, said=SAID)


def test_the_database_keeps_two_of_one_reporter_from_being_open_at_once() -> None:
    values = Correction.objects.filter(pk=_reported().pk).values().get()
    with pytest.raises(IntegrityError), transaction.atomic():
        Correction.objects.create(**{**values, "id": new_id(), "number": "GZ-2"})


def test_it_is_for_nobody_else_to_take_a_report_back() -> None:
    report = _reported()
    _refused(CorrectionNotFound, "withdraw_report", lambda: withdraw_report(report, person=make.clerk("O")))


# --- Answering -----------------------------------------------------------------------------------------------------


def test_the_mend_is_a_new_version_which_the_report_names_and_holders_are_told() -> None:
    citizen = make.citizen()
    licence = make.issued(make.LAND, citizen.company)
    report = report_own(licence.pk, person=citizen.person, field=UNTIL, said=SAID)
    clerk = make.clerk("L")
    take_in_check(report, person=clerk)
    mended = _changed(licence, valid_until=dt.date(2031, 1, 1))
    with make.recorded() as entries:
        (answered,) = answer_report(report, person=clerk, step="uphold")
    assert (answered.state, answered.mended_by, answered.closed_by) == ("upheld", mended, clerk)
    (entry,) = entries
    assert (entry.action, entry.outcome) == ("answer_report", "upheld")
    assert entry.fields == [licence.identifier, UNTIL, mended.identifier]
    notice = Notice.objects.get(reason="correction_upheld")
    assert (notice.holder, notice.licence) == (citizen.company, mended)


def test_nothing_is_upheld_that_no_newer_version_mends() -> None:
    licence, clerk = make.issued(make.LAND), make.clerk("L")
    report = _reported(licence)
    _refused(NotMended, "answer_report", lambda: answer_report(report, person=clerk, step="uphold"))
    _changed(licence)
    _refused(NotMended, "answer_report", lambda: answer_report(report, person=clerk, step="uphold"))
    report.refresh_from_db()
    assert report.state == "reported"


def test_a_head_rejects_with_the_reason_and_a_clerk_does_not() -> None:
    report = _reported()
    _refused(
        CorrectionNotYours,
        "answer_report",
        lambda: answer_report(report, person=make.clerk("L"), step="reject", finding="无误"),
    )
    head = make.clerk("L", "department_head")
    refused = _refused(InputInvalid, "answer_report", lambda: answer_report(report, person=head, step="reject"))
    assert refused.fields["finding"].code == "field_required"
    (answered,) = answer_report(report, person=head, step="reject", finding=" 经核对原件无误。 ")
    assert (answered.state, finding_of(answered)) == ("rejected", "经核对原件无误。")
    _refused(
        CorrectionWrongState,
        "answer_report",
        lambda: answer_report(report, person=head, step="reject", finding="再次"),
    )


def test_reports_of_one_field_stand_together_and_are_answered_together() -> None:
    licence = make.issued(make.LAND)
    first, second, other = (
        _reported(licence),
        _reported(licence),
        _reported(licence, field="certificateNumber"),
    )
    assert alike(first) == [second]
    head = make.clerk("L", "department_head")
    done = answer_report(first, person=head, step="reject", finding="无误", together=True)
    assert {report.pk for report in done} == {first.pk, second.pk}
    assert [finding_of(report) for report in done] == ["无误", "无误"]
    assert list(open_reports(["L"])) == [other]


def test_nobody_answers_a_report_of_their_own_alone_or_together() -> None:
    licence = make.issued(make.LAND)
    head = make.clerk("L", "department_head")
    grant_role(person=head, role="clerk", department=make.department("O"), actor=make.PLATFORM)
    own = report_look(_looked(licence), person=head, field=UNTIL, said=SAID)
    _refused(OwnReport, "answer_report", lambda: answer_report(own, person=head, step="reject", finding="无误"))
    other = _reported(licence)
    _refused(
        OwnReport,
        "answer_report",
        lambda: answer_report(other, person=head, step="reject", finding="无误", together=True),
    )
    assert set(Correction.objects.values_list("state", flat=True)) == {"reported"}


def test_only_the_provider_and_overseers_open_a_report_and_others_learn_not_that_it_is_there() -> None:
    report = _reported()
    for person in (make.clerk("L"), make.clerk("L", "department_administrator"), _authority(), _authority("auditor")):
        with make.recorded() as entries:
            assert open_correction(report.number, person=person) == report
        assert (entries[0].action, entries[0].outcome) == ("open_correction", "opened")
    for number, person in ((report.number, make.clerk("D")), ("GZ-\0", make.clerk("L")), ("GZ-9", make.clerk("L"))):
        _refused(CorrectionNotFound, "open_correction", lambda n=number, p=person: open_correction(n, person=p))


# --- The clock -----------------------------------------------------------------------------------------------------


def test_an_overdue_report_goes_to_the_authority_which_then_may_reject_it() -> None:
    authority, report = _authority(), _reported()
    assert steps_for(report, authority, now()) == []
    make.edit(report, answer_by=legal_day(now()) - dt.timedelta(days=1))
    with make.recorded() as entries:
        assert escalate_reports() == 1
    assert [(e.action, e.outcome, e.actor_role) for e in entries] == [("escalate_report", "escalated", "platform")]
    assert escalate_reports() == 0
    report.refresh_from_db()
    assert steps_for(report, authority, now()) == ["uphold", "reject"]
    assert steps_for(report, _authority("auditor"), now()) == []
    assert steps_for(report, make.clerk("L"), now()) == ["uphold"]
    answer_report(report, person=authority, step="reject", finding="经核对无误")
    report.refresh_from_db()
    assert report.state == "rejected"


def test_a_report_is_not_overdue_on_its_last_day_and_in_check_it_still_can_be() -> None:
    report = _reported()
    take_in_check(report, person=make.clerk("L"))
    make.edit(report, answer_by=legal_day(now()))
    assert escalate_due() == 0
    make.edit(report, answer_by=legal_day(now()) - dt.timedelta(days=1))
    assert escalate_due() == 1


def test_the_citizen_is_told_that_it_was_passed_on_and_a_clerks_holder_is_not() -> None:
    citizen = make.citizen()
    licence = make.issued(make.LAND, citizen.company)
    report = report_own(licence.pk, person=citizen.person, field=UNTIL, said=SAID)
    _overdue(licence=make.issued(make.LAND, make.company(5)))
    make.edit(report, answer_by=legal_day(now()) - dt.timedelta(days=1))
    assert escalate_due() == 1
    assert [n.holder for n in Notice.objects.filter(reason="correction_escalated")] == [citizen.company]


def test_a_run_passes_on_so_many_at_most_the_longest_overdue_first() -> None:
    first, second = _reported(), _reported(make.issued(make.LAND, make.company(3)))
    make.edit(first, answer_by=legal_day(now()) - dt.timedelta(days=1))
    make.edit(second, answer_by=legal_day(now()) - dt.timedelta(days=5))
    assert escalate_due(most=1) == 1
    second.refresh_from_db()
    assert second.state == "escalated"


# --- The table -----------------------------------------------------------------------------------------------------


def test_the_table_of_states_holds_what_follows_from_it() -> None:
    for step, state, party in product(STEPS, State, Party):
        if can_step(step, state, party):
            assert state in OPEN
            assert step != "escalate" or party is Party.PLATFORM
            assert party is not Party.AUTHORITY or state is State.ESCALATED
            assert step != "withdraw" or party is Party.PERSON
