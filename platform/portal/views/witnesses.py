"""Witnesses of the record: what they send, and the page that shows what they have signed."""

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from audit.queries import checkpoint
from audit.recording import Subject, record
from audit.witnesses import history, standings
from audit.witnessing import accept_cosignatures
from foundation.clock import now
from foundation.context import current_request
from foundation.reasons import Refused, because
from portal.limiting import Limit, counted_as
from portal.who import Visitor, for_overseers
from registry import queries as registry

PER_ADDRESS = Limit("cosignatures", most=60)
IN_ALL = Limit("cosignatures-in-all", most=600)
# A checkpoint with the lines of many witnesses.
LARGEST = 32 * 1024


@csrf_exempt
@require_POST
def cosignatures(request: HttpRequest) -> HttpResponse:
    """Take a checkpoint with witnesses' cosignatures. Open to all: what counts is the signature, not who brings it."""
    at = now()
    wait = PER_ADDRESS.wait(counted_as(current_request().address), at) or IN_ALL.wait("", at)
    if wait:
        raise Refused(because("rate_exceeded", seconds=str(wait)))
    if len(request.body) > LARGEST:
        raise Refused(because("cosignature_malformed"))
    taken = accept_cosignatures(request.body, at=at)
    return HttpResponse(f"{taken.new}\n", content_type="text/plain; charset=utf-8")


@require_GET
@for_overseers
def witnesses(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Show which witnesses have signed which size of the record and when, and how far behind each is."""
    found = standings()
    with transaction.atomic():
        record(action="read_record", actor=visitor.actor, subject=Subject("witness"), outcome="done")
    codes = {standing.witness.department for standing in found}
    departments = {department.code: department for department in registry.departments_by_code(codes)}
    shown = {
        "standings": [(standing, departments.get(standing.witness.department)) for standing in found],
        "history": history(),
        "checkpoint": checkpoint(),
    }
    return render(request, "portal/witnesses.html", shown)
