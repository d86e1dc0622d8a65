"""The citizen's pages: wallet, applying, following, who looked."""

import pytest
from django.test import Client

from exchange.verifying import verify_number
from tests import factories as make


def signed_in(citizen: make.Citizen) -> Client:
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(citizen.person, backend="django.contrib.auth.backends.ModelBackend")
    return browser


@pytest.mark.django_db
def test_the_wallet_shows_the_licences_of_all_whom_the_person_acts_for_and_nobody_elses() -> None:
    make.city()
    citizen = make.citizen()
    mine, other = make.issued(make.LAND, citizen.company), make.issued(make.LAND, make.company(99))
    page = signed_in(citizen).get("/wallet/").text
    assert f'data-number="{mine.number}"' in page
    assert f'data-number="{other.number}"' not in page


@pytest.mark.django_db
def test_identity_numbers_are_masked() -> None:
    make.city()
    citizen = make.citizen(41)
    page = signed_in(citizen).get("/wallet/").text
    assert make.identity_number(41) not in page
    assert make.identity_number(41)[:4] + "****" in page


@pytest.mark.django_db
def test_what_fits_is_offered_and_what_is_no_longer_valid_cannot_be_chosen() -> None:
    make.city()
    citizen = make.citizen()
    good = make.issued(make.LAND, citizen.company)
    bad = make.operated("suspend", make.LAND, citizen.company)
    page = signed_in(citizen).get("/items/D2/").text
    assert f'value="{good.pk}" checked' in page
    assert f'value="{bad.pk}" disabled' in page


@pytest.mark.django_db
def test_all_that_is_missing_is_named_at_once_and_what_was_typed_stays() -> None:
    make.city()
    citizen = make.citizen()
    form = {"holder": str(citizen.company.pk), "need-1": "typed", "number-1": "ABC-1", "need-2": "typed"}
    answer = signed_in(citizen).post("/items/D2/", form)
    assert answer.status_code == 400
    assert answer.text.count("need missing") == 2
    assert 'value="ABC-1"' in answer.text


@pytest.mark.django_db
def test_applying_for_somebody_elses_company_is_refused() -> None:
    make.city()
    citizen, other = make.citizen(1), make.citizen(2)
    answer = signed_in(citizen).post("/items/D2/", {"holder": str(other.company.pk)})
    assert answer.status_code == 403
    assert 'data-reason="not_represented"' in answer.text


@pytest.mark.django_db
def test_an_application_is_shown_to_its_applicant_only() -> None:
    make.city()
    citizen, other = make.citizen(1), make.citizen(2)
    application = make.submitted(citizen)
    assert signed_in(citizen).get(f"/applications/{application.number}/").status_code == 200
    assert signed_in(other).get(f"/applications/{application.number}/").status_code == 404
    assert signed_in(other).post(f"/applications/{application.number}/withdraw/").status_code == 404


@pytest.mark.django_db
def test_the_applicant_withdraws() -> None:
    make.city()
    citizen = make.citizen()
    application = make.submitted(citizen)
    signed_in(citizen).post(f"/applications/{application.number}/withdraw/")
    application.refresh_from_db()
    assert application.state == "withdrawn"


@pytest.mark.django_db
def test_who_looked_names_department_item_and_answer() -> None:
    make.city()
    citizen = make.citizen()
    licence = make.issued(make.LAND, citizen.company)
    verify_number(make.ask(licence.number, "O2"), standing=make.standing("O"))
    page = signed_in(citizen).get("/looks/").text
    assert make.department("O").name_en in page
    assert licence.number in page
