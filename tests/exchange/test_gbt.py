"""Calls under /gbt/, as a department's existing system sends them."""

import base64
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client as Browser

from config.sharing import Sharing
from exchange.gbt.tables import SHIPPED, metadata, read_style
from licences.documents import document_of
from licences.fields import FIELDS
from licences.models import Licence
from licences.pdf.checking import read_code
from portal.demonstration.numbers import company_code
from tests import factories as make

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db
OPERATOR = {"ZH": "li", "XM": "李经办", "DW": "规划局", "JS": "经办人"}


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city()


class Vendor:
    """A system of the planning bureau, by account and token."""

    def __init__(self, code: str = "O") -> None:
        made, secret = make.client(code)
        self.account, self.password = made.client_id, secret
        self.token = self.sign_in()["data"]["token"]

    def sign_in(self, **head: str) -> Any:
        given = {"account": self.account, "password": self.password, **head}
        return self.post("token", {"head": given})

    def post(self, operation: str, body: Any) -> Any:
        answer = Browser(raise_request_exception=False).post(
            f"/gbt/{operation}/", json.dumps(body), content_type="application/json"
        )
        assert answer.status_code == 200, answer.content
        assert answer["Cache-Control"] == "no-store"
        return answer.json()

    def call(self, operation: str, data: dict[str, Any], **head: Any) -> Any:
        given = {
            "account": self.account, "token": self.token, "SY": "建设用地规划许可", "SXBM": "O2",
            "SXMC": "建设用地规划许可", "BJBH": "O2-外部-1", **head,
        }  # fmt: skip
        return self.post(operation, {"head": given, "data": data})


@pytest.fixture
def vendor() -> Vendor:
    return Vendor()


def _code(body: Any) -> str:
    return str(body["head"]["status"])


@pytest.fixture
def licence() -> Licence:
    return make.issued(content={"projectName": "改造"})


# --- Operations ---------------------------------------------------------------------------------------------------


def test_a_holders_licences_are_found_under_the_standards_names(vendor: Vendor, licence: Licence) -> None:
    body = vendor.call("find", {"CZZTDM": company_code(1), "ZZLXDM": licence.licence_type.code})
    assert _code(body) == "0"
    (row,) = body["data"]["ZZLB"]
    assert (row["ZZBS"], row["ZZBH"], row["ZZMC"]) == (licence.identifier, licence.number, make.LAND)
    assert row["YZJG"] == "0"
    assert body["data"]["ZS"] == 1


def test_a_licences_data_come_under_the_standards_names(vendor: Vendor, licence: Licence) -> None:
    body = vendor.call("data", {"ZZBS": licence.identifier, "CZZTDM": company_code(1)})
    told = body["data"]["ZZXX"]
    assert (told["ZZBH"], told["CZZT"], told["CZZTDM"]) == (licence.number, "演示企业1有限公司", company_code(1))
    assert (told["CZZTDMLXDM"], told["CZZTDMLX"]) == ("001", "统一社会信用代码")
    assert told["projectName"] == "改造"


def test_a_file_comes_by_an_address_that_works_once(vendor: Vendor, licence: Licence) -> None:
    body = vendor.call("file", {"ZZBS": licence.identifier, "CZZTDM": company_code(1)})
    assert _code(body) == "0", body
    path = "/" + body["data"]["WJDZ"].split("/", 3)[3]
    assert Browser().get(path)["Content-Type"] == "application/pdf"
    assert Browser().get(path).status_code == 404


@pytest.mark.parametrize(("operation", "result"), [("", "0"), ("suspend", "2"), ("revoke", "3")])
def test_information_is_verified_with_the_standards_results(vendor: Vendor, operation: str, result: str) -> None:
    licence = make.operated(operation) if operation else make.issued()
    body = vendor.call("verify", {"ZZBH": licence.number})
    assert (_code(body), body["data"]["YZJG"]) == ("0", result)
    assert body["data"]["ZZBS"] == licence.identifier


def test_an_absent_number_is_a_result_and_no_error(vendor: Vendor) -> None:
    body = vendor.call("verify", {"ZZBH": "成国土局〔1999〕1号"})
    assert (_code(body), body["data"]["YZJG"]) == ("0", "5")


def test_another_holders_number_does_not_match(vendor: Vendor) -> None:
    make.company(2)
    body = vendor.call("verify", {"ZZBH": make.issued().number, "CZZTDM": company_code(2)})
    assert body["data"]["YZJG"] == "6"


