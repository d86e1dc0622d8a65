"""Examples of the calls for subscriptions, and of their refusals."""

from typing import Any

from drf_spectacular.utils import OpenApiExample

from foundation.problems import MEDIA_TYPE, problem
from foundation.reasons import Both, Refused, because

_ENTRY = "01a209dc-d650-74ef-85ba-ea626a7b5867"
_KEY = "01a20e74-f8e0-737b-9589-d1113c27f633"
_ADDRESS = "https://hooks.planning.example.gov.cn/licences"
_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="  # noqa: S105 - an example's
_PENDING: dict[str, Any] = {
    "id": _KEY,
    "address": _ADDRESS,
    "state": "pending",
    "reason": "",
    "explanation": None,
    "made_at": "2026-11-24T09:00:00+08:00",
    "verified_at": None,
    "failing_since": None,
    "waiting": 0,
    "dead": 0,
}


def _given(name: str, value: dict[str, Any]) -> OpenApiExample:
    return OpenApiExample(name, request_only=True, value=value)


def _told(name: str, value: dict[str, Any], status: str = "200") -> OpenApiExample:
    return OpenApiExample(name, response_only=True, status_codes=[status], value=value)


def _refusal(name: str, refused: Refused, path: str = "") -> OpenApiExample:
    refused.entry = _ENTRY
    body = problem(refused, language="en", instance=f"/api/v1/subscriptions/{path}")
    return OpenApiExample(
        name, response_only=True, status_codes=[str(body["status"])], media_type=MEDIA_TYPE, value=body
    )


_INSIDE = because("address_not_allowed", why=Both("须使用 https", "it must use https"))
_NOT_PROVEN = because("endpoint_not_proven", why=Both("无法连接接收端", "The endpoint cannot be reached"))
SUBSCRIBE_EXAMPLES = [
    _given("An endpoint", {"address": _ADDRESS}),
    _told("Made, with its secret", {**_PENDING, "secret": _SECRET}, "201"),
    _refusal("An address that is not allowed", Refused(_INSIDE, fields={"address": _INSIDE})),
    _refusal("The same address again", Refused(because("subscription_exists"))),
]
VERIFY_EXAMPLES = [
    _told("It answered", {**_PENDING, "state": "active", "verified_at": "2026-11-24T09:01:00+08:00"}),
    _refusal("It did not", Refused(_NOT_PROVEN), f"{_KEY}/verify/"),
    _refusal("Asked again at once", Refused(because("rate_exceeded", seconds="9")), f"{_KEY}/verify/"),
    _refusal("Another department's, or none", Refused(because("subscription_not_found")), f"{_KEY}/verify/"),
]
ROTATE_EXAMPLES = [
    _told("A new secret", {"id": _KEY, "secret": _SECRET, "former_until": "2026-11-25T09:00:00+08:00"}),
]
RESEND_EXAMPLES = [
    _given("One of them", {"deliveries": ["01a20e74-f8fc-76c9-aa3b-4d3c34244d38"]}),
    _given("All", {}),
    _told("One waits again", {"resent": 1}),
]
