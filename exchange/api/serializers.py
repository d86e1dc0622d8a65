"""What the exchange API takes and gives."""

from typing import TYPE_CHECKING, Any

from rest_framework import serializers

from exchange.api.operators import OperatorSerializer
from exchange.disclosing import Disclosure
from exchange.verifying import Answer
from foundation.reasons import Both, Grounds
from licences.fields import field_name
from licences.holders import masked_name
from licences.outcomes import Outcome, Signature
from licences.verification import Verification
from registry.api.problems import BothSerializer
from registry.defining import form_of
from registry.forms import field_titles

if TYPE_CHECKING:
    from licences.models import Licence


class VerificationRequest(serializers.Serializer[Any]):
    """A number to verify for an item. Name the case, or else the operator: then the answer is yes or no only."""

    number = serializers.CharField(
        max_length=200, help_text="Number or identifier; brackets, width and spaces do not matter."
    )
    item = serializers.CharField(max_length=40, help_text="Code of the approval item for which is asked, such as O2.")
    purpose = serializers.CharField(max_length=200)
    case = serializers.CharField(max_length=80, required=False, allow_blank=True, default="")
    licence_type = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    holder_code = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")
    operator = OperatorSerializer(required=False)


class DisclosureRequest(serializers.Serializer[Any]):
    """For which item, why and for which case the fields are read."""

    item = serializers.CharField(max_length=40)
    purpose = serializers.CharField(max_length=200)
    case = serializers.CharField(max_length=80, required=False, allow_blank=True, default="")


class TypeSerializer(serializers.Serializer[Any]):
    """A licence type."""

    code = serializers.CharField()
    name = BothSerializer()


class DepartmentSerializer(serializers.Serializer[Any]):
    """A department."""

    code = serializers.CharField()
    name = BothSerializer()


class LicenceSerializer(serializers.Serializer[Any]):
    """What an answer tells of a licence; identifier and masked holder only where a case is named."""

    number = serializers.CharField()
    type = TypeSerializer()
    issuer = DepartmentSerializer()
    issued_at = serializers.DateTimeField()
    valid_from = serializers.DateField()
    valid_until = serializers.DateField(allow_null=True)
    identifier = serializers.CharField(required=False)
    holder = serializers.CharField(required=False, help_text="People's names are masked.")


class SuccessorSerializer(serializers.Serializer[Any]):
    """The version that took the place of a licence."""

    number = serializers.CharField()
    identifier = serializers.CharField()


_SIGNATURE_HELP = "Whether the licence is as its issuer signed it: apart from whether it is valid now."
_SUCCESSOR_HELP = (
    "The version in the place of a licence that was replaced or transferred: told for a case, where the item needs "
    "its type, and where the holder asked about holds it too."
)


class VerificationAnswer(serializers.Serializer[Any]):
    """The outcome of one verification, and the record's entry of it."""

    outcome = serializers.ChoiceField(choices=[o.label for o in Outcome])
    code = serializers.IntegerField(min_value=0, max_value=10)
    signature = serializers.ChoiceField(choices=[s.value for s in Signature], help_text=_SIGNATURE_HELP)
    reason = serializers.CharField()
    explanation = BothSerializer()
    licence = LicenceSerializer(allow_null=True)
    successor = SuccessorSerializer(allow_null=True, help_text=_SUCCESSOR_HELP)
    checked_at = serializers.DateTimeField()
    record = serializers.UUIDField()


class FieldSerializer(serializers.Serializer[Any]):
    """One permitted field."""

    field = serializers.CharField()
    name = BothSerializer()
    value = serializers.CharField()


class DisclosureAnswer(serializers.Serializer[Any]):
    """The permitted fields of a licence with the outcome of its verification."""

    outcome = serializers.ChoiceField(choices=[o.label for o in Outcome])
    code = serializers.IntegerField(min_value=0, max_value=10)
    signature = serializers.ChoiceField(choices=[s.value for s in Signature], help_text=_SIGNATURE_HELP)
    reason = serializers.CharField()
    explanation = BothSerializer()
    successor = SuccessorSerializer(allow_null=True, help_text=_SUCCESSOR_HELP)
    ground = BothSerializer(help_text="What gives the right to see these fields.")
    fields = FieldSerializer(many=True)  # type: ignore[assignment]
    checked_at = serializers.DateTimeField()
    record = serializers.UUIDField()


def _both(text: Both | Grounds) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}


def _finding(verification: Verification) -> dict[str, Any]:
    return {
        "outcome": verification.outcome.label,
        "code": int(verification.outcome),
        "signature": verification.outcome.signature.value,
        "reason": verification.grounds.code,
        "explanation": _both(verification.grounds),
    }


def _licence(verification: Verification, *, with_case: bool) -> dict[str, Any] | None:
    licence = verification.licence
    if licence is None:
        return None
    told: dict[str, Any] = {
        "number": licence.number,
        "type": {"code": licence.licence_type.code, "name": _both(licence.licence_type.name)},
        "issuer": {"code": licence.issuer.code, "name": _both(licence.issuer.name)},
        "issued_at": licence.issued_at,
        "valid_from": licence.valid_from,
        "valid_until": licence.valid_until,
    }
    if with_case:
        told["identifier"] = licence.identifier
        told["holder"] = "、".join(masked_name(holder) for holder in licence.holders.all())
    return told


def _successor(licence: "Licence | None") -> dict[str, str] | None:
    return {"number": licence.number, "identifier": licence.identifier} if licence else None


def verification_answer(answer: Answer, *, with_case: bool) -> dict[str, Any]:
    """Return the body of a verification's answer."""
    body = _finding(answer.verification) | {
        "licence": _licence(answer.verification, with_case=with_case),
        "successor": _successor(answer.successor),
        "checked_at": answer.at,
        "record": answer.entry,
    }
    return VerificationAnswer(body).data


def disclosure_answer(disclosure: Disclosure) -> dict[str, Any]:
    """Return the body of a disclosure's answer."""
    licence = disclosure.verification.licence
    titles = field_titles(form_of(licence.licence_type, licence.issued_at)) if licence else {}
    body = _finding(disclosure.verification) | {
        "successor": _successor(disclosure.successor),
        "ground": _both(disclosure.decision.grounds),
        "fields": [
            {"field": name, "name": _both(titles.get(name) or field_name(name)), "value": str(value)}
            for name, value in disclosure.fields.items()
        ],
        "checked_at": disclosure.at,
        "record": disclosure.entry,
    }
    return DisclosureAnswer(body).data
