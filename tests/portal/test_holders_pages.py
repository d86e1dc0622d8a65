"""The pages and the command of holders: numbers and names changed, who acts for an organisation registered."""

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from licences.holders import find_holder, open_number
from licences.models import Holder, Representation
from registry.enrolling import grant_role
from tests import factories as make
from tests.portal.issuer_room import browser

pytestmark = pytest.mark.django_db

NEW = make.company_code(77)


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city()


def _authority(role: str = "data_authority") -> Client:
    made = make.person()
    grant_role(person=made, role=role, department=None, actor=make.PLATFORM)
    return browser(made)


def _keeper(code: str = "L", role: str = "department_administrator") -> Client:
    return browser(make.clerk(code, role))


def _address(holder: Holder) -> str:
    return f"/holders/{holder.pk}/"


def test_a_holder_is_found_by_a_number_that_no_address_holds() -> None:
    holder, page = make.company(1), _authority()
    with make.recorded() as entries:
        answer = page.post("/holders/", {"number": make.company_code(1)})
    assert answer["Location"] == _address(holder)
    (entry,) = entries
    assert (entry.action, entry.subject) == ("search_holder", str(holder.pk))
    assert make.company_code(1) not in bytes(entry.leaf).decode()
    shown = page.get(_address(holder)).text
    assert make.company_code(1) not in shown
    assert page.post("/holders/", {"number": "没有"}).status_code == 404


def test_the_authority_and_keepers_of_its_issuers_change_a_number_and_a_name() -> None:
    holder = make.company(1)
    make.issued(make.LAND, holder)
    with make.recorded() as entries:
        _authority().post(_address(holder), _number(NEW))
    assert [e.action for e in entries if e.outcome == "done" and e.action == "change_number"] == ["change_number"]
    assert open_number(Holder.objects.get(pk=holder.pk)) == NEW
    assert find_holder(make.company_code(1)) == holder
    _keeper().post(_address(holder), {"act": "rename", "name": "新名称有限公司", "basis": "变更登记"})
    assert Holder.objects.get(pk=holder.pk).name == "新名称有限公司"


def _number(number: str, **values: str) -> dict[str, str]:
    return {"act": "number", "code_type": "001", "number": number, "basis": "换发营业执照", **values}


@pytest.mark.parametrize("who", ["stranger", "clerk", "auditor", "citizen"])
def test_for_everybody_else_there_is_no_such_holder(who: str) -> None:
    holder = make.company(1)
    make.issued(make.LAND, holder)
    page = {
        "stranger": lambda: _keeper("D"),
        "clerk": lambda: _keeper(role="clerk"),
        "auditor": lambda: _authority("auditor"),
        "citizen": lambda: browser(make.person()),
    }[who]()
    for answer in (page.get(_address(holder)), page.post(_address(holder), _number(NEW))):
        assert answer.status_code in (403, 404)
        assert holder.name not in answer.text
    assert page.post("/holders/", {"number": make.company_code(1)}).status_code in (403, 404)
    assert open_number(Holder.objects.get(pk=holder.pk)) == make.company_code(1)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        (_number("1"), "number"),
        (_number(NEW, code_type="xx"), "code-type"),
        (_number(NEW, basis=" "), "number-basis"),
        ({"act": "rename", "name": " ", "basis": "变更"}, "name"),
        ({"act": "appoint", "username": "nobody"}, "username"),
        ({"act": "appoint", "username": "nobody", "until": "31.12."}, "until"),
    ],
)
def test_faults_stand_at_their_field(given: dict[str, str], field: str) -> None:
    answer = _authority().post(_address(make.company(1)), given)
    assert answer.status_code == 400
    assert f'id="{field}-fault"' in answer.text


def test_another_holders_number_is_refused_and_the_refusal_recorded() -> None:
    holder, other = make.company(1), make.company(2)
    page = _authority()
    with make.recorded() as entries:
        answer = page.post(_address(holder), _number(open_number(other)))
    assert answer.status_code == 409
    assert [(e.action, e.reason) for e in entries] == [("change_number", "holder_number_taken")]


def test_the_authority_appoints_changes_the_representative_and_ends() -> None:
    holder, page = make.company(1), _authority()
    first, second, third = make.person("甲"), make.person("乙"), make.person("丙")
    page.post(_address(holder), {"act": "representative", "username": first.username})
    page.post(_address(holder), {"act": "appoint", "username": second.username, "until": "2030-01-01"})
    assert {r.kind for r in _present(holder)} == {"legal_representative", "company"}
    page.post(_address(holder), {"act": "representative", "username": third.username})
    (present,) = _present(holder)
    assert present.person == third
    page.post(_address(holder), {"act": "end", "representation": str(present.pk)})
    assert not _present(holder)
    assert page.post(_address(holder), {"act": "end", "representation": "x"}).status_code == 404
    assert page.post(_address(holder), {"act": "else"}).status_code == 404


def _present(holder: Holder) -> list[Representation]:
    return [r for r in holder.representations.all() if not r.ended_because]


def test_an_issuers_keeper_does_not_register_who_acts_for_a_holder() -> None:
    holder, person = make.company(1), make.person()
    make.issued(make.LAND, holder)
    page = _keeper()
    assert "Make the legal representative" not in page.get(_address(holder)).text
    with make.recorded() as entries:
        answer = page.post(_address(holder), {"act": "representative", "username": person.username})
    assert answer.status_code == 403
    assert [(e.action, e.outcome) for e in entries] == [("change_legal_representative", "refused")]
    assert not _present(holder)


def _run(monkeypatch: pytest.MonkeyPatch, typed: str, *words: Any, **options: Any) -> str:
    out = io.StringIO()
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{typed}\n"))
    call_command("holders", *map(str, words), stdout=out, **options)
    return out.getvalue()


def test_the_command_does_the_same_and_shows_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    holder, person = make.company(1), make.person()
    assert str(holder.pk) in _run(monkeypatch, make.company_code(1), "show")
    shown = _run(monkeypatch, NEW, "number", holder.pk, "001", "--basis", "换照")
    assert NEW not in shown
    assert open_number(Holder.objects.get(pk=holder.pk)) == NEW
    assert "新名称" in _run(monkeypatch, "新名称", "rename", holder.pk, "--basis", "变更登记")
    shown = _run(monkeypatch, "", "representative", holder.pk, person.username)
    assert f"{person.username}: legal_representative" in shown
    assert person.username not in _run(monkeypatch, "", "end", holder.pk, person.username)
    assert f"{person.username}: company" in _run(monkeypatch, "", "appoint", holder.pk, person.username)


@pytest.mark.parametrize(
    ("typed", "words", "said"),
    [
        ("没有", ("show",), "no such holder"),
        ("1", ("number", "{holder}", "001", "--basis", "换照"), "number:"),
        ("", ("appoint", "{holder}", "nobody"), "no account nobody"),
        ("", ("end", "{holder}", "{person}"), "does not act"),
    ],
)
def test_the_command_says_what_is_wrong(
    monkeypatch: pytest.MonkeyPatch, typed: str, words: tuple[str, ...], said: str
) -> None:
    holder, person = make.company(1), make.person()
    filled = [word.format(holder=holder.pk, person=person.username) for word in words]
    with pytest.raises(CommandError, match=said):
        _run(monkeypatch, typed, *filled)
