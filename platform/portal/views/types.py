"""Licence types: the catalogue entry, the three rights over each, and the form in which licences are made."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods

from exchange.uses import uses_of
from foundation.clock import legal_day, now
from portal.editing import TypeEditor
from portal.who import Visitor, for_managers
from registry import queries as registry
from registry.defining import can_define, define_type, form_in, form_of, makers_of, vct_of, versions_of
from registry.errors import FormInvalid
from registry.forms import DEFAULT_STYLE, HOLDER_KINDS, Form, field_titles, number_of, term_words

if TYPE_CHECKING:
    from registry.models import LicenceType

PAGE = 50


@require_GET
@for_managers
def types(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """List the licence types by name, with who owns them and how they are shared; managers see their own."""
    wanted = request.GET.get("q", "").strip()[:100]
    found = registry.search_types(wanted, owners=None if visitor.oversees else visitor.managed)
    return render(
        request, "portal/types.html", {"page": Paginator(found, PAGE).get_page(request.GET.get("page")), "q": wanted}
    )


def _type(key: UUID) -> "LicenceType":
    found = registry.types_by_id([key]).get(key)
    if found is None:
        raise Http404
    return found


@require_GET
@for_managers
def licence_type(request: HttpRequest, visitor: Visitor, key: UUID) -> HttpResponse:
    """Show a type's catalogue entry (regulation, article 13), who owns, uses and manages it, and its form."""
    found, at = _type(key), now()
    versions = list(versions_of(found))
    makers = makers_of(versions)
    shown = {
        "type": found,
        "uses": uses_of(found, at),
        "producers": registry.producers([found], at)[found.pk],
        "versions": [(version, makers.get(version.made_by)) for version in versions],
        "may_define": can_define(found, visitor.actor, at),
        "now": at,
        **_form_shown(found, form_of(found, at)),
    }
    return render(request, "portal/type.html", shown)


@require_GET
@for_managers
def version(request: HttpRequest, visitor: Visitor, key: UUID, number: int) -> HttpResponse:
    """Show what one version of the form says or said."""
    found = _type(key)
    kept = get_object_or_404(versions_of(found), number=number)
    makers = makers_of([kept])
    shown = {"type": found, "version": kept, "maker": makers.get(kept.made_by), **_form_shown(found, form_in(kept))}
    return render(request, "portal/type_version.html", shown)


def _form_shown(found: "LicenceType", form: Form) -> dict[str, Any]:
    required, expected = form.schema.get("required", ()), form.schema.get("x-expected", ())
    rows = [(name, title, name in required, name in expected) for name, title in field_titles(form).items()]
    return {
        "form": form,
        "rows": rows,
        "term": term_words(form),
        "holders": [HOLDER_KINDS[code] for code in form.holder_kinds],
        "style": {**DEFAULT_STYLE, **form.style},
        "vct": vct_of(found, form) if form.vct or found.code else "",
        "example": _example(found, form),
    }


def _example(found: "LicenceType", form: Form) -> str:
    """Return a number as the first licence of the year would have it."""
    department = found.owner.name_zh if found.owner else "某局"
    return number_of(form, department=department, year=legal_day(now()).year, serial=1)


@require_http_methods(["GET", "POST"])
@for_managers
def new_version(request: HttpRequest, visitor: Visitor, key: UUID) -> HttpResponse:
    """Define the next version of a type's form, begun from the one in force; every fault stands at its field."""
    found = _type(key)
    if not can_define(found, visitor.actor, now()):
        raise PermissionDenied
    if request.method == "GET":
        return _editor_page(request, found, TypeEditor.begun_from(form_of(found, now())))
    editor = TypeEditor(request.POST)
    if not editor.is_valid() or "preview" in request.POST:
        return _editor_page(request, found, editor)
    try:
        made = define_type(
            found, editor.wanted(), actor=visitor.actor, in_force_from=editor.begins, basis=editor.cleaned_data["basis"]
        )
    except FormInvalid as refused:
        editor.name_all(refused.fields)
        return _editor_page(request, found, editor)
    said = gettext("Version %(number)s says how licences of this type are made.") % {"number": made.number}
    messages.success(request, said, extra_tags="good")
    return redirect("licence-type", key=key)


def _editor_page(request: HttpRequest, found: "LicenceType", editor: TypeEditor) -> HttpResponse:
    shown: dict[str, Any] = {"type": found, "editor": editor}
    if editor.is_bound and editor.is_valid():
        form = editor.wanted()
        shown |= {"example": _example(found, form), "term": term_words(form)}
    status = 400 if editor.errors else 200
    return render(request, "portal/type_editor.html", shown, status=status)
