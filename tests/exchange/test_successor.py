"""Which version took a licence's place: told for a case, to whom the type is permitted, of the holder's own alone."""

from typing import Any

import pytest

from audit.models import Entry
from exchange.applying import Choice
from exchange.asking import Standing
from exchange.disclosing import disclose
from exchange.errors import LicenceNotFound
from exchange.verifying import Answer, verify_number
from foundation.context import PLATFORM
from licences.models import Holder, Licence
from licences.operating import operate
from licences.outcomes import Outcome
from portal.demonstration.numbers import company_code
from registry.models import Need
from tests import factories as make

pytestmark = pytest.mark.django_db

CASE = "O2-外部-1"


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city()


@pytest.fixture
def planning() -> Standing:
    return make.standing("O")


def _renewed(holder: Holder | None = None, name: str = make.LAND) -> tuple[Licence, Licence]:
    old = make.issued(name, holder or make.company(1))
    return old, make.issued(name, holder or make.company(1), replaces=old)


def _transferred() -> tuple[Licence, Licence]:
    """Transfer a licence from the first company to the second."""
    old = make.issued(holder=make.company(1))
    return old, make.issued(holder=make.company(2), replaces=old, operation="transfer")


def _asked(text: str, standing: Standing, **values: Any) -> Answer:
    return verify_number(make.ask(text, **{"case": CASE, **values}), standing=standing)


def _is(answer: Answer, reason: str) -> None:
    assert (answer.verification.outcome, answer.verification.grounds.code) == (Outcome.NO_LONGER_VALID, reason)


def test_the_holders_newer_version_is_named_for_a_case_and_the_record_says_so(planning: Standing) -> None:
    old, new = _renewed()
    answer = _asked(old.identifier, planning, holder_number=company_code(1))
    _is(answer, "replaced")
    assert answer.successor == new
    entry = Entry.objects.get(pk=answer.entry)
    assert (entry.subject, entry.fields) == (old.identifier, ["successor"])


def test_the_newest_of_several_versions_is_named(planning: Standing) -> None:
    old, new = _renewed()
    newest = make.issued(holder=make.company(1), replaces=new)
    assert _asked(old.identifier, planning, holder_number=company_code(1)).successor == newest


def test_the_holder_of_an_application_is_holder_enough(planning: Standing) -> None:
    applicant = make.citizen(1)
    old = make.issued(make.LAND, applicant.company)
    choices = {1: Choice(licence=make.issued(make.STUDY, applicant.company).pk), 2: Choice(licence=old.pk)}
    case = make.submitted(applicant, choices, "O2").number
    new = make.issued(make.LAND, applicant.company, replaces=old)
    answer = verify_number(make.ask(old.identifier, case=case), standing=planning)
    _is(answer, "replaced")
    assert answer.successor == new


@pytest.mark.parametrize("values", [{}, {"case": "", "holder_number": company_code(1)}], ids=["no holder", "no case"])
def test_without_a_holder_or_a_case_no_successor_is_named(planning: Standing, values: dict[str, str]) -> None:
    old, _ = _renewed()
    answer = _asked(old.identifier, planning, **values)
    _is(answer, "replaced")
    assert answer.successor is None
    assert Entry.objects.get(pk=answer.entry).fields == []


def test_of_a_licence_that_was_annulled_after_it_was_replaced_nothing_is_named(planning: Standing) -> None:
    old, _ = _renewed()
    operate(old, "annul", reason="骗取", actor=PLATFORM)
    answer = _asked(old.identifier, planning, holder_number=company_code(1))
    _is(answer, "annulled")
    assert answer.successor is None


def test_of_a_transferred_licence_the_former_holder_learns_nothing_of_the_new_one(planning: Standing) -> None:
    old, new = _transferred()
    for text in (old.identifier, old.number):
        answer = _asked(text, planning, holder_number=company_code(1))
        _is(answer, "transferred")
        assert answer.verification.licence == old
        assert answer.successor is None
        assert Entry.objects.get(pk=answer.entry).subject == old.identifier
    assert _asked(new.number, planning, holder_number=company_code(2)).verification.outcome is Outcome.VALID


def test_the_identifier_of_the_new_version_is_not_the_former_holders(planning: Standing) -> None:
    _, new = _transferred()
    answer = _asked(new.identifier, planning, holder_number=company_code(1))
    assert answer.verification.outcome is Outcome.MISMATCH
    assert (answer.verification.licence, answer.successor) == (None, None)


