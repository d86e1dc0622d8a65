"""One click verifies all references of an application, and what was found is kept with each."""

import pytest

from audit.models import Entry
from exchange.applying import Choice, withdraw
from exchange.deciding import refuse, verify_references
from exchange.errors import RoleMissing
from exchange.models import Application
from foundation.context import PLATFORM
from foundation.reasons import Refused
from licences.operating import operate
from portal.demonstration.numbers import company_code
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city()


def _found(application: Application) -> list[tuple[str, str]]:
    return list(application.references.order_by("need_group").values_list("outcome", "reason"))


def test_all_references_are_verified_and_each_names_its_entry() -> None:
    application, clerk = make.submitted(), make.clerk("D")
    with make.recorded() as entries:
        references = verify_references(application, person=clerk)
    assert _found(application) == [("valid", "valid")] * 3
    assert [r.entry for r in references] == [e.pk for e in entries[:3]]
    assert [e.action for e in entries] == ["verify"] * 3 + ["review"]
    assert {(e.case, e.actor_person) for e in entries} == {(application.number, clerk.pk)}
    assert all(r.verified_at and r.explanation_zh and r.explanation_en for r in application.references.all())


def test_each_bad_reference_has_its_own_reason() -> None:
    applicant = make.citizen()
    chosen = {
        1: Choice(licence=make.expired(make.SITE, applicant.company).pk),
        2: Choice(licence=make.operated("suspend", make.LAND, applicant.company).pk),
        3: Choice(licence=make.tampered(make.REPORT, applicant.company).pk),
    }
    application = make.submitted(applicant, chosen)
    verify_references(application, person=make.clerk("D"))
    assert _found(application) == [
        ("no_longer_valid", "expired"), ("suspended", "suspended"), ("signature_invalid", "signature_invalid"),
    ]  # fmt: skip


def test_a_typed_number_is_looked_up_among_the_types_of_its_own_need() -> None:
    applicant = make.citizen()
    site, land = make.issued(make.SITE, applicant.company), make.issued(make.LAND, applicant.company)
    typed = {1: Choice(number=site.number.replace("〔", "(").replace("〕", ")")), 2: Choice(number=site.number)}
    application = make.submitted(applicant, make.wallet_for_d2(applicant.company) | typed)
    verify_references(application, person=make.clerk("D"))
    assert _found(application)[:2] == [("valid", "valid"), ("not_found", "not_found")]
    assert land


def test_a_typed_number_of_somebody_else_is_a_mismatch_unless_that_holder_is_named() -> None:
    applicant = make.citizen(1)
    foreign = make.issued(make.SITE, make.company(2))
    named = Choice(number=foreign.number, other_holder=company_code(2))
    unnamed = Choice(number=foreign.number)
    for choice, expected in ((unnamed, ("mismatch", "holder_mismatch")), (named, ("valid", "valid"))):
        application = make.submitted(applicant, make.wallet_for_d2(applicant.company) | {1: choice})
        verify_references(application, person=make.clerk("D"))
        assert _found(application)[0] == expected


def test_a_refused_access_is_kept_with_its_reason_and_its_entry() -> None:
    applicant = make.citizen()
    licence = make.issued(make.EXPLOSIVES, applicant.company)
    application = make.submitted(applicant, {1: Choice(licence=licence.pk)}, "O4")
    verify_references(application, person=make.clerk("O"))
    reference = application.references.get()
    assert (reference.outcome, reference.reason) == ("refused", "not_shared")
    assert reference.entry
    assert Entry.objects.get(pk=reference.entry).reason == "not_shared"


def test_a_conditional_licence_chosen_by_its_holder_verifies() -> None:
    applicant = make.citizen()
    deed = make.issued(make.DEED, applicant.company)
    application = make.submitted(applicant, {1: Choice(licence=deed.pk)}, "O3")
    verify_references(application, person=make.clerk("O"))
    assert _found(application) == [("valid", "valid")]


def test_a_second_look_finds_what_has_changed_meanwhile() -> None:
    application, clerk = make.submitted(), make.clerk("D")
    verify_references(application, person=clerk)
    licence = application.references.get(need_group=1).licence
    assert licence
    operate(licence, "revoke", reason="测试", actor=PLATFORM)
    verify_references(application, person=clerk)
    assert _found(application)[0] == ("no_longer_valid", "revoked")


def test_a_replaced_licence_that_was_chosen_is_no_longer_valid() -> None:
    applicant = make.citizen()
    application = make.submitted(applicant)
    old = application.references.get(need_group=1).licence
    make.issued(make.SITE, applicant.company, replaces=old)
    verify_references(application, person=make.clerk("D"))
    assert _found(application)[0] == ("no_longer_valid", "replaced")


@pytest.mark.parametrize(("code", "role"), [("M", "clerk"), ("D", "department_administrator")])
def test_nobody_without_the_duty_verifies_and_the_attempt_is_recorded(code: str, role: str) -> None:
    application, other = make.submitted(), make.clerk(code, role)
    before = list(application.references.values_list("entry"))
    with make.recorded() as entries, pytest.raises(RoleMissing) as caught:
        verify_references(application, person=other)
    assert "Economy Commission" in caught.value.grounds.en
    assert list(application.references.values_list("entry")) == before
    assert [(e.action, e.outcome, e.reason) for e in entries] == [("verify_references", "refused", "role_missing")]


def test_what_was_found_does_not_change_once_the_application_is_decided_or_withdrawn() -> None:
    clerk, applicant = make.clerk("D"), make.citizen()
    refused, withdrawn = (make.submitted(applicant) for _ in range(2))
    refuse(refused, person=clerk, reason="不符")
    withdraw(withdrawn, person=applicant.person)
    for application in (refused, withdrawn):
        before = _found(application)
        with pytest.raises(Refused):
            verify_references(application, person=clerk)
        assert _found(application) == before
