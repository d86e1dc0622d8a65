"""A head or an administrator keeps the department's systems; nobody else does, and each step is recorded."""

import json
import re
from typing import Any

import pytest
from django.test import Client as Browser
from joserfc.jwk import ECKey

from registry.models import Client
from tests import factories as make
from tests.portal import issuer_room as room

pytestmark = pytest.mark.django_db
JWK = {**ECKey.generate_key("P-256").as_dict(private=False), "kid": "key-1"}


@pytest.fixture
def head() -> Browser:
    make.city(keys="")
    return room.staff("department_head", "O")


def _step(browser: Browser, system: Client, step: str, **form: str) -> Any:
    return browser.post(f"/systems/{system.pk}/", {"step": step, **form})


def _shown(answer: Any, name: str) -> str:
    (found,) = re.findall(rf"data-{name}>([^<]+)<", answer.content.decode())
    return str(found)


def _signs_in(client_id: str, secret: str) -> bool:
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
    return Browser().post("/oauth/token/", form).status_code == 200


def test_a_head_registers_a_system_whose_secret_is_shown_once(head: Browser) -> None:
    answer = head.post("/systems/", {"name": "规划审批系统", "department": "O", "must_sign": "yes"})
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    name, secret = _shown(answer, "client-id"), _shown(answer, "secret")
    assert _signs_in(name, secret)
    assert Client.objects.get(client_id=name).must_sign
    page = head.get("/systems/").content.decode()
    assert name in page
    assert secret not in page


def test_a_secret_rotates_with_an_overlap_and_is_shown_once(head: Browser) -> None:
    system, first = make.client("O")
    answer = _step(head, system, "rotate", days="7")
    second = _shown(answer, "secret")
    assert _signs_in(system.client_id, first)
    assert _signs_in(system.client_id, second)
    page = head.get(f"/systems/{system.pk}/").content.decode()
    assert second not in page
    _step(head, system, "rotate", days="0")
    assert not _signs_in(system.client_id, first)
    assert not _signs_in(system.client_id, second)


@pytest.mark.parametrize("days", ["31", "-1", "", "x", "９", "9999999999"])
def test_an_overlap_that_is_none_names_the_field(head: Browser, days: str) -> None:
    system, _ = make.client("O")
    answer = _step(head, system, "rotate", days=days)
    assert answer.status_code == 400
    assert 'id="days-fault"' in answer.content.decode()


def test_keys_come_and_go(head: Browser) -> None:
    system, _ = make.client("O")
    with make.recorded() as entries:
        assert _step(head, system, "add-key", jwk=json.dumps(JWK), until="2099-01-01").status_code == 302
        assert 'data-key="key-1"' in head.get(f"/systems/{system.pk}/").content.decode()
        assert _step(head, system, "end-key", kid="key-1").status_code == 302
    assert [e.action for e in entries if e.action != "open_page"] == ["add_client_key", "end_client_key"]
    assert {e.actor_role for e in entries} == {"department_head"}
    answer = _step(head, system, "add-key", jwk="nonsense")
    assert (answer.status_code, 'id="jwk-fault"' in answer.content.decode()) == (400, True)
    answer = _step(head, system, "add-key", jwk=json.dumps({**JWK, "kid": "key-2"}), until="2001-01-01")
    assert 'id="until-fault"' in answer.content.decode()


def test_a_system_is_made_to_sign_and_is_deactivated(head: Browser) -> None:
    system, secret = make.client("O")
    _step(head, system, "sign", must_sign="yes")
    system.refresh_from_db()
    assert system.must_sign
    _step(head, system, "deactivate")
    assert 'data-state="ended"' in head.get(f"/systems/{system.pk}/").content.decode()
    assert not _signs_in(system.client_id, secret)
    assert _step(head, system, "rotate", days="7").status_code == 409


def test_another_departments_system_does_not_exist_for_whoever_asks(head: Browser) -> None:
    system, secret = make.client("D")
    assert system.client_id not in head.get("/systems/").content.decode()
    assert head.get(f"/systems/{system.pk}/").status_code == 404
    assert _step(head, system, "deactivate").status_code == 404
    with make.recorded() as entries:
        answer = head.post("/systems/", {"name": "x", "department": "D"})
    assert answer.status_code == 403
    assert (entries[0].action, entries[0].reason) == ("register_client", "clients_not_yours")
    assert _signs_in(system.client_id, secret)


@pytest.mark.parametrize("role", ["clerk", "citizen"])
def test_who_keeps_no_department_has_no_such_page(role: str) -> None:
    make.city(keys="")
    browser = room.staff("clerk", "O") if role == "clerk" else room.browser(make.person())
    system, _ = make.client("O")
    for address in ("/systems/", f"/systems/{system.pk}/"):
        assert browser.get(address).status_code == 403
        assert browser.post(address, {"step": "deactivate"}).status_code == 403
    system.refresh_from_db()
    assert system.active


def test_an_administrator_keeps_them_as_the_head_does() -> None:
    make.city(keys="")
    browser = room.staff("department_administrator", "O")
    assert browser.post("/systems/", {"name": "系统", "department": "O"}).status_code == 200


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "a\u202eb"])
def test_a_name_is_needed(head: Browser, name: str) -> None:
    answer = head.post("/systems/", {"name": name, "department": "O"})
    assert (answer.status_code, 'id="name-fault"' in answer.content.decode()) == (400, True)
    assert not Client.objects.exists()


def test_a_step_that_is_none_is_refused(head: Browser) -> None:
    assert _step(head, make.client("O")[0], "explode").status_code == 400


def test_many_systems_take_no_more_queries(head: Browser, django_assert_max_num_queries: Any) -> None:
    for _ in range(20):
        make.client("O")
    with django_assert_max_num_queries(30):
        assert head.get("/systems/").status_code == 200