def test_without_a_case_the_operator_is_named_and_no_identifier_told(vendor: Vendor, licence: Licence) -> None:
    with make.recorded() as entries:
        body = vendor.call("verify", {"ZZBH": licence.number}, BJBH="", CZRY=OPERATOR)
    assert body["data"]["YZJG"] == "0"
    assert "ZZBS" not in body["data"]
    assert body["head"]["record"] == str(entries[0].pk)
    assert "李经办" not in bytes(entries[0].leaf).decode()


def _file(content: bytes) -> dict[str, str]:
    return {"WJNR": base64.b64encode(content).decode()}


def test_a_sealed_file_passes_an_altered_one_fails_and_what_is_no_file_is_one_no_more(
    vendor: Vendor, licence: Licence
) -> None:
    pdf = document_of(licence, actor=make.PLATFORM)
    passed = vendor.call("verify-file", _file(pdf))["data"]
    assert (passed["YZJG"], passed["ZZBS"]) == ("0", licence.identifier)
    altered = pdf.replace(b"/Producer", b"/Producor", 1) if b"/Producer" in pdf else pdf[:-200] + b"0" + pdf[-199:]
    assert vendor.call("verify-file", _file(altered))["data"]["YZJG"] in ("1", "2")
    assert vendor.call("verify-file", _file(b"no PDF at all"))["data"]["YZJG"] == "2"


def test_a_verified_file_stands_in_its_licences_record(vendor: Vendor, licence: Licence) -> None:
    pdf = document_of(licence, actor=make.PLATFORM)
    with make.recorded() as entries:
        vendor.call("verify-file", _file(pdf))
    entry = entries[-1]
    assert (entry.action, entry.outcome, entry.subject) == ("verify_document", "done", licence.identifier)


def test_codes_of_all_three_kinds_lead_to_the_licence(vendor: Vendor, licence: Licence) -> None:
    offline = read_code(document_of(licence, actor=make.PLATFORM))
    licence.refresh_from_db()
    for code in (offline, f"https://licences.example.cn/c/{licence.check_code}", licence.identifier):
        body = vendor.call("read-code", {"EWM": code})
        assert (_code(body), body["data"]["YZJG"]) == ("0", "0"), code
        assert body["data"]["ZZBS"] == licence.identifier


def test_a_forged_or_foreign_code_names_nothing(vendor: Vendor, licence: Licence) -> None:
    offline = read_code(document_of(licence, actor=make.PLATFORM))
    forged = offline[:-3] + ("A" if offline[-3] != "A" else "B") + offline[-2:]
    assert _code(vendor.call("read-code", {"EWM": forged})) in ("3", "6")
    for code in ("https://example.com/", "http://[", "没有", "https://example.com/c/AAAAAAAAAAAAAAAA"):
        assert _code(vendor.call("read-code", {"EWM": code})) == "3"


def test_remarks_tell_state_and_successor(vendor: Vendor, licence: Licence) -> None:
    newer = make.issued(replaces=licence, operation="change")
    body = vendor.call("remarks", {"ZZBS": licence.identifier, "CZZTDM": company_code(1)})
    assert (body["data"]["ZZZT"], body["data"]["ZZZTMC"]) == ("99", "已被取代")
    assert body["data"]["XZZBS"] == newer.identifier
    revoked = make.operated("revoke")
    assert vendor.call("remarks", {"ZZBS": revoked.identifier})["data"]["ZZZT"] == "07"


# --- What is refused ----------------------------------------------------------------------------------------------


def test_each_refusal_has_the_vendors_code_and_an_entry(vendor: Vendor, licence: Licence) -> None:
    refused = {
        "1": vendor.call("data", {"ZZBS": make.issued(make.DEED).identifier}, SXBM="O3"),
        "3": vendor.call("data", {"ZZBS": licence.identifier.replace("001.", "002.")}),
        "4": vendor.call("find", {"ZZLXDM": make.LAND}),
    }
    assert {expected: _code(body) for expected, body in refused.items()} == {code: code for code in refused}
    assert refused["1"]["head"]["record"]
    assert "使用协议" in refused["1"]["head"]["message"]
    assert "data.CZZTDM" in refused["4"]["head"]["message"]


