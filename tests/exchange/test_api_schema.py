"""The API describes itself, and its answers are as it says."""

import inspect
import re
from typing import Any

import pytest
import yaml
from django.test import Client as Browser
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from exchange import access, cases, lacking, verifying
from exchange.api.schema import ACCESS
from exchange.verifying import verify_number
from foundation.reasons import REASONS
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def schema() -> dict[str, Any]:
    answer = Browser().get("/api/schema/")
    assert answer.status_code == 200
    return dict(yaml.safe_load(answer.content))


def test_it_is_valid_openapi_3_1(schema: dict[str, Any]) -> None:
    assert schema["openapi"].startswith("3.1")
    OpenAPIV31SpecValidator(schema).validate()


CATALOGUE = ("departments", "items", "licence-types", "flows", "network", "plans")


def test_it_describes_these_calls_and_nothing_else(schema: dict[str, Any]) -> None:
    assert {(path, method) for path, calls in schema["paths"].items() for method in calls} == {
        ("/api/v1/verifications/", "post"),
        ("/api/v1/verifications/batch/", "post"),
        ("/api/v1/record/{entry}/receipt/", "get"),
        ("/api/v1/licences/{identifier}/", "get"),
        ("/api/v1/licences/", "post"),
        ("/api/v1/licences/{identifier}/operations/", "post"),
        ("/api/v1/licences/search/", "post"),
        ("/api/v1/licences/{identifier}/credential/", "get"),
        ("/api/v1/licences/{identifier}/copies/", "post"),
        ("/api/v1/licences/{identifier}/copies/{key}/downloads/", "post"),
        ("/api/v1/downloads/{secret}/", "get"),
        ("/api/v1/subscriptions/", "get"),
        ("/api/v1/subscriptions/", "post"),
        ("/api/v1/subscriptions/{key}/", "get"),
        ("/api/v1/subscriptions/{key}/", "patch"),
        ("/api/v1/subscriptions/{key}/", "delete"),
        ("/api/v1/subscriptions/{key}/verify/", "post"),
        ("/api/v1/subscriptions/{key}/rotate/", "post"),
        ("/api/v1/subscriptions/{key}/deliveries/", "get"),
        ("/api/v1/subscriptions/{key}/resend/", "post"),
        ("/api/v1/applications/", "post"),
        ("/api/v1/applications/", "get"),
        ("/api/v1/applications/{number}/", "get"),
        ("/api/v1/applications/{number}/steps/", "post"),
        ("/api/v1/corrections/", "post"),
        ("/api/v1/corrections/", "get"),
        ("/api/v1/corrections/{number}/", "get"),
        ("/api/v1/batches/", "post"),
        ("/api/v1/authorisations/", "get"),
        ("/api/v1/authorisations/redeem/", "post"),
        ("/api/v1/batches/", "get"),
        ("/api/v1/batches/{key}/", "get"),
        ("/api/v1/batches/{key}/rows/", "get"),
        ("/api/v1/batches/{key}/stop/", "post"),
        ("/api/v1/batches/{key}/retry/", "post"),
        ("/api/v1/agreements/", "post"),
        ("/api/v1/agreements/", "get"),
        ("/api/v1/agreements/{reference}/", "get"),
        ("/api/v1/agreements/{reference}/steps/", "post"),
        *((f"/api/v1/{name}/", "get") for name in CATALOGUE),
    }


def test_each_call_names_its_scope_of_the_client_credentials(schema: dict[str, Any]) -> None:
    flow = schema["components"]["securitySchemes"]["clientCredentials"]["flows"]["clientCredentials"]
    assert flow["tokenUrl"] == "/oauth/token/"
    assert set(flow["scopes"]) == {
        "verify",
        "disclose",
        "issue",
        "agreements",
        "applications",
        "authorisations",
        "corrections",
        "subscriptions",
        "record",
    }
    calls = schema["paths"]
    assert calls["/api/v1/verifications/"]["post"]["security"] == [{"clientCredentials": ["verify"]}]
    assert calls["/api/v1/licences/{identifier}/"]["get"]["security"] == [{"clientCredentials": ["disclose"]}]
    assert calls["/api/v1/record/{entry}/receipt/"]["get"]["security"] == [{"clientCredentials": ["verify"]}]
    issuing = [call for path in calls.values() for call in path.values() if call["tags"] == ["issuing"]]
    assert len(issuing) == 8
    assert all(call["security"] == [{"clientCredentials": ["issue"]}] for call in issuing)
    reporting = [call for path in calls.values() for call in path.values() if call["tags"] == ["corrections"]]
    assert [call["security"] for call in reporting] == [[{"clientCredentials": ["corrections"]}]] * 3


def test_every_reason_that_a_documented_refusal_may_carry_is_listed_in_both_languages(schema: dict[str, Any]) -> None:
    for answers in (call["responses"] for calls in schema["paths"].values() for call in calls.values()):
        for status, answer in answers.items():
            if status.startswith("2"):
                continue
            assert set(answer["content"]) == {"application/problem+json"}
            for reason in REASONS.values():
                if str(reason.status) == status:
                    assert f"`{reason.code}`" in answer["description"]


def test_every_status_that_a_call_gave_in_this_suite_is_documented(schema: dict[str, Any]) -> None:
    verify = schema["paths"]["/api/v1/verifications/"]["post"]["responses"]
    read = schema["paths"]["/api/v1/licences/{identifier}/"]["get"]["responses"]
    assert {"200", "400", "401", "403", "406", "415", "503"} <= set(verify)
    assert {"200", "400", "401", "403", "404", "406", "503"} <= set(read)


