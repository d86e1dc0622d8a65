"""The administrator's pages: overview, the record, scenarios."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.core.cache import cache
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from audit import queries as audit
from audit.recording import Subject, record
from exchange import queries as exchange
from foundation.clock import now
from licences import queries as licences
from portal.naming import OUTCOMES, RESULTS
from portal.who import Visitor, for_overseers
from registry import queries as registry
from scenarios import queries as scenarios

PAGE = 50
SCENARIOS_KEPT = 30  # seconds
# What the overview leaves out of the newest entries: it would show little but that it was looked at.
_LOOKS = ("open_page", "read_record")
_FILTERS = ("action", "outcome", "department", "case", "subject")


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
    since = now() - dt.timedelta(days=30)
    usage = audit.usage(since)
    names = {d.code: d.name for d in registry.departments_by_code({u.department for u in usage})}
    shown = {
        "catalogue": registry.catalogue_size(),
        "licences": licences.counts(),
        "applications": exchange.counts(),
        "record": audit.counts(),
        "usage": [(names.get(u.department), u) for u in usage],
        "scenarios": cache.get_or_set("overview-scenarios", _scenarios, SCENARIOS_KEPT),
        "latest": exchange.described(audit.entries().exclude(action__in=_LOOKS)[:8]),
    }
    return render(request, "portal/overview.html", shown)


@require_GET
@for_overseers
def entries(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Browse the record, newest first; looking at it is an entry too."""
    wanted = {name: request.GET.get(name, "").strip()[:200] for name in _FILTERS}
    found = audit.entries(**wanted)
    before = _uuid(request.GET.get("before", ""))
    if before:
        found = found.filter(pk__lt=before)
    rows = exchange.described(found[: PAGE + 1])
    _record_look(visitor, "", " ".join(f"{k}={v}" for k, v in wanted.items() if v))
    shown: dict[str, Any] = {
        "rows": rows[:PAGE],
        "next": rows[PAGE - 1].entry.pk if len(rows) > PAGE else None,
        "wanted": wanted,
        "query": "&".join(f"{k}={v}" for k, v in request.GET.items() if k != "before"),
        "actions": audit.actions(),
        "archived_before": audit.archived_before(),
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
    (row,) = exchange.described([found])
    return render(request, "portal/entry.html", {"row": row, "leaf": bytes(found.leaf).decode()})


def _record_look(visitor: Visitor, subject: str, wanted: str) -> None:
    with transaction.atomic():
        record(
            action="read_record",
            actor=visitor.actor,
            subject=Subject("entry", subject),
            outcome="done",
            personal={"filter": wanted[:200]},
        )


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


@require_GET
@for_overseers
def scenario(request: HttpRequest, visitor: Visitor, code: str) -> HttpResponse:
    """Show where a scenario is ready and where paper comes back."""
    found = get_object_or_404(scenarios.scenarios(), code=code)
    return render(request, "portal/scenario.html", {"readiness": scenarios.readiness(found, now())})
