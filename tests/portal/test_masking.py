"""No page, answer, error or log line shows a holder's number in full to those who need not see it."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import pytest
from django.test import Client
from rest_framework.test import APIClient

from exchange.applying import Choice
from exchange.models import Application
from foundation.context import PLATFORM
from licences.errors import HolderInvalid
from licences.holders import change_number, masked_number, open_number, register_holder
from licences.models import Licence
from portal.demonstration.numbers import company_code, identity_number
from registry.enrolling import grant_role
from registry.models import Person
from tests import factories as make

pytestmark = pytest.mark.django_db

SERIAL, OTHER, RENEWED = 31, 32, 33
# The citizen's own number, the company's present and former ones, and another's that is typed in.
NUMBERS = [identity_number(SERIAL), company_code(SERIAL), company_code(RENEWED), company_code(OTHER)]


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """Collect every line of every log, SQL apart, whose parameters are not of this world."""
    caplog.set_level(logging.DEBUG)
    logging.getLogger("django.db.backends").setLevel(logging.INFO)
    yield caplog
    logging.getLogger("django.db.backends").setLevel(logging.NOTSET)


def full_numbers(text: str) -> list[str]:
    return [number for number in NUMBERS if number.lower() in text.lower()]


def browser(person: Person) -> Client:
    made = Client(raise_request_exception=False, headers={"accept-language": "en"})
    made.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return made


@pytest.fixture
def applicant() -> make.Citizen:
    make.city()
    made = make.citizen(SERIAL)
    change_number(made.company, code_type="001", number=company_code(RENEWED), actor=PLATFORM, basis="变更")
    made.company.refresh_from_db()
    return made


@contextmanager
def broken() -> Iterator[None]:
    """Let every verification fail in the middle, with a holder's number at hand."""
    with patch("exchange.verifying.verify_found", side_effect=RuntimeError("broken")):
        yield


def citizens_pages(applicant: make.Citizen, application: Application, licence: Licence) -> Iterator[str]:
    own = browser(applicant.person)
    yield own.get("/wallet/").text
    yield own.get(f"/wallet/{licence.pk}/copies/").text
    yield own.get("/looks/").text
    yield own.get("/items/D2/").text
    yield own.get(f"/applications/{application.number}/").text
    typed = {"holder": str(applicant.company.pk), "need-1": "typed", "number-1": "成〔2026〕1号", "holder-1": ""}
    yield own.post("/items/D2/", typed).text


def staff_pages(application: Application, licence: Licence) -> Iterator[str]:
    desk = browser(make.clerk("D"))
    yield desk.get("/desk/").text
    yield desk.get(f"/desk/{application.number}/").text
    yield desk.post(f"/desk/{application.number}/verify/").text
    yield desk.post("/desk/check/", {"number": licence.number, "item": "D2", "case": application.number}).text
    yield desk.post(f"/desk/{application.number}/decide/", {"step": "refuse", "reason": ""}).text
    with broken():
        yield desk.post("/desk/check/", {"number": licence.number, "item": "D2"}).text
    overseer = make.person()
    grant_role(person=overseer, role="data_authority", department=None, actor=PLATFORM)
    overview = browser(overseer)
    yield overview.get("/overview/").text
    record = overview.get("/overview/record/")
    yield record.text
    for page in {part.split('"')[0] for part in record.text.split('href="/overview/record/')[1:]}:
        answer = overview.get(f"/overview/record/{page}")
        if "export/" not in page:
            yield answer.text
        elif "csv" in page:
            yield answer.getvalue().decode()


def answers(caller: APIClient, licence: Licence) -> Iterator[str]:
    ask = {"number": licence.number, "item": "O2", "purpose": "规划许可", "case": "O2-1"}
    for number in (company_code(SERIAL), company_code(RENEWED), company_code(OTHER)):
        yield caller.post("/api/v1/verifications/", {**ask, "holder_code": number}, format="json").content.decode()
    yield caller.post("/api/v1/verifications/", {"holder_code": company_code(OTHER)}, format="json").content.decode()
    with broken():
        yield caller.post(
            "/api/v1/verifications/", {**ask, "holder_code": company_code(OTHER)}, format="json"
        ).content.decode()


def test_no_page_answer_error_or_log_line_shows_a_full_number(
    applicant: make.Citizen, said: pytest.LogCaptureFixture
) -> None:
    licence, application = make.issued(make.LAND, applicant.company), make.submitted(applicant)
    seen = [
        *citizens_pages(applicant, application, licence),
        *staff_pages(application, licence),
        *answers(make.api("O"), licence),
    ]
    assert len([text for text in seen if text]) > 20
    assert [full_numbers(text) for text in seen] == [[]] * len(seen)
    # They do speak of the holder, masked.
    assert any(masked_number(applicant.company) in text for text in seen)
    assert said.records
    assert full_numbers(said.text) == []


def test_what_is_refused_or_printed_names_no_full_number(applicant: make.Citizen) -> None:
    with pytest.raises(HolderInvalid) as refused:
        register_holder(name="某", code_type="001", number=company_code(OTHER)[:-1] + "I", actor=PLATFORM)
    told = [repr(refused.value), *(why.zh + why.en for why in refused.value.fields.values())]
    assert company_code(OTHER)[:-1] not in "".join(told)
    rows = [applicant.own, applicant.company, *applicant.company.numbers.all()]
    assert full_numbers("".join(f"{row} {row!r}" for row in rows)) == []


def test_a_department_sees_the_number_of_a_holder_whom_it_knows_and_the_record_says_so(
    applicant: make.Citizen,
) -> None:
    licence = make.issued(make.SITE, applicant.company)
    application = make.submitted(applicant, {1: Choice(licence=licence.pk)}, "L1")
    ask = {"item": "L1", "purpose": "用地预审", "case": application.number}
    with make.recorded() as entries:
        shown = make.api("L").get(f"/api/v1/licences/{licence.identifier}/", ask).content.decode()
    assert open_number(applicant.company) in shown
    (entry,) = (e for e in entries if e.action == "disclose")
    assert "certificateHolderCode" in entry.fields
