"""Handing an application in, by whomever: its references kept, verified by the platform, and accepted if complete."""

import datetime as dt
from collections.abc import Iterable

from exchange.applications.accepting import accept_if_complete, first_terms
from exchange.applications.stepping import note
from exchange.models import Application, Reference
from exchange.procedure import State
from foundation.context import Actor


def hand_in(application: Application, references: Iterable[Reference], *, actor: Actor, at: dt.datetime) -> None:
    """Submit an application that is new or was a draft, in the caller's transaction.

    What it names is verified at once. Where every need is met the platform accepts it there and then; else the
    department has five working days to say what is missing.
    """
    application.state, application.submitted_at = State.SUBMITTED, at
    first_terms(application, at)
    application.save()
    references = keep_references(application, references)
    note(
        "submit",
        application,
        actor,
        at,
        outcome="submitted",
        fields=[r.licence.identifier for r in references if r.licence],
        personal={"project": application.project},
    )
    accept_if_complete(application, at)


def keep_references(application: Application, references: Iterable[Reference]) -> list[Reference]:
    """Put the references in the place of those that the application had for the same needs."""
    references = list(references)
    application.references.filter(need_group__in=[r.need_group for r in references]).delete()
    for reference in references:
        reference.application = application
    return Reference.objects.bulk_create(references)
