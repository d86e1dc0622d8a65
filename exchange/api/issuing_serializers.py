"""What the calls for issuing take and give."""

import math
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.conf import settings
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from exchange.api.serializers import DepartmentSerializer, TypeSerializer
from exchange.issuing import OPERATIONS, REPLACING, IssueAsked
from licences.backlog import HolderNamed
from licences.lifecycle import State
from licences.storing import stored_credential
from registry.api.problems import BothSerializer
from registry.forms import HOLDER_KINDS

if TYPE_CHECKING:
    from licences.models import Licence

# Neither databases nor signatures take these.
_FORBIDDEN = re.compile(r"[\0\ud800-\udfff]")
_DEEPEST = 12
STATES = [str(state) for state in State]


class HolderNamedSerializer(serializers.Serializer[Any]):
    """A holder, by name and number; the number is never told again in full."""

    name = serializers.CharField(max_length=200)
    code_type = serializers.ChoiceField(
        choices=list(HOLDER_KINDS), help_text="Code type by GB/T 36903: 001 USCC, 111 identity card, 414 passport, …"
    )
    number = serializers.CharField(max_length=40)


class IssueRequest(serializers.Serializer[Any]):
    """A licence to be issued in the name of the caller's department."""

    licence_type = serializers.CharField(max_length=200, help_text="Name, alias or 21-character code of the type.")
    holders = HolderNamedSerializer(many=True, help_text="In the order in which the licence names them.")
    content = serializers.DictField(
        required=False, default=dict, help_text="The type's own fields, by the JSON Schema at /types/{code}."
    )
    number = serializers.CharField(
        max_length=120,
        required=False,
        allow_blank=True,
        default="",
        help_text="Of a licence that exists on paper already; else it is counted.",
    )
    issued_on = serializers.DateField(required=False, allow_null=True, default=None, help_text="Of one on paper.")
    valid_from = serializers.DateField(required=False, allow_null=True, default=None)
    valid_until = serializers.DateField(
        required=False, allow_null=True, default=None, help_text="The last day; by the type's rule where not given."
    )
    replaces = serializers.CharField(
        max_length=140,
        required=False,
        allow_blank=True,
        default="",
        help_text="Identifier of the version whose place the licence takes; `operation` says how.",
    )
    operation = serializers.ChoiceField(choices=REPLACING, required=False, allow_blank=True, default="")

    def validate_content(self, content: dict[str, Any]) -> dict[str, Any]:
        """Refuse what cannot be signed."""
        for depth, value in _inside(content):
            if depth > _DEEPEST or (isinstance(value, float) and not math.isfinite(value)):
                raise ValidationError(code="invalid")
            if isinstance(value, str) and _FORBIDDEN.search(value):
                raise ValidationError(code="null_characters_not_allowed")
        return content

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse one of `replaces` and `operation` without the other."""
        for given, missing in (("replaces", "operation"), ("operation", "replaces")):
            if attrs[given] and not attrs[missing]:
                raise ValidationError({missing: [ErrorDetail("is required", code="required")]})
        return attrs


def _inside(content: Any) -> Iterator[tuple[int, Any]]:
    """Yield every value inside a content, keys too, with its depth; without recursion, as it may be deep."""
    left = [(0, content)]
    while left:
        depth, value = left.pop()
        yield depth, value
        if depth <= _DEEPEST and isinstance(value, dict | list):
            parts = [*value, *value.values()] if isinstance(value, dict) else value
            left += [(depth + 1, part) for part in parts]


def asked(values: dict[str, Any]) -> IssueAsked:
    """Return what is asked for."""
    return IssueAsked(**{**values, "holders": [HolderNamed(**holder) for holder in values["holders"]]})


class IssuedLicence(serializers.Serializer[Any]):
    """The licence that was issued; its holder can present the credential, and anybody look at the check address."""

    identifier = serializers.CharField(help_text="By GB/T 36904, of this version.")
    number = serializers.CharField()
    version = serializers.IntegerField(min_value=1)
    type = TypeSerializer()
    issuer = DepartmentSerializer()
    issued_at = serializers.DateTimeField()
    valid_from = serializers.DateField()
    valid_until = serializers.DateField(allow_null=True)
    state = serializers.ChoiceField(choices=STATES)
    check_address = serializers.URLField(help_text="Tells everybody state, type and issuer, never the holder.")
    credential = serializers.CharField(help_text="SD-JWT VC (RFC 9901): the signed part and all disclosures.")


def issued_answer(licence: "Licence") -> dict[str, Any]:
    """Return the body that tells of an issued licence."""
    of_type, issuer = licence.licence_type, licence.issuer
    body = {
        "identifier": licence.identifier,
        "number": licence.number,
        "version": licence.version,
        "type": {"code": of_type.code, "name": {"zh": of_type.name.zh, "en": of_type.name.en}},
        "issuer": {"code": issuer.code, "name": {"zh": issuer.name.zh, "en": issuer.name.en}},
        "issued_at": licence.issued_at,
        "valid_from": licence.valid_from,
        "valid_until": licence.valid_until,
        "state": str(licence.state),
        "check_address": f"{settings.PUBLIC_URL}/c/{licence.check_code}",
        "credential": str(stored_credential(licence)),
    }
    return IssuedLicence(body).data


class OperationRequest(serializers.Serializer[Any]):
    """What is to be done to a licence, and why; the reason is recorded."""

    operation = serializers.ChoiceField(choices=OPERATIONS)
    reason = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")


class OperationAnswer(serializers.Serializer[Any]):
    """The licence in its new state."""

    identifier = serializers.CharField()
    number = serializers.CharField()
    operation = serializers.ChoiceField(choices=OPERATIONS)
    state = serializers.ChoiceField(choices=STATES)
    state_name = BothSerializer()
