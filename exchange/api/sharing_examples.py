"""Examples of searches and copies, and of their refusals."""

from typing import Any

from drf_spectacular.utils import OpenApiExample

from foundation.problems import MEDIA_TYPE, problem
from foundation.reasons import REASONS, Both, Refused, because

_IDENTIFIER = "1.2.156.3005.2.11510100LX00001260001.11510100LX00001260.20260000001.001.7"
_ENTRY = "01a209dc-d650-74ef-85ba-ea626a7b5867"
_DOWNLOAD = "https://licences.example.gov.cn/api/v1/downloads/kq0sE1o3lJ6Yc2w1nZJ0m2m8x4yqvCwq4n0m7hVf8dA/"
_USE = {"item": "O2", "purpose": "建设用地规划许可", "case": "O2-20261124-0001"}


def _refusal(name: str, refused: Refused, instance: str) -> OpenApiExample:
    refused.entry = _ENTRY
    body = problem(refused, language="en", instance=instance)
    return OpenApiExample(
        name, response_only=True, status_codes=[str(body["status"])], media_type=MEDIA_TYPE, value=body
    )


def _told(name: str, value: dict[str, Any], status: str) -> OpenApiExample:
    return OpenApiExample(name, response_only=True, status_codes=[status], value=value)


SEARCH_EXAMPLES = [
    OpenApiExample(
        "A company's land opinions for a case",
        request_only=True,
        value={**_USE, "holder_code": "91510100MA00000019", "licence_type": "用地预审意见"},
    ),
    _told(
        "One",
        {
            "count": 1,
            "page": 1,
            "results": [
                {
                    "number": "成国土局〔2026〕1号",
                    "identifier": _IDENTIFIER,
                    "type": {
                        "code": "11510100LX00001260001",
                        "name": {"zh": "用地预审意见", "en": "Preliminary land use review opinion"},
                    },
                    "issuer": {"code": "L", "name": {"zh": "国土局", "en": "Land Bureau"}},
                    "valid_from": "2026-11-24",
                    "valid_until": "2029-11-23",
                    "outcome": "valid",
                    "code": 0,
                    "signature": "right",
                    "reason": "valid",
                    "explanation": {"zh": REASONS["valid"].zh, "en": REASONS["valid"].en},
                }
            ],
            "checked_at": "2026-11-24T09:00:00+08:00",
            "record": _ENTRY,
        },
        "200",
    ),
    _told(
        "None, or nobody known by this number",
        {"count": 0, "page": 1, "results": [], "checked_at": "2026-11-24T09:00:00+08:00", "record": _ENTRY},
        "200",
    ),
    _refusal(
        "The item does not need the type",
        Refused(
            because("type_not_needed", item="O2", type=Both("不动产权证书", "Real estate certificate"), items="O3")
        ),
        "/api/v1/licences/search/",
    ),
]

COPY_EXAMPLES = [
    OpenApiExample(
        "For a case, until the end of the year",
        request_only=True,
        value={**_USE, "holder_code": "91510100MA00000019", "expires_at": "2026-12-31T23:59:59+08:00"},
    ),
    _told(
        "Made",
        {
            "copy": "01a209dc-d650-74ef-85ba-ea626a7b5860",
            "identifier": _IDENTIFIER,
            "purpose": _USE["purpose"],
            "receiver": "规划局",
            "expires_at": "2026-12-31T23:59:59+08:00",
            "download": _DOWNLOAD,
            "download_expires_at": "2026-11-24T09:10:00+08:00",
            "record": _ENTRY,
        },
        "201",
    ),
    _refusal(
        "The agreement covers some fields only",
        Refused(because("whole_not_permitted", fields=Both("持证主体", "Holder"))),
        f"/api/v1/licences/{_IDENTIFIER}/copies/",
    ),
]
