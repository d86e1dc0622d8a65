"""Who may open which page, in which language, under which policy."""

import re

import pytest
from django.test import Client

from foundation.reasons import REASONS
from registry.enrolling import grant_role
from registry.models import Person
from tests import factories as make

PAGES = {
    "/": {"anonymous", "citizen", "clerk", "authority"},
    "/reasons/": {"anonymous", "citizen", "clerk", "authority"},
    "/wallet/": {"citizen", "clerk", "authority"},
    "/looks/": {"citizen", "clerk", "authority"},
    "/items/": {"citizen", "clerk", "authority"},
    "/items/D2/": {"citizen", "clerk", "authority"},
    "/desk/": {"clerk"},
    "/c/": {"anonymous", "citizen", "clerk", "authority"},
    "/issuing/": {"clerk"},
    "/issuing/drafts/": {"clerk"},
    "/issuing/drafts/new/": {"clerk"},
    "/issuing/batches/": {"clerk"},
    "/overview/": {"authority"},
    "/overview/record/": {"authority"},
    "/overview/record/witnesses/": {"authority"},
    "/overview/usage/": {"clerk", "authority"},
    "/overview/usage/needs/": {"clerk", "authority"},
    "/overview/usage/ranking/": {"authority"},
    "/overview/flags/": {"authority"},
}


def authority() -> Person:
    """Enrol someone of the data authority."""
    made = make.person("主管")
    grant_role(person=made, role="data_authority", department=None, actor=make.PLATFORM)
    return made


def visitor(role: str) -> Client:
    """Return a browser signed in as someone with this role."""
    browser = Client(headers={"accept-language": "en"})
    if role == "citizen":
        browser.force_login(make.citizen().person, backend="django.contrib.auth.backends.ModelBackend")
    elif role == "clerk":
        browser.force_login(make.clerk(), backend="django.contrib.auth.backends.ModelBackend")
    elif role == "authority":
        browser.force_login(authority(), backend="django.contrib.auth.backends.ModelBackend")
    return browser


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["anonymous", "citizen", "clerk", "authority"])
def test_each_role_opens_its_own_pages_and_no_other(role: str) -> None:
    make.city()
    browser = visitor(role)
    for path, allowed in PAGES.items():
        answer = browser.get(path, follow=path == "/")
        if role in allowed:
            assert answer.status_code == 200, path
        elif role == "anonymous":
            assert answer.status_code == 302, path
            assert answer["Location"].startswith("/sign-in/?next=")
        else:
            assert answer.status_code == 403, path
            assert b'data-reason="not_permitted"' in answer.content


@pytest.mark.django_db
def test_the_front_door_leads_everyone_to_their_own_page() -> None:
    make.city()
    homes = {"citizen": "/wallet/", "clerk": "/desk/", "authority": "/overview/"}
    for role, home in homes.items():
        assert visitor(role).get("/")["Location"] == home


@pytest.mark.django_db
def test_the_language_follows_the_browser_and_the_switch() -> None:
    assert '<html lang="zh-hans">' in Client(headers={"accept-language": "zh-CN"}).get("/").text
    english = Client(headers={"accept-language": "en"})
    assert '<html lang="en">' in english.get("/").text
    english.post("/i18n/setlang/", {"language": "zh-hans", "next": "/"})
    assert '<html lang="zh-hans">' in english.get("/").text


@pytest.mark.django_db
def test_every_answer_carries_the_strict_policy_and_no_page_has_inline_code() -> None:
    make.city()
    for role in ("anonymous", "citizen", "clerk", "authority"):
        browser = visitor(role)
        for path in PAGES:
            answer = browser.get(path)
            policy = answer["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            page = answer.text
            assert not re.search(r"<script(?![^>]*\bsrc=)", page), path
            assert not re.search(r"<style|\sstyle=|\son[a-z]+=", page), path


@pytest.mark.django_db
def test_a_page_that_is_not_there_says_so_in_the_visitors_language() -> None:
    answer = Client(headers={"accept-language": "zh-CN"}).get("/nowhere/")
    assert answer.status_code == 404
    assert "没有这个地址" in answer.text


@pytest.mark.django_db
def test_an_expired_form_says_so_and_changes_nothing() -> None:
    browser = Client(enforce_csrf_checks=True, headers={"accept-language": "en"})
    answer = browser.post("/sign-in/", {"username": "a", "password": "b"})
    assert answer.status_code == 403
    assert "reload it" in answer.text


@pytest.mark.django_db
def test_a_fault_of_ours_names_the_request_and_shows_no_internals(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object) -> None:
        raise RuntimeError("the secret inside")

    monkeypatch.setattr("registry.queries.search_items", fail)
    browser = visitor("citizen")
    browser.raise_request_exception = False
    answer = browser.get("/items/", headers={"x-request-id": "a-request-of-mine"})
    assert answer.status_code == 500
    assert "a-request-of-mine" in answer.text
    assert "secret inside" not in answer.text


@pytest.mark.django_db
def test_the_health_page_asks_the_database() -> None:
    assert Client().get("/health/").json() == {"status": "ok"}


@pytest.mark.django_db
def test_every_reason_is_explained_on_the_page_of_reasons() -> None:
    page = Client().get("/reasons/").text
    for code in REASONS:
        assert f'id="{code}"' in page


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/items/?q=%00", "/items/%00/", "/applications/%00/", "/overview/types/?q=%00"])
def test_an_address_with_a_nul_is_bad_input(path: str) -> None:
    assert visitor("authority").get(path).status_code == 400


@pytest.mark.django_db
def test_a_form_with_a_nul_or_with_a_made_up_need_is_no_crash() -> None:
    make.city()
    clerk, citizen = visitor("clerk"), visitor("citizen")
    assert clerk.post("/desk/check/", {"number": "a\0b", "item": "D2"}).status_code == 400
    assert clerk.post("/desk/check/", {"number": "1", "item": "D2", "case": "a/b"}).status_code == 200
    for name in ("need-²", "need-" + "9" * 5000):
        assert citizen.post("/items/D2/", {name: "typed"}).status_code in (400, 403)


@pytest.mark.django_db
def test_without_a_session_a_form_leads_to_the_start_and_a_part_to_a_whole_page() -> None:
    assert Client().post("/desk/X/decide/")["Location"] == "/sign-in/?next=/"
    assert Client().post("/desk/check/", headers={"hx-request": "true"})["HX-Redirect"].startswith("/sign-in/")


@pytest.mark.django_db
def test_what_a_person_sees_is_not_kept_by_the_browser() -> None:
    make.city()
    assert visitor("citizen").get("/wallet/")["Cache-Control"] == "no-store"
