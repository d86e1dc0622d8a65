"""Messages in the wallet: what a holder is told, in the visitor's language, new once."""

import pytest
from django.test import Client

from foundation.clock import now
from foundation.context import PLATFORM
from licences.notices import notify
from licences.recovering import report_compromised, resign_batch
from tests import factories as make

pytestmark = pytest.mark.django_db


def _browser(person: make.Person) -> Client:
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return browser


def test_whose_licence_was_signed_anew_is_told_in_the_wallet_and_once_as_new() -> None:
    make.city()
    citizen = make.citizen()
    licence = make.issued(holder=citizen.company)
    key = licence.signing_key
    report_compromised(key.key_id, actor=PLATFORM, reason="测试")
    resign_batch(key)
    browser = _browser(citizen.person)
    first, second = browser.get("/wallet/").text, browser.get("/wallet/").text
    assert 'data-notice="key_compromised" data-unread' in first
    assert "the licence itself is as valid as before" in first
    assert licence.number in first
    assert 'data-notice="key_compromised"' in second
    assert "data-unread" not in second
    chinese = browser.get("/wallet/", headers={"accept-language": "zh-hans"}).text
    assert "证照本身的效力不变" in chinese


def test_others_neither_see_nor_read_a_holders_messages() -> None:
    make.city()
    citizen, other = make.citizen(1), make.citizen(2)
    notify([citizen.own], make.issued(holder=citizen.own), reason="key_compromised", at=now())
    assert "data-notice" not in _browser(other.person).get("/wallet/").text
    assert "data-unread" in _browser(citizen.person).get("/wallet/").text


def test_without_messages_there_is_no_such_section() -> None:
    make.city()
    assert "Messages" not in _browser(make.citizen().person).get("/wallet/").text