def test_a_stranger_to_all_versions_is_a_mismatch(planning: Standing) -> None:
    old, _ = _transferred()
    for text in (old.identifier, old.number):
        assert _asked(text, planning, holder_number=company_code(3)).verification.outcome is Outcome.MISMATCH


def test_who_stays_a_holder_learns_of_the_version_shared_with_others(planning: Standing) -> None:
    old = make.issued(holder=make.company(1))
    both = [make.company(1), make.company(2)]
    new = make.issued(holders=both, replaces=old, operation="transfer")
    assert _asked(old.identifier, planning, holder_number=company_code(1)).successor == new


def test_a_successor_of_a_type_that_the_asker_may_not_ask_about_is_not_named(planning: Standing) -> None:
    old = make.issued(make.STUDY, make.company(1))
    new = make.issued(make.APPROVAL, make.company(1), replaces=old)
    assert _asked(old.identifier, planning, holder_number=company_code(1)).successor == new
    Need.objects.filter(item__code="O2", licence_type=new.licence_type).delete()
    answer = _asked(old.identifier, planning, holder_number=company_code(1))
    _is(answer, "replaced")
    assert answer.successor is None


def test_a_former_version_of_a_type_that_the_asker_may_not_ask_about_stays_unknown(planning: Standing) -> None:
    old = make.issued(make.SITE, make.company(1))
    new = make.issued(make.LAND, make.company(2), replaces=old, operation="transfer")
    answer = _asked(new.number, planning, holder_number=company_code(1))
    assert answer.verification.outcome is Outcome.MISMATCH


def test_a_row_that_was_edited_is_not_named_as_a_successor(planning: Standing) -> None:
    old, new = _renewed()
    make.edit(new, number="伪造〔2026〕1号")
    assert _asked(old.identifier, planning, holder_number=company_code(1)).successor is None


def test_a_link_edited_in_the_database_does_not_make_anothers_licence_the_successor(planning: Standing) -> None:
    old, new = _renewed()
    foreign = make.issued(holder=make.company(2))
    make.edit(new, previous=None)
    make.edit(foreign, previous=old, version=2)
    answer = _asked(old.identifier, planning, holder_number=company_code(1))
    _is(answer, "replaced")
    assert answer.successor is None


def test_reading_the_fields_of_a_replaced_licence_names_the_successor_too(planning: Standing) -> None:
    old, new = _renewed()
    applicant = make.citizen(1)
    choices = {1: Choice(licence=make.issued(make.STUDY, applicant.company).pk), 2: Choice(number="某〔2026〕1号")}
    case = make.submitted(applicant, choices, "O2").number
    with make.recorded() as entries:
        found = disclose(make.ask(old.identifier, case=case), standing=planning)
    assert found.successor == new
    (entry,) = entries
    assert "successor" in entry.fields
    with pytest.raises(LicenceNotFound):
        disclose(make.ask(_transferred()[1].identifier, case=case), standing=planning)


# --- As systems and clerks see it ---------------------------------------------------------------------------------


def _post(number: str, **values: str) -> dict[str, Any]:
    ask = {"number": number, "item": "O2", "purpose": "规划许可", "case": CASE, **values}
    return dict(make.api("O").post("/api/v1/verifications/", ask, format="json").json())


def test_the_api_names_number_and_identifier_and_says_that_the_signature_is_right() -> None:
    old, new = _renewed()
    body = _post(old.identifier, holder_code=company_code(1))
    assert (body["outcome"], body["reason"], body["signature"]) == ("no_longer_valid", "replaced", "right")
    assert body["successor"] == {"number": new.number, "identifier": new.identifier}
    assert _post(old.identifier)["successor"] is None


def test_the_api_tells_of_a_transfer_without_the_new_version() -> None:
    old, new = _transferred()
    body = _post(old.number, holder_code=company_code(1))
    assert (body["reason"], body["successor"]) == ("transferred", None)
    assert new.identifier not in str(body)


@pytest.mark.parametrize(
    ("made", "signature"),
    [(make.issued, "right"), (make.expired, "right"), (make.tampered, "wrong")],
    ids=["valid", "expired", "tampered"],
)
def test_the_api_answers_the_two_questions_apart(made: Any, signature: str) -> None:
    assert _post(made().number)["signature"] == signature


def test_where_nothing_was_found_no_signature_was_checked() -> None:
    assert _post("成国土局〔1999〕1号")["signature"] == "not_checked"
