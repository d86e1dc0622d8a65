"""The networks of items and departments as pages: the study's figures, and all that one item needs, in order."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from foundation.clock import now
from foundation.reasons import Both
from portal.charts import Chart, chart
from portal.who import Visitor, for_overseers
from registry import queries as registry
from registry.names import comparable
from registry.reporting import Reading, needs_in, newest_version, reading_of, report_of, version_of_day
from registry.versions import versions

if TYPE_CHECKING:
    from registry.models import CatalogueVersion

CLASSES: Mapping[str, Both] = {
    "high": Both("高关联", "High"),
    "middle": Both("中关联", "Middle"),
    "low": Both("低关联", "Low"),
}
ITEMS = 50  # on one page
_FIGURES: tuple[tuple[str, Both], ...] = (
    ("items", Both("审批事项", "Items")),
    ("added_items", Both("其中第三步新增", "of these, added in step 3")),
    ("departments", Both("部门", "Departments")),
    ("flows.total", Both("证照流动", "Flows of licences")),
    ("flows.city", Both("市本级流动", "in the city")),
    ("flows.internal", Both("部门内部", "inside departments")),
    ("flows.cross_department", Both("跨部门", "across departments")),
    ("flows.cross_level", Both("跨层级", "across levels")),
    ("flows.county", Both("县级", "from the county")),
    ("flows.province", Both("省级", "from the province")),
    ("flows.nation", Both("国家级", "from the nation")),
    ("unresolved", Both("来源未明的需求", "Needs of unknown source")),
    ("conventional", Both("常规证照需求", "Needs of conventional licences")),
    ("sources_used", Both("被其他部门使用的事项", "Items used by other departments")),
    ("in_degree.users", Both("使用其他部门证照的事项", "Items that use other departments' licences")),
    ("department_network.pairs", Both("部门对", "Pairs of departments")),
    ("circles.count", Both("循环", "Circles")),
    ("circles.items", Both("循环中的事项", "Items in circles")),
    ("longest_chain.length", Both("最长证照链", "Steps of the longest chain")),
)
_CONCENTRATION: tuple[tuple[str, Both, str], ...] = (  # with how each is written
    ("top.flows", Both("前列事项的流动", "Flows of the top items"), "{:,}"),
    ("top.share", Both("前列事项占跨部门流动的比例", "Their share of flows across departments"), "{:.2%}"),
    ("concentration.gini", Both("出度基尼系数", "Gini of out-degree"), "{:.4f}"),
    ("concentration.gini_of_sources", Both("其中被使用事项的基尼系数", "Gini among items that are used"), "{:.4f}"),
)
_PERCENT = [(value / 100, f"{value}%") for value in (0, 25, 50, 75, 100)]
_KINDS: Mapping[str, Both] = {
    "item": Both("办理事项", "Apply for"),
    "external": Both("向其他层级办理", "From another level"),
    "conventional": Both("常规证照", "Conventional licence"),
    "unresolved": Both("来源未明", "Source unknown"),
}


@dataclass(frozen=True, slots=True)
class Place:
    """A department or an item: its code and its name."""

    code: str
    name: Both


@dataclass(frozen=True, slots=True)
class _Asked:
    """Which state of the catalogue a page is about; `past` is whether the visitor asked for a state of the past."""

    version: "CatalogueVersion | None"
    past: bool = False
    as_of: str = ""
    fault: bool = False

    @property
    def query(self) -> str:
        """What leads links of the page to the same state."""
        return f"?version={self.version.number}" if self.version and self.past else ""

    @property
    def parameter(self) -> str:
        """The same, to stand among other parameters; a day before the first version stays that day."""
        return self.query[1:] or (f"as_of={self.as_of}" if self.past else "")


def _asked(request: HttpRequest) -> _Asked:
    number, as_of = request.GET.get("version", "")[:18], request.GET.get("as_of", "").strip()[:40]
    if number:
        found = versions().filter(number=number).first() if number.isascii() and number.isdigit() else None
        if found is None:
            raise Http404
        return _Asked(found, past=True)
    if as_of:
        try:
            return _Asked(version_of_day(dt.date.fromisoformat(as_of)), past=True, as_of=as_of)
        except (ValueError, OverflowError):
            return _Asked(newest_version(), as_of=as_of, fault=True)
    return _Asked(newest_version())


class _Names:
    """Names by code; where there is none the code stands for it."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def place(self, code: str) -> Place:
        return Place(code, self._reading.names.get(code) or Both(code, code))

    def places(self, codes: Iterable[str]) -> list[Place]:
        return [self.place(code) for code in codes]

    def licences(self, joined: str) -> list[Both]:
        return [self._reading.licences.get(comparable(n)) or Both(n, n) for n in joined.split("；") if n]


