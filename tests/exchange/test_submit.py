"""Applying by reference: every need named, or all that is missing at once and nothing kept."""

import datetime as dt
import uuid
from typing import Any

import pytest
import time_machine

from exchange.applying import Choice, matches, submit
from exchange.errors import ItemNotInForce, NeedsMissing, NotRepresented
from exchange.models import Application, CaseSequence, Reference
from foundation.clock import now
from foundation.reasons import Refused
from licences.holders import number_index
from portal.demonstration.numbers import company_code
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city()


def _refused(kind: type[Refused], applicant: make.Citizen, **values: Any) -> Any:
    values = {"item": make.item("D2"), "holder": applicant.company.pk, "choices": {}, **values}
    with make.recorded() as entries, pytest.raises(kind) as caught:
        submit(person=applicant.person, **values)
    assert not Application.objects.exists()
    assert not Reference.objects.exists()
    assert not CaseSequence.objects.exists()
    (entry,) = entries
    assert (entry.action, entry.outcome, entry.reason) == ("submit", "refused", caught.value.grounds.code)
    assert entry.actor_person == applicant.person.pk
    return caught.value


@time_machine.travel(dt.datetime(2026, 9, 14, 1, tzinfo=dt.UTC), tick=False)
def test_an_application_keeps_a_reference_for_each_need_and_is_recorded() -> None:
    applicant = make.citizen()
    choices = make.wallet_for_d2(applicant.company)
    with make.recorded() as entries:
        application = make.submitted(applicant, choices)
    assert application.number == "D2-20260914-0001"
    assert application.decide_by == dt.date(2026, 10, 16)  # 20 working days, National Day left out
    references = list(application.references.all())
    assert [r.licence_id for r in references] == [c.licence for c in choices.values()]
    assert all(r.number and r.outcome == "valid" and r.way == "reference" for r in references)
    entry = entries[0]
    assert [(e.action, e.outcome) for e in entries[1:]] == [("verify", "valid")] * 3 + [("accept", "accepted")]
    assert {e.actor_role for e in entries[1:]} == {"platform"}
    assert (entry.action, entry.outcome, entry.case) == ("submit", "submitted", application.number)
    assert entry.fields == [r.licence.identifier for r in references if r.licence]


def test_all_missing_needs_are_named_at_once_and_nothing_is_kept() -> None:
    refused = _refused(NeedsMissing, make.citizen())
    assert refused.grounds.zh == f"尚缺：{make.SITE}、{make.LAND}、{make.ENVIRONMENT}。"
    assert refused.grounds.en == (
        "Still missing: Site opinion, Land opinion, Reply on the impact report or Reply on the impact form."
    )
    assert set(refused.missing) == {1, 2, 3}
    assert {name: why.code for name, why in refused.fields.items()} == {
        f"need-{n}": "field_required" for n in (1, 2, 3)
    }


def test_what_is_given_is_not_named_as_missing() -> None:
    applicant = make.citizen()
    choices = make.wallet_for_d2(applicant.company)
    del choices[2]
    assert set(_refused(NeedsMissing, applicant, choices=choices).missing) == {2}


@pytest.mark.parametrize("number", ["", "  ", "\u3000\u200b"])
def test_an_empty_number_is_a_missing_need(number: str) -> None:
    applicant = make.citizen()
    choices = make.wallet_for_d2(applicant.company) | {3: Choice(number=number)}
    assert set(_refused(NeedsMissing, applicant, choices=choices).missing) == {3}


def test_a_licence_of_somebody_else_chosen_by_its_id_is_refused() -> None:
    applicant = make.citizen(1)
    foreign = make.issued(make.SITE, make.company(2))
    choices = make.wallet_for_d2(applicant.company) | {1: Choice(licence=foreign.pk)}
    refused = _refused(NeedsMissing, applicant, choices=choices)
    assert {name: why.code for name, why in refused.fields.items()} == {"need-1": "reference_not_own"}


def test_a_licence_that_does_not_meet_the_need_or_does_not_exist_is_refused() -> None:
    applicant = make.citizen()
    wrong_type = make.issued(make.LAND, applicant.company)
    for licence in (wrong_type.pk, uuid.uuid4()):
        choices = make.wallet_for_d2(applicant.company) | {1: Choice(licence=licence)}
        refused = _refused(NeedsMissing, applicant, choices=choices)
        assert refused.fields["need-1"].code == "reference_not_own"


