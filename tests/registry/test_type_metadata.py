"""What a wallet finds at the address that a credential names as its type."""

from typing import Any

import pytest
from django.test import Client
from jsonschema import Draft202012Validator

from foundation.clock import now
from foundation.context import PLATFORM
from registry.defining import define_type
from registry.forms import Form
from tests import factories as make

pytestmark = pytest.mark.django_db
FORM = Form(
    schema={
        "type": "object",
        "properties": {
            "location": {"type": "string", "title": "坐落", "x-title-en": "Location"},
            "area": {"type": "number", "title": "面积", "x-title-en": "Area"},
        },
        "required": ["location"],
    },
    disclosable=("area",),
    style={"accent": "red"},
)


@pytest.fixture(autouse=True)
def _city(settings: Any) -> None:
    settings.PUBLIC_URL = "https://licences.example"
    make.city()


def _get(code: str = "", **headers: str) -> Any:
    return Client().get(f"/types/{code or make.licence_type(make.DEED).code}", headers=headers)


def test_a_credentials_type_leads_to_its_description() -> None:
    vct = f"https://licences.example/types/{make.licence_type(make.DEED).code}"
    answer = Client().get(vct.removeprefix("https://licences.example"))
    assert answer["Content-Type"] == "application/json"
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert answer.json()["vct"] == vct
    assert answer.json()["name"] == "Real estate certificate"
    assert [(d["locale"], d["name"]) for d in answer.json()["display"]] == [
        ("zh-CN", "不动产权证书"), ("en", "Real estate certificate"),
    ]  # fmt: skip


def test_it_describes_each_claim_of_the_form_in_force() -> None:
    define_type(make.licence_type(make.DEED), FORM, actor=PLATFORM)
    body = _get().json()
    claims = {claim["path"][0]: claim for claim in body["claims"]}
    assert claims["location"] == {
        "path": ["location"],
        "display": [{"locale": "zh-CN", "label": "坐落"}, {"locale": "en", "label": "Location"}],
        "mandatory": True,
        "sd": "never",
    }
    assert (claims["area"]["mandatory"], claims["area"]["sd"]) == (False, "always")
    assert {"projectName", "basis"} <= set(claims)
    assert body["display"][0]["rendering"]["simple"]["background_color"] == "#9b1c1c"
    Draft202012Validator.check_schema(body["schema"])
    assert Draft202012Validator(body["schema"]).is_valid({"location": "锦江区", "area": 3})
    assert not Draft202012Validator(body["schema"]).is_valid({"location": "锦江区", "colour": "red"})


def test_who_has_it_already_is_told_so_until_a_new_version_comes() -> None:
    first = _get()
    assert first["Cache-Control"] == "public, max-age=300"
    assert "Cookie" not in first.get("Vary", "")
    again = _get(**{"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    define_type(make.licence_type(make.DEED), FORM, actor=PLATFORM)
    assert _get(**{"If-None-Match": first["ETag"]}).status_code == 200


def test_the_type_of_a_retired_licence_is_described_still() -> None:
    deed = make.licence_type(make.DEED)
    make.edit(deed, retired_at=now())
    assert _get().status_code == 200


@pytest.mark.parametrize("code", ["11510100LX0000046C999", "x", "a%00b", "不动产权证书"])
def test_an_unknown_type_is_a_problem_answer(code: str) -> None:
    answer = _get(code)
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
    assert answer.json()["reason"] == "type_code_unknown"


def test_a_type_that_no_body_defines_has_no_address() -> None:
    make.edit(make.licence_type(make.DEED), code="")
    assert Client().get("/types/").status_code == 404


def test_nothing_can_be_sent_to_it() -> None:
    assert Client().post(f"/types/{make.licence_type(make.DEED).code}").status_code == 405
    assert Client().head(f"/types/{make.licence_type(make.DEED).code}").status_code == 200
