"""Deciding an application: its references are verified, and approval issues the result licence at once.

By staff, or by the system of the department that handles the item.
"""

import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.db import transaction

from exchange.applications.accepting import put_in_hand
from exchange.applications.checking import unmet_needs, verify_all
from exchange.applications.extending import left_to_decide, term_of
from exchange.applications.filing import freeze
from exchange.applications.stepping import begin_review, begun, move, note, person_of, refusals_recorded, why_of_case
from exchange.asking import Standing
from exchange.clocks import CLOCKS
from exchange.errors import ReasonMissing, ReferencesNotValid
from exchange.models import Application, Reference
from exchange.procedure import State
from foundation.clock import legal_day, now, working_days_after
from foundation.reasons import Refused
from licences import queries as licences
from licences.drafting import Contents, make_draft
from licences.errors import NoSigningKey, NotIssuable
from licences.issuing import Draft, issue_licence
from licences.notices import notify
from registry import queries as registry
from registry.defining import form_of
from registry.lineage import current_department, current_type, lineage

if TYPE_CHECKING:
    from licences.models import Draft as MadeDraft
    from licences.models import Licence
    from registry.models import LicenceType, Person

# Items whose result takes the place of the licence of the same type that the applicant names, and by which operation.
REPLACING: Mapping[str, str] = {
    "change": "change",
    "renewal": "renew",
    "review": "renew",
    "reissue": "reissue",
    "annual_check": "renew",
}


def verify_references(
    application: Application, *, person: "Person | Standing", at: dt.datetime | None = None
) -> list[Reference]:
    """Verify every reference for the case, keep what was found with each, and return them; the review has begun."""
    at = at or now()
    with refusals_recorded("verify_references", application, person), transaction.atomic():
        application, standing = begun(application, "approve", person, at)
        references = verify_all(application, standing, at)
        begin_review(application, standing.actor, at)
        return references


def approve(application: Application, *, person: "Person | Standing", at: dt.datetime | None = None) -> Application:
    """Approve: verify all references once more and issue the results, all in one transaction.

    What was not accepted yet is accepted with that. Where a need is not met by a valid reference, or by paper that a
    clerk saw (a licence revoked in between, say, or a need that the item got since), nothing is issued, what was found
    is kept, and `ReferencesNotValid` names the needs.
    """
    at = at or now()
    with refusals_recorded("approve", application, person):
        with transaction.atomic():
            application, standing = begun(application, "approve", person, at)
            unmet = unmet_needs(application, verify_all(application, standing, at))
            failure: Refused | None = None
            if unmet:
                failure = ReferencesNotValid(group.name for group in unmet)
            else:
                failure = _issued(application, person, standing, at)
        if failure:
            # Raised after the commit: what the verifications found, and their entries, are kept.
            raise failure
    return application


def _issued(
    application: Application, person: "Person | Standing", standing: Standing, at: dt.datetime
) -> Refused | None:
    """Issue the results and note the decision; return why that cannot be, with nothing of it done."""
    state = application.state
    try:
        with transaction.atomic():
            if application.state == State.SUBMITTED:
                put_in_hand(application, at)
                note("accept", application, standing.actor, at)
            drafts = _issue_results(application, standing, at)
            application.drafts.add(*drafts)
            application.deliver_by = working_days_after(legal_day(at), CLOCKS["deliver"].days).day
            application.delivered_at = None if drafts else at
            _decided(application, "approve" if drafts else "deliver", person, standing, at)
    except (NoSigningKey, NotIssuable) as refused:
        application.state = state
        return refused
    return None


def refuse(
    application: Application, *, person: "Person | Standing", reason: str, at: dt.datetime | None = None
) -> Application:
    """Refuse with a reason; the applicant is told the remedies (administrative licensing law, article 38)."""
    at = at or now()
    with refusals_recorded("refuse", application, person), transaction.atomic():
        application, standing = begun(application, "refuse", person, at)
        if not reason.strip():
            raise ReasonMissing
        _decided(application, "refuse", person, standing, at, reason=reason.strip())
        notify([application.holder], None, reason="application_refused", at=at)
    return application


def _decided(
    application: Application,
    step: str,
    person: "Person | Standing",
    standing: Standing,
    at: dt.datetime,
    *,
    reason: str = "",
) -> None:
    application.working_days = max(term_of(application) - left_to_decide(application, legal_day(at)), 0)
    move(application, step)
    application.decided_at, application.decided_by, application.decision_reason = at, person_of(person), reason
    application.save()
    # Approved and delivered in one act it is one entry.
    note("refuse" if step == "refuse" else "approve", application, standing.actor, at)
    freeze(application, at)


def _issue_results(application: Application, standing: Standing, at: dt.datetime) -> "list[MadeDraft]":
    """Issue what the item yields; return the drafts of those whose type asks for a second person's review."""
    drafts = []
    for licence_type in registry.yielded_types(application.item):
        draft = Draft(
            licence_type=current_type(licence_type),
            issuer=current_department(application.item.department),
            holders=[application.holder],
            content={
                **({"projectName": application.project} if application.project else {}),
                "applicationNumber": application.number,
                "basis": application.item.name_zh,
            },
            replaces=_replaced(application, licence_type),
            operation=REPLACING.get(application.item.kind, "new"),
        )
        if form_of(draft.licence_type, at).two_persons:
            drafts.append(_make_draft(draft, standing))
        else:
            licence = issue_licence(draft, actor=standing.actor, why=why_of_case(application), at=at)
            application.results.add(licence)
    return drafts


def _make_draft(draft: Draft, standing: Standing) -> "MadeDraft":
    return make_draft(
        licence_type=draft.licence_type,
        issuer=draft.issuer,
        contents=Contents(draft.holders, draft.content),
        actor=standing.actor,
        operation=draft.operation if draft.replaces else "new",
        replaces=draft.replaces,
    )


def _replaced(application: Application, licence_type: "LicenceType") -> "Licence | None":
    if application.item.kind not in REPLACING:
        return None
    names = lineage("licence_type", current_type(licence_type).name_zh)
    named = application.references.filter(licence__licence_type__name_zh__in=names).select_related("licence")
    mine = (r.licence for r in named if r.licence and licences.is_held_by(r.licence, application.holder_id))
    return next(mine, None)