def _conforms(schema: dict[str, Any], name: str, body: Any) -> None:
    validator = OAS31Validator({"$ref": f"#/components/schemas/{name}", "components": schema["components"]})
    assert [e.message for e in validator.iter_errors(body)] == []


def test_answers_are_as_the_schema_says(schema: dict[str, Any]) -> None:
    make.city()
    caller = make.api("O")
    why = {"item": "O2", "purpose": "规划许可", "case": "1"}
    licence = make.issued()
    for number in (licence.number, "某〔1999〕1号", make.tampered().number):
        _conforms(
            schema,
            "VerificationAnswer",
            caller.post("/api/v1/verifications/", {**why, "number": number}, format="json").json(),
        )
    _conforms(schema, "DisclosureAnswer", caller.get(f"/api/v1/licences/{licence.identifier}/", why).json())
    entry = verify_number(make.ask(licence.number), standing=make.standing("O")).entry
    report = {"record": str(entry), "field": "certificateExpiringDate", "proposed": "2031-01-01"}
    answer = make.api("O", "corrections").post("/api/v1/corrections/", report, format="json")
    _conforms(schema, "ReportAnswer", answer.json())
    for body in ({}, {**why, "item": "X", "number": "1"}):
        _conforms(schema, "Problem", caller.post("/api/v1/verifications/", body, format="json").json())


@pytest.mark.parametrize(
    ("path", "status", "request_name", "answer_name"),
    [
        ("/api/v1/verifications/", "200", "VerificationRequest", "VerificationAnswer"),
        ("/api/v1/corrections/", "201", "ReportRequest", "ReportAnswer"),
    ],
)
def test_the_examples_are_as_the_schema_says(
    schema: dict[str, Any], path: str, status: str, request_name: str, answer_name: str
) -> None:
    call = schema["paths"][path]["post"]
    given = call["requestBody"]["content"]["application/json"]["examples"]
    told = call["responses"][status]["content"]["application/json"]["examples"]
    assert given
    assert told
    for example in given.values():
        _conforms(schema, request_name, example["value"])
    for example in told.values():
        _conforms(schema, answer_name, example["value"])


SHARED = {
    ("/api/v1/licences/search/", "post"): ("SearchRequest", {"200": "SearchAnswer", "403": "Problem"}),
    ("/api/v1/licences/{identifier}/copies/", "post"): ("CopyRequest", {"201": "CopyAnswer", "403": "Problem"}),
    ("/api/v1/subscriptions/", "post"): (
        "SubscriptionRequest", {"201": "SubscriptionMade", "400": "Problem", "409": "Problem"},
    ),
    ("/api/v1/subscriptions/{key}/verify/", "post"): (
        "", {"200": "SubscriptionAnswer", "404": "Problem", "409": "Problem", "429": "Problem"},
    ),
    ("/api/v1/subscriptions/{key}/rotate/", "post"): ("", {"200": "SecretAnswer"}),
    ("/api/v1/subscriptions/{key}/resend/", "post"): ("ResendRequest", {"200": "ResendAnswer"}),
}  # fmt: skip


@pytest.mark.parametrize("call", SHARED, ids=lambda call: call[0])
def test_examples_of_sharing_are_as_the_schema_says(schema: dict[str, Any], call: tuple[str, str]) -> None:
    (path, method), (given, told) = call, SHARED[call]
    described = schema["paths"][path][method]
    if given:
        for example in described["requestBody"]["content"]["application/json"]["examples"].values():
            _conforms(schema, given, example["value"])
    for status, name in told.items():
        (content,) = described["responses"][status]["content"].values()
        assert content["examples"]
        for example in content["examples"].values():
            _conforms(schema, name, example["value"])


def test_every_call_has_an_example_of_each_refusal_that_is_its_own_and_they_are_as_the_schema_says(
    schema: dict[str, Any],
) -> None:
    seen = set()
    for call in (call for calls in schema["paths"].values() for call in calls.values()):
        for status, answer in call["responses"].items():
            if status.startswith("2"):
                continue
            examples = answer["content"]["application/problem+json"]["examples"]
            assert examples
            for example in examples.values():
                _conforms(schema, "Problem", example["value"])
                assert str(example["value"]["status"]) == status
                seen.add((call["operationId"], example["value"]["reason"]))
    assert {code for name, code in seen if name == "verify"} >= set(ACCESS)
    assert {("receipt", "entry_not_sequenced"), ("issue", "two_persons_needed"), ("batch", "batch_not_found")} <= seen


def test_the_examples_of_the_access_decision_are_all_of_its_reasons() -> None:
    source = "".join(inspect.getsource(module) for module in (access, lacking, verifying, cases))
    codes = re.findall(r'because\("(\w+)"', source) + re.findall(r'\("(authorisation_\w+)", given', source)
    assert set(codes) - {"permitted"} == set(ACCESS)


def test_every_call_has_an_example_of_its_answer(schema: dict[str, Any]) -> None:
    for path, method in (("/api/v1/verifications/", "post"), ("/api/v1/licences/{identifier}/", "get")):
        answer = schema["paths"][path][method]["responses"]["200"]["content"]["application/json"]
        for example in answer["examples"].values():
            _conforms(schema, answer["schema"]["$ref"].rpartition("/")[2], example["value"])


def test_the_browsable_page_runs_under_the_strict_policy() -> None:
    answer = Browser().get("/api/docs/")
    assert answer.status_code == 200
    policy = answer["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    page = answer.content.decode()
    assert not re.search(r"<script(?![^>]*\bsrc=)[^>]*>\s*\S", page)
    assert "style=" not in page
    assert "https://" not in page
