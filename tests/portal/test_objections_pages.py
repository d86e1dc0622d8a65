"""The pages of objections: the citizen files and follows, the department answers, the administrator sees all."""

import datetime as dt
from uuid import UUID

import pytest
from django.test import Client

from audit.models import Entry
from exchange.models import Objection
from exchange.objecting import escalate_due, object_to
from exchange.verifying import verify_number
from foundation.clock import legal_day, now
from foundation.context import PLATFORM
from registry.enrolling import grant_role
from tests import factories as make
from tests.portal.issuer_room import browser

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city()


def _looked(citizen: make.Citizen) -> UUID:
    licence = make.issued(make.LAND, citizen.company)
    return verify_number(make.ask(licence.number), standing=make.standing("O")).entry


def _filed(citizen: make.Citizen) -> Objection:
    return object_to(_looked(citizen), person=citizen.person, cause="no_such_case", text="我没有申请。")


def _head(code: str = "O") -> Client:
    return browser(make.clerk(code, "department_head"))


def _authority(role: str = "data_authority") -> Client:
    made = make.person()
    grant_role(person=made, role=role, department=None, actor=PLATFORM)
    return browser(made)


def test_a_citizen_objects_the_department_answers_and_the_citizen_reads_it() -> None:
    citizen = make.citizen()
    key, page, head = _looked(citizen), browser(citizen.person), _head()
    answer = page.post(f"/looks/{key}/object/", {"cause": "no_such_case", "text": "我没有申请。"})
    objection = Objection.objects.get()
    assert answer["Location"] == f"/looks/objections/{objection.number}/"
    assert objection.number in page.get("/looks/").text
    assert f'data-objection="{objection.number}"' in head.get("/objections/").text
    address = f"/objections/{objection.number}/"
    assert "我没有申请。" in head.get(address).text
    head.post(address, {"step": "uphold", "finding": "没有对应办件。", "measure": "已停用该账号。"})
    told = page.get(answer["Location"]).text
    for words in ('data-answer="upheld"', "没有对应办件。", "已停用该账号。"):
        assert words in told
    assert "Your objection was upheld" in page.get("/wallet/").text


def test_faults_are_named_beside_what_was_entered_and_nothing_is_lost() -> None:
    citizen = make.citizen()
    key = _looked(citizen)
    answer = browser(citizen.person).post(f"/looks/{key}/object/", {"cause": "", "text": "我的话"})
    assert answer.status_code == 400
    assert 'id="cause-fault"' in answer.text
    assert ">我的话</textarea>" in answer.text
    objection = object_to(key, person=citizen.person, cause="too_much")
    answer = _head().post(f"/objections/{objection.number}/", {"step": "uphold", "finding": "查明"})
    assert answer.status_code == 400
    assert 'id="measure-fault"' in answer.text
    assert ">查明</textarea>" in answer.text


def test_a_second_objection_and_one_after_the_answer_are_refused_by_reason() -> None:
    citizen = make.citizen()
    objection, page, head = _filed(citizen), browser(citizen.person), _head()
    again = page.post(f"/looks/{objection.entry}/object/", {"cause": "too_much"})
    assert (again.status_code, "objection_open" in again.text) == (409, True)
    address = f"/objections/{objection.number}/"
    head.post(address, {"step": "reject", "finding": "依法核验。"})
    late = head.post(address, {"step": "uphold", "finding": "x", "measure": "x"})
    assert (late.status_code, "objection_wrong_state" in late.text) == (409, True)
    back = page.post(f"/looks/objections/{objection.number}/")
    assert back.status_code == 409
    assert Objection.objects.get().state == "rejected"


def test_an_objection_is_its_persons_and_its_departments_alone() -> None:
    citizen, other = make.citizen(1), make.citizen(2)
    objection = _filed(citizen)
    assert browser(other.person).get(f"/looks/objections/{objection.number}/").status_code == 404
    assert browser(other.person).post(f"/looks/objections/{objection.number}/").status_code == 404
    assert browser(other.person).get("/objections/").status_code == 403
    assert browser(make.clerk("O")).get("/objections/").status_code == 403
    foreign = _head("M")
    assert objection.number not in foreign.get("/objections/").text
    assert foreign.get(f"/objections/{objection.number}/").status_code == 404
    assert foreign.post(f"/objections/{objection.number}/", {"step": "reject", "finding": "x"}).status_code == 404
    assert Objection.objects.get().state == "filed"


def test_the_citizen_takes_it_back() -> None:
    citizen = make.citizen()
    objection = _filed(citizen)
    browser(citizen.person).post(f"/looks/objections/{objection.number}/")
    assert Objection.objects.get().state == "withdrawn"


def test_the_administrator_sees_all_with_lights_and_answers_what_is_overdue() -> None:
    late, near, far = (_filed(make.citizen(n)) for n in (1, 2, 3))
    make.edit(late, answer_by=legal_day(now()) - dt.timedelta(days=2))
    make.edit(near, answer_by=legal_day(now()) + dt.timedelta(days=1))
    make.edit(far, answer_by=legal_day(now()) + dt.timedelta(days=9))
    authority = _authority()
    assert "not for you to answer now" in authority.get(f"/objections/{late.number}/").text
    escalate_due()
    page = authority.get("/objections/").text
    rows = page.split("data-objection=")[1:]
    assert [row[1 : 1 + len(late.number)] for row in rows] == [late.number, near.number, far.number]
    for row, words in zip(rows, ("badge-state bad", "badge-state waiting", "badge-state good"), strict=True):
        assert words in row
    for words in ("2 days overdue", "1 day left", "9 days left"):
        assert words in page
    authority.post(f"/objections/{late.number}/", {"step": "reject", "finding": "依法。"})
    assert Objection.objects.get(pk=late.pk).state == "rejected"


def test_an_auditor_reads_and_does_not_answer() -> None:
    objection = _filed(make.citizen())
    auditor = _authority("auditor")
    assert "not for you to answer now" in auditor.get(f"/objections/{objection.number}/").text
    answer = auditor.post(f"/objections/{objection.number}/", {"step": "reject", "finding": "x"})
    assert (answer.status_code, Objection.objects.get().state) == (403, "filed")


def test_every_step_is_an_entry() -> None:
    citizen = make.citizen()
    key, head = _looked(citizen), _head()
    with make.recorded() as entries:
        browser(citizen.person).post(f"/looks/{key}/object/", {"cause": "too_much"})
        address = f"/objections/{Objection.objects.get().number}/"
        head.get(address)
        head.post(address, {"step": "reject", "finding": "依法。"})
    own = [e.action for e in entries if e.subject_kind == "objection"]
    assert own == ["object", "open_objection", "open_objection", "answer_objection"]
    assert {e.subject for e in Entry.objects.filter(subject_kind="objection")} == {Objection.objects.get().number}
