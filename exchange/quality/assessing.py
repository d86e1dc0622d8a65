"""Looking at licences, and keeping the findings and figures of exactly those up to date."""

import datetime as dt
import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Count, F

from exchange.models import Assessment, Finding, QualityFigure
from exchange.quality.checks import FAULTY, JUDGED, Check, Fault, content_in, faults_of
from foundation.clock import legal_day
from foundation.sealing import keyed_index
from licences.reading import Reading, judged
from registry import queries as registry
from registry.defining import form_numbered
from registry.forms import Form

BATCH = 200
"""Licences that are opened in memory at once."""
_DIGEST = 16
_DIGESTS: Mapping[str, Check] = {
    "number_digest": Check.NUMBER_TWICE,
    "content_digest": Check.CONTENT_TWICE,
}


class Key(NamedTuple):
    """What a figure is of: ids of type and issuer, and what is counted."""

    licence_type: UUID
    issuer: UUID
    figure: str


@transaction.atomic
def assess(keys: Sequence[UUID], at: dt.datetime) -> None:
    """Look at these licences (at most `BATCH`) again: what is in force is judged, of all else nothing is kept.

    Whoever calls holds the turn, so that figures move once for each change.
    """
    readings = judged(keys)
    forms = Forms()
    rows = [_row(reading, forms.of(reading), at) for reading in readings]
    digests = _digests_of(rows) | _digests_of(Assessment.objects.filter(pk__in=keys))
    touched = [*keys, *_lone(digests, keys)]
    before = counted(touched)
    kept = {row.pk for row in rows}
    Assessment.objects.filter(pk__in=[key for key in keys if key not in kept]).delete()
    Finding.objects.filter(assessment__in=kept).delete()
    columns = ["licence_type", "issuer", "number_digest", "content_digest", "at"]
    Assessment.objects.bulk_create(rows, update_conflicts=True, unique_fields=["licence"], update_fields=columns)
    today = legal_day(at)
    Finding.objects.bulk_create(
        _finding(row, fault)
        for row, reading in zip(rows, readings, strict=True)
        for fault in sorted(faults_of(reading, forms.of(reading), today))
    )
    _mark_doubles(touched)
    _move(before, counted(touched))


class Forms:
    """The forms by which licences were made, each read once."""

    def __init__(self) -> None:
        self._forms: dict[tuple[UUID, int], Form] = {}

    def of(self, reading: Reading) -> Form:
        """Return the form by which the licence was made."""
        key = (reading.licence_type, reading.form)
        if key not in self._forms:
            licence_type = registry.types_by_id([reading.licence_type])[reading.licence_type]
            self._forms[key] = form_numbered(licence_type, reading.form)
        return self._forms[key]


# --- Rows ----------------------------------------------------------------------------------------------------------


def _row(reading: Reading, form: Form, at: dt.datetime) -> Assessment:
    number, content = digests_of(reading, form)
    return Assessment(
        licence_id=reading.key,
        licence_type_id=reading.licence_type,
        issuer_id=reading.issuer,
        number_digest=number,
        content_digest=content,
        at=at,
    )


def digests_of(reading: Reading, form: Form) -> tuple[bytes, bytes | None]:
    """Return what two licences of a type share that have one number; and one holder and content, where it is read."""
    of_type = str(reading.licence_type)
    number = _digest("number", [of_type, reading.number_key])
    if reading.claims is None:
        return number, None
    holders = sorted(number for _, number in reading.holders)
    return number, _digest("content", [of_type, holders, content_in(reading.claims, form)])


def _digest(what: str, values: object) -> bytes:
    text = json.dumps(values, sort_keys=True, ensure_ascii=False)
    return keyed_index(settings.INDEX_KEY, text, purpose=f"quality-{what}")[:_DIGEST]


def _finding(row: Assessment, fault: Fault) -> Finding:
    return Finding(
        assessment_id=row.pk,
        licence_type_id=row.licence_type_id,
        issuer_id=row.issuer_id,
        kind=fault.check,
        field=fault.field,
        reason=fault.reason,
    )


# --- Doubles -------------------------------------------------------------------------------------------------------


def _digests_of(rows: Iterable[Assessment]) -> set[tuple[str, bytes]]:
    found = ((column, getattr(row, column)) for row in rows for column in _DIGESTS)
    return {(column, bytes(digest)) for column, digest in found if digest}


def _lone(digests: Collection[tuple[str, bytes]], but: Sequence[UUID]) -> set[UUID]:
    """Return the licences that alone, `but` for those, have one of these digests.

    They alone may become double or single with these; where several others share a digest they are double anyway.
    """
    found: set[UUID] = set()
    for column in _DIGESTS:
        wanted = [digest for of, digest in digests if of == column]
        others = Assessment.objects.filter(**{f"{column}__in": wanted}).exclude(pk__in=but)
        single = others.order_by().values(column).annotate(n=Count("pk")).filter(n=1).values_list(column, flat=True)
        found |= set(others.filter(**{f"{column}__in": list(single)}).values_list("pk", flat=True))
    return found


def _mark_doubles(keys: Sequence[UUID]) -> None:
    """Find anew which of these share a digest with another licence."""
    rows = list(Assessment.objects.filter(pk__in=keys))
    Finding.objects.filter(assessment__in=rows, kind__in=_DIGESTS.values()).delete()
    for column, check in _DIGESTS.items():
        wanted = {bytes(digest) for row in rows if (digest := getattr(row, column))}
        shared = Assessment.objects.filter(**{f"{column}__in": wanted}).order_by().values(column)
        doubles = {bytes(of) for of in shared.annotate(n=Count("pk")).filter(n__gt=1).values_list(column, flat=True)}
        Finding.objects.bulk_create(
            _finding(row, Fault(check)) for row in rows if bytes(getattr(row, column) or b"") in doubles
        )


# --- Figures -------------------------------------------------------------------------------------------------------


def counted(keys: Sequence[UUID] | None = None) -> Counter[Key]:
    """Count the rows kept of these licences, or of all, into figures: each licence once in each."""
    rows, findings = Assessment.objects.order_by(), Finding.objects.order_by()
    if keys is not None:
        rows, findings = rows.filter(pk__in=keys), findings.filter(assessment__in=keys)
    total: Counter[Key] = Counter()
    pair = ("licence_type", "issuer")
    for row in rows.values(*pair).annotate(n=Count("pk")):
        total[Key(row["licence_type"], row["issuer"], JUDGED)] = row["n"]
    for row in findings.values(*pair).annotate(n=Count("assessment", distinct=True)):
        total[Key(row["licence_type"], row["issuer"], FAULTY)] = row["n"]
    for row in findings.values(*pair, "kind").annotate(n=Count("assessment", distinct=True)):
        total[Key(row["licence_type"], row["issuer"], row["kind"])] = row["n"]
    return total


def _move(before: Counter[Key], after: Counter[Key]) -> None:
    # In one order, so that nobody waits for somebody who waits for them.
    for key in sorted(before.keys() | after.keys(), key=str):
        move_figure(key, after[key] - before[key])


def move_figure(key: Key, by: int) -> None:
    """Let a figure count so many more, or fewer."""
    if by:
        named: dict[str, Any] = {"licence_type_id": key.licence_type, "issuer_id": key.issuer, "figure": key.figure}
        QualityFigure.objects.get_or_create(**named)
        QualityFigure.objects.filter(**named).update(count=F("count") + by)
