"""Approving: the references are verified once more, and the result is issued at once, or nothing is."""

import contextlib
import datetime as dt
from typing import Any

import pytest
from django.db import DatabaseError

from audit.errors import RecordUnavailable
from audit.models import Entry
from exchange.applying import Choice, withdraw
from exchange.asking import standing_of_person
from exchange.deciding import approve, refuse, verify_references
from exchange.errors import OwnApplication, ReferencesNotValid, RoleMissing, WrongState
from exchange.models import Application
from exchange.procedure import State
from exchange.verifying import verify_number
from foundation.clock import now
from foundation.context import PLATFORM
from foundation.reasons import Refused
from licences.drafting import contents_of
from licences.errors import NoSigningKey
from licences.models import Draft, Licence, SigningKey
from licences.operating import operate
from licences.outcomes import Outcome
from licences.queries import wallet
from licences.verification import verify_found
from portal.demonstration.numbers import company_code
from registry.defining import define_type
from registry.enrolling import grant_role
from registry.forms import Form
from registry.models import Need, Person
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city()


def _refused(kind: type[Refused], application: Application, person: Person) -> Refused:
    issued = Licence.objects.count()
    with make.recorded() as entries, pytest.raises(kind) as caught:
        approve(application, person=person)
    application.refresh_from_db()
    assert Licence.objects.count() == issued
    assert (entries[-1].action, entries[-1].outcome) == ("approve", "refused")
    assert caught.value.entry == str(entries[-1].pk)
    return caught.value


def test_approval_issues_the_result_into_the_holders_wallet() -> None:
    applicant, clerk = make.citizen(), make.clerk("D")
    application = approve(make.submitted(applicant), person=clerk)
    assert (application.state, application.decided_by) == (State.ISSUED, clerk)
    (licence,) = application.results.all()
    assert (licence.licence_type.name_zh, licence.issuer.code) == (make.APPROVAL, "D")
    assert licence in wallet(applicant.company.pk)
    found = verify_found([licence], at=now())
    assert found.outcome is Outcome.VALID
    assert found.claims
    assert found.claims["applicationNumber"] == application.number
    assert found.claims["projectName"] == "数控机床改造"


def test_approval_is_recorded_with_every_access_made_for_it() -> None:
    application, clerk = make.submitted(), make.clerk("D")
    with make.recorded() as entries:
        approve(application, person=clerk)
    assert [e.action for e in entries] == ["verify"] * 3 + ["issue", "approve"]
    assert {e.case for e in entries} == {application.number}
    assert {e.actor_person for e in entries} == {clerk.pk}


def test_the_next_department_verifies_the_result_at_once() -> None:
    application = approve(make.submitted(), person=make.clerk("D"))
    number = application.results.get().number
    planner = standing_of_person(make.clerk("O"), make.department("O"), "clerk")
    answer = verify_number(make.ask(number.replace("〔", "［").replace("〕", "］")), standing=planner)
    assert answer.verification.outcome is Outcome.VALID


def test_a_clerk_of_another_department_does_not_approve() -> None:
    application = make.submitted()
    refused = _refused(RoleMissing, application, make.clerk("M"))
    assert refused.grounds.code == "role_missing"
    assert application.state == State.ACCEPTED


def test_a_role_that_has_ended_or_is_another_does_not_approve() -> None:
    application = make.submitted()
    former = make.clerk("D", since=now() - dt.timedelta(days=9))
    former.memberships.update(until=now())
    for person in (former, make.clerk("D", "department_administrator"), make.citizen(5).person):
        _refused(RoleMissing, application, person)


def test_a_clerk_who_was_switched_off_does_not_approve() -> None:
    application, clerk = make.submitted(), make.clerk("D")
    make.edit(clerk, is_active=False)
    with pytest.raises(Refused):
        approve(application, person=Person.objects.get(pk=clerk.pk))
    application.refresh_from_db()
    assert application.state == State.ACCEPTED


def test_a_clerk_of_the_counter_approves_what_is_delegated_and_the_department_issues() -> None:
    make.item("D2").delegated_to.add(make.department("O"))
    application = approve(make.submitted(), person=make.clerk("O"))
    assert application.results.get().issuer.code == "D"


def test_nobody_approves_their_own_application() -> None:
    applicant = make.citizen()
    grant_role(person=applicant.person, role="clerk", department=make.department("D"), actor=PLATFORM)
    application = make.submitted(applicant)
    assert _refused(OwnApplication, application, applicant.person).grounds.code == "own_application"
    assert application.state == State.ACCEPTED


def test_nothing_is_approved_twice() -> None:
    application, clerk = make.submitted(), make.clerk("D")
    approve(application, person=clerk)
    refused = _refused(WrongState, application, clerk)
    assert refused.grounds.reason.status == 409
    assert application.results.count() == 1


def test_a_withdrawn_or_refused_application_is_not_approved() -> None:
    clerk, applicant = make.clerk("D"), make.citizen()
    withdrawn, refused = (make.submitted(applicant) for _ in range(2))
    withdraw(withdrawn, person=applicant.person)
    refuse(refused, person=clerk, reason="不符")
    for application in (withdrawn, refused):
        _refused(WrongState, application, clerk)


def test_a_reference_revoked_after_it_was_verified_stops_the_approval_and_what_was_found_is_kept() -> None:
    application, clerk = make.submitted(), make.clerk("D")
    verify_references(application, person=clerk)
    revoked = application.references.get(need_group=2).licence
    assert revoked
    operate(revoked, "revoke", reason="测试", actor=PLATFORM)
    with make.recorded() as entries:
        refused = _refused(ReferencesNotValid, application, clerk)
    assert refused.grounds.en == "These references do not hold: Land opinion."
    assert application.state == State.IN_REVIEW
    reference = application.references.get(need_group=2)
    assert (reference.outcome, reference.reason) == ("no_longer_valid", "revoked")
    assert [(e.action, e.outcome) for e in entries] == [
        ("verify", "valid"), ("verify", "no_longer_valid"), ("verify", "valid"), ("approve", "refused"),
    ]  # fmt: skip
    assert reference.entry == entries[1].pk


