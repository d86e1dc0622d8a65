"""What may be asked of which types, by one client for one item and purpose: decided once, kept while the facts hold.

Everything here is decided by the same functions as any single asking (`exchange.verifying`), from the facts that
`exchange.versioning` lists. On PostgreSQL triggers give the facts another version when any of them changes, and no
survey outlives its version, nor the next instant at which one of the facts begins or ends.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar
from uuid import UUID

from django.db import models
from django.db.models import Min

from audit.recording import Subject
from exchange.access import decide
from exchange.asking import Ask, Standing, item_question, standing_of_client
from exchange.cases import Case
from exchange.errors import AccessRefused
from exchange.queries import quotas_apply
from exchange.verifying import search_of, searched_types
from exchange.versioning import fact_models
from exchange.wanted import wanted_subject
from foundation.clock import end_of_day, legal_day
from foundation.reasons import Both, Grounds
from licences import queries as licences
from licences.direct import Key, trusted_keys
from licences.numbering import identifier_in
from registry import queries as registry

_MOST = 10_000

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Survey:
    """What may be searched: a refusal of the whole asking, or the permitted types and why others are refused.

    Types are named by their keys as texts. `collected` says whether licences of the permitted ones are kept here,
    `wanted` what an entry names where nothing was found, `charged` the codes of the types to whose rates a look counts.
    `plain` is False where this cannot be decided once for all: uses are counted, say.
    """

    wanted: Subject
    charged: tuple[str, ...]
    plain: bool = True
    refusal: Grounds | None = None
    permitted: frozenset[str] = frozenset()
    refused: Mapping[str, Grounds] = field(default_factory=dict)
    collected: bool = True


@dataclass(frozen=True, slots=True)
class Named:
    """A department or a type as answers name it."""

    code: str
    name: Both


@dataclass(slots=True)
class Facts:
    """The facts of one version, read as they are asked for; `until` is when the first of them begins or ends."""

    version: str
    until: dt.datetime | None
    types: Mapping[str, Named]
    departments: Mapping[str, Named]
    keys: Mapping[str, Key]
    _standings: dict[tuple[str, str], Standing | None] = field(default_factory=dict)
    _surveys: dict[tuple[object, ...], Survey] = field(default_factory=dict)

    def hold(self, version: str, at: dt.datetime) -> bool:
        """Say whether they are those of this version at this instant."""
        return version == self.version and (self.until is None or at < self.until)

    def known_standing(self, client: str, operator: str) -> Standing | None:
        """Return the standing of a client (its key as text), if it was asked for before and there is one."""
        return self._standings.get((client, operator))

    def standing(self, client: str, operator: str) -> Standing | None:
        """Return the standing of a client that a token shows; none where more is to be looked at than the token."""
        found = registry.clients([UUID(client)])[UUID(client)]
        plain = found.active and not found.must_sign
        standing = standing_of_client(found, operator=operator) if plain else None
        return _keep(self._standings, (client, operator), standing)

    def known_survey(self, ask: Ask, standing: Standing) -> Survey | None:
        """Return what may be asked, if it was asked before."""
        return self._surveys.get(_asking(ask, standing))

    def survey(self, ask: Ask, standing: Standing, at: dt.datetime) -> Survey:
        """Return what may be asked."""
        return _keep(self._surveys, _asking(ask, standing), survey(ask, standing, at))


def _asking(ask: Ask, standing: Standing) -> tuple[object, ...]:
    """Return what a survey depends on: of case and operator that they are named, of a text the type that it names."""
    identifier = identifier_in(ask.text)
    of_type = identifier.type_code if identifier else ""
    named = bool(ask.case.strip()), bool(standing.asker.operator.strip())
    return (standing.actor.client, ask.item, ask.purpose, ask.licence_type, of_type, *named)


def _keep(kept: dict[K, V], key: K, value: V) -> V:
    # What callers may type must not fill the memory; whoever types it often enough is answered more slowly.
    if len(kept) >= _MOST:
        kept.clear()
    kept[key] = value
    return value


def survey(ask: Ask, standing: Standing, at: dt.datetime) -> Survey:
    """Decide what may be asked for a case that is none of ours, where no holder is named."""
    wanted = wanted_subject(ask)
    search = search_of(ask, ())
    charged = tuple(t.code for t in search.wanted)
    item, question = search.item, item_question(ask, standing, search.item, at, disclose=False)
    judged = decide(question)
    if item is None or not judged.permitted:
        return Survey(wanted, charged, refusal=judged.grounds)
    # What is counted may be permitted now and refused with the next look, or the other way round on the next day.
    counted = quotas_apply(standing.asker.department, item)
    try:
        searched, refused = searched_types(ask, question, item, Case(), search)
    except AccessRefused as refusal:
        return Survey(wanted, charged, not counted, refusal=refusal.grounds)
    types = [wanted for wanted, _ in searched.values()]
    collected = not types or any(licences.is_collected(t) for t in types)
    permitted = frozenset(str(t.pk) for t in types)
    plain = collected and not counted
    return Survey(
        wanted, charged, plain, None, permitted, {str(key): grounds for key, grounds in refused.items()}, collected
    )


def read_facts(version: str, at: dt.datetime) -> Facts:
    """Read the facts of a version that the database has shown."""
    until = _next_change(at)
    types = {str(t.pk): Named(t.code, t.name) for t in registry.all_types()}
    departments = {str(d.pk): Named(d.code, d.name) for d in registry.all_departments()}
    return Facts(version, until, types, departments, trusted_keys())


def _next_change(at: dt.datetime) -> dt.datetime | None:
    """Return the first instant after `at` that stands in any of the facts, whatever it means there."""
    return min((instant for model in fact_models() for instant in _instants(model, at)), default=None)


def _instants(model: type[models.Model], at: dt.datetime) -> Iterable[dt.datetime]:
    today = legal_day(at)
    for column in model._meta.concrete_fields:
        if isinstance(column, models.DateTimeField):
            first = model._default_manager.filter(**{f"{column.name}__gt": at}).aggregate(first=Min(column.name))
            yield from filter(None, [first["first"]])
        elif isinstance(column, models.DateField):
            # A day begins, or has ended, at an instant of the legal zone.
            days = model._default_manager.filter(**{f"{column.name}__gte": today}).aggregate(first=Min(column.name))
            if days["first"]:
                yield from (
                    i for i in (end_of_day(days["first"] - dt.timedelta(days=1)), end_of_day(days["first"])) if i > at
                )
