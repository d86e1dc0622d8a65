"""The form of a licence type on the pages: read by those who manage it, and changed in versions with nothing lost."""

import datetime as dt
import json
from typing import Any

import pytest
from django.test import Client

from foundation.clock import legal_day, now
from foundation.context import PLATFORM
from registry.defining import define_type, form_of, versions_of
from registry.enrolling import grant_role
from registry.forms import Form
from registry.models import LicenceType, Person
from tests import factories as make

pytestmark = pytest.mark.django_db
SCHEMA = {
    "type": "object",
    "properties": {
        "location": {"type": "string", "title": "坐落", "x-title-en": "Location"},
        "until": {"type": "string", "format": "date", "title": "使用期限至", "x-title-en": "Used until"},
    },
    "required": ["location"],
    "x-expected": ["until"],
}


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city(keys="")


def _browser(person: Person, language: str = "en") -> Client:
    browser = Client(headers={"accept-language": language})
    browser.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return browser


@pytest.fixture
def head() -> Client:
    return _browser(make.clerk("L", "department_head"))


def _overseer(role: str) -> Client:
    person = make.person("主管")
    grant_role(person=person, role=role, department=None, actor=PLATFORM)
    return _browser(person)


def _deed() -> LicenceType:
    return make.licence_type(make.DEED)


def _page(name: str = make.DEED) -> str:
    return f"/overview/types/{make.licence_type(name).pk}/"


NEW = "versions/new/"
SENT: dict[str, Any] = {
    "schema": json.dumps(SCHEMA, ensure_ascii=False),
    "number_template": "川（{year}）不动产权第{serial:07}号",
    "months": "24",
    "until_field": "until",
    "holder_kinds": ["001", "111"],
    "two_persons": "on",
    "disclosable": "location\nuntil",
    "layout": "permit",
    "accent": "red",
    "orientation": "landscape",
    "note_zh": "依法颁发",
    "shown": "until, location",
    "basis": "不动产登记暂行条例",
}


def _send(browser: Client, name: str = make.DEED, **values: Any) -> Any:
    return browser.post(_page(name) + NEW, {**SENT, **values})


# --- Reading -------------------------------------------------------------------------------------------------------


def test_a_type_shows_the_base_form_until_somebody_defines_one(head: Client) -> None:
    page = head.get(_page()).text
    assert "the base form" in page
    assert f"成国土局〔{legal_day(now()).year}〕1号" in page
    assert 'data-field="projectName"' in page
    assert "data-version" not in page


def test_a_type_shows_its_form_and_its_versions_with_maker_and_basis(head: Client) -> None:
    _send(head)
    page = head.get(_page()).text
    assert f"川（{legal_day(now()).year}）不动产权第0000001号" in page
    assert "until the day in “Used until”; without one, 24 months" in page
    assert "Unified social credit code" in page
    assert "one person, reviewed by another" in page
    assert 'data-version="1"' in page
    assert "L经办人" in page
    assert "不动产登记暂行条例" in page


def test_the_form_reads_in_chinese_too() -> None:
    browser = _browser(make.clerk("L", "department_head"), "zh-hans")
    _send(browser)
    page = browser.get(_page()).text
    assert "至“使用期限至”所载日期；未载明时24个月" in page
    assert "完整证照应填" in page
    assert "编号模板" in browser.get(_page() + NEW).text


def test_an_older_version_can_still_be_read(head: Client) -> None:
    _send(head)
    _send(head, schema="{}", until_field="", disclosable="", shown="", months="3")
    assert 'data-field="location"' not in head.get(_page()).text
    older = head.get(_page() + "versions/1/").text
    assert 'data-field="location"' in older
    assert "L经办人" in older
    assert head.get(_page() + "versions/9/").status_code == 404


def test_a_version_of_the_platform_names_no_person(head: Client) -> None:
    define_type(_deed(), Form(validity={"months": 1}), actor=PLATFORM)
    assert "the platform" in head.get(_page()).text
    assert "the platform" in head.get(_page() + "versions/1/").text


# --- Who -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["department_head", "department_administrator"])
def test_who_manages_a_department_comes_to_its_types_and_may_define_them(role: str) -> None:
    browser = _browser(make.clerk("L", role))
    page = browser.get("/overview/types/").text
    assert "Real estate certificate" in page
    assert "Site opinion" not in page
    assert _page() + NEW in browser.get(_page()).text
    assert _send(browser).status_code == 302


def test_an_administrator_begins_with_the_types_and_finds_them_in_the_menu() -> None:
    browser = _browser(make.clerk("L", "department_administrator"))
    assert browser.get("/")["Location"] == "/overview/types/"
    assert 'href="/overview/types/"' in browser.get(_page()).text


def test_the_data_authority_defines_types_of_all_departments() -> None:
    browser = _overseer("data_authority")
    assert _send(browser, make.SITE).status_code == 302
    assert versions_of(make.licence_type(make.SITE)).count() == 1


@pytest.mark.parametrize("browser", ["other", "auditor"])
def test_who_may_look_but_not_define_is_offered_nothing_and_refused(browser: str) -> None:
    visitor = _browser(make.clerk("O", "department_head")) if browser == "other" else _overseer("auditor")
    assert _page() + NEW not in visitor.get(_page()).text
    assert visitor.get(_page() + NEW).status_code == 403
    assert _send(visitor).status_code == 403
    assert not versions_of(_deed()).exists()


def test_clerks_and_citizens_have_no_business_here() -> None:
    for person in (make.clerk("L"), make.citizen().person):
        browser = _browser(person)
        assert [browser.get(path).status_code for path in ("/overview/types/", _page(), _page() + NEW)] == [403] * 3


