"""Which licence types to make electronic first: the best plan within a budget, beside the study's orders."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from foundation.reasons import Both
from portal.charts import Chart, chart, round_ticks
from portal.who import Visitor, for_overseers
from registry.names import comparable
from registry.planning_model import OBJECTIVES
from registry.reporting import PLAN_SECONDS, newest_version, plan_of, reading_of

if TYPE_CHECKING:
    from registry.plans import Plan
    from registry.reporting import Reading

MOST, USUAL = 50, 20  # budgets
UNITS: Mapping[str, Both] = {
    "items": Both("无需纸质材料的事项", "items free of paper"),
    "flows": Both("跨部门流动", "flows between departments"),
    "applications": Both("无纸化年办件量", "applications a year without paper"),
}
_ORDERS: Mapping[str, Both] = {
    "out_degree": Both("按出度排序", "Out-degree ranking"),
    "department_pairs": Both("按部门对排序", "Department pairs"),
}


@require_GET
@for_overseers
def plans(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Ask for a budget and an objective; show the plan, how sure it is, and what the study's orders reach."""
    written = request.GET.get("budget", "").strip()[:20]
    objective = request.GET.get("objective", "items")
    shown: dict[str, Any] = {
        "objectives": UNITS.items(),
        "objective": objective if objective in OBJECTIVES else "items",
        "budget": written or USUAL,
        "most": MOST,
        "seconds": int(PLAN_SECONDS),
    }
    if not written:
        return render(request, "portal/network/plans.html", shown)
    budget = int(written) if written.isascii() and written.isdigit() else 0
    if not 1 <= budget <= MOST or objective not in OBJECTIVES:
        return render(request, "portal/network/plans.html", {**shown, "fault": True}, status=400)
    version = newest_version()
    plan = plan_of(version, budget, objective, all_flows=False)
    shown |= _result(plan, reading_of(version)) | {"unit": UNITS[objective]}
    return render(request, "portal/network/plans.html", shown)


def _result(plan: "Plan", reading: "Reading") -> dict[str, Any]:
    def named(code: str) -> tuple[str, Both]:
        return code, reading.names.get(code) or Both(code, code)

    def licence(name: str) -> Both:
        return reading.licences.get(comparable(name)) or Both(name, name)

    return {
        "plan": plan,
        "gap": plan.gap * 100,
        "chosen": [(licence(bought.licence), [named(code) for code in bought.departments]) for bought in plan.chosen],
        "baselines": [
            (name, _ORDERS[name], baseline, [licence(chosen) for chosen in baseline.chosen])
            for name, baseline in plan.baselines.items()
        ],
        "free": [named(code) for code in plan.items_free_of_paper],
        "chart": _frontier(plan),
    }


def _frontier(plan: "Plan") -> Chart:
    points = plan.frontier
    lines = [
        ("third", [(float(p.budget), p.department_pairs) for p in points]),
        ("second", [(float(p.budget), p.out_degree) for p in points]),
        ("first", [(float(p.budget), p.value) for p in points]),
    ]
    most = max((max(p.value, p.out_degree, p.department_pairs) for p in points), default=0)
    y_ticks = round_ticks(most)
    x_ticks = [tick for tick in round_ticks(float(plan.budget)) if tick[0] <= plan.budget]
    return chart(lines, size=(720, 340), most=(float(plan.budget), y_ticks[-1][0]), ticks=(x_ticks, y_ticks))
