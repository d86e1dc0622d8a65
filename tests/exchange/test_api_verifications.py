"""POST /api/v1/verifications/, as a department's system calls it."""

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError
from rest_framework.test import APIClient

from audit.models import Entry
from foundation.reasons import REASONS
from licences.models import Licence
from portal.demonstration.numbers import company_code
from tests import factories as make

pytestmark = pytest.mark.django_db

URL = "/api/v1/verifications/"
ASK = {"item": "O2", "purpose": "建设用地规划许可", "case": "O2-外部-0001"}


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city()


@pytest.fixture
def caller() -> APIClient:
    return make.api("O")


def _post(caller: APIClient, **values: Any) -> Any:
    return caller.post(URL, {**ASK, **values}, format="json")


def _recorded(caller: APIClient, **values: Any) -> tuple[Any, Entry]:
    """Post, and return the answer with the only entry that it left."""
    with make.recorded() as entries:
        answer = _post(caller, **values)
    (entry,) = entries
    assert answer.json()["record"] == str(entry.pk)
    assert answer["X-Request-ID"] == entry.request_id
    assert answer["Cache-Control"] == "no-store"
    return answer, entry


def _problem(answer: Any, status: int, reason: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    body = dict(answer.json())
    assert (body["status"], body["reason"], body["type"]) == (status, reason, f"/reasons/#{reason}")
    assert body["instance"] == URL
    assert body["explanation"]["zh"]
    assert body["explanation"]["en"]
    return body


def test_a_valid_licence_is_told_with_issuer_and_term() -> None:
    licence = make.issued(make.LAND, make.someone(3))
    answer, entry = _recorded(make.api("O"), number=licence.number)
    assert answer.status_code == 200
    body = answer.json()
    assert (body["outcome"], body["code"], body["reason"]) == ("valid", 0, "valid")
    assert body["explanation"] == {"zh": REASONS["valid"].zh, "en": REASONS["valid"].en}
    assert body["licence"]["number"] == licence.number
    assert body["licence"]["type"]["name"] == {"zh": make.LAND, "en": "Land opinion"}
    assert body["licence"]["issuer"] == {"code": "L", "name": {"zh": "国土局", "en": "Land Bureau"}}
    assert body["licence"]["valid_from"] == licence.valid_from.isoformat()
    assert licence.valid_until
    assert body["licence"]["valid_until"] == licence.valid_until.isoformat()
    assert body["licence"]["identifier"] == licence.identifier
    assert body["licence"]["holder"] == "张**"
    assert (entry.action, entry.outcome, entry.case) == ("verify", "valid", ASK["case"])
    assert entry.actor_client


def test_without_a_case_the_answer_names_neither_identifier_nor_holder() -> None:
    operator = {"account": "li", "name": "李经办"}
    answer, _ = _recorded(make.api("O"), number=make.issued().number, case="", operator=operator)
    assert answer.status_code == 200
    assert not {"identifier", "holder"} & set(answer.json()["licence"])


def test_verifying_shows_no_content() -> None:
    licence = make.issued(content={"projectName": "绝密改造"})
    answer, entry = _recorded(make.api("O"), number=licence.number)
    assert "绝密改造" not in answer.content.decode()
    assert entry.fields == []


@pytest.mark.parametrize("written", ["成国土局[{}]1号", "成国土局 （{}） １ 号", "成国土局【{}】1号"])
def test_brackets_width_and_spaces_do_not_matter(caller: APIClient, written: str) -> None:
    year = make.issued().number[5:9]
    assert _post(caller, number=written.format(year)).json()["outcome"] == "valid"


@pytest.mark.parametrize(
    ("made", "outcome", "code", "reason"),
    [
        (make.expired, "no_longer_valid", 3, "expired"),
        (lambda: make.operated("suspend"), "suspended", 2, "suspended"),
        (lambda: make.operated("revoke"), "no_longer_valid", 3, "revoked"),
        (make.tampered, "signature_invalid", 7, "signature_invalid"),
    ],
    ids=["expired", "suspended", "revoked", "tampered"],
)
def test_a_bad_licence_is_an_answer_with_its_code(
    caller: APIClient, made: Callable[[], Licence], outcome: str, code: int, reason: str
) -> None:
    answer, entry = _recorded(caller, number=made().number)
    body = answer.json()
    assert answer.status_code == 200
    assert (body["outcome"], body["code"], body["reason"]) == (outcome, code, reason)
    assert (entry.outcome, entry.reason) == (outcome, reason)


def test_an_ambiguous_number_asks_for_the_type(caller: APIClient) -> None:
    for name in (make.APPROVAL, make.STUDY):
        make.issued(name, number="同号〔2026〕1号")
    body = _post(caller, number="同号〔2026〕1号").json()
    assert (body["outcome"], body["code"], body["licence"]) == ("ambiguous", 9, None)
    named = _post(caller, number="同号〔2026〕1号", licence_type="Reply on the study").json()
    assert named["outcome"] == "valid"


def _without_time_and_record(answer: Any) -> bytes:
    body = answer.json()
    assert UUID(body["record"]).version == 7
    for member in ("record", "checked_at"):
        answer.content = answer.content.replace(json.dumps(body[member]).encode(), b'""')
    return bytes(answer.content)


def test_a_bare_number_outside_the_items_needs_answers_like_an_absent_one_byte_for_byte(caller: APIClient) -> None:
    outside = make.issued(make.SITE)
    absent, absent_entry = _recorded(caller, number="成规划局〔1999〕1号")
    hidden, hidden_entry = _recorded(caller, number=outside.number)
    assert absent.status_code == hidden.status_code == 200
    assert absent.json()["outcome"] == "not_found"
    assert _without_time_and_record(absent) == _without_time_and_record(hidden)
    headers = [{k: v for k, v in a.items() if k != "X-Request-ID"} for a in (absent, hidden)]
    assert headers[0] == headers[1]
    assert (absent_entry.outcome, absent_entry.reason) == ("not_found", "not_found")
    assert (hidden_entry.outcome, hidden_entry.reason) == ("not_found", "outside_needs")


def test_both_take_the_same_number_of_queries(caller: APIClient, django_assert_max_num_queries: Any) -> None:
    outside = make.issued(make.SITE)
    counts = []
    for number in ("成规划局〔1999〕1号", outside.number):
        with django_assert_max_num_queries(100) as counted:
            _post(caller, number=number)
        counts.append(len(counted))
    assert counts[0] == counts[1]


def test_the_holder_named_must_hold_it(caller: APIClient) -> None:
    licence = make.issued(make.LAND, make.company(1))
    right = _post(caller, number=licence.number, holder_code=company_code(1).lower()).json()
    assert right["outcome"] == "valid"
    answer, entry = _recorded(caller, number=licence.number, holder_code=company_code(2))
    body = answer.json()
    assert (body["outcome"], body["code"], body["reason"]) == ("mismatch", 6, "holder_mismatch")
    assert body["licence"] is None
    assert entry.subject == licence.identifier
    assert company_code(2).encode() not in make.every_byte()


# --- Refusals ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "reason", "named"),
    [
        ({"item": "X99"}, "item_unknown", "X99"),
        ({"item": "D2"}, "item_of_other_department", "Economy Commission"),
        ({"licence_type": make.SITE}, "type_not_needed", "D2, L1, M1"),
        ({"licence_type": "幸福证"}, "type_unknown", "幸福证"),
        ({"case": ""}, "case_or_operator_missing", "operator"),
        ({"item": "O3"}, "agreement_missing", "Land Bureau"),
        ({"item": "O4"}, "not_shared", "Explosives regulations"),
    ],
)
def test_a_refusal_is_a_problem_with_its_reason_and_one_entry(
    caller: APIClient, values: dict[str, str], reason: str, named: str
) -> None:
    answer, entry = _recorded(caller, number="某〔2026〕1号", **values)
    body = _problem(answer, 403, reason)
    assert named in body["explanation"]["en"]
    assert (entry.action, entry.outcome, entry.reason) == ("verify", "refused", reason)


