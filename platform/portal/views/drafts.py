"""The issuer's room: licences in the making, from one person's hands into another's until they are issued."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from foundation.clock import now
from foundation.context import Actor
from foundation.reasons import Both, Refused
from licences.drafting import can_step, contents_of, discard_draft, issue_draft, return_draft, review_draft, seal_draft
from licences.issuer_queries import draft_counts, drafts_of
from licences.lifecycle import OPERATIONS
from licences.stages import STAGE_NAMES, STEPS, Stage
from licences.subjects import draft_subject
from portal.views.issuing import PAGE, actor_for, note_look, own_issuers
from portal.who import Visitor, for_issuers
from registry import queries as registry
from registry.defining import form_of
from registry.forms import field_titles, term_words

if TYPE_CHECKING:
    from licences.models import Draft

# Where a person's work waits, in the order of its way.
OPEN = (Stage.MADE, Stage.RETURNED, Stage.REVIEWED, Stage.SEALED)


@require_GET
@for_issuers
def drafts(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """List the licences in the making, by how far they are; at first those that wait for a review."""
    own, wanted = own_issuers(visitor), request.GET.get("state", "")
    counts = draft_counts(own)
    stage = Stage(wanted) if wanted in STAGE_NAMES else next((s for s in OPEN if counts[s]), Stage.MADE)
    page = Paginator(drafts_of(own, stage), PAGE).get_page(request.GET.get("page"))
    shown = {
        "page": page,
        "query": f"state={stage}",
        "stage": stage,
        "tabs": [(one, name, counts[one]) for one, name in STAGE_NAMES.items()],
        "makers": registry.people(draft.made_by for draft in page.object_list),
        "operations": OPERATIONS,
    }
    return render(request, "portal/issuing/drafts.html", shown)


def own_draft(visitor: Visitor, key: UUID) -> "Draft":
    """Return a draft of the visitor's department, or answer that there is none."""
    found = drafts_of(own_issuers(visitor)).filter(pk=key).first()
    if found is None:
        raise Http404
    return found


@require_GET
@for_issuers
def draft(request: HttpRequest, visitor: Visitor, key: UUID) -> HttpResponse:
    """Show all that the licence is to say, who has done what with it, and what comes next."""
    found = own_draft(visitor, key)
    note_look(visitor, "open_draft", draft_subject(found))
    return _draft_page(request, visitor, found)


def _draft_page(
    request: HttpRequest, visitor: Visitor, found: "Draft", refused: Refused | None = None, step: str = ""
) -> HttpResponse:
    form, actor, said = form_of(found.licence_type, now()), actor_for(visitor, found), contents_of(found)
    titles = field_titles(form)
    shown: dict[str, Any] = {
        "draft": found,
        "stage": STAGE_NAMES[Stage(found.state)],
        "operation": OPERATIONS[found.operation],
        "said": said,
        "content": [(titles.get(name, Both(name, name)), value) for name, value in said.content.items() if value != ""],
        "term": term_words(form),
        "steps": {name: can_step(found, name, actor) for name in STEPS},
        "second": _waits_for_another(found, visitor, two_persons=form.two_persons),
        "history": _history(found),
        "refused": refused,
        "refused_step": step,
        "remark": request.POST.get("reason", ""),
    }
    status = refused.grounds.reason.status if refused else 200
    return render(request, "portal/issuing/draft.html", shown, status=status)


def _waits_for_another(found: "Draft", visitor: Visitor, *, two_persons: bool) -> bool:
    """Say whether the next step is for another person than the visitor, who made the draft."""
    is_second = found.state in (Stage.MADE, Stage.REVIEWED)
    return two_persons and is_second and found.made_by == visitor.person.pk


def _history(found: "Draft") -> list[tuple[str, Any, Any]]:
    """Return who has done what, and when, in order."""
    done = [(step, getattr(found, f"{step}_at"), getattr(found, f"{step}_by")) for step in _DONE]
    people = registry.people(by for _, _, by in done)
    return [(step, at, people.get(by)) for step, at, by in done if at]


_DONE = ("made", "reviewed", "sealed", "issued")
_ACTS: Mapping[str, "Callable[[Draft, Actor, str], Draft]"] = {
    "review": lambda found, actor, _: review_draft(found, actor=actor),
    "return": lambda found, actor, reason: return_draft(found, actor=actor, reason=reason),
    "seal": lambda found, actor, _: seal_draft(found, actor=actor),
    "issue": lambda found, actor, _: issue_draft(found, actor=actor),
    "discard": lambda found, actor, reason: discard_draft(found, actor=actor, reason=reason),
}


@require_POST
@for_issuers
def take_step(request: HttpRequest, visitor: Visitor, key: UUID, step: str) -> HttpResponse:
    """Review, return, seal, issue or discard a draft."""
    found = own_draft(visitor, key)
    if step not in _ACTS:
        raise Http404
    try:
        _ACTS[step](found, actor_for(visitor, found), request.POST.get("reason", "").strip()[:2000])
    except Refused as refused:
        return _draft_page(request, visitor, own_draft(visitor, key), refused, step)
    messages.success(request, gettext("Done, and recorded."), extra_tags="good")
    return redirect("draft", key=key)
