"""The report and the plan as OpenAPI describes them, from the dataclasses that they are made of."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, get_args, get_origin, get_type_hints

from registry.networks.figures import CLASSES, Report
from registry.networks.needing import Step
from registry.planning_model import OBJECTIVES

Schema = dict[str, Any]
_PLAIN: Mapping[Any, str] = {int: "integer", float: "number", str: "string", bool: "boolean"}


def schema_of(hint: Any) -> Schema:
    """Return the JSON schema of a dataclass, a tuple, a mapping of the classes of pairs, or a plain value."""
    if hint in _PLAIN:
        return {"type": _PLAIN[hint]}
    if is_dataclass(hint):
        hints = get_type_hints(hint)
        return _object({field.name: schema_of(hints[field.name]) for field in fields(hint)})
    inner = get_args(hint)
    if get_origin(hint) is tuple:
        size = {} if inner[-1] is ... else {"minItems": len(inner), "maxItems": len(inner)}
        return {"type": "array", "items": schema_of(inner[0]), **size}
    return _object({name: schema_of(inner[1]) for name in CLASSES})


def _object(properties: Mapping[str, Schema]) -> Schema:
    return {"type": "object", "properties": dict(properties), "required": list(properties)}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def report_schema() -> Schema:
    """Return the schema of the report, or of what one item needs."""
    report = schema_of(Report)
    # The same figures once more: named, not repeated.
    report["properties"]["without_synthetic"] = {
        "type": "object",
        "description": "The same figures without the rows whose origin is `synthetic`.",
    }
    report["required"].append("without_synthetic")
    return {"oneOf": [report, _object({"item": schema_of(str), "steps": _list(schema_of(Step))})]}


def plan_schema() -> Schema:
    """Return the schema of a plan."""
    text, whole, number, yes = (schema_of(kind) for kind in (str, int, float, bool))
    texts = _list(text)
    baseline = _object({"value": whole, "cost": number, "chosen": texts, "connected": texts})
    point = {
        "budget": number, "value": whole, "proven": yes, "bound": whole, "out_degree": whole, "department_pairs": whole,
    }  # fmt: skip
    return _object(
        {
            "objective": {"type": "string", "enum": list(OBJECTIVES)},
            "budget": number,
            "chosen": _list(_object({"licence": text, "departments": texts, "cost": number})),
            "connected": _list(_object({"department": text, "cost": number})),
            "cost": number,
            "value": whole,
            "proven": yes,
            "bound": whole,
            "gap": number,
            "attainable": whole,
            "baselines": _object({"out_degree": baseline, "department_pairs": baseline}),
            "frontier": _list(_object(point)),
            "items_free_of_paper": texts,
            "items_free_anyway": texts,
            "items_unresolved": texts,
        }
    )
