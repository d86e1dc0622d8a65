"""No entry, no page: where the record refuses an entry a page says so with 503, shows nothing and leaves nothing."""

from collections.abc import Mapping

import pytest
from django.apps import apps
from django.test import Client

from tests import factories as make
from tests.databases import record_down
from tests.licences.papers import certify_key_of
from tests.portal import issuer_room as room
from tests.portal.test_pages import authority

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city()


def rows() -> Mapping[str, int]:
    """Return how many rows each table has; failures to sign in are counted on, whatever else fails."""
    models = [model for model in apps.get_models() if model._meta.app_label != "axes"]
    return {model._meta.label: model._default_manager.count() for model in models}


def _fails(browser: Client, path: str, form: Mapping[str, str] | None = None, *, told: str = "") -> None:
    """Open a page, or send a form to it, while the record is down."""
    before = rows()
    with record_down():
        answer = browser.get(path) if form is None else browser.post(path, form)
    assert answer.status_code == 503, path
    assert b'data-reason="record_unavailable"' in answer.content
    assert not told or told.encode() not in answer.content
    assert rows() == before


def test_a_citizen_sees_nothing() -> None:
    citizen = make.citizen()
    licence = make.issued(make.LAND, citizen.company)
    certify_key_of(licence)
    browser = room.browser(citizen.person)
    browser.get(f"/wallet/{licence.pk}/document/")  # makes it, so that only giving it is left
    for path in ("/wallet/", "/looks/", "/items/D2/", f"/wallet/{licence.pk}/copies/"):
        _fails(browser, path, told=licence.number)
    _fails(browser, f"/wallet/{licence.pk}/document/", told="%PDF")


def test_a_clerk_verifies_and_decides_nothing() -> None:
    application = make.submitted()
    browser = room.staff("clerk", "D")
    _fails(browser, "/desk/check/", {"number": "1", "item": "D2"})
    _fails(browser, f"/desk/{application.number}/")
    for form in ({"decision": "approve"}, {"decision": "refuse", "reason": "不齐"}):
        _fails(browser, f"/desk/{application.number}/decide/", form)
    application.refresh_from_db()
    assert application.state == "accepted"


def test_an_overseer_reads_nothing_of_the_record() -> None:
    browser = room.browser(authority())
    for path in ("/overview/", "/overview/record/", "/overview/catalogue/export/"):
        _fails(browser, path)


def test_what_is_refused_is_not_explained_either() -> None:
    _fails(room.browser(make.citizen().person), "/overview/")


def test_nobody_signs_in_or_out() -> None:
    person = make.person()
    browser = Client()
    _fails(browser, "/sign-in/", {"username": person.username, "password": "a password of tests"})
    assert "_auth_user_id" not in browser.session
    _fails(Client(), "/sign-in/", {"username": person.username, "password": "wrong"})
    signed_in = room.browser(person)
    _fails(signed_in, "/sign-out/", {})
    assert "_auth_user_id" in signed_in.session


def test_the_public_learns_nothing() -> None:
    licence = make.issued(make.LAND, make.company(1))
    _fails(Client(), f"/c/{licence.check_code}", told=licence.licence_type.name_zh)