def test_strangers_sign_in_first() -> None:
    assert Client().get(_page() + NEW)["Location"].startswith("/sign-in/")


# --- A new version -------------------------------------------------------------------------------------------------


def test_a_new_version_begins_from_the_form_in_force(head: Client) -> None:
    _send(head)
    page = head.get(_page() + NEW).text
    assert "&quot;x-title-en&quot;: &quot;Location&quot;" in page
    assert 'value="川（{year}）不动产权第{serial:07}号"' in page
    for checked in ("001", "111"):
        assert f'value="{checked}" class="form-check-input" id=' in page
    assert page.count("checked") == 3
    assert "until\nlocation" in page


def test_what_is_sent_is_the_form_in_force(head: Client) -> None:
    assert _send(head)["Location"] == _page()
    form = form_of(_deed(), now())
    assert form == Form(
        number=1,
        schema=SCHEMA,
        number_template="川（{year}）不动产权第{serial:07}号",
        validity={"months": 24, "until_field": "until"},
        holder_kinds=("001", "111"),
        disclosable=("location", "until"),
        style={
            "layout": "permit",
            "accent": "red",
            "orientation": "landscape",
            "note_zh": "依法颁发",
            "fields": ["until", "location"],
        },
        two_persons=True,
    )
    assert "Version 1 says how licences of this type are made." in head.get(_page()).text


def test_sending_what_is_shown_makes_no_other_version(head: Client) -> None:
    define_type(_deed(), Form(schema=SCHEMA, style={"layout": "certificate", "accent": "gold"}), actor=PLATFORM)
    editor = head.get(_page() + NEW).context["editor"]
    shown = {name: editor[name].value() for name in editor.fields}
    sent = {name: value for name, value in shown.items() if value not in (None, False)}
    assert head.post(_page() + NEW, sent).status_code == 302
    assert versions_of(_deed()).count() == 1


def test_a_version_may_wait_for_a_day(head: Client) -> None:
    day = legal_day(now()) + dt.timedelta(days=10)
    _send(head, in_force_from=day.isoformat())
    (version,) = versions_of(_deed())
    assert legal_day(version.in_force_from) == day
    assert "Planned" in head.get(_page()).text
    assert form_of(_deed(), now()).number == 0


def test_today_means_at_once(head: Client) -> None:
    _send(head, in_force_from=legal_day(now()).isoformat())
    assert form_of(_deed(), now()).number == 1


def test_faults_stand_at_their_fields_and_nothing_is_lost(head: Client) -> None:
    yesterday = (legal_day(now()) - dt.timedelta(days=1)).isoformat()
    answer = _send(head, number_template="第{serial}号", months="0", accent="pink", vct="x y", until_field="absent",
                   shown="absent", basis="某决定", holder_kinds=["001", "777"], in_force_from=yesterday)  # fmt: skip
    assert answer.status_code == 400
    faulty = set(answer.context["editor"].errors)
    assert faulty == {"number_template", "months", "accent", "vct", "until_field", "shown", "holder_kinds"}
    page = answer.text
    for kept in ("第{serial}号", "某决定", "x y", yesterday, "x-title-en"):
        assert kept in page
    assert "must hold {year} and {serial}, each once" in page
    assert not versions_of(_deed()).exists()


def test_each_fault_of_the_schema_is_named(head: Client) -> None:
    broken = {**SCHEMA, "properties": {"certificateNumber": {"type": "string"}, "area": {"type": "number"}}}
    page = _send(head, schema=json.dumps(broken)).text
    assert "certificateNumber: The value has a name that the standards reserve" in page
    assert "area: The value needs a Chinese title and an English x-title-en." in page
    assert "location: The value is named but not defined in properties." in page


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        ('{\n"type": }', "This is no JSON: see line 2, column 9."),
        ("[]", "This must be a JSON object."),
        ("[" * 50_000, "This is nested too deeply."),
        ('{"type": "objekt"}', "is no valid JSON Schema at type"),
        (json.dumps({"type": "object", "x-note": "x" * 30_000}), "must not be longer than 30000 characters"),
    ],
)
def test_a_schema_that_cannot_be_read_is_kept_as_it_was_sent(head: Client, schema: str, why: str) -> None:
    answer = _send(head, schema=schema)
    assert answer.status_code == 400
    assert why in answer.text
    assert why in str(answer.context["editor"].errors["schema"])
    # Nothing is said of what depends on fields that could not be read.
    assert why.startswith(("is no", "must")) or set(answer.context["editor"].errors) == {"schema"}
    assert answer.context["editor"]["schema"].value() == schema


def test_a_day_that_has_passed_is_refused_by_the_act_at_its_field(head: Client) -> None:
    answer = _send(head, in_force_from="2020-01-01")
    assert set(answer.context["editor"].errors) == {"in_force_from"}
    assert "must not lie in the past" in answer.text


def test_checking_only_shows_a_number_and_writes_nothing(head: Client) -> None:
    answer = _send(head, preview="yes")
    assert answer.status_code == 200
    assert f'data-example="川（{legal_day(now()).year}）不动产权第0000001号"' in answer.text
    assert not versions_of(_deed()).exists()


def test_what_is_written_into_a_form_is_text_on_the_page_and_never_markup(head: Client) -> None:
    hostile = '<script>alert("x")</script>'
    _send(head, note_zh=hostile, basis=hostile, number_template="<b>{year}{serial}")
    for path in (_page(), _page() + NEW, _page() + "versions/1/"):
        assert "<script>alert" not in head.get(path).text
        assert "<b>20" not in head.get(path).text
