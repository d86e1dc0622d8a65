"""Readiness of a need from facts. Pure."""

import itertools

import pytest

from foundation.reasons import Both, because
from scenarios.readiness import CAUSES, FlowFacts, Readiness, best, judge


def _facts(electronic: bool = True, permitted: bool = True, when_presented: bool = True) -> FlowFacts:
    name = Both("甲", "A")
    return FlowFacts(name, name, electronic, permitted, when_presented, because("permitted", ground=name))


@pytest.mark.parametrize(
    ("facts", "readiness", "cause"),
    [
        (_facts(), Readiness.READY, ""),
        (_facts(permitted=False), Readiness.AT_RISK, "not_authorised"),
        (_facts(permitted=False, when_presented=False), Readiness.BROKEN, "rights_unclear"),
        (_facts(electronic=False), Readiness.BROKEN, "not_collected"),
        (_facts(electronic=False, permitted=False), Readiness.BROKEN, "not_collected"),
    ],
)
def test_a_need_is_judged_by_whether_it_is_electronic_and_may_be_queried(
    facts: FlowFacts, readiness: Readiness, cause: str
) -> None:
    flow = judge(facts)
    assert (flow.readiness, flow.cause) == (readiness, cause)
    assert cause == "" or (CAUSES[cause].zh and CAUSES[cause].en)


def test_the_readiest_alternative_answers_for_the_need_whatever_their_order() -> None:
    flows = [judge(_facts(electronic=False)), judge(_facts(permitted=False)), judge(_facts())]
    for order in itertools.permutations(flows):
        assert best(order).readiness is Readiness.READY
    assert best(flows[:2]).readiness is Readiness.AT_RISK
    assert best(flows[:1]).readiness is Readiness.BROKEN


def test_of_equals_the_first_named_answers() -> None:
    one, other = judge(_facts()), judge(_facts())
    assert best([one, other]) is one
