"""The tables of scenarios."""

from scenarios.models.readiness import Breakpoint, Flow, FlowChange, Standing
from scenarios.models.scenario import Scenario, Stage, State, Step

__all__ = ["Breakpoint", "Flow", "FlowChange", "Scenario", "Stage", "Standing", "State", "Step"]
