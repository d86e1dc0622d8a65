"""The administrator's pages: overview, the record, scenarios."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID

from django.core.cache import cache
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from audit import figures
from audit import queries as audit
from audit.flagging import flags
from audit.receipts import receipt
from audit.recording import Subject, record
from audit.tally import EITHER
from exchange import queries as exchange
from foundation.clock import now
from foundation.reasons import Refused
from licences import queries as licences
from portal.naming import OUTCOMES, RESULTS
from portal.narrowing import asked_for
from portal.views.deferring import deferral_shown, deferred
from portal.views.issuing import uuid_of
from portal.views.looks import proof
from portal.who import Visitor, for_overseers
from registry import queries as registry
from scenarios import queries as scenarios

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from audit.queries import Entry

PAGE = 50
SCENARIOS_KEPT = 30  # seconds
BUSIEST = 6  # departments on the overview
# What the overview leaves out of the newest entries: it would show little but that it was looked at.
_LOOKS = ("open_page", "read_record")


def _scenarios() -> list[dict[str, Any]]:
    """Return how ready each scenario is; asking the access decision for every need is dear, so it is kept a while."""
    found = [scenarios.readiness(scenario, now()) for scenario in scenarios.scenarios()]
    return [
        {
            "code": readiness.scenario.code,
            "name": readiness.scenario.name,
            "ready": readiness.ready,
            "needs": len(readiness.flows),
            "runs_through": readiness.runs_through,
        }
        for readiness in found
    ]


@require_GET
@for_overseers
def overview(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Is all well? The catalogue, the licences, the use of shared data, and where scenarios break."""
    asked = asked_for({}, now())
    usage = [(code, sums) for (code,), sums in figures.totals_by(asked.narrowing(None), "department", most=BUSIEST)]
    names = {d.code: d.name for d in registry.departments_by_code({code for code, _ in usage})}
    shown = {
        "catalogue": registry.catalogue_size(),
        "licences": licences.counts(),
        "applications": exchange.counts(),
        "record": figures.recorded(),
        "flags": flags().count(),
        "usage": [(code, names.get(code), sums) for code, sums in usage],
        "scenarios": cache.get_or_set("overview-scenarios", _scenarios, SCENARIOS_KEPT),
        "latest": exchange.described(audit.entries().exclude(action__in=_LOOKS)[:8]),
    }
    return render(request, "portal/overview.html", shown)


@require_GET
@for_overseers
def entries(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Browse the record, newest first; looking at it is an entry too."""
    wanted, found = entries_wanted(request)
    before = uuid_of(request.GET.get("before", ""))
    if before:
        found = found.filter(pk__lt=before)
    rows = exchange.described(found[: PAGE + 1])
    _record_look(visitor, "", said_filter(wanted))
    shown: dict[str, Any] = {
        "rows": rows[:PAGE],
        "next": rows[PAGE - 1].entry.pk if len(rows) > PAGE else None,
        "wanted": wanted,
        "archived_before": audit.archived_before(),
        "query": urlencode({name: text for name, text in wanted.items() if text}),
        "narrowed": {n: wanted[n] for n in ("item", "licence_type", "purpose", "reason", "subject") if wanted[n]},
        "actions": [EITHER, *audit.actions()],
        "departments": registry.departments(),
        "outcomes": [*((code, word) for code, (word, *_) in OUTCOMES.items() if code), *RESULTS.items()],
    }
    return render(request, "portal/entries.html", shown)


@require_GET
@for_overseers
def entry(request: HttpRequest, visitor: Visitor, key: UUID) -> HttpResponse:
    """Show one entry in full, with the bytes of its leaf."""
    found = audit.entry_by_id(key)
    if found is None:
        raise Http404
    _record_look(visitor, str(key), "")
    return _entry_page(request, visitor, found)


def _entry_page(
    request: HttpRequest, visitor: Visitor, found: "audit.Entry", refused: Refused | None = None
) -> HttpResponse:
    (row,) = exchange.described([found])
    shown = {"row": row, **deferral_shown(request, visitor, found, refused)}
    status = refused.grounds.reason.status if refused else 200
    return render(request, "portal/entry.html", shown, status=status)


@require_GET
@for_overseers
def entry_receipt(request: HttpRequest, visitor: Visitor, key: UUID) -> HttpResponse:
    """Hand over the receipt of any entry; looking at it is an entry too."""
    if audit.entry_by_id(key) is None:
        raise Http404
    _record_look(visitor, str(key), "")
    return proof(key, receipt(key))


@require_POST
@for_overseers
def defer(request: HttpRequest, visitor: Visitor, key: UUID) -> HttpResponse:
    """Defer the notice of an access as the data authority."""
    found = audit.entry_by_id(key)
    if found is None:
        raise Http404
    try:
        deferred(request, visitor, key)
    except Refused as refused:
        return _entry_page(request, visitor, found, refused)
    return redirect("entry", key=key)


def entries_wanted(request: HttpRequest) -> tuple[dict[str, str], "QuerySet[Entry]"]:
    """Return what entries are narrowed to by a page's address, and these entries, newest first.

    Days (`from`, `to`, legal, inclusive) narrow where either is given; where they make no sense the usual ones do.
    """
    texts = {name: request.GET.get(name, "").strip()[:200] for name in audit.NARROWING}
    found = audit.entries(**texts)
    asked = asked_for(request.GET, now())
    if request.GET.get("from") or request.GET.get("to"):
        found = audit.during(found, asked.since, asked.until)
        return {**texts, "from": asked.first.isoformat(), "to": asked.last.isoformat()}, found
    return {**texts, "from": "", "to": ""}, found


def said_filter(wanted: Mapping[str, str]) -> str:
    """Return what was narrowed to in one line, for the record."""
    return " ".join(f"{name}={text}" for name, text in wanted.items() if text)


def _record_look(visitor: Visitor, subject: str, wanted: str) -> None:
    with transaction.atomic():
        record(
            action="read_record",
            actor=visitor.actor,
            subject=Subject("entry", subject),
            outcome="done",
            personal={"filter": wanted[:200]},
        )


@require_GET
@for_overseers
def scenario(request: HttpRequest, visitor: Visitor, code: str) -> HttpResponse:
    """Show where a scenario is ready and where paper comes back."""
    found = get_object_or_404(scenarios.scenarios(), code=code)
    return render(request, "portal/scenario.html", {"readiness": scenarios.readiness(found, now())})
