"""The pages of those who keep a department's part of the record: its accesses, and those to the licences it issued."""

import datetime as dt
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from audit.recording import Subject
from exchange import supervising
from exchange.corrections.seeing import shows_licence
from exchange.keeping import kept_by
from exchange.looking import LOOKS
from exchange.noting import CONSIDERED
from exchange.receipts import receipt_for_keeper
from exchange.subscriptions.queries import has_disabled
from foundation.clock import end_of_day, now
from foundation.reasons import Refused
from portal.naming import OUTCOMES
from portal.narrowing import day_in
from portal.views.deferring import deferral_shown, deferred
from portal.views.issuing import note_look, uuid_of
from portal.views.looks import proof
from portal.who import Visitor, for_keepers

if TYPE_CHECKING:
    from audit.queries import Entry

PAGE = 50
_FILTERS = ("side", "action", "outcome", "item", "case", "number", "since", "until")
OWN, ISSUED = "own", "issued"


@require_GET
@for_keepers
def accesses(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """List what the department looked at, or who looked at the licences it issued; looking here is an entry too."""
    wanted = {name: request.GET.get(name, "").strip()[:140] for name in _FILTERS}
    wanted["side"] = ISSUED if wanted["side"] == ISSUED else OWN
    codes = kept_by(visitor.person, now())
    find = supervising.accesses_to_issued if wanted["side"] == ISSUED else supervising.own_accesses
    found = find(codes, _filters(wanted))
    before = uuid_of(request.GET.get("before", ""))
    entries = list((found.filter(pk__lt=before) if before else found)[: PAGE + 1])
    note_look(visitor, "read_record", _subject(visitor), filter=_written(wanted))
    shown: dict[str, Any] = {
        "rows": supervising.as_known_to(codes, entries[:PAGE], now()),
        "next": entries[PAGE - 1].pk if len(entries) > PAGE else None,
        "wanted": wanted,
        "query": urlencode({name: value for name, value in wanted.items() if value}),
        "actions": [action for action in LOOKS if action != CONSIDERED],
        "disabled": has_disabled(codes),
        "outcomes": [(code, word) for code, (word, *_) in OUTCOMES.items() if code],
    }
    return render(request, "portal/keeping/accesses.html", shown)


def _subject(visitor: Visitor) -> Subject:
    return Subject("department", visitor.kept[0].code)


def _written(wanted: dict[str, str]) -> str:
    return " ".join(f"{name}={value}" for name, value in wanted.items() if value)[:200]


def _filters(wanted: dict[str, str]) -> supervising.Filters:
    since, until = day_in(wanted["since"]), day_in(wanted["until"])
    return supervising.Filters(
        action=wanted["action"],
        outcome=wanted["outcome"],
        item=wanted["item"],
        case=wanted["case"],
        number=wanted["number"],
        since=end_of_day(since - dt.timedelta(days=1)) if since else None,
        until=end_of_day(until) if until else None,
    )


def _party_entry(visitor: Visitor, key: UUID) -> "Entry":
    found = supervising.entry_for(key, kept_by(visitor.person, now()))
    if found is None:
        raise Http404
    return found


@require_GET
@for_keepers
def access(request: HttpRequest, visitor: Visitor, key: UUID) -> HttpResponse:
    """Show one access as the department may know of it, with its receipt; looking here is an entry too."""
    entry = _party_entry(visitor, key)
    note_look(visitor, "read_record", Subject("entry", str(key)))
    return _access_page(request, visitor, entry)


def _access_page(
    request: HttpRequest, visitor: Visitor, entry: "Entry", refused: Refused | None = None
) -> HttpResponse:
    codes = kept_by(visitor.person, now())
    (row,) = supervising.as_known_to(codes, [entry], now())
    own = supervising.is_own(entry, codes)
    shown = {
        "row": row,
        "reportable": own and shows_licence(entry),
        **deferral_shown(request, visitor, entry, refused, with_past=own),
    }
    status = refused.grounds.reason.status if refused else 200
    return render(request, "portal/keeping/access.html", shown, status=status)


@require_GET
@for_keepers
def receipt(request: HttpRequest, visitor: Visitor, key: UUID) -> HttpResponse:
    """Hand over the receipt of an entry to which the department is a party."""
    return proof(key, receipt_for_keeper(key, kept_by(visitor.person, now())))


@require_POST
@for_keepers
def defer(request: HttpRequest, visitor: Visitor, key: UUID) -> HttpResponse:
    """Defer the notice of one access by a named law."""
    entry = _party_entry(visitor, key)
    try:
        deferred(request, visitor, key)
    except Refused as refused:
        return _access_page(request, visitor, entry, refused)
    return redirect("access", key=key)