def test_either_alternative_of_an_alias_meets_the_need() -> None:
    applicant = make.citizen()
    form = make.issued(make.FORM, applicant.company)
    application = make.submitted(applicant, make.wallet_for_d2(applicant.company) | {3: Choice(licence=form.pk)})
    assert application.references.get(need_group=3).licence == form


def test_a_typed_number_is_kept_as_typed_and_compared_without_its_brackets() -> None:
    applicant = make.citizen()
    choices = make.wallet_for_d2(applicant.company) | {1: Choice(number=" 成规划局（2026） １号 ")}
    application = make.submitted(applicant, choices)
    reference = application.references.get(need_group=1)
    assert reference.licence == make.Licence.objects.get(number="成规划局〔2026〕1号")
    assert (reference.outcome, application.state) == ("valid", "accepted")
    assert (reference.number, reference.number_key) == ("成规划局（2026） １号", "成规划局[2026]1号")


def test_another_holder_is_kept_as_an_index_only() -> None:
    applicant = make.citizen(1)
    choices = make.wallet_for_d2(applicant.company) | {1: Choice(number="某〔2026〕1号", other_holder=company_code(2))}
    reference = make.submitted(applicant, choices).references.get(need_group=1)
    assert reference.other_holder
    assert bytes(reference.other_holder) == number_index(company_code(2))
    assert company_code(2).encode() not in make.every_byte()


def test_a_very_long_number_and_project_are_cut_and_not_a_crash() -> None:
    applicant = make.citizen()
    choices = make.wallet_for_d2(applicant.company) | {1: Choice(number="成" * 5000)}
    application = submit(
        person=applicant.person, item=make.item("D2"), holder=applicant.company.pk, choices=choices, project="长" * 5000
    )
    assert len(application.project) == 200


def test_nobody_applies_for_a_holder_they_do_not_represent() -> None:
    stranger = make.company(2)
    _refused(NotRepresented, make.citizen(1), holder=stranger.pk)
    _refused(NotRepresented, make.citizen(1), holder=uuid.uuid4())


def test_nobody_applies_for_a_company_they_no_longer_represent() -> None:
    applicant = make.citizen()
    applicant.person.representations.filter(holder=applicant.company).update(until=now())
    _refused(NotRepresented, applicant)


def test_nobody_applies_for_a_retired_or_future_item() -> None:
    applicant = make.citizen()
    for values in ({"retired_at": now()}, {"retired_at": None, "in_force_from": now() + dt.timedelta(days=1)}):
        make.edit(make.item("D2"), **values)
        _refused(ItemNotInForce, applicant, item=make.item("D2"))


def test_an_item_without_needs_is_applied_for_without_references() -> None:
    assert make.submitted(choices={}, code="O1").references.count() == 0


def test_numbers_count_up_by_item_and_legal_day() -> None:
    applicant = make.citizen()
    midnight = dt.datetime(2027, 3, 1, 16, tzinfo=dt.UTC)
    numbers = []
    for seconds, code in ((-1, "O1"), (-1, "O1"), (-1, "L2"), (0, "O1")):
        with time_machine.travel(midnight + dt.timedelta(seconds=seconds), tick=False):
            numbers.append(make.submitted(applicant, {}, code).number)
    assert numbers == ["O1-20270301-0001", "O1-20270301-0002", "L2-20270301-0001", "O1-20270302-0001"]


def test_the_record_names_the_applicant_by_commitment_only() -> None:
    applicant = make.citizen()
    with make.recorded() as entries:
        make.submitted(applicant, {}, "O1")
    assert "市民" not in bytes(entries[0].leaf).decode()


def test_matches_show_what_fits_valid_ones_first_and_where_to_get_the_rest() -> None:
    applicant = make.citizen()
    old, new = make.expired(make.SITE, applicant.company), make.issued(make.SITE, applicant.company)
    make.issued(make.SITE, make.company(2))
    found = matches(make.item("D2"), applicant.company.pk, now())
    assert [m.group.name.zh for m in found] == [make.SITE, make.LAND, make.ENVIRONMENT]
    assert found[0].fitting == (new, old)
    assert [m.fitting for m in found[1:]] == [(), ()]
    assert [[i.code for i in m.sources] for m in found] == [["O1"], ["L1"], ["M1", "M2"]]
    assert [m.fitting for m in matches(make.item("D2"), None, now())] == [(), (), ()]
