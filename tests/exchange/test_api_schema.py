"""The API describes itself, and its answers are as it says."""

import re
from typing import Any

import pytest
import yaml
from django.test import Client as Browser
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

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
        ("/api/v1/record/{entry}/receipt/", "get"),
        ("/api/v1/licences/{identifier}/", "get"),
        ("/api/v1/licences/", "post"),
        ("/api/v1/licences/{identifier}/operations/", "post"),
        ("/api/v1/corrections/", "post"),
        ("/api/v1/corrections/", "get"),
        ("/api/v1/corrections/{number}/", "get"),
        ("/api/v1/batches/", "post"),
        ("/api/v1/batches/", "get"),
        ("/api/v1/batches/{key}/", "get"),
        ("/api/v1/batches/{key}/rows/", "get"),
        ("/api/v1/batches/{key}/stop/", "post"),
        ("/api/v1/batches/{key}/retry/", "post"),
        *((f"/api/v1/{name}/", "get") for name in CATALOGUE),
    }


def test_each_call_names_its_scope_of_the_client_credentials(schema: dict[str, Any]) -> None:
    flow = schema["components"]["securitySchemes"]["clientCredentials"]["flows"]["clientCredentials"]
    assert flow["tokenUrl"] == "/oauth/token/"
    assert set(flow["scopes"]) == {"verify", "disclose", "issue", "corrections", "record"}
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
