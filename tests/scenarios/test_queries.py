"""A scenario's readiness, asked of the access decision itself."""

import pytest

from foundation.clock import now
from foundation.context import PLATFORM
from licences.keystore import make_key
from registry import queries as registry
from registry.catalogue import read_catalogue
from registry.importing import import_catalogue
from scenarios.loading import load_scenarios
from scenarios.models import Scenario, Step
from scenarios.queries import ScenarioReadiness, readiness, scenarios
from scenarios.readiness import Readiness
from tests import factories as make

pytestmark = pytest.mark.django_db


def _scenario(*codes: str) -> Scenario:
    made = Scenario.objects.create(code="project", name_zh="项目", name_en="A project")
    for position, code in enumerate(codes, start=1):
        Step.objects.create(scenario=made, item=make.item(code), position=position)
    return made


def _judged(answer: ScenarioReadiness) -> list[list[tuple[str, Readiness, str]]]:
    return [[(n.name.zh, n.flow.readiness, n.flow.cause) for n in step.needs] for step in answer.steps]


def test_a_scenario_of_shared_licences_runs_through() -> None:
    make.city()
    answer = readiness(_scenario("O1", "L1", "D2"), now())
    assert answer.runs_through
    assert (answer.ready, len(answer.flows)) == (4, 4)
    assert [step.item.code for step in answer.steps] == ["O1", "L1", "D2"]


def test_a_conditional_licence_puts_it_at_risk_until_an_agreement_is_in_force() -> None:
    make.city()
    scenario = _scenario("O3")
    assert _judged(readiness(scenario, now())) == [[(make.DEED, Readiness.AT_RISK, "not_authorised")]]
    made = make.agreement()
    assert _judged(readiness(scenario, now())) == [[(make.DEED, Readiness.READY, "")]]
    make.edit(made, until=now())
    assert _judged(readiness(scenario, now())) == [[(make.DEED, Readiness.AT_RISK, "not_authorised")]]


def test_a_licence_that_is_not_shared_or_not_electronic_breaks_it() -> None:
    make.city()
    judged = _judged(readiness(_scenario("O4", "O5"), now()))
    assert judged == [
        [(make.EXPLOSIVES, Readiness.BROKEN, "rights_unclear")], [(make.PAWN, Readiness.BROKEN, "not_collected")],
    ]  # fmt: skip


def test_one_ready_alternative_is_enough() -> None:
    make.city()
    make.edit(make.licence_type(make.REPORT), sharing_class="not_shared")
    assert readiness(_scenario("D2"), now()).runs_through


def test_readiness_asks_and_records_nothing() -> None:
    make.city()
    scenario = _scenario("D2", "O2")
    with make.recorded() as entries:
        readiness(scenario, now())
    assert not entries


def test_a_shipped_scenario_breaks_when_a_departments_keys_are_retired() -> None:
    import_catalogue(read_catalogue(make.SHIPPED), actor=PLATFORM)
    load_scenarios(make.SHIPPED, actor=PLATFORM)
    for department in registry.departments():
        make_key(department=department.pk, actor=PLATFORM)
    scenario = scenarios().get(code="technical-transformation")
    assert [s.item.code for s in scenario.steps.all()] == ["O1", "L1", "M1", "D2", "O2"]
    example = next(step for step in readiness(scenario, now()).steps if step.item.code == "D2")
    assert {n.flow.readiness for n in example.needs} == {Readiness.READY}
    make.department("M").signing_keys.update(retired_at=now())
    broken = readiness(scenario, now())
    assert not broken.runs_through
    example = next(step for step in broken.steps if step.item.code == "D2")
    assert [(n.flow.readiness, n.flow.cause) for n in example.needs][2] == (Readiness.BROKEN, "not_collected")
