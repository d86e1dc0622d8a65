"""What the calls for agreements take and give."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from rest_framework import serializers

from exchange.agreements.contents import LONGEST, WAYS, Asked, last_day
from exchange.agreements.listing import Row, rows_of
from exchange.agreements.procedure import BY_SYSTEMS, STATE_NAMES, STEPS, State
from exchange.agreements.quotas import PER
from exchange.api.serializers import DepartmentSerializer, TypeSerializer
from exchange.lights import Light
from foundation.clock import now
from registry.api.paging import PageQuery
from registry.api.problems import BothSerializer

if TYPE_CHECKING:
    from exchange.models import Agreement
    from foundation.reasons import Both

STATES = [str(state) for state in State]
LIGHTS = [str(light) for light in Light]
TAKEN = [*STEPS, "draft", "amend"]
SIDES = ["requester", "provider", "authority", "platform"]
ROLES = ["requester", "provider"]


def _text(name: str, help_text: str) -> serializers.CharField:
    return serializers.CharField(
        max_length=LONGEST[name], required=False, allow_blank=True, default="", help_text=help_text
    )


class AgreementRequest(serializers.Serializer[Any]):
    """A request for the use of a conditional type (order 809, article 20).

    What is missing is named in one list, and kept as a draft as soon as item and type are named: send it again with the
    same idempotency key.
    """

    item = serializers.CharField(max_length=40, required=False, allow_blank=True, default="", help_text="Its code.")
    licence_type = serializers.CharField(
        max_length=200, required=False, allow_blank=True, default="", help_text="Name, alias or 21-character code."
    )
    basis = _text("basis", "The law or rule on which the use rests.")
    scene = _text("scene", "Where and how the licences are used.")
    fields = serializers.ListField(  # type: ignore[assignment]
        child=serializers.CharField(max_length=80), required=False, default=list, max_length=200, help_text="By name."
    )
    ways = serializers.ListField(
        child=serializers.ChoiceField(choices=list(WAYS)), required=False, default=list, max_length=len(WAYS)
    )
    purpose = _text("purpose", "Calls must state exactly this purpose.")
    last_day = serializers.DateField(required=False, allow_null=True, default=None, help_text="Last legal day of use.")
    quota = serializers.IntegerField(
        min_value=1, max_value=1_000_000_000, required=False, allow_null=True, default=None, help_text="None: no limit."
    )
    quota_per = serializers.ChoiceField(choices=PER, required=False, default=PER[0])
    cases_continue = serializers.BooleanField(
        required=False, default=False, help_text="Accepted applications may go on after an ordinary end."
    )
    renews = serializers.CharField(
        max_length=80, required=False, allow_blank=True, default="", help_text="Reference of the agreement renewed."
    )


def asked_of_body(values: dict[str, Any]) -> Asked:
    """Return what a request's body asks for."""
    given = {name: value for name, value in values.items() if name not in ("item", "licence_type")}
    several = {name: tuple(dict.fromkeys(values[name])) for name in ("fields", "ways")}
    return Asked(**{**given, **several})


class AgreementQuery(PageQuery):
    """Which agreements of the caller's department."""

    role = serializers.ChoiceField(choices=ROLES, required=False, help_text="As which side; both where not given.")
    state = serializers.ChoiceField(choices=STATES, required=False)


class AgreementStepRequest(serializers.Serializer[Any]):
    """A step that a department's system may take; the others are for people."""

    step = serializers.ChoiceField(choices=list(BY_SYSTEMS))


class ClockSerializer(serializers.Serializer[Any]):
    """The clock that runs: of the provider's answer, or of the end."""

    day = serializers.DateField(help_text="Its last legal day.")
    light = serializers.ChoiceField(choices=LIGHTS)


class AgreementAnswer(serializers.Serializer[Any]):
    """An agreement, as its two sides see it."""

    reference = serializers.CharField()
    state = serializers.ChoiceField(choices=STATES)
    state_name = BothSerializer()
    requester = DepartmentSerializer()
    provider = DepartmentSerializer()
    item = serializers.CharField()
    licence_type = TypeSerializer()
    basis = serializers.CharField()
    scene = serializers.CharField()
    fields = serializers.ListField(child=serializers.CharField())  # type: ignore[assignment]
    ways = serializers.ListField(child=serializers.CharField())
    purpose = serializers.CharField()
    last_day = serializers.DateField(allow_null=True)
    quota = serializers.IntegerField(min_value=1, allow_null=True)
    quota_per = serializers.ChoiceField(choices=PER)
    cases_continue = serializers.BooleanField()
    renews = serializers.CharField(allow_null=True)
    in_force_since = serializers.DateTimeField(allow_null=True)
    clock = ClockSerializer(allow_null=True)


class TakenStep(serializers.Serializer[Any]):
    """One step that was taken: by which side, to which state, and its words."""

    step = serializers.ChoiceField(choices=TAKEN)
    side = serializers.ChoiceField(choices=SIDES)
    state = serializers.ChoiceField(choices=STATES)
    text = serializers.CharField()
    at = serializers.DateTimeField()
    record = serializers.UUIDField()


class AgreementWithSteps(AgreementAnswer):
    """An agreement with its history, the oldest step first."""

    steps = TakenStep(many=True)


def _both(name: "Both") -> dict[str, str]:
    return {"zh": name.zh, "en": name.en}


def _body(row: Row) -> dict[str, Any]:
    agreement, of_type = row.agreement, row.agreement.licence_type
    return {
        "reference": agreement.reference,
        "state": agreement.state,
        "state_name": _both(STATE_NAMES[State(agreement.state)]),
        "requester": {"code": row.requester.code, "name": _both(row.requester.name)},
        "provider": {"code": row.provider.code, "name": _both(row.provider.name)},
        "item": agreement.item.code,
        "licence_type": {"code": of_type.code, "name": _both(of_type.name)},
        "basis": agreement.basis,
        "scene": agreement.scene,
        "fields": agreement.fields,
        "ways": agreement.ways,
        "purpose": agreement.purpose,
        "last_day": last_day(agreement),
        "quota": agreement.quota,
        "quota_per": agreement.quota_per,
        "cases_continue": agreement.cases_continue,
        "renews": agreement.renews.reference if agreement.renews else None,
        "in_force_since": agreement.since,
        "clock": {"light": str(row.clock[0]), "day": row.clock[1]} if row.clock else None,
    }


def agreement_answers(agreements: "Iterable[Agreement]") -> list[dict[str, Any]]:
    """Return the bodies that tell of agreements."""
    return [AgreementAnswer(_body(row)).data for row in rows_of(agreements, now())]


def agreement_with_steps(agreement: "Agreement") -> dict[str, Any]:
    """Return the body that tells of an agreement with its history; it names no people."""
    (row,) = rows_of([agreement], now())
    columns = ("step", "side", "state", "text", "at")
    steps = [{**{name: getattr(s, name) for name in columns}, "record": s.entry} for s in agreement.steps.all()]
    return AgreementWithSteps({**_body(row), "steps": steps}).data
