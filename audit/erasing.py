"""Erasing personal values from the record by law: values and salts go, leaves and tree stay as they are.

A leaf holds only a salted commitment, which without its salt says nothing. There is no index by which equal values
would be found: it would itself tell who is in the record. A value is found by opening the rows one by one.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import TypeVar
from uuid import UUID

from django.db import transaction

from audit.leaf import Committed
from audit.personal import Personal, open_values, seal_values
from audit.recording import Subject, Why, record
from foundation.context import Actor
from foundation.reasons import Refused, because
from foundation.sealing import SealError

AT_ONCE = 1_000
_LONGEST_GROUND = 200

Kept = Mapping[str, Committed]
"""What is left of an entry's personal values."""
One = TypeVar("One")


class GroundUnfit(Refused):
    """An erasure names the article of law that asks for it, in at most 200 characters."""


def erase_value(value: str, *, ground: str, actor: Actor, progress: Callable[[int], object] = int) -> int:
    """Erase a value wherever it stands in the record, by itself or as a word of a text; return of how many entries.

    Spelt in full or half width, in capitals or not, it is the same. Chinese text has no words: a number inside it is
    found, a name is found only where no letter stands beside it. `progress` is told how many rows were looked at.
    Stopped, what was come to is erased; called again, it goes on. A row that does not open is passed over.
    """
    if not _plain(value):
        return 0
    wanted = _as_word(_plain(value))
    return _erase(
        _all(),
        lambda _, found: bool(wanted.search(_plain(found))),
        ground=ground,
        actor=actor,
        progress=progress,
    )


def erase_of_entries(entries: Iterable[UUID], *, ground: str, actor: Actor, names: Iterable[str] = ()) -> int:
    """Erase the personal values of these entries, all or those of these names; return of how many entries."""
    wanted = frozenset(names)
    rows = (list(Personal.objects.filter(entry__in=keys)) for keys in _chunks(iter(entries)))
    return _erase(rows, lambda name, _: not wanted or name in wanted, ground=ground, actor=actor)


def _as_word(value: str) -> re.Pattern[str]:
    # A number runs on only in Latin letters and digits; a Chinese name would be found in longer words.
    before, after = (r"[0-9a-z]" if edge.isascii() else r"\w" for edge in (value[0], value[-1]))
    return re.compile(rf"(?<!{before}){re.escape(value)}(?!{after})")


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().casefold()


def _erase(
    chunks: Iterable[list[Personal]],
    is_due: Callable[[str, str], bool],
    *,
    ground: str,
    actor: Actor,
    progress: Callable[[int], object] = int,
) -> int:
    if not ground.strip():
        raise GroundUnfit(because("reason_required"))
    if len(ground.strip()) > _LONGEST_GROUND:
        raise GroundUnfit(because("text_too_long", count=str(_LONGEST_GROUND)))
    erased = 0
    for chunk in chunks:
        if any(_left(row, is_due) is not None for row in chunk):
            erased += _erase_chunk([row.entry for row in chunk], is_due, ground=ground.strip(), actor=actor)
        progress(len(chunk))
    return erased


def _all() -> Iterator[list[Personal]]:
    above = UUID(int=0)
    while chunk := list(Personal.objects.filter(entry__gt=above).order_by("entry")[:AT_ONCE]):
        yield chunk
        above = chunk[-1].entry


def _chunks(things: Iterator[One]) -> Iterator[list[One]]:
    while chunk := list(islice(things, AT_ONCE)):
        yield chunk


def _left(row: Personal, is_due: Callable[[str, str], bool]) -> Kept | None:
    """Return what is left of a row's values once those that are due are erased; None where none is due."""
    try:
        values = open_values(row)
    except SealError:
        return None
    left = {name: committed for name, committed in values.items() if not is_due(name, committed.value)}
    return left if len(left) < len(values) else None


@transaction.atomic
def _erase_chunk(entries: list[UUID], is_due: Callable[[str, str], bool], *, ground: str, actor: Actor) -> int:
    """Erase what is due of these entries' values as they are now, another erasure of them having ended; record it."""
    rows = Personal.objects.select_for_update().filter(entry__in=entries).order_by("entry")
    kept = {row.entry: left for row in rows if (left := _left(row, is_due)) is not None}
    if kept:
        _keep_only(kept, ground=ground, actor=actor)
    return len(kept)


def _keep_only(kept: Mapping[UUID, Kept], *, ground: str, actor: Actor) -> None:
    Personal.objects.filter(entry__in=[entry for entry, left in kept.items() if not left]).delete()
    for entry, left in kept.items():
        if left:
            Personal.objects.filter(entry=entry).update(values_sealed=seal_values(entry, left))
    record(
        action="erase_personal",
        actor=actor,
        subject=Subject("entry", str(next(iter(kept))) if len(kept) == 1 else ""),
        outcome="done",
        why=Why(purpose=ground),
        fields=[f"entries={len(kept)}"],
    )