def test_an_alias_may_be_the_type() -> None:
    licence = make.issued(make.REPORT)
    body = _post(make.api("D"), item="D2", number=licence.number, licence_type=make.ENVIRONMENT).json()
    assert body["outcome"] == "valid"


@pytest.mark.parametrize(
    ("language", "detail"),
    [
        ("zh-hans", "没有编号为 X99 的审批事项。"),
        ("en", "There is no item with the code X99."),
        ("en-GB,zh;q=0.5", "There is no item with the code X99."),
        ("fr", "没有编号为 X99 的审批事项。"),
    ],
)
def test_problems_are_explained_in_the_callers_language_and_always_in_both(
    caller: APIClient, language: str, detail: str
) -> None:
    answer = caller.post(URL, {**ASK, "number": "1", "item": "X99"}, format="json", HTTP_ACCEPT_LANGUAGE=language)
    body = _problem(answer, 403, "item_unknown")
    assert body["detail"] == detail
    assert body["explanation"] == {"zh": "没有编号为 X99 的审批事项。", "en": "There is no item with the code X99."}


# --- Bad input ---------------------------------------------------------------------------------------------------


def _errors(answer: Any) -> dict[str, str]:
    return {e["field"]: e["reason"] for e in _problem(answer, 400, "input_invalid")["errors"]}


def test_all_missing_fields_are_named_at_once(caller: APIClient) -> None:
    assert _errors(caller.post(URL, {}, format="json")) == {
        "number": "field_required", "item": "field_required", "purpose": "field_required",
    }  # fmt: skip


@pytest.mark.parametrize("empty", ["", "   ", None])
@pytest.mark.parametrize("field", ["number", "item", "purpose"])
def test_an_empty_field_is_a_missing_one(caller: APIClient, field: str, empty: Any) -> None:
    assert _errors(_post(caller, **{"number": "1", field: empty})) == {field: "field_required"}


