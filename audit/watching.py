"""Looking for odd use as entries are sequenced: windows fill, and a flag is raised where one passes its limit."""

from collections.abc import Iterable, Mapping
from statistics import mean
from uuid import UUID

from django.conf import settings
from django.db import transaction

from audit.feed import Placed, take
from audit.models import Entry, Flag, Window
from audit.oddity import (
    BULK,
    CONSECUTIVE,
    HISTORY,
    PERSON,
    SYSTEM,
    Limits,
    Look,
    Span,
    limit_of,
    near_consecutive,
    spans_of,
)
from audit.queries import personal_values
from audit.recording import Subject, record
from audit.tally import LOOKS
from foundation.clock import now
from foundation.context import PLATFORM

READER = "watch"
BATCH = 500
MOST_EVIDENCE = 100
_GROWING = ("count", "evidence")


def watch_next(limit: int = BATCH) -> int:
    """Look at the next entries of the tree, all or none of them; return how many."""
    limits: Limits = settings.ODD_USE
    with take(READER, limit) as taken:
        looks = [look for placed in taken if (look := _look(placed))]
        for span, window in _filled(looks, limits).items():
            _judge(span, window, limits)
    return len(taken)


def forget_windows() -> None:
    """Remove the windows that no rule looks back at any more."""
    Window.objects.filter(start__lt=now() - 2 * HISTORY).delete()


def _look(placed: Placed) -> Look | None:
    entry = placed.entry
    actor = _actor(entry)
    if entry.action not in LOOKS or not actor or not entry.actor_department:
        return None
    return Look(entry.pk, entry.at, actor, entry.actor_department, entry.subject, entry.case, entry.outcome)


def _actor(entry: Entry) -> str:
    if entry.actor_person:
        return f"{PERSON}{entry.actor_person}"
    return f"{SYSTEM}{entry.actor_client}" if entry.actor_client else ""


def _filled(looks: Iterable[Look], limits: Limits) -> Mapping[Span, Window]:
    """Count looks in their windows and return these, kept."""
    wanted = [(span, look) for look in looks for span in spans_of(look, limits)]
    windows = _windows({span for span, _ in wanted})
    for span, look in wanted:
        if span not in windows:
            windows[span] = Window(
                rule=span.rule, actor=span.actor, about=span.about, start=span.start, department=look.department
            )
        window = windows[span]
        window.count += 1
        window.evidence = [*window.evidence, str(look.entry)][-MOST_EVIDENCE:]
    Window.objects.bulk_create(
        windows.values(),
        update_conflicts=True,
        unique_fields=["rule", "actor", "about", "start"],
        update_fields=_GROWING,
    )
    return windows


def _windows(spans: set[Span]) -> dict[Span, Window]:
    found = Window.objects.filter(actor__in={s.actor for s in spans}, start__in={s.start for s in spans})
    known = {Span(w.rule, w.actor, w.about, w.start): w for w in found}
    return {span: window for span, window in known.items() if span in spans}


def _judge(span: Span, window: Window, limits: Limits) -> None:
    if window.count < limit_of(span, limits):
        return
    usual = _usual(span) if span.rule == BULK else 0
    count = _near(window.evidence) if span.rule == CONSECUTIVE else window.count
    if count >= limit_of(span, limits, usual):
        _raise(span, window, count, usual)


def _usual(span: Span) -> float:
    """Return the mean of the actor's earlier hours with looks, of the last weeks."""
    before = Window.objects.filter(rule=BULK, actor=span.actor, start__lt=span.start, start__gte=span.start - HISTORY)
    return mean(before.values_list("count", flat=True) or [0])


def _near(evidence: Iterable[str]) -> int:
    ids = [UUID(key) for key in evidence]
    typed = {key: values["number"] for key, values in personal_values(ids).items() if "number" in values}
    named = dict(Entry.objects.filter(pk__in=ids).values_list("pk", "subject"))
    return near_consecutive(typed.get(key) or named.get(key, "") for key in ids)


def _raise(span: Span, window: Window, count: int, usual: float) -> None:
    """Raise a flag, or let an open one grow; one that was cleared stays cleared."""
    flag, raised = Flag.objects.get_or_create(
        reason=span.rule,
        actor=span.actor,
        about=span.about,
        since=span.start,
        defaults={
            "department": window.department,
            "until": span.until,
            "count": count,
            "usual": round(usual),
            "evidence": window.evidence,
            "raised_at": now(),
        },
    )
    if raised:
        with transaction.atomic():
            subject = Subject("flag", str(flag.pk))
            record(action="raise_flag", actor=PLATFORM, subject=subject, outcome="raised", reason=span.rule)
    elif flag.cleared_at is None:
        flag.count, flag.evidence = count, window.evidence
        flag.save(update_fields=["count", "evidence"])