def test_a_mismatch_or_a_refused_access_stops_the_approval_too() -> None:
    applicant = make.citizen(1)
    foreign = make.issued(make.SITE, make.company(2))
    choices = make.wallet_for_d2(applicant.company) | {1: Choice(number=foreign.number)}
    _refused(ReferencesNotValid, make.submitted(applicant, choices), make.clerk("D"))
    blasting = make.issued(make.EXPLOSIVES, applicant.company)
    _refused(ReferencesNotValid, make.submitted(applicant, {1: Choice(licence=blasting.pk)}, "O4"), make.clerk("O"))


def test_without_a_key_nothing_is_issued_and_the_application_waits() -> None:
    application, clerk = make.submitted(), make.clerk("D")
    make.department("D").signing_keys.update(retired_at=now())
    refused = _refused(NoSigningKey, application, clerk)
    assert refused.grounds.reason.status == 409
    assert application.state == State.ACCEPTED


def test_where_the_record_cannot_be_written_nothing_is_decided(monkeypatch: pytest.MonkeyPatch) -> None:
    application, clerk = make.submitted(), make.clerk("D")

    def fail(*values: Any) -> None:
        raise DatabaseError("disk full")

    issued = Licence.objects.count()
    monkeypatch.setattr(Entry.objects, "bulk_create", fail)
    with pytest.raises(RecordUnavailable):
        approve(application, person=clerk)
    application.refresh_from_db()
    assert application.state == State.ACCEPTED
    assert Licence.objects.count() == issued


# --- Changes -----------------------------------------------------------------------------------------------------


def _change(choice: Choice, applicant: make.Citizen) -> Application:
    return approve(make.submitted(applicant, {1: choice}, "D3"), person=make.clerk("D"))


def test_a_change_replaces_the_licence_that_was_chosen() -> None:
    applicant = make.citizen()
    old = make.issued(make.APPROVAL, applicant.company)
    new = _change(Choice(licence=old.pk), applicant).results.get()
    assert (new.number, new.version, new.previous) == (old.number, 2, old)
    old.refresh_from_db()
    assert old.state == "replaced"
    assert wallet(applicant.company.pk) == [new]


def test_a_change_replaces_the_licence_whose_number_was_typed() -> None:
    applicant = make.citizen()
    old = make.issued(make.APPROVAL, applicant.company)
    new = _change(Choice(number=old.number), applicant).results.get()
    assert (new.number, new.version) == (old.number, 2)
    old.refresh_from_db()
    assert old.state == "replaced"


def test_a_change_never_replaces_the_licence_of_another_holder() -> None:
    applicant = make.citizen(1)
    foreign = make.issued(make.APPROVAL, make.company(2))
    application = make.submitted(applicant, {1: Choice(number=foreign.number)}, "D3")
    _refused(ReferencesNotValid, application, make.clerk("D"))
    foreign.refresh_from_db()
    assert foreign.state == "valid"


def test_a_change_does_not_take_over_the_licence_of_another_holder_who_was_named() -> None:
    applicant = make.citizen(1)
    foreign = make.issued(make.APPROVAL, make.company(2))
    choice = Choice(number=foreign.number, other_holder=company_code(2))
    application = make.submitted(applicant, {1: choice}, "D3")
    with contextlib.suppress(Refused):
        approve(application, person=make.clerk("D"))
    foreign.refresh_from_db()
    assert foreign.state == "valid"
    assert wallet(make.company(2).pk) == [foreign]


def test_a_new_approval_replaces_nothing() -> None:
    applicant = make.citizen()
    old = make.issued(make.APPROVAL, applicant.company)
    new = approve(make.submitted(applicant), person=make.clerk("D")).results.get()
    assert new.number != old.number
    old.refresh_from_db()
    assert old.state == "valid"


def test_a_need_that_the_item_got_since_stops_approval() -> None:
    application = make.submitted()
    Need.objects.create(
        item=application.item, group=9, licence_type=make.licence_type(make.STUDY), written_as=make.STUDY
    )
    with pytest.raises(ReferencesNotValid, match="Reply on the study"):
        approve(application, person=make.clerk("D"))
    application.refresh_from_db()
    assert application.state == "accepted"


def test_where_issuing_fails_what_was_verified_stays_recorded() -> None:
    application = make.submitted()
    SigningKey.objects.filter(department__code="D").update(retired_at=now())
    with make.recorded() as entries, pytest.raises(NoSigningKey):
        approve(application, person=make.clerk("D"))
    assert [entry.action for entry in entries if entry.action in ("verify", "approve")] == ["verify"] * 3 + ["approve"]
    assert set(application.references.values_list("outcome", flat=True)) == {"valid"}


def test_where_the_type_asks_for_two_persons_a_draft_waits_for_the_second() -> None:
    define_type(make.licence_type(make.APPROVAL), Form(two_persons=True), actor=PLATFORM)
    application, clerk = make.submitted(), make.clerk("D")
    decided = approve(application, person=clerk)
    assert decided.results.count() == 0
    draft = Draft.objects.get()
    assert (draft.state, draft.made_by, draft.licence_type.name_zh) == ("made", clerk.pk, make.APPROVAL)
    assert contents_of(draft).content["applicationNumber"] == application.number
