"""Figures of use for administrators, and for departments their own: totals, course, what is used, what is not."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from audit import figures
from audit.feed import taken_by
from audit.tally import EITHER, OTHERS
from audit.usage import READER
from exchange import using
from exchange.ranking import MEASURES, ranking
from foundation.clock import LEGAL_ZONE, now
from foundation.reasons import REASONS, Both
from portal.charts import Chart, chart, round_ticks
from portal.naming import ACTIONS, OUTCOMES
from portal.narrowing import Asked, asked_for
from portal.who import Visitor, for_overseers, for_readers_of_figures
from registry import queries as registry

if TYPE_CHECKING:
    from registry.models import Department

TOP = 10
NEEDS = 50  # on one page
HOURLY_DAYS = 3
PERIODS = (1, 7, 30, 90, 365)
_LOOKS = ("verify", "disclose")
_TABLES: tuple[figures.Dimension, ...] = ("department", "item", "licence_type", "purpose", "outcome", "reason")


def departments_of(visitor: Visitor) -> tuple[str, ...] | None:
    """Return the departments whose figures a visitor may see; None stands for all."""
    return None if visitor.oversees else visitor.own


@require_GET
@for_readers_of_figures
def usage(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Show what was looked at in a time, by whom, for what, with which answers."""
    asked = asked_for(request.GET, now())
    wanted = asked.narrowing(departments_of(visitor))
    over_time = _filled(asked, figures.totals_over_time(wanted, _step(asked)))
    shown = {
        **_frame(asked, visitor),
        "totals": figures.totals(wanted),
        "over_time": [(start, sums) for start, sums in over_time if sums.count],
        "chart": _course(asked, over_time),
        "hourly": _step(asked) == "hour",
        "tables": [_table(name, asked, wanted) for name in _TABLES if visitor.oversees or name != "reason"],
        "counted": taken_by(READER),
    }
    return render(request, "portal/usage/usage.html", shown, status=400 if asked.fault else 200)


