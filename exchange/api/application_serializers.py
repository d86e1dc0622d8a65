"""What the calls for applications take and give."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rest_framework import serializers

from exchange.api.issuing_serializers import HolderNamedSerializer
from exchange.api.operators import OperatorSerializer
from exchange.api.serializers import DepartmentSerializer
from exchange.applications.choosing import Choice
from exchange.applications.counter import CounterAsked
from exchange.procedure import STATE_NAMES, State, Way
from licences.backlog import HolderNamed
from registry import queries as registry
from registry.api.paging import PageQuery
from registry.api.problems import BothSerializer

if TYPE_CHECKING:
    from exchange.models import Application, Reference
    from foundation.reasons import Both

# What the API tells of: drafts are their applicants' alone.
CASE_STATES = [str(state) for state in State if state is not State.DRAFT]
WAYS = [str(way) for way in Way]
STEPS = ("accept", "ask_missing", "not_accept", "verify", "approve", "refuse")
# Steps that a person decides: who, is named.
DECISIONS = ("not_accept", "approve", "refuse")
MOST_NEEDS = 60


class NeedGivenSerializer(serializers.Serializer[Any]):
    """What meets one need: a number; paper that was shown, perhaps with its number; or a licence that is awaited."""

    need = serializers.IntegerField(min_value=1, max_value=9999, help_text="Number of the need, as the item lists it.")
    number = serializers.CharField(max_length=140, required=False, allow_blank=True, default="")
    holder_code = serializers.CharField(
        max_length=40, required=False, allow_blank=True, default="", help_text="Of its holder, where it is another."
    )
    paper = serializers.BooleanField(required=False, default=False)
    awaited = serializers.BooleanField(required=False, default=False)


class ApplicationRequest(serializers.Serializer[Any]):
    """An application that the caller's department takes in at its counter."""

    item = serializers.CharField(max_length=40)
    holder = HolderNamedSerializer()
    references = NeedGivenSerializer(many=True, required=False, default=list, max_length=MOST_NEEDS)  # type: ignore[call-arg]
    project = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    operator = OperatorSerializer(required=False)


def counter_asked(values: Mapping[str, Any]) -> CounterAsked:
    """Return what is asked for; of two references to one need the later stands."""
    choices = {
        given["need"]: Choice(
            number=given["number"],
            other_holder=given["holder_code"],
            paper=given["paper"],
            awaited=given["awaited"],
        )
        for given in values["references"]
    }
    return CounterAsked(values["item"], HolderNamed(**values["holder"]), choices, values["project"])


class ApplicationQuery(PageQuery):
    """Which applications."""

    state = serializers.ChoiceField(choices=CASE_STATES, required=False, allow_blank=True, default="")


class StepRequest(serializers.Serializer[Any]):
    """A step with an application; `needs` and `remark` list what is missing, `reason` is for what is declined."""

    step = serializers.ChoiceField(choices=STEPS)
    needs = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=9999), required=False, default=list, max_length=MOST_NEEDS
    )
    remark = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")
    reason = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")
    operator = OperatorSerializer(required=False, help_text="Who decides; needed for what is declined or decided.")


class NeedToldSerializer(serializers.Serializer[Any]):
    """How one need is met, and what its last verification found."""

    need = serializers.IntegerField(min_value=1)
    name = BothSerializer()
    way = serializers.ChoiceField(choices=WAYS)
    number = serializers.CharField(allow_blank=True)
    outcome = serializers.CharField(allow_blank=True, help_text="Empty where nothing was verified yet.")
    explanation = BothSerializer(allow_null=True)
    verified_at = serializers.DateTimeField(allow_null=True)
    record = serializers.UUIDField(allow_null=True)


class ResultSerializer(serializers.Serializer[Any]):
    """A licence that the application led to."""

    identifier = serializers.CharField()
    number = serializers.CharField()


class ApplicationSummary(serializers.Serializer[Any]):
    """An application, where it stands, and until when what is due."""

    number = serializers.CharField()
    item = serializers.CharField()
    department = DepartmentSerializer()
    state = serializers.ChoiceField(choices=CASE_STATES)
    state_name = BothSerializer()
    submitted_at = serializers.DateTimeField()
    accept_by = serializers.DateField(allow_null=True, help_text="Last day to accept it or list what is missing.")
    accepted_at = serializers.DateTimeField(allow_null=True)
    decide_by = serializers.DateField(help_text="Last day to decide, while the clock does not stand still.")
    stands_still = serializers.BooleanField()
    decided_at = serializers.DateTimeField(allow_null=True)


class ApplicationAnswer(ApplicationSummary):
    """An application with its needs and results; the holder is not told again."""

    project = serializers.CharField(allow_blank=True)
    missing = serializers.ListField(child=serializers.IntegerField(min_value=1))
    needs = NeedToldSerializer(many=True)
    reason = serializers.CharField(allow_blank=True)
    results = ResultSerializer(many=True)


def _both(text: "Both") -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}


def _summary(application: "Application") -> dict[str, Any]:
    department = application.item.department
    return {
        "number": application.number,
        "item": application.item.code,
        "department": {"code": department.code, "name": _both(department.name)},
        "state": str(application.state),
        "state_name": _both(STATE_NAMES[State(application.state)]),
        "submitted_at": application.submitted_at,
        "accept_by": application.accept_by,
        "accepted_at": application.accepted_at,
        "decide_by": application.decide_by,
        "stands_still": application.stands_still,
        "decided_at": application.decided_at,
    }


def summary_answer(application: "Application") -> dict[str, Any]:
    """Return the body that tells of an application in a list."""
    return ApplicationSummary(_summary(application)).data


def application_answer(application: "Application") -> dict[str, Any]:
    """Return the body that tells of one application."""
    names = {group.number: group.name for group in registry.need_groups(application.item)}
    body = {
        **_summary(application),
        "project": application.project,
        "missing": application.missing_needs,
        "needs": [_need(r, names[r.need_group]) for r in application.references.all() if r.need_group in names],
        "reason": application.decision_reason,
        "results": [{"identifier": one.identifier, "number": one.number} for one in application.results.all()],
    }
    return ApplicationAnswer(body).data


def _need(reference: "Reference", name: "Both") -> dict[str, Any]:
    return {
        "need": reference.need_group,
        "name": _both(name),
        "way": reference.way,
        "number": reference.number,
        "outcome": reference.outcome,
        "explanation": _both(reference.explanation) if reference.outcome else None,
        "verified_at": reference.verified_at,
        "record": reference.entry,
    }