@pytest.mark.parametrize(
    ("head", "path"),
    [
        ({"SY": "用" * 201}, "head.SY"),
        ({"SY": " "}, "head.SY"),
        ({"SXMC": ""}, "head.SXMC"),
        ({"BJBH": ""}, "head.CZRY.ZH"),
        ({"BJBH": "", "CZRY": {**OPERATOR, "JS": ""}}, "head.CZRY.JS"),
        ({"SXBM": 7}, "head.SXBM"),
        ({"SXBM": "O2\0"}, "head.SXBM"),
        ({"CZRY": "李"}, ""),
    ],
)
def test_a_faulty_envelope_names_the_part(vendor: Vendor, head: dict[str, Any], path: str) -> None:
    body = vendor.call("verify", {"ZZBH": make.issued().number}, **head)
    assert _code(body) == ("4" if path else "0")
    assert path in body["head"].get("message", "")


@pytest.mark.parametrize("body", [[], 7, {"head": []}, {"head": {"token": {}}}])
def test_a_body_of_another_shape_is_no_error_of_ours(vendor: Vendor, body: Any) -> None:
    assert _code(vendor.post("verify", body)) in ("1", "4")


def test_an_operation_that_there_is_not_is_a_bad_parameter(vendor: Vendor) -> None:
    assert _code(vendor.call("steal", {})) == "4"


def test_no_token_a_wrong_one_and_another_account_are_refused(vendor: Vendor, licence: Licence) -> None:
    data = {"ZZBH": licence.number}
    for head in ({"token": ""}, {"token": "x"}, {"account": Vendor("D").account}):
        with make.recorded() as entries:
            body = vendor.call("verify", data, **head)
        assert _code(body) == "1"
        assert len(entries) == (0 if head == {"token": ""} else 1)


def test_a_wrong_password_gives_no_token_and_stands_in_the_record(vendor: Vendor) -> None:
    with make.recorded() as entries:
        body = vendor.sign_in(password="wrong")
    assert (_code(body), "data" in body) == ("1", False)
    assert [(e.action, e.outcome) for e in entries] == [("get_token", "refused")]


def test_another_departments_system_sees_nothing(licence: Licence) -> None:
    other = Vendor("M")
    for operation in ("data", "file", "verify", "remarks"):
        assert _code(other.call(operation, {"ZZBS": licence.identifier})) == "1"


def test_a_purpose_bound_copy_says_the_purpose(vendor: Vendor, licence: Licence) -> None:
    made = vendor.call("file", {"ZZBS": licence.identifier, "CZZTDM": company_code(1)})
    copy = Licence.objects.get(pk=licence.pk).copies.get()
    assert (copy.purpose, copy.receiver) == ("建设用地规划许可", "规划局")
    assert made["data"]["JZJYXQJZSJ"] == copy.expires_at.isoformat(timespec="seconds")


# --- Tables -------------------------------------------------------------------------------------------------------


def test_every_field_of_the_standard_has_its_short_name() -> None:
    assert {name for name in FIELDS if name.startswith("certificate")} <= set(metadata())


def test_shipped_tables_are_whole_and_one_that_lacks_a_row_says_which(tmp_path: Path) -> None:
    for name in SHIPPED:
        assert read_style(name).calls["success"]
    own = tmp_path / "own.toml"
    own.write_text('fields = "short"\n[calls]\nsuccess = "0"\n', "utf-8")
    with pytest.raises(ValueError, match=r"calls\.no_permission"):
        read_style(str(own))
    with pytest.raises(ValueError, match="neither one of"):
        read_style(str(tmp_path / "none.toml"))


def test_another_vendors_layout_is_another_table(settings: "Settings", vendor: Vendor, licence: Licence) -> None:
    settings.SHARING = Sharing("ack_code", frozenset(), (), plain_http=False)
    token = vendor.post("token", {"account": vendor.account, "password": vendor.password})["access_token"]
    data = {"use_for": "规划许可", "service_item_code": "O2", "service_item_name": "规划", "biz_num": "1"}
    body = vendor.post("data", {"access_token": token, "data": {**data, "license_id": licence.identifier}})
    assert body["ack_code"] == "SUCCESS"
    assert body["data"]["license"]["certificateNumber"] == licence.number
    refused = vendor.post("data", {"access_token": token, "data": {**data, "service_item_code": "X"}})
    assert refused["ack_code"] in ("AUTH_DENIED", "INVALID_PARAMETER")
