"""The whole report of the study's section 3, by networkx for a city and by arrays for a nation."""

from dataclasses import asdict, dataclass
from typing import Any

from registry.catalogue import Catalogue
from registry.networks import department_arrays, department_graph, item_arrays, item_graph
from registry.networks.city import City, without_synthetic
from registry.networks.figures import Report, flow_counts
from registry.networks.table import FlowTable

TOP = 20
ARRAYS_FROM = 50_000  # flows from which networkx takes more than a few seconds


@dataclass(frozen=True, slots=True)
class Reports:
    """The report over all rows, and the same figures without the rows whose origin is `synthetic`."""

    all_rows: Report
    without_synthetic: Report

    def as_json(self) -> dict[str, Any]:
        """Return all figures under the names of their fields, those without synthetic rows beside them."""
        return {**asdict(self.all_rows), "without_synthetic": asdict(self.without_synthetic)}


def report_catalogue(catalogue: Catalogue, *, top: int = TOP) -> Reports:
    """Resolve `catalogue` and report on it; without its synthetic rows it is resolved anew."""
    real = without_synthetic(catalogue)
    return Reports(report_city(City.of(catalogue), top=top), report_city(City.of(real), top=top))


def report_city(city: City, *, top: int = TOP) -> Report:
    """Return every figure of section 3 for a city, with the `top` (at least 1) items of each ranking."""
    if len(city.resolution.flows) > ARRAYS_FROM:
        return report_by_arrays(FlowTable.of(city), top=top)
    return report_by_networkx(city, top=top)


def report_by_networkx(city: City, *, top: int = TOP) -> Report:
    """Return the report as networkx finds it: the readable definition, for some ten thousand flows."""
    crossing, everything = item_graph.item_network(city), item_graph.network_of_all_flows(city)
    by_level: dict[str, int] = {}
    for flow in city.resolution.external:
        by_level[flow.level] = by_level.get(flow.level, 0) + 1
    in_city = len(city.resolution.flows)
    out = [degree for _, degree in crossing.out_degree()]
    circles, cycles = item_graph.circular_needs(everything)
    return Report(
        items=len(city.item_departments),
        added_items=len(city.resolution.added_items),
        departments=len(city.departments),
        flows=flow_counts(city=in_city, internal=in_city - crossing.number_of_edges(), by_level=by_level),
        unresolved=len(city.resolution.unresolved),
        conventional=len(city.resolution.conventional),
        sources_used=sum(degree > 0 for degree in out),
        top=item_graph.most_used(crossing, city, top),
        concentration=item_graph.concentration(out, top),
        in_degree=item_graph.most_needing(crossing, city, top),
        department_network=department_graph.department_network(city),
        cycles=cycles,
        circles=circles,
        longest_chain=item_graph.longest_chain(everything),
    )


def report_by_arrays(table: FlowTable, *, top: int = TOP) -> Report:
    """Return the same report from arrays: a million items and ten million flows within a minute and 4 GiB."""
    edges, everything = item_arrays.across(table), item_arrays.ItemArrays(table)
    out = item_arrays.degrees(edges.source, len(table.items))
    in_city = len(table.source)
    circles, cycles = everything.circular_needs()
    return Report(
        items=len(table.items),
        added_items=table.added_items,
        departments=table.city_departments,
        flows=flow_counts(city=in_city, internal=in_city - len(edges.source), by_level=table.external),
        unresolved=table.unresolved,
        conventional=table.conventional,
        sources_used=int((out > 0).sum()),
        top=item_arrays.most_used(table, edges, out, top),
        concentration=item_arrays.concentration(out, top),
        in_degree=item_arrays.most_needing(table, edges, top),
        department_network=department_arrays.department_network(table, edges),
        cycles=cycles,
        circles=circles,
        longest_chain=everything.longest_chain(),
    )