@require_GET
@for_readers_of_figures
def needs(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Show declared need beside actual use: needs unused, what is refused most, who still asks for paper."""
    asked = asked_for(request.GET, now())
    wanted = asked.narrowing(departments_of(visitor))
    uses = using.need_uses(wanted)
    unused = using.unused(uses)
    shown = {
        **_frame(asked, visitor),
        "shared": sum(use.shared for use in uses),
        "exercised": sum(bool(use.shared and use.last) for use in uses),
        "page": Paginator(unused, NEEDS).get_page(request.GET.get("page")),
        "unused_count": len(unused),
        "refusals": _said(using.most_refused(wanted)),
        "paper": using.asking_for_paper(uses, asked.since, asked.until),
    }
    return render(request, "portal/usage/needs.html", shown, status=400 if asked.fault else 200)


@require_GET
@for_overseers
def ranked(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Rank the departments by what they collect, its quality, their timeliness and use, or by one of these."""
    asked = asked_for(request.GET, now())
    uses = using.need_uses(figures.Narrowing(asked.since, asked.until))
    found = ranking(uses, asked.since, asked.until)
    by = request.GET.get("by", "")
    if by in MEASURES:
        found.sort(key=lambda r: (-(getattr(r, by).value if getattr(r, by).whole else -1), r.code))
    shown = {**_frame(asked, visitor), "ranked": found, "by": by if by in MEASURES else "score"}
    return render(request, "portal/usage/ranking.html", shown, status=400 if asked.fault else 200)


class Names:
    """Names of departments, items and licence types by their codes, each kind asked for once."""

    def __init__(self, departments: Sequence[str] = (), items: Sequence[str] = (), types: Sequence[str] = ()) -> None:
        self.department = {d.code: d.name for d in registry.departments_by_code(set(departments))}
        self.item = {i.code: i.name for i in registry.items_by_code(set(items))}
        self.licence_type = {code: t.name for code, t in registry.types_by_code(types).items()}


def _said(refusals: Sequence[using.Refusals]) -> list[dict[str, Any]]:
    """Join refusals with the names of what they are about, and why in words."""
    names = Names(
        departments=[r.department for r in refusals],
        items=[r.item for r in refusals],
        types=[r.licence_type for r in refusals],
    )
    return [
        {
            "refused": r,
            "department": names.department.get(r.department) or Both(r.department, r.department),
            "item": names.item.get(r.item) or Both("", ""),
            "licence_type": names.licence_type.get(r.licence_type) or Both("—", "—"),
            "reason": _reason(r.reason),
        }
        for r in refusals
    ]


def _reason(code: str) -> Both:
    reason = REASONS.get(code)
    return Both(reason.text("zh"), reason.text("en")) if reason else Both(code or "—", code or "—")


def _frame(asked: Asked, visitor: Visitor) -> dict[str, Any]:
    """Return what every page of figures shows around them: the filters, and what they may be set to."""
    own = departments_of(visitor)
    departments: list[Department] = list(
        registry.departments() if own is None else registry.departments_by_code(own).order_by("code")
    )
    today = now().astimezone(LEGAL_ZONE).date()
    return {
        "asked": asked,
        "query": asked.query(),
        "departments": departments,
        "actions": [(name, ACTIONS[name]) for name in _LOOKS],
        "outcomes": [(code, word) for code, (word, *_) in OUTCOMES.items() if code],
        "type_name": Names(types=[asked.texts["licence_type"]]).licence_type.get(asked.texts["licence_type"]),
        "periods": [
            (days, _period(asked, today, days), asked.last == today and asked.days == days) for days in PERIODS
        ],
    }


def _period(asked: Asked, today: dt.date, days: int) -> str:
    first = today - dt.timedelta(days=days - 1)
    return asked.query(**{"from": first.isoformat(), "to": today.isoformat()})


def _table(name: figures.Dimension, asked: Asked, wanted: figures.Narrowing) -> dict[str, Any]:
    """Return the greatest figures by one dimension, each with what narrows to it and what leads to its entries."""
    if name == "reason" and not wanted.outcome:
        # What an answer rests on is a reason as well; asked for is why something was refused.
        wanted = replace(wanted, outcome="refused")
    found = [(value, sums) for (value,), sums in figures.totals_by(wanted, name, most=TOP + 1)]
    values = [value for value, _sums in found]
    say = _saying(name, values)
    extra = {"outcome": "refused"} if name == "reason" and not asked.texts["outcome"] else {}
    action = asked.texts["action"] or EITHER
    most = max((sums.count for _value, sums in found), default=1)
    rows = [
        {
            "value": value,
            "name": say(value),
            "sums": sums,
            "share": round(100 * sums.count / most),
            "narrow": asked.query(**{name: value}, **extra) if value and value != OTHERS else "",
            "entries": asked.query(**{name: value, "action": action}, **extra) if value and value != OTHERS else "",
        }
        for value, sums in found[:TOP]
    ]
    return {"dimension": name, "rows": rows, "more": len(found) > TOP, "refused": name not in ("outcome", "reason")}


def _saying(name: figures.Dimension, values: Sequence[str]) -> Callable[[str], Both]:
    """Return what names a value of a dimension."""
    names: Mapping[str, Both] = {}
    if name == "department":
        names = Names(departments=values).department
    elif name == "item":
        names = Names(items=values).item
    elif name == "licence_type":
        names = Names(types=values).licence_type
    elif name == "outcome":
        names = {code: word for code, (word, *_) in OUTCOMES.items()}
    elif name == "reason":
        names = {code: _reason(code) for code in values}
    return lambda value: names.get(value) or Both(value, value)


def _step(asked: Asked) -> figures.Step:
    return "hour" if asked.days <= HOURLY_DAYS else "day"


def _filled(asked: Asked, found: Sequence[tuple[dt.datetime, figures.Sums]]) -> list[tuple[dt.datetime, figures.Sums]]:
    """Return every step of the time asked for, also those in which nothing was."""
    step = dt.timedelta(hours=1) if _step(asked) == "hour" else dt.timedelta(days=1)
    known = {start.astimezone(dt.UTC): sums for start, sums in found}
    count = round((asked.until - asked.since) / step)
    starts = [asked.since + step * n for n in range(count)]
    return [(start.astimezone(LEGAL_ZONE), known.get(start, figures.Sums())) for start in starts]


def _course(asked: Asked, over_time: Sequence[tuple[dt.datetime, figures.Sums]]) -> Chart:
    answered = [(float(n), float(sums.verified + sums.disclosed)) for n, (_start, sums) in enumerate(over_time)]
    refused = [(float(n), float(sums.refused)) for n, (_start, sums) in enumerate(over_time)]
    y_ticks = round_ticks(max(y for _x, y in answered + refused))
    every = max(1, -(-len(over_time) // 8))
    written = "%H:%M" if asked.days == 1 else "%m-%d %H:%M" if _step(asked) == "hour" else "%m-%d"
    x_ticks = [(float(n), f"{start:{written}}") for n, (start, _sums) in enumerate(over_time) if n % every == 0]
    most = (float(max(1, len(over_time) - 1)), y_ticks[-1][0])
    return chart(
        [("second", refused), ("first", answered)], size=(960, 260), most=most, ticks=(x_ticks, y_ticks), marked=False
    )
