"""Which flows were asked for, and a page of them as rows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from foundation.reasons import Both
from registry.api.problems import unknown
from registry.names import comparable
from registry.queries import types_named
from registry.reporting import Reading
from registry.sources import ExternalFlow, Flow

SCOPES = INTERNAL, CROSS, EXTERNAL = ("internal", "cross", "external")
EXTERNAL_STEP = 3  # the table of external licences is looked up in the third step


@dataclass(frozen=True, slots=True)
class Found:
    """A flow with what can be asked of it."""

    source: str
    user: str
    licence: str
    source_department: str
    user_department: str
    scope: str
    step: int
    group: int


def flows_of(reading: Reading) -> Iterator[Found]:
    """Yield the flows in the city, then those from other levels, each sorted as the resolution is."""
    places = reading.city.item_departments
    for flow in reading.city.resolution.flows:
        scope = INTERNAL if reading.city.is_internal(flow) else CROSS
        yield _found(flow, places[flow.source], places[flow.user], scope, flow.step)
    for outside in reading.city.resolution.external:
        yield _found(outside, outside.source, places[outside.user], EXTERNAL, EXTERNAL_STEP)


def _found(flow: Flow | ExternalFlow, source: str, user: str, scope: str, step: int) -> Found:
    return Found(flow.source, flow.user, flow.licence, source, user, scope, step, flow.group)


def chosen(reading: Reading, asked: Mapping[str, Any]) -> list[Found]:
    """Return the flows that were asked for; a value that names nothing in the catalogue is the caller's fault."""
    _check(reading, asked)
    exact = {name: value for name, value in asked.items() if name != "licence"}
    found = [flow for flow in flows_of(reading) if all(getattr(flow, name) == value for name, value in exact.items())]
    if "licence" in asked:
        names = _licences(reading, asked["licence"])
        found = [flow for flow in found if comparable(flow.licence) in names]
    return found


def _check(reading: Reading, asked: Mapping[str, Any]) -> None:
    items, departments = reading.city.item_departments.keys(), reading.levels.keys()
    known = {
        "source": items | departments,
        "user": items,
        "source_department": departments,
        "user_department": departments,
    }
    for name, codes in known.items():
        if name in asked and asked[name] not in codes:
            raise unknown(name)


def _licences(reading: Reading, name: str) -> set[str]:
    names = {comparable(licence_type.name_zh) for licence_type in types_named(name)}
    names |= {comparable(name)} & {comparable(flow.licence) for flow in flows_of(reading)}
    if not names:
        raise unknown("licence")
    return names


def row(reading: Reading, flow: Found) -> dict[str, Any]:
    """Return a flow as its row."""
    licence = reading.licences.get(comparable(flow.licence), Both(flow.licence, flow.licence))
    return {
        "source": _end(reading, flow.source, flow.source_department),
        "user": _end(reading, flow.user, flow.user_department),
        "licence": _both(licence),
        "scope": flow.scope,
        "step": flow.step,
        "group": flow.group,
    }


def _end(reading: Reading, code: str, department: str) -> dict[str, Any]:
    return {
        **_named(reading, code),
        "department": _named(reading, department),
        "level": reading.levels[department],
    }


def _named(reading: Reading, code: str) -> dict[str, Any]:
    return {"code": code, "name": _both(reading.names[code])}


def _both(name: Both) -> dict[str, str]:
    return {"zh": name.zh, "en": name.en}