@pytest.mark.parametrize(
    ("field", "length"),
    [("number", 201), ("item", 41), ("purpose", 201), ("case", 81), ("licence_type", 201), ("holder_code", 41)],
)
def test_a_value_too_long_is_named(caller: APIClient, field: str, length: int) -> None:
    body = _problem(_post(caller, **{"number": "1", field: "长" * length}), 400, "input_invalid")
    assert [(e["field"], e["reason"]) for e in body["errors"]] == [(field, "field_invalid")]
    assert body["errors"][0]["message"]["zh"].startswith("内容过长")
    assert "too long" in body["errors"][0]["message"]["en"]


@pytest.mark.parametrize("field", ["number", "item", "purpose", "case", "licence_type", "holder_code"])
@pytest.mark.parametrize("value", ["a\0b", "a\ud800b", {"a": 1}, ["a"], True])
def test_a_value_of_the_wrong_form_is_named(caller: APIClient, field: str, value: Any) -> None:
    text = json.dumps({**ASK, "number": "1", field: value})
    assert _errors(caller.post(URL, text, content_type="application/json")) == {field: "field_invalid"}


@pytest.mark.parametrize(
    ("operator", "errors"),
    [
        ({"account": "li"}, {"operator.name": "field_required"}),
        ({"account": "", "name": "长" * 81}, {"operator.account": "field_required", "operator.name": "field_invalid"}),
        (None, {"operator": "field_required"}),
    ],
)
def test_an_operator_has_account_and_name(caller: APIClient, operator: Any, errors: dict[str, str]) -> None:
    assert _errors(_post(caller, number="1", operator=operator)) == errors


@pytest.mark.parametrize("operator", ["李", 7, ["李"]])
def test_an_operator_that_is_no_object_is_named(caller: APIClient, operator: Any) -> None:
    (error,) = _errors(_post(caller, number="1", operator=operator)).items()
    assert error[0].startswith("operator")
    assert error[1] == "field_invalid"


@pytest.mark.parametrize(
    "text",
    [
        "{", "", "[]", "7", '"a"', "null", '{"number": NaN}', '{"number": 1' + "0" * 5000 + "}", "\ufeff{}",
        '{"number": "1"', "[" * 100_000, '{"a":' * 50_000,
    ],
)  # fmt: skip
def test_malformed_json_is_bad_input_and_never_a_crash(caller: APIClient, text: str) -> None:
    answer = caller.post(URL, text.encode(), content_type="application/json")
    _problem(answer, 400, "input_invalid")


def test_bytes_that_are_no_utf_8_are_bad_input(caller: APIClient) -> None:
    _problem(caller.post(URL, b'{"number": "\xff"}', content_type="application/json"), 400, "input_invalid")


@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/x-www-form-urlencoded", "application/xml", "nonsense"]
)
def test_another_media_type_is_not_supported(caller: APIClient, media_type: str) -> None:
    _problem(caller.post(URL, b"number=1", content_type=media_type), 415, "media_type_not_supported")


def test_an_answer_is_json_only(caller: APIClient) -> None:
    answer = caller.post(URL, {**ASK, "number": "1"}, format="json", HTTP_ACCEPT="text/html")
    _problem(answer, 406, "not_acceptable")


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
def test_another_method_is_not_supported(caller: APIClient, method: str) -> None:
    answer = getattr(caller, method)(URL)
    _problem(answer, 405, "method_not_allowed")
    assert "POST" in answer["Allow"]


@pytest.mark.parametrize("number", ["' OR 1=1 --", "%", "_", "1.2.156.3005.2.x", "😀" * 50, "\u202e321", "<script>"])
def test_a_strange_number_is_an_absent_one(caller: APIClient, number: str) -> None:
    make.issued()
    answer, entry = _recorded(caller, number=number)
    assert (answer.json()["outcome"], entry.reason) == ("not_found", "not_found")


def test_an_unknown_address_of_the_api_is_a_problem_too(caller: APIClient) -> None:
    answer = caller.get("/api/v1/nothing/")
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["reason"] == "page_not_found"


# --- No entry, no access -----------------------------------------------------------------------------------------


def test_where_the_record_cannot_be_written_nothing_is_told(caller: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    licence: Licence = make.issued()

    def fail(*values: Any) -> None:
        raise DatabaseError("disk full")

    monkeypatch.setattr(Entry.objects, "bulk_create", fail)
    answer = _post(caller, number=licence.number)
    body = _problem(answer, 503, "record_unavailable")
    assert "record" not in body
    assert licence.number not in answer.content.decode()
    assert "disk full" not in answer.content.decode()


def test_the_clear_text_of_a_fault_inside_is_not_told(caller: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    from exchange import verifying

    def fail(*args: Any, **values: Any) -> None:
        raise RuntimeError("password=hunter2")

    monkeypatch.setattr(verifying, "verify_found", fail)
    answer = _post(caller, number="1")
    assert answer.status_code == 500
    assert answer["Content-Type"] == "application/problem+json"
    assert "hunter2" not in answer.content.decode()
    assert answer["X-Request-ID"] in answer.json()["explanation"]["en"]