@require_GET
@for_overseers
def network(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Show the study's figures, with and without synthetic rows; the lists are of the rows that are asked for."""
    asked = _asked(request)
    report = report_of(asked.version)
    both = report, report["without_synthetic"]
    without = request.GET.get("rows") == "real"
    shown = {
        "asked": asked,
        "without": without,
        "figures": [(path, name, [_at(each, path) for each in both]) for path, name in _FIGURES],
        "concentration": [
            (path, name, [form.format(_at(r, path)) for r in both]) for path, name, form in _CONCENTRATION
        ],
        "lorenz": _lorenz(both),
        **_lists(both[without], _Names(reading_of(asked.version))),
    }
    return render(request, "portal/network/network.html", shown, status=400 if asked.fault else 200)


def _at(report: Mapping[str, Any], path: str) -> Any:
    found: Any = report
    for name in path.split("."):
        found = found[name]
    return found


def _lorenz(both: Iterable[Mapping[str, Any]]) -> Chart:
    curves = [report["concentration"]["lorenz"] for report in both]
    lines = [("even", [(0, 0), (1, 1)]), *zip(("first", "second"), curves, strict=True)]
    return chart(lines, size=(420, 360), most=(1, 1), ticks=(_PERCENT, _PERCENT), marked=False)


def _lists(report: Mapping[str, Any], names: _Names) -> dict[str, Any]:
    """Return the lists of a report with names in place of codes."""
    return {
        "report": report,
        "top": [_named(row, names) | {"licences": names.licences(row["licence"])} for row in report["top"]["rows"]],
        "by_flows": [_named(row, names) for row in report["in_degree"]["by_flows"]],
        "by_licences": [_named(row, names) for row in report["in_degree"]["by_licences"]],
        "classes": [_class(n, c, names) for n, c in report["department_network"]["classes"].items()],
        "cycles": [names.places(cycle) for cycle in report["cycles"]],
        "chain": [
            (names.places(step["items"]), names.licences(step["licence"])) for step in report["longest_chain"]["steps"]
        ],
    }


def _named(row: Mapping[str, Any], names: _Names) -> dict[str, Any]:
    return {**row, "item": names.place(row["item"]), "department": names.place(row["department"])}


def _class(name: str, found: Mapping[str, Any], names: _Names) -> dict[str, Any]:
    components = [(names.places(c["departments"]), names.place(c["lead"])) for c in found["components"]]
    stars = [(names.place(star["centre"]), names.places(star["leaves"])) for star in found["stars"]]
    return {**found, "code": name, "name": CLASSES[name], "components": components, "stars": stars}


@require_GET
@for_overseers
def items(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Find an item, to see what it needs."""
    q = request.GET.get("q", "").strip()[:100]
    page = Paginator(registry.search_items(q, now()), ITEMS).get_page(request.GET.get("page"))
    return render(request, "portal/network/items.html", {"q": q, "page": page})


@require_GET
@for_overseers
def item(request: HttpRequest, visitor: Visitor, code: str) -> HttpResponse:
    """Show all that an item needs, in the order in which a person must obtain it."""
    asked = _asked(request)
    reading = reading_of(asked.version)
    names = _Names(reading)
    try:
        found = needs_in(reading, code)["steps"]
    except LookupError as error:
        raise Http404 from error
    choices = {reason["choice"]: 0 for step in found for reason in step["reasons"] if reason["choice"]}
    numbers = {choice: number for number, choice in enumerate(choices, start=1)}
    steps = [_step(step, numbers, names) for step in found]
    return render(request, "portal/network/item.html", {"asked": asked, "item": names.place(code), "steps": steps})


def _step(step: Mapping[str, Any], numbers: Mapping[str, int], names: _Names) -> dict[str, Any]:
    reasons = step["reasons"]
    return {
        **step,
        "word": _KINDS[step["kind"]],
        "place": names.place(step["source"]) if step["source"] else None,
        "licences": [n for joined in dict.fromkeys(r["licence"] for r in reasons) for n in names.licences(joined)],
        "users": [(names.place(r["user"]), numbers.get(r["choice"])) for r in reasons],
        "others": names.places(code for code in step["circle"] if code != step["source"]),
    }
