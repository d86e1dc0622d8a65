"""How ready a scenario is, joined from the registry, the licences and the access decision."""

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import QuerySet

from exchange.uses import use_of
from foundation.reasons import Both
from licences import queries as licences
from registry import queries as registry
from scenarios.models import Scenario
from scenarios.readiness import FlowFacts, FlowReadiness, Readiness, best, judge

if TYPE_CHECKING:
    from registry.models import Item, LicenceType


@dataclass(frozen=True, slots=True)
class NeedReadiness:
    """One need of a step, and its readiest alternative."""

    name: Both
    flow: FlowReadiness


@dataclass(frozen=True, slots=True)
class StepReadiness:
    """One item of the scenario with its needs."""

    item: "Item"
    needs: tuple[NeedReadiness, ...]


@dataclass(frozen=True, slots=True)
class ScenarioReadiness:
    """A scenario with its steps; it runs from start to end when no need is broken."""

    scenario: Scenario
    steps: tuple[StepReadiness, ...]

    @property
    def flows(self) -> list[FlowReadiness]:
        """All needs of all steps."""
        return [need.flow for step in self.steps for need in step.needs]

    @property
    def ready(self) -> int:
        """How many needs are met by sharing alone."""
        return sum(flow.readiness is Readiness.READY for flow in self.flows)

    @property
    def runs_through(self) -> bool:
        """Whether no need is broken."""
        return all(flow.readiness is not Readiness.BROKEN for flow in self.flows)


def scenarios() -> QuerySet[Scenario]:
    """Return all scenarios with their steps."""
    return Scenario.objects.prefetch_related("steps__item__department")


def readiness(scenario: Scenario, at: dt.datetime) -> ScenarioReadiness:
    """Return what is ready and what is broken at `at`, asked of the access decision itself."""
    with_keys = licences.departments_with_keys()
    steps = tuple(_step(step.item, with_keys, at) for step in scenario.steps.all())
    return ScenarioReadiness(scenario, steps)


def _step(item: "Item", with_keys: set[UUID], at: dt.datetime) -> StepReadiness:
    needs = []
    for group in registry.need_groups(item):
        flows = [judge(_facts(item, wanted, with_keys, at)) for wanted in group.types]
        needs.append(NeedReadiness(group.name, best(flows)))
    return StepReadiness(item, tuple(needs))


def _facts(item: "Item", wanted: "LicenceType", with_keys: set[UUID], at: dt.datetime) -> FlowFacts:
    use = use_of(item, wanted, at)
    return FlowFacts(
        licence=wanted.name,
        owner=wanted.owner.name if wanted.owner else Both("—", "—"),
        electronic=bool(wanted.code) and wanted.owner_id in with_keys,
        permitted=use.decision.permitted,
        permitted_when_presented=use.when_presented.permitted,
        explanation=use.decision.grounds,
    )
