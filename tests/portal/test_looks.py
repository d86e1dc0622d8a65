"""The citizen's pages of who looked: in words, by licence, with what it takes to check each access."""

import datetime as dt
import hashlib
import json
from uuid import UUID

import pytest
from django.test import Client

from audit.models import Entry
from exchange.deferring import defer_notice
from exchange.disclosing import disclose
from exchange.errors import AccessRefused
from exchange.verifying import verify_number
from foundation.clock import legal_day, now
from foundation.codes import identity_check_character
from foundation.context import PLATFORM
from licences.holders import register_holder
from licences.representing import represent
from registry.models import Person
from tests import factories as make
from tests.portal.issuer_room import browser

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city()


def _looks(person: Person, language: str = "en", query: str = "") -> str:
    return browser(person, language).get(f"/looks/{query}").text


def _look(citizen: make.Citizen) -> UUID:
    licence = make.issued(make.LAND, citizen.company)
    return verify_number(make.ask(licence.number, case="C-1"), standing=make.standing("O")).entry


def test_each_access_says_who_why_which_licence_and_what_was_shown_in_words() -> None:
    citizen = make.citizen()
    licence = make.issued(make.LAND, citizen.company)
    disclose(make.ask(licence.identifier, case="C-1"), standing=make.standing("O"))
    english, chinese = _looks(citizen.person), _looks(citizen.person, "zh-hans")
    for words in (
        "Planning Bureau",
        "by its system",
        "Item O2",
        "C-1",
        licence.number,
        "fields were shown",
        "Licence number",
    ):
        assert words in english, words
    for words in ("规划局", "业务系统", "建设用地规划许可", "得知证照真实有效", "证照编号", "看到"):
        assert words in chinese, words
    assert "certificateNumber" not in english


def test_a_refused_attempt_says_why_in_the_persons_words() -> None:
    citizen = make.citizen()
    licence = make.issued(make.LAND, citizen.company)
    with pytest.raises(AccessRefused):
        verify_number(make.ask(licence.number), standing=make.standing("M"))
    assert "the item is not for this department to handle. Nothing was shown." in _looks(citizen.person)
    assert "该事项不由其办理。没有看到任何内容。" in _looks(citizen.person, "zh-hans")


def test_a_parent_sees_who_looked_at_the_childs_licences() -> None:
    number = "99000020200301001"
    number += identity_check_character(number)
    parent, child = make.person(), register_holder(name="小明", code_type="111", number=number, actor=PLATFORM)
    represent(person=parent.pk, holder=child, kind="child", actor=PLATFORM)
    licence = make.issued(make.LAND, child)
    verify_number(make.ask(licence.number), standing=make.standing("O"))
    assert licence.number in _looks(parent)


def test_what_a_person_did_themselves_says_so_and_another_proxy_is_told_apart() -> None:
    citizen, other = make.citizen(), make.person("另一人")
    represent(person=other.pk, holder=citizen.company, kind="company", actor=PLATFORM)
    licence = make.issued(make.LAND, citizen.company)
    browser(citizen.person).get(f"/wallet/{licence.pk}/document/")
    assert ">You<" in _looks(citizen.person).replace("\n", "")
    assert "Somebody else who acts for the holder" in _looks(other)


def test_looks_are_filtered_by_licence_and_paged() -> None:
    citizen = make.citizen()
    one, two = (make.issued(name, citizen.company) for name in (make.LAND, make.APPROVAL))
    planning = make.standing("O")
    for licence in (one, two):
        verify_number(make.ask(licence.number), standing=planning)
    for _ in range(30):
        verify_number(make.ask(one.number), standing=planning)
    page = _looks(citizen.person, query=f"?licence={two.pk}")
    assert page.count("data-look=") == 1
    first, last = (_looks(citizen.person, query=f"?licence={one.pk}&page={n}") for n in (1, 2))
    assert (first.count("data-look="), last.count("data-look=")) == (30, 1)
    assert _looks(citizen.person, query="?licence=nonsense").count("data-look=") == 30


def test_nobody_sees_the_looks_at_somebody_elses_licences() -> None:
    citizen, other = make.citizen(1), make.citizen(2)
    key = _look(citizen)
    page = browser(other.person)
    assert "data-look" not in page.get("/looks/").text
    for address in (f"/looks/{key}/", f"/looks/{key}/receipt/"):
        assert page.get(address).status_code == 404
        assert Client().get(address).status_code == 302
    assert page.post(f"/looks/{key}/object/", {"cause": "too_much"}).status_code == 404


def test_the_openings_on_the_page_open_the_leaf_and_the_clerks_name_is_not_among_them() -> None:
    citizen = make.citizen()
    licence = make.issued(make.SITE, citizen.company)
    key = verify_number(make.ask(licence.number), standing=make.standing("O", operator="李经办")).entry
    page = browser(citizen.person).get(f"/looks/{key}/")
    leaf = json.loads(bytes(Entry.objects.get(pk=key).leaf))
    openings = page.context["openings"]
    assert {name: c.value for name, c in openings.items()} == {
        "number": licence.number,
        "reason": "outside_needs",
        "subject": licence.identifier,
    }
    for name, committed in openings.items():
        digest = hashlib.sha256(committed.salt + name.encode() + b"\0" + committed.value.encode()).hexdigest()
        assert leaf["personal"][name] == digest
        assert committed.salt.hex() in page.text
    assert "李经办" not in page.text


def test_a_deferred_look_is_hidden_everywhere_and_told_with_its_law_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    citizen = make.citizen()
    key, law = _look(citizen), "《中华人民共和国监察法》第二十五条"
    until = legal_day(now()) + dt.timedelta(days=5)
    defer_notice(key, person=make.clerk("O", "department_head"), legal_basis=law, until=until)
    page = browser(citizen.person)
    assert "data-look" not in page.get("/looks/").text
    assert page.get(f"/looks/{key}/").status_code == page.get(f"/looks/{key}/receipt/").status_code == 404
    later = now() + dt.timedelta(days=7)
    monkeypatch.setattr("portal.views.looks.now", lambda: later)
    assert law in page.get("/looks/").text
    assert "data-deferred" in page.get(f"/looks/{key}/").text


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_look_that_no_department_made_offers_no_objection(language: str) -> None:
    citizen = make.citizen()
    licence = make.issued(make.LAND, citizen.company)
    Client().get(f"/c/{licence.check_code}")
    key = Entry.objects.get(action="public_check").pk
    page = browser(citizen.person, language).get(f"/looks/{key}/").text
    assert 'name="cause"' not in page
    assert {"en": "Somebody with the code on it", "zh-hans": "扫码的人"}[language] in page
