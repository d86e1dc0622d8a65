"""Signing in: recorded, whether it succeeds or fails, and locked after too many failures."""

import pytest
from django.test import Client

from tests import factories as make


def sign_in(browser: Client, username: str, password: str) -> int:
    return int(browser.post("/sign-in/", {"username": username, "password": password}).status_code)


@pytest.mark.django_db
def test_a_sign_in_stands_in_the_record() -> None:
    person = make.person()
    with make.recorded() as entries:
        assert sign_in(Client(), person.username, "a password of tests") == 302
    (entry,) = entries
    assert (entry.action, entry.outcome, entry.actor_person) == ("sign_in", "done", person.pk)


@pytest.mark.django_db
def test_a_failed_sign_in_stands_in_the_record_and_tells_nothing() -> None:
    person = make.person()
    with make.recorded() as entries:
        known = Client().post("/sign-in/", {"username": person.username, "password": "wrong"})
        unknown = Client().post("/sign-in/", {"username": "nobody", "password": "wrong"})
    assert [entry.outcome for entry in entries] == ["refused", "refused"]
    assert known.status_code == unknown.status_code == 200
    assert b"wrong" not in b"".join(bytes(entry.leaf) for entry in entries)


@pytest.mark.django_db
def test_after_eight_failures_the_right_password_is_refused_too() -> None:
    person, browser = make.person(), Client(headers={"accept-language": "en"})
    for _ in range(8):
        sign_in(browser, person.username, "wrong")
    with make.recorded() as entries:
        locked = browser.post("/sign-in/", {"username": person.username, "password": "a password of tests"})
    assert locked.status_code == 429
    assert "locked for ten minutes" in locked.text
    (entry,) = entries
    assert (entry.action, entry.outcome, entry.reason) == ("sign_in", "refused", "sign_in_locked")


@pytest.mark.django_db
def test_a_sign_out_stands_in_the_record_once() -> None:
    person, browser = make.person(), Client()
    sign_in(browser, person.username, "a password of tests")
    with make.recorded() as entries:
        assert browser.post("/sign-out/").status_code == 302
        browser.post("/sign-out/")
    (entry,) = entries
    assert (entry.action, entry.outcome, entry.actor_person) == ("sign_out", "done", person.pk)


@pytest.mark.django_db
def test_a_next_address_elsewhere_is_not_followed() -> None:
    person = make.person()
    form = {"username": person.username, "password": "a password of tests", "next": "https://elsewhere.example/"}
    answer = Client().post("/sign-in/", form)
    assert answer["Location"] == "/"
