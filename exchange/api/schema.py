"""How the API describes itself (OpenAPI 3.1): problem answers, examples, the token's scopes."""

from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample

from foundation.reasons import REASONS


class Schema(AutoSchema):
    """Names the scope that each view asks for; a view without one is open to all."""

    def get_auth(self) -> list[dict[str, Any]]:
        """Return the security requirement of the view."""
        super().get_auth()  # for its effect: it puts the scheme into the document
        scope = getattr(self.view, "scope", None)
        return [{"clientCredentials": [scope]}] if scope else []


class ClientCredentialsScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """OAuth 2.0 client credentials."""

    target_class = "exchange.api.authentication.ClientAuthentication"
    name = "clientCredentials"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:  # noqa: ARG002 - its signature
        """Return the scheme's description."""
        flow = {"tokenUrl": "/oauth/token/", "scopes": settings.OAUTH2_PROVIDER["SCOPES"]}
        return {"type": "oauth2", "flows": {"clientCredentials": flow}}


VERIFICATION_EXAMPLES = [
    OpenApiExample(
        "A number for a case",
        request_only=True,
        value={
            "number": "成经信委〔2026〕12号",
            "item": "O2",
            "purpose": "建设用地规划许可",
            "case": "O2-20261123-0001",
        },
    ),
    OpenApiExample(
        "Valid",
        response_only=True,
        status_codes=["200"],
        value={
            "outcome": "valid",
            "code": 0,
            "signature": "right",
            "reason": "valid",
            "explanation": {"zh": REASONS["valid"].zh, "en": REASONS["valid"].en},
            "licence": {
                "number": "成经信委〔2026〕12号",
                "type": {
                    "code": "11510100LX000004TD001",
                    "name": {"zh": "技术改造项目核准批复", "en": "Approval of a technical transformation project"},
                },
                "issuer": {
                    "code": "D",
                    "name": {"zh": "经信委", "en": "Economy and Information Technology Commission"},
                },
                "issued_at": "2026-11-23T08:00:00+08:00",
                "valid_from": "2026-11-23",
                "valid_until": None,
                "identifier": "1.2.156.3005.2.11510100LX000004TD001.11510100LX000004TD.20260000012.001.A",
                "holder": "蓉城精密机械有限公司",
            },
            "successor": None,
            "checked_at": "2026-11-23T09:00:00+08:00",
            "record": "019ab000-0000-7000-8000-000000000000",
        },
    ),
]

MANY_EXAMPLES = [
    OpenApiExample(
        "Numbers for one item",
        request_only=True,
        value={
            "item": "O2",
            "purpose": "建设用地规划许可",
            "case": "O2-20261123-0001",
            "verifications": [{"number": "成经信委〔2026〕12号"}, {"number": "成国土局〔2026〕3号", "case": ""}],
        },
    ),
]

DISCLOSURE_EXAMPLES = [
    OpenApiExample(
        "The fields that an agreement permits",
        response_only=True,
        status_codes=["200"],
        value={
            "outcome": "valid",
            "code": 0,
            "signature": "right",
            "reason": "valid",
            "explanation": {"zh": REASONS["valid"].zh, "en": REASONS["valid"].en},
            "successor": None,
            "ground": {"zh": "有权使用：使用协议 XY-2026-0001。", "en": "The right of use: agreement XY-2026-0001."},
            "fields": [
                {
                    "field": "certificateNumber",
                    "name": {"zh": "证照编号", "en": "Number"},
                    "value": "成经信委〔2026〕12号",
                }
            ],
            "checked_at": "2026-11-23T09:00:00+08:00",
            "record": "019ab000-0000-7000-8000-000000000000",
        },
    )
]

# The refusals of the access decision (the conditions of `exchange.access`) and of what it is asked about.
ACCESS = (
    "client_inactive",
    "purpose_missing",
    "case_missing",
    "case_or_operator_missing",
    "item_unknown",
    "item_not_in_force",
    "item_of_other_department",
    "type_unknown",
    "type_not_needed",
    "case_of_other_item",
    "agreement_missing",
    "agreement_not_yet",
    "agreement_ended",
    "agreement_suspended",
    "agreement_way_missing",
    "agreement_other_purpose",
    "agreement_other_fields",
    "daily_quota_used",
    "total_quota_used",
    "not_shared",
    "authorisation_missing",
    "authorisation_not_yet",
    "authorisation_ended",
    "authorisation_used",
    "authorisation_revoked",
    "authorisation_other_item",
    "authorisation_other_purpose",
    "rate_exceeded",
)
