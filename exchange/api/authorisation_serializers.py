"""What the calls for authorisations take and give."""

import datetime as dt
from typing import TYPE_CHECKING, Any

from rest_framework import serializers

from exchange.api.operators import OperatorSerializer
from exchange.api.serializers import TypeSerializer
from exchange.authorising.terms import State, state_of
from licences.holders import masked_name
from registry.api.paging import PageQuery

if TYPE_CHECKING:
    from exchange.models import Authorisation

STATES = [str(state) for state in State]


class RedeemRequest(serializers.Serializer[Any]):
    """The code that a holder shows, and for which item it is redeemed. Name the case, or else the operator."""

    code = serializers.CharField(max_length=40, help_text="Hyphens, spaces and capitals do not matter.")
    item = serializers.CharField(max_length=40, help_text="Code of the item of the department, such as O3.")
    purpose = serializers.CharField(
        max_length=200,
        required=False,
        allow_blank=True,
        default="",
        help_text="The only purpose for which it may then be used; the item's name where none is stated.",
    )
    case = serializers.CharField(max_length=80, required=False, allow_blank=True, default="")
    operator = OperatorSerializer(required=False)


class AuthorisationQuery(PageQuery):
    """Which of the authorisations that were given to the department."""

    state = serializers.ChoiceField(choices=["in_force", "over"], default="in_force")
    item = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")


class AuthorisationAnswer(serializers.Serializer[Any]):
    """What a holder allowed the department. Without a type it is a mandate, and covers what the item needs."""

    id = serializers.UUIDField(help_text="Name it as `authorisation` when the licence is verified or read.")
    state = serializers.ChoiceField(choices=STATES)
    licence_type = TypeSerializer(allow_null=True)
    item = serializers.CharField(allow_null=True)
    purpose = serializers.CharField(help_text="Empty where the item itself is the purpose.")
    mandate = serializers.CharField(help_text="Number of the document of a mandate.")
    holder = serializers.CharField(help_text="People's names are masked.")
    once = serializers.BooleanField(help_text="Reading fields uses it up; verifying does not.")
    since = serializers.DateTimeField()
    until = serializers.DateTimeField(allow_null=True)


def authorisation_answer(given: "Authorisation", at: dt.datetime) -> dict[str, Any]:
    """Return the body that tells of an authorisation."""
    of_type = given.licence_type
    body = {
        "id": given.pk,
        "state": str(state_of(given, at)),
        "licence_type": of_type and {"code": of_type.code, "name": {"zh": of_type.name.zh, "en": of_type.name.en}},
        "item": given.item.code if given.item else None,
        "purpose": given.purpose,
        "mandate": given.mandate,
        "holder": masked_name(given.holder),
        "once": given.once,
        "since": given.since,
        "until": given.until,
    }
    return AuthorisationAnswer(body).data
