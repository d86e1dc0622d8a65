"""The issuer's room: entering what a licence is to say, anew or in the place of a version; every fault at its field."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from foundation.clock import now
from foundation.reasons import Refused
from licences.drafting import can_step, contents_of
from licences.entering import Entered, enter_again, enter_draft, faults_of
from licences.lifecycle import OPERATIONS
from licences.subjects import draft_subject, subject_of
from licences.verification import verify_found
from portal.entry_form import EntryForm, begun, entered, read
from portal.views.drafts import own_draft
from portal.views.issuing import actor_for, note_look, own_issuers, own_licence, uuid_of
from portal.who import Visitor, for_issuers
from registry import queries as registry
from registry.defining import form_of
from registry.lineage import current_department, current_type

if TYPE_CHECKING:
    from licences.models import Draft, Holder, Licence
    from registry.forms import Form
    from registry.models import Department, LicenceType


@require_http_methods(["GET", "POST"])
@for_issuers
def new(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Choose a type, then enter what its licence is to say."""
    own = own_issuers(visitor)
    types = registry.types_for_issuing(own)
    chosen = uuid_of(request.GET.get("type", ""))
    licence_type = types.filter(pk=chosen).first() if chosen else None
    if licence_type is None:
        return render(request, "portal/issuing/choose.html", {"types": types, "unknown": chosen is not None})
    issuer = issuer_of(licence_type, own)
    actor = visitor.at_post(current_department(issuer).code)
    shown = {"type": licence_type, "issuer": issuer, "operation": OPERATIONS["new"]}

    def make(said: Entered) -> "Draft":
        return enter_draft(said, licence_type=licence_type, issuer=issuer, actor=actor)

    return _page(request, form_of(licence_type, now()), make, shown)


def issuer_of(licence_type: "LicenceType", own: list[str]) -> "Department":
    """Return in whose name it is issued: the owner's where the visitor acts for it, else of one that yields it."""
    if licence_type.owner and licence_type.owner.code in own:
        return licence_type.owner
    issuers = registry.issuers_of(licence_type)
    return next(iter(registry.departments_by_code(code for code in own if code in issuers)))


@require_http_methods(["GET", "POST"])
@for_issuers
def version(request: HttpRequest, visitor: Visitor, key: UUID, name: str) -> HttpResponse:
    """Enter the version that takes a licence's place: renewed, changed, reissued or transferred; begun from the old."""
    old = own_licence(visitor, key)
    if name not in OPERATIONS or not OPERATIONS[name].makes_version:
        raise Http404
    licence_type, actor = current_type(old.licence_type), actor_for(visitor, old)
    form = form_of(licence_type, now())
    # Whoever it passes to is another holder.
    known = [] if name == "transfer" else list(old.holders.all())
    shown = {"type": licence_type, "issuer": old.issuer, "operation": OPERATIONS[name], "replaces": old}

    def make(said: Entered) -> "Draft":
        return enter_draft(
            said, licence_type=licence_type, issuer=old.issuer, actor=actor, operation=name, replaces=old
        )

    return _page(request, form, make, shown, known=known, fill=lambda: _begun_from(old, form, known, visitor))


def _begun_from(old: "Licence", form: "Form", known: "list[Holder]", visitor: Visitor) -> EntryForm:
    note_look(visitor, "open_licence", subject_of(old))
    return begun(form, verify_found([old], at=now()).claims or {}, known)


@require_http_methods(["GET", "POST"])
@for_issuers
def amend(request: HttpRequest, visitor: Visitor, key: UUID) -> HttpResponse:
    """Change a draft that was returned, or that nobody has reviewed yet."""
    draft = own_draft(visitor, key)
    actor = actor_for(visitor, draft)
    if not can_step(draft, "amend", actor):
        raise PermissionDenied
    form, said = form_of(draft.licence_type, now()), contents_of(draft)
    holders = list(said.holders)
    shown = {
        "type": draft.licence_type,
        "issuer": draft.issuer,
        "operation": OPERATIONS[draft.operation],
        "draft": draft,
        "replaces": draft.replaces,
    }

    def fill() -> EntryForm:
        note_look(visitor, "open_draft", draft_subject(draft))
        return begun(
            form,
            said.content,
            holders,
            number=said.number,
            valid_from=said.valid_from,
            valid_until=said.valid_until,
        )

    return _page(request, form, lambda given: enter_again(draft, given, actor=actor), shown, known=holders, fill=fill)


def _page(
    request: HttpRequest,
    form: "Form",
    act: "Callable[[Entered], Draft]",
    shown: dict[str, Any],
    *,
    known: "Sequence[Holder]" = (),
    fill: Callable[[], EntryForm] | None = None,
) -> HttpResponse:
    """Show the form, take what was entered, and show it again with every fault until it holds."""
    if request.method == "GET":
        shown["entry"] = fill() if fill else begun(form, {})
        return render(request, "portal/issuing/enter.html", shown)
    page = read(form, request.POST, known)
    shown["entry"] = page
    if "add_holder" in request.POST:
        page.extra = 1
        return render(request, "portal/issuing/enter.html", shown)
    given, faults = entered(page)
    page.faults = faults | faults_of(given, form)
    try:
        if not page.faults:
            return redirect("draft", key=act(given).pk)
    except Refused as refused:
        page.faults = refused.fields
        shown["refused"] = None if refused.fields else refused
    return render(request, "portal/issuing/enter.html", shown, status=400)
