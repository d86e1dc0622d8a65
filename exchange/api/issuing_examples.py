"""Examples of the calls for issuing, and of their refusals."""

from typing import Any

from drf_spectacular.utils import OpenApiExample

from foundation.problems import MEDIA_TYPE, problem
from foundation.reasons import Both, Refused, because

_IDENTIFIER = "1.2.156.3005.2.11510100LX00001260001.11510100LX00001260.20260000001.001.7"
_TYPE = {"code": "11510100LX00001260001", "name": {"zh": "用地预审意见", "en": "Preliminary land use review opinion"}}
_ENTRY = "01a209dc-d650-74ef-85ba-ea626a7b5867"


def _refusal(name: str, refused: Refused, instance: str) -> OpenApiExample:
    refused.entry = _ENTRY
    body = problem(refused, language="en", instance=instance)
    return OpenApiExample(
        name, response_only=True, status_codes=[str(body["status"])], media_type=MEDIA_TYPE, value=body
    )


def _given(name: str, value: dict[str, Any], media_type: str = "application/json") -> OpenApiExample:
    return OpenApiExample(name, request_only=True, media_type=media_type, value=value)


def _told(name: str, value: Any, *statuses: str) -> OpenApiExample:
    return OpenApiExample(name, response_only=True, status_codes=list(statuses), value=value)


ISSUE_EXAMPLES = [
    _given(
        "A new licence",
        {
            "licence_type": "用地预审意见",
            "holders": [{"name": "演示精密机械有限公司", "code_type": "001", "number": "91510100MA00000019"}],
            "content": {"projectName": "精密数控机床生产线技术改造项目"},
        },
    ),
    _given(
        "A change of it",
        {
            "licence_type": "11510100LX00001260001",
            "holders": [{"name": "演示精密机械有限公司", "code_type": "001", "number": "91510100MA00000019"}],
            "content": {"projectName": "精密数控机床生产线技术改造项目（二期）"},
            "replaces": _IDENTIFIER,
            "operation": "change",
        },
    ),
    _told(
        "Issued",
        {
            "identifier": _IDENTIFIER,
            "number": "成国土局〔2026〕1号",
            "version": 1,
            "type": _TYPE,
            "issuer": {"code": "L", "name": {"zh": "国土局", "en": "Land and Resources Bureau"}},
            "issued_at": "2026-11-24T09:00:00+08:00",
            "valid_from": "2026-11-24",
            "valid_until": "2029-11-23",
            "state": "valid",
            "check_address": "https://licences.example.org/c/7Z3K9QX2M4T8V0AB",
            "credential": "eyJhbGciOiJFUzI1NiIsInR5cCI6ImRjK3NkLWp3dCJ9.eyJfc2QiOlsi….MEUCIQ…~WyJ…~WyJ…~",
        },
        "201",
        "200",
    ),
    _refusal(
        "Faults",
        Refused(
            because("input_invalid"),
            fields={
                "holders.0.number": because(
                    "holder_number_invalid", why=Both("校验码应为 9", "the check character should be 9")
                ),
                "valid_until": because("dates_reversed"),
            },
        ),
        "/api/v1/licences/",
    ),
    _refusal(
        "Another department's type",
        Refused(
            because(
                "type_of_other_department",
                type=Both("用地预审意见", "Preliminary land use review opinion"),
                owner=Both("国土局", "Land and Resources Bureau"),
            )
        ),
        "/api/v1/licences/",
    ),
    _refusal("Two persons needed", Refused(because("two_persons_needed")), "/api/v1/licences/"),
    _refusal("Key used before", Refused(because("idempotency_key_reused")), "/api/v1/licences/"),
]

OPERATION_EXAMPLES = [
    _given("Suspend", {"operation": "suspend", "reason": "暂扣三个月（行政处罚决定书〔2026〕7号）"}),
    _told(
        "Suspended",
        {
            "identifier": _IDENTIFIER,
            "number": "成国土局〔2026〕1号",
            "operation": "suspend",
            "state": "suspended",
            "state_name": {"zh": "暂停", "en": "suspended"},
        },
        "200",
    ),
    _refusal("No such licence", Refused(because("no_such_licence")), f"/api/v1/licences/{_IDENTIFIER}/operations/"),
]

BATCH_EXAMPLES = [
    _told(
        "Taken in",
        {
            "id": "01a209dc-d5ed-7332-8c9e-f3d8f7015220",
            "name": "用地预审意见-2016.xlsx",
            "licence_type": _TYPE,
            "state": "issuing",
            "rows": 1200,
            "issued": 0,
            "failed": 0,
            "waiting": 1200,
            "made_at": "2026-11-24T09:00:00+08:00",
        },
        "202",
    ),
    _refusal("Too large", Refused(because("file_too_large", most="64 MiB")), "/api/v1/batches/"),
]
