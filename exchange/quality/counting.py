"""Keeping the figures of quality up: what the record says has changed, what time has made wrong, and a round over all.

Each run takes so much at most. Licences that changed are found by a cursor over the record; the round finds what no
entry tells (holders who were renamed, entries that were archived before they were read) and begins again at its end.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import Count

from audit.feed import Placed, hold, take
from exchange.mending import State as Report
from exchange.models import Assessment, Correction, QualityFigure, QualitySweep, TypeChange
from exchange.quality.assessing import BATCH, Forms, Key, assess, digests_of
from exchange.quality.checks import CORRECTED, FAULTY, JUDGED, Check, faults_of
from foundation.clock import legal_day, now
from licences.lifecycle import OPERATIONS
from licences.reading import judged, keys_after, keys_of, past_end

READER = "quality"
_CHANGES = frozenset({"issue", *OPERATIONS})


def count_next(limit: int = 2000, *, at: dt.datetime | None = None) -> int:
    """Look at the licences that the next `limit` entries of the record say have changed; return how many entries."""
    at = at or now()
    with take(READER, limit) as taken:
        changed = _changed(taken)
        keys = keys_of(changed)
        _assess_all(sorted(keys.values()), at)
        _note_changes({keys[identifier]: when for identifier, when in changed.items() if identifier in keys})
    return len(taken)


def _changed(taken: Sequence[Placed]) -> dict[str, dt.datetime]:
    """Return when each licence last changed, by its identifier."""
    entries = (placed.entry for placed in taken)
    found: dict[str, dt.datetime] = {}
    for entry in entries:
        if entry.subject_kind == "licence" and entry.action in _CHANGES and entry.outcome != "refused":
            found[entry.subject] = max(entry.at, found.get(entry.subject, entry.at))
    return found


def _note_changes(changed: dict[UUID, dt.datetime]) -> None:
    latest: dict[tuple[UUID, UUID], dt.datetime] = {}
    rows = Assessment.objects.filter(pk__in=changed).values_list("pk", "licence_type", "issuer")
    for key, licence_type, issuer in rows.iterator():
        pair = (licence_type, issuer)
        latest[pair] = max(changed[key], latest.get(pair, changed[key]))
    for (licence_type, issuer), when in sorted(latest.items(), key=str):
        made, is_new = TypeChange.objects.get_or_create(
            licence_type_id=licence_type, issuer_id=issuer, defaults={"at": when}
        )
        if not is_new and made.at < when:
            TypeChange.objects.filter(pk=made.pk).update(at=when)


def _assess_all(keys: Sequence[UUID], at: dt.datetime) -> None:
    for start in range(0, len(keys), BATCH):
        assess(keys[start : start + BATCH], at)


@transaction.atomic
def note_overdue(limit: int = 1000, *, at: dt.datetime | None = None) -> int:
    """Look at licences whose last day has passed and of which that is not known yet; return how many."""
    at = at or now()
    hold(READER)
    due = past_end(legal_day(at)).exclude(assessment__findings__kind=Check.OVERDUE)
    keys = list(due.order_by("pk").values_list("pk", flat=True)[:limit])
    _assess_all(keys, at)
    return len(keys)


@transaction.atomic
def sweep_next(limit: int = 500, *, at: dt.datetime | None = None) -> int:
    """Look at the next `limit` licences in the order of their keys; return how many: 0 where the round ended."""
    at = at or now()
    hold(READER)
    sweep, _ = QualitySweep.objects.get_or_create(name=READER)
    keys = keys_after(sweep.after, limit)
    _assess_all(keys, at)
    sweep.after = keys[-1] if keys else None
    sweep.rounds += not keys
    sweep.save(update_fields=["after", "rounds"])
    return len(keys)


@transaction.atomic
def forget() -> None:
    """Take all findings and figures away; the round begins anew and brings them back."""
    hold(READER)
    # So many at a time: what hangs on them is read before it is deleted.
    while keys := list(Assessment.objects.values_list("pk", flat=True)[: 10 * BATCH]):
        Assessment.objects.filter(pk__in=keys).delete()
    QualityFigure.objects.all().delete()
    QualitySweep.objects.filter(name=READER).update(after=None)
    QualityFigure.objects.bulk_create(
        QualityFigure(licence_type_id=key.licence_type, issuer_id=key.issuer, figure=key.figure, count=count)
        for key, count in _corrected().items()
    )


# --- Recounting ----------------------------------------------------------------------------------------------------


def kept() -> Counter[Key]:
    """Return the figures as they are kept."""
    rows = QualityFigure.objects.filter(count__gt=0).values_list("licence_type", "issuer", "figure", "count")
    return Counter({Key(*row[:3]): row[3] for row in rows.iterator()})


def recount(at: dt.datetime) -> Counter[Key]:
    """Count everything anew from the licences alone; its memory grows with them (about 0.2 kB each)."""
    total, shared, forms = _corrected(), Counter[tuple[str, bytes]](), Forms()
    seen: list[tuple[UUID, UUID, set[str], tuple[tuple[str, bytes], ...]]] = []
    for reading in (reading for keys in _pages() for reading in judged(keys)):
        form = forms.of(reading)
        number, content = digests_of(reading, form)
        doubles = ((Check.NUMBER_TWICE, number), *([(Check.CONTENT_TWICE, content)] if content else []))
        shared.update((str(check), digest) for check, digest in doubles)
        checks = {fault.check for fault in faults_of(reading, form, legal_day(at))}
        seen.append((reading.licence_type, reading.issuer, checks, tuple((str(c), d) for c, d in doubles)))
    for licence_type, issuer, checks, digests in seen:
        found = checks | {check for check, digest in digests if shared[check, digest] > 1}
        total.update(Key(licence_type, issuer, figure) for figure in (JUDGED, *([FAULTY] if found else []), *found))
    return total


def _pages() -> Iterable[list[UUID]]:
    keys = keys_after(None, BATCH)
    while keys:
        yield keys
        keys = keys_after(keys[-1], BATCH)


def _corrected() -> Counter[Key]:
    upheld = (
        Correction.objects.filter(state=Report.UPHELD).order_by().values("licence__licence_type", "licence__issuer")
    )
    rows = upheld.annotate(n=Count("pk")).values_list("licence__licence_type", "licence__issuer", "n")
    return Counter({Key(licence_type, issuer, CORRECTED): n for licence_type, issuer, n in rows})


def differences(at: dt.datetime) -> dict[Key, tuple[int, int]]:
    """Return where the figures kept differ from a recount: (kept, recounted)."""
    with transaction.atomic():
        hold(READER)
        have, true = kept(), recount(at)
    return {key: (have[key], true[key]) for key in have.keys() | true.keys() if have[key] != true[key]}
