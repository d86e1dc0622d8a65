"""What the calls for searches, copies and download addresses take and give."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.urls import reverse
from rest_framework import serializers

from exchange.api.operators import OperatorSerializer
from exchange.api.serializers import (
    DepartmentSerializer,
    TypeSerializer,
)
from exchange.asking import Ask
from exchange.sharing.copying import Address
from exchange.sharing.searching import Found
from licences.outcomes import Outcome, Signature
from licences.verification import Verification
from registry.api.problems import BothSerializer

LARGEST = 100


class SearchRequest(serializers.Serializer[Any]):
    """Whose licences of which type, for which item and why. Without a case the operator is named."""

    holder_code = serializers.CharField(
        max_length=40, help_text="The holder's number: USCC, identity number, passport … Present or former."
    )
    licence_type = serializers.CharField(max_length=200, help_text="Name, alias or 21-character code of the type.")
    item = serializers.CharField(max_length=40)
    purpose = serializers.CharField(max_length=200)
    case = serializers.CharField(max_length=80, required=False, allow_blank=True, default="")
    operator = OperatorSerializer(required=False)
    page = serializers.IntegerField(min_value=1, max_value=10_000, required=False, default=1)
    page_size = serializers.IntegerField(min_value=1, max_value=LARGEST, required=False, default=50)


class FoundLicence(serializers.Serializer[Any]):
    """One licence of the holder; the identifier only where a case is named."""

    number = serializers.CharField()
    identifier = serializers.CharField(required=False)
    type = TypeSerializer()
    issuer = DepartmentSerializer()
    valid_from = serializers.DateField()
    valid_until = serializers.DateField(allow_null=True)
    outcome = serializers.ChoiceField(choices=[o.label for o in Outcome])
    code = serializers.IntegerField(min_value=0, max_value=10)
    signature = serializers.ChoiceField(choices=[s.value for s in Signature])
    reason = serializers.CharField()
    explanation = BothSerializer()


class SearchAnswer(serializers.Serializer[Any]):
    """A page of the holder's licences of the type; none where the holder is unknown or has none."""

    count = serializers.IntegerField(min_value=0, help_text="Of all pages.")
    page = serializers.IntegerField(min_value=1)
    results = FoundLicence(many=True)
    checked_at = serializers.DateTimeField()
    record = serializers.UUIDField()


class UseRequest(serializers.Serializer[Any]):
    """For which item, why and for which case a copy is made; the holder where the case is not one of this platform."""

    item = serializers.CharField(max_length=40)
    purpose = serializers.CharField(max_length=200, help_text="Stands in the watermark.")
    case = serializers.CharField(max_length=80)
    holder_code = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")


class CopyRequest(UseRequest):
    """A copy bound to one use; until when it may be used, 30 days where not said."""

    expires_at = serializers.DateTimeField(required=False, allow_null=True, default=None)


class CopyAnswer(serializers.Serializer[Any]):
    """A copy, and the address from which it is fetched once."""

    copy = serializers.UUIDField()
    identifier = serializers.CharField()
    purpose = serializers.CharField()
    receiver = serializers.CharField()
    expires_at = serializers.DateTimeField(help_text="The copy's end.")
    download = serializers.URLField(help_text="Works once, for whoever has it: keep it secret.")
    download_expires_at = serializers.DateTimeField()
    record = serializers.UUIDField()


def ask_of(values: dict[str, Any], *, identifier: str = "") -> Ask:
    """Return what is asked."""
    return Ask(
        text=identifier,
        item=values["item"],
        purpose=values["purpose"],
        case=values["case"],
        licence_type=values.get("licence_type", ""),
        holder_number=values.get("holder_code", ""),
    )


def search_answer(found: Found, *, page: int, with_case: bool) -> dict[str, Any]:
    """Return the body of a search's answer."""
    body = {
        "count": found.count,
        "page": page,
        "results": [_one(licence, verification, with_case) for licence, verification in found.licences],
        "checked_at": found.at,
        "record": found.entry,
    }
    return SearchAnswer(body).data


def _one(licence: Any, verification: Verification, with_case: bool) -> dict[str, Any]:  # noqa: FBT001 - one caller
    of_type, issuer = licence.licence_type, licence.issuer
    return {
        "number": licence.number,
        **({"identifier": licence.identifier} if with_case else {}),
        "type": {"code": of_type.code, "name": {"zh": of_type.name.zh, "en": of_type.name.en}},
        "issuer": {"code": issuer.code, "name": {"zh": issuer.name.zh, "en": issuer.name.en}},
        "valid_from": licence.valid_from,
        "valid_until": licence.valid_until,
        "outcome": verification.outcome.label,
        "code": int(verification.outcome),
        "signature": verification.outcome.signature.value,
        "reason": verification.grounds.code,
        "explanation": {"zh": verification.grounds.zh, "en": verification.grounds.en},
    }


def copy_answer(address: Address) -> dict[str, Any]:
    """Return the body that tells of a copy and of its download address."""
    copy = address.copy
    expires: dt.datetime = copy.expires_at
    body = {
        "copy": copy.pk,
        "identifier": copy.licence.identifier,
        "purpose": copy.purpose,
        "receiver": copy.receiver,
        "expires_at": expires,
        "download": download_url(address.secret),
        "download_expires_at": address.expires_at,
        "record": address.entry,
    }
    return CopyAnswer(body).data


def download_url(secret: str) -> str:
    """Return the whole address under which a copy is fetched."""
    return f"{settings.PUBLIC_URL}{reverse('download', args=[secret])}"
