"""Flags of odd use: who looks at one and who clears it stands in the record."""

from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from audit.errors import ClearedAlready, NoteMissing, OwnFlag
from audit.models import Flag
from audit.oddity import PERSON
from audit.recording import Subject, record, record_refusal
from foundation.clock import now
from foundation.context import Actor
from foundation.reasons import Refused

MOST_NOTE = 500


def flags(*, cleared: bool = False) -> QuerySet[Flag]:
    """Return the flags that are open, or those that were cleared; the latest first."""
    return Flag.objects.filter(cleared_at__isnull=not cleared)


def flag_by_id(key: UUID) -> Flag | None:
    """Return one flag."""
    return Flag.objects.filter(pk=key).first()


def open_flag(key: UUID, *, actor: Actor) -> Flag | None:
    """Return one flag; that it was looked at is recorded, so that a watcher is watched too."""
    with transaction.atomic():
        flag = flag_by_id(key)
        if flag:
            record(action="open_flag", actor=actor, subject=Subject("flag", str(key)), outcome="done")
        return flag


def clear_flag(flag: Flag, *, note: str, actor: Actor) -> Flag:
    """Clear a flag with a note of what was found; not one's own, and once."""
    subject = Subject("flag", str(flag.pk))
    try:
        with transaction.atomic():
            flag = Flag.objects.select_for_update().get(pk=flag.pk)
            check_clear(flag, actor, note)
            flag.cleared_at, flag.cleared_by, flag.note = now(), actor.person, note.strip()[:MOST_NOTE]
            flag.save(update_fields=["cleared_at", "cleared_by", "note"])
            record(
                action="clear_flag",
                actor=actor,
                subject=subject,
                outcome="cleared",
                reason=flag.reason,
                personal={"note": flag.note},
            )
            return flag
    except Refused as refused:
        raise record_refusal(refused, action="clear_flag", actor=actor, subject=subject) from None


def check_clear(flag: Flag, actor: Actor, note: str) -> None:
    """Raise where the flag cannot be cleared so."""
    if actor.person and flag.actor == f"{PERSON}{actor.person}":
        raise OwnFlag
    if flag.cleared_at:
        raise ClearedAlready
    if not note.strip():
        raise NoteMissing
