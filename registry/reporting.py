"""What a version of the catalogue says: its flows, its report, its plans. Computed once, then kept.

A version never changes, so neither does what was computed from it: it stays in the cache for all pages and calls.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from django.core.cache import cache

from foundation.clock import end_of_day
from foundation.reasons import Both
from registry.models import CatalogueVersion
from registry.names import comparable
from registry.networks.city import City
from registry.networks.needing import what_it_needs
from registry.networks.reporting import report_catalogue
from registry.planning_model import Objective, planning_model
from registry.plans import Plan, make_plan
from registry.rows import Catalogue
from registry.sources import resolve
from registry.versions import catalogue_as_of, versions

FORM = 1  # of what is kept and answered; raised where it changes, so that nothing of the old form is taken for new
KEPT_FOR = 24 * 3600
PLAN_SECONDS = 10.0

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Reading:
    """A catalogue resolved, with the names of what its flows join.

    `names` are those of departments and items by their codes (an added item goes by its licence), `licences` those of
    licences by `registry.names.comparable`, `levels` those of the departments by their codes.
    """

    city: City
    names: Mapping[str, Both]
    licences: Mapping[str, Both]
    levels: Mapping[str, str]


def newest_version() -> CatalogueVersion | None:
    """Return the newest version; nothing where the catalogue is empty."""
    return versions().first()


def version_of_day(day: dt.date) -> CatalogueVersion | None:
    """Return the version that held at the end of a legal day; nothing before the first."""
    return versions().filter(at__lt=end_of_day(day)).first()


def stamp(version: CatalogueVersion | None) -> str:
    """Return what tells this version, in this form, from every other: also from one of its number before a restore."""
    return f"{FORM}-{version.number}-{version.at.timestamp():.6f}" if version else f"{FORM}-0"


def reading_of(version: CatalogueVersion | None) -> Reading:
    """Return the flows of a version, and the names of what they join."""
    return _kept(version, "reading", lambda: _reading(_catalogue(version)))


def report_of(version: CatalogueVersion | None) -> dict[str, Any]:
    """Return the whole report, as `manage.py network_report --json` prints it."""
    return _kept(version, "report", lambda: report_catalogue(_catalogue(version)).as_json())


def needs_in(reading: Reading, item: str) -> dict[str, Any]:
    """Return all that an item needs, in order, as `manage.py network_report --item` prints it; or `LookupError`."""
    return {"item": item, "steps": [asdict(step) for step in what_it_needs(reading.city, item)]}


def plan_of(version: CatalogueVersion | None, budget: int, objective: Objective, *, all_flows: bool) -> Plan:
    """Return the best plan within `budget`, or the best found in `PLAN_SECONDS`, with its bound."""
    return _kept(
        version,
        f"plan-{budget}-{objective}-{all_flows}",
        lambda: _plan(_catalogue(version), budget, objective, all_flows=all_flows),
    )


def _kept(version: CatalogueVersion | None, what: str, make: Callable[[], Value]) -> Value:
    key = f"catalogue-{stamp(version)}-{what}"
    value: Value | None = cache.get(key)
    if value is None:
        value = make()
        cache.set(key, value, KEPT_FOR)
    return value


def _catalogue(version: CatalogueVersion | None) -> Catalogue:
    return catalogue_as_of(version.at) if version else Catalogue()


def _plan(catalogue: Catalogue, budget: int, objective: Objective, *, all_flows: bool) -> Plan:
    model = planning_model(catalogue, resolve(catalogue))
    return make_plan(model, budget, objective, all_flows=all_flows, time_limit=PLAN_SECONDS)


def _reading(catalogue: Catalogue) -> Reading:
    city = City.of(catalogue)
    licences = {key: _both(row["name"], row["name_en"]) for key, row in catalogue.types.items()}
    names = {code: _both(row["name_zh"], row["name_en"]) for code, row in catalogue.departments.items()}
    names |= {code: _both(row.name_zh, row.name_en) for code, row in catalogue.items.items()}
    for added in city.resolution.added_items:
        names[added.code] = licences.get(comparable(added.licence), _both(added.licence))
    levels = {code: row["level"] for code, row in catalogue.departments.items()}
    return Reading(city, names, licences, levels)


def _both(zh: str, en: str = "") -> Both:
    return Both(zh, en or zh)
