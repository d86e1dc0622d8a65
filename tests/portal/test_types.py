"""Licence types: the catalogue entry, and the three rights over each."""

import pytest
from django.test import Client

from registry.enrolling import grant_role
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def authority() -> Client:
    make.city()
    person = make.person("主管")
    grant_role(person=person, role="data_authority", department=None, actor=make.PLATFORM)
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return browser


def test_types_are_found_by_words_and_listed_with_owner_and_class(authority: Client) -> None:
    page = authority.get("/overview/types/", {"q": "estate"}).text
    assert "Real estate certificate" in page
    assert "Shared on conditions" in page
    assert "Site opinion" not in page


def test_a_type_tells_its_owner_its_users_with_their_right_and_its_manager(authority: Client) -> None:
    deed = make.licence_type(make.DEED)
    page = authority.get(f"/overview/types/{deed.pk}/").text
    assert "Land Bureau" in page
    assert "If presented" in page
    assert "data authority of Chengdu" in page
    make.agreement()
    assert "May use" in authority.get(f"/overview/types/{deed.pk}/").text


def test_what_is_not_shared_cites_its_legal_basis(authority: Client) -> None:
    page = authority.get(f"/overview/types/{make.licence_type(make.EXPLOSIVES).pk}/").text
    assert "Explosives regulations" in page
    assert "May not use" in page


def test_an_unknown_type_is_not_found(authority: Client) -> None:
    assert authority.get("/overview/types/01930000-0000-7000-8000-000000000000/").status_code == 404
