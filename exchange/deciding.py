"""Deciding an application: its references are verified, and approval issues the result licence at once."""

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.db import transaction

from audit.recording import Subject, Why, record, record_refusal
from exchange.asking import Ask, Standing
from exchange.errors import AccessRefused, OwnApplication, ReasonMissing, ReferencesNotValid, WrongState
from exchange.models import Application, Reference
from exchange.procedure import STEPS, State, can_step
from exchange.staffing import staff_actor, staff_standing
from exchange.verifying import verify_number
from foundation.clock import now
from foundation.reasons import Both, Refused
from licences import queries as licences
from licences.drafting import Contents, make_draft
from licences.errors import NoSigningKey, NotIssuable
from licences.issuing import Draft, issue_licence
from licences.outcomes import Outcome
from registry import queries as registry
from registry.defining import form_of
from registry.lineage import current_department, current_type, lineage

if TYPE_CHECKING:
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


def _why(application: Application) -> Why:
    return Why(application.item.code, application.item.name_zh[:200], application.number)


@contextmanager
def _refusals_recorded(action: str, application: Application, person: "Person") -> Iterator[None]:
    """Record a refusal of the act inside, once the act's own transaction is gone."""
    try:
        yield
    except Refused as refused:
        actor, subject = staff_actor(person, now()), Subject("application", application.number)
        raise record_refusal(refused, action=action, actor=actor, subject=subject, why=_why(application)) from None


def _locked(application: Application) -> Application:
    rows = Application.objects.select_for_update(of=("self",)).select_related("item__department", "holder")
    return rows.get(pk=application.pk)


def check_decide(application: Application, person: "Person", step: str) -> None:
    """Raise where the person may not take this step: their own application, or a state that does not allow it."""
    if application.applicant_id == person.pk:
        raise OwnApplication
    if not can_step(step, State(application.state)):
        raise WrongState(State(application.state))


def verify_references(application: Application, *, person: "Person", at: dt.datetime | None = None) -> list[Reference]:
    """Verify every reference for the case, keep what was found with each, and return them."""
    at = at or now()
    with _refusals_recorded("verify_references", application, person), transaction.atomic():
        application = _locked(application)
        standing = staff_standing(person, application.item, at)
        check_decide(application, person, "approve")
        return _verify_all(application, standing, at)


def _verify_all(application: Application, standing: Standing, at: dt.datetime) -> list[Reference]:
    names = {group.number: group for group in registry.need_groups(application.item)}
    references = list(application.references.select_related("licence"))
    for reference in references:
        group = names.get(reference.need_group)
        _verify_one(application, reference, group, standing, at)
    return references


def _verify_one(
    application: Application,
    reference: Reference,
    group: "registry.NeedGroup | None",
    standing: Standing,
    at: dt.datetime,
) -> None:
    ask = Ask(
        text=reference.licence.identifier if reference.licence else reference.number,
        item=application.item.code,
        purpose=application.item.name_zh,
        case=application.number,
    )
    try:
        answer = verify_number(ask, standing=standing, at=at, only=group.types if group else ())
        found = answer.verification
        outcome, grounds, entry = found.outcome.label, found.grounds, str(answer.entry)
        if found.outcome is Outcome.VALID:
            reference.licence = found.licence
    except AccessRefused as refused:
        outcome, grounds, entry = "refused", refused.grounds, refused.entry
    reference.outcome, reference.reason = outcome, grounds.code
    reference.explanation_zh, reference.explanation_en = grounds.zh, grounds.en
    reference.verified_at, reference.entry = at, entry
    reference.save(
        update_fields=["outcome", "reason", "explanation_zh", "explanation_en", "verified_at", "entry", "licence"]
    )


def approve(application: Application, *, person: "Person", at: dt.datetime | None = None) -> Application:
    """Approve: verify all references once more and issue the results, all in one transaction.

    Where a need is not met by a valid reference (a licence revoked in between, say, or a need that the item got since)
    nothing is issued, what was found is kept, and `ReferencesNotValid` names the needs.
    """
    at = at or now()
    with _refusals_recorded("approve", application, person):
        with transaction.atomic():
            application = _locked(application)
            standing = staff_standing(person, application.item, at)
            check_decide(application, person, "approve")
            unmet = _unmet_needs(application, _verify_all(application, standing, at))
            failure = ReferencesNotValid(unmet) if unmet else _issued(application, person, standing, at)
        if failure:
            # Raised after the commit: what the verifications found, and their entries, are kept.
            raise failure
    return application


def _issued(application: Application, person: "Person", standing: Standing, at: dt.datetime) -> Refused | None:
    """Issue the results and note the decision; return why that cannot be, with nothing of it done."""
    try:
        with transaction.atomic():
            _issue_results(application, standing, at)
            _decided(application, "approve", person, standing, at)
    except (NoSigningKey, NotIssuable) as refused:
        return refused
    return None


def _unmet_needs(application: Application, references: list[Reference]) -> list[Both]:
    """Return the names of the item's needs, as they are now, that no valid reference meets."""
    valid = [r.licence for r in references if r.outcome == Outcome.VALID.label and r.licence]
    shown = {licence.licence_type_id for licence in valid}
    groups = registry.need_groups(application.item)
    return [group.name for group in groups if shown.isdisjoint(t.pk for t in group.types)]


def refuse(application: Application, *, person: "Person", reason: str, at: dt.datetime | None = None) -> Application:
    """Refuse with a reason (administrative licensing law, article 38)."""
    at = at or now()
    with _refusals_recorded("refuse", application, person), transaction.atomic():
        application = _locked(application)
        standing = staff_standing(person, application.item, at)
        check_decide(application, person, "refuse")
        if not reason.strip():
            raise ReasonMissing
        _decided(application, "refuse", person, standing, at, reason=reason.strip())
    return application


def _decided(
    application: Application, step: str, person: "Person", standing: Standing, at: dt.datetime, *, reason: str = ""
) -> None:
    application.state = STEPS[step].target
    application.decided_at, application.decided_by, application.decision_reason = at, person, reason
    application.save(update_fields=["state", "decided_at", "decided_by", "decision_reason"])
    record(
        action=step,
        actor=standing.actor,
        subject=Subject("application", application.number),
        outcome=str(application.state),
        why=_why(application),
        at=at,
    )


def _issue_results(application: Application, standing: Standing, at: dt.datetime) -> None:
    """Issue what the item yields; where the type asks for a second person, a draft waits for that one's review."""
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
            _make_draft(draft, standing)
        else:
            application.results.add(issue_licence(draft, actor=standing.actor, why=_why(application), at=at))


def _make_draft(draft: Draft, standing: Standing) -> None:
    make_draft(
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
