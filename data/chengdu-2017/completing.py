"""The reference city out of its hand-made rows: pruned, then completed with synthetic rows by a seeded draw."""

import random
import re
from dataclasses import dataclass

from tables import Row, natural, parts, read

SEED = 20171110
ITEMS, INTERNAL = 527, 234
PER_LICENCE = 2  # at most so many synthetic variants of one licence

ITEM_COLUMNS = (
    "code", "name_zh", "name_en", "department_code", "kind", "result_licences", "prerequisite_licences", "origin",
    "note",
)  # fmt: skip
EXTERNAL_COLUMNS = ("name", "level", "department", "origin")
TYPE_COLUMNS = (
    "name", "name_en", "sharing_class", "sharing_conditions_zh", "sharing_conditions_en", "legal_basis_zh",
    "legal_basis_en", "validity_months", "holder_kind", "origin",
)  # fmt: skip
VARIANTS = {
    "change": ("变更", "Change of the"),
    "renewal": ("延续", "Renewal of the"),
    "reissue": ("补发", "Reissue of the"),
}
PERSONAL_ZH = "仅限审批事项所需字段，须经持证人授权或依法核验"
PERSONAL_EN = "Only the fields the item needs, with the holder's authorisation or by verification under law"
_CERTIFICATE = re.compile(r".*([^凭]证|证书|执照)(\(.+\))?")


@dataclass(frozen=True, slots=True)
class City:
    """The rows of the three generated files."""

    items: list[Row]
    external: list[Row]
    types: list[Row]


def complete() -> City:
    """Return the whole city; the same on every machine."""
    items, types = pruned(read("base/items.csv")), read("base/licence_types.csv")
    drawn = read("synthetic/items.csv")
    drawn_external = read("synthetic/external_licences.csv")
    external = read("base/external_licences.csv")
    external += [{c: row.get(c, "synthetic") for c in EXTERNAL_COLUMNS} for row in drawn_external]
    added = [_composed(row) for row in drawn]
    variants = _draw(_candidates(items, types), ITEMS - len(items) - len(added))
    items = _numbered(items + added + variants)
    new_types = [_type(row["result_licence"], row["result_licence_en"], row["holder_kind"]) for row in drawn]
    new_types += [_type(row["name"], row["name_en"], row["holder_kind"]) for row in drawn_external]
    origins = _origins(items, external)
    for row in types + new_types:
        row["origin"] = row["origin"] or origins[row["name"]]
    return City(items, external, types + new_types)


def pruned(items: list[Row]) -> list[Row]:
    """Apply base/adjustments.csv: needs that give way and kinds that change, each said in the item's note."""
    by_code = {row["code"]: dict(row) for row in items}
    taken: dict[str, list[str]] = {}
    for change in read("base/adjustments.csv"):
        row = by_code[change["item_code"]]
        if change["action"] == "kind":
            row["kind"] = change["value"]
            row["note"] += f"；{change['reason_zh']}"
            continue
        needs = parts(row["prerequisite_licences"])
        needs.remove(change["value"])
        row["prerequisite_licences"] = ";".join(needs)
        taken.setdefault(row["code"], []).append(change["value"])
    for code, names in taken.items():
        by_code[code]["note"] += f"；为符合论文数字，未列入前置：{'、'.join(names)}"
    return list(by_code.values())


def _composed(row: Row) -> Row:
    return {
        "code": "",
        "name_zh": row["name_zh"],
        "name_en": row["name_en"],
        "department_code": row["department_code"],
        "kind": "new",
        "result_licences": row["result_licence"],
        "prerequisite_licences": row["prerequisite_licences"],
        "origin": "synthetic",
        "note": "合成事项：为补足论文数字而编写，无实际依据",
    }


def _candidates(items: list[Row], types: list[Row]) -> list[Row]:
    """Return every variant that a certificate of the base rows may have: of one `new` item, and not yet there."""
    known = {row["name"]: row for row in types}
    producers: dict[str, list[Row]] = {}
    for row in items:
        for name in parts(row["result_licences"]):
            producers.setdefault(name, []).append(row)
    found = []
    for name in sorted(producers):
        new = [row for row in producers[name] if row["kind"] in {"new", "transfer"}]
        if len(new) != 1 or not _CERTIFICATE.fullmatch(name):
            continue
        there = {row["kind"] for row in producers[name]}
        possible = [kind for kind in VARIANTS if kind != "renewal" or known[name]["validity_months"]]
        found += [_variant(kind, known[name], new[0]["department_code"]) for kind in possible if kind not in there]
    return found


def _variant(kind: str, licence: Row, department: str) -> Row:
    zh, en = VARIANTS[kind]
    name, english = licence["name"], licence["name_en"]
    return {
        "code": "",
        "name_zh": f"{name}{zh}",
        "name_en": f"{en} {english[0].lower()}{english[1:]}",
        "department_code": department,
        "kind": kind,
        "result_licences": name,
        "prerequisite_licences": name,
        "origin": "synthetic",
        "note": f"合成事项：{zh}类，由 complete.py 以种子 {SEED} 抽取，无实际依据",
    }


def _draw(candidates: list[Row], count: int) -> list[Row]:
    """Draw `count` of them by the seed, and leave them in the order of the candidates."""
    chance = random.Random(SEED)  # noqa: S311 - the same city every time
    keyed = sorted((chance.random(), place) for place in range(len(candidates)))
    of_licence: dict[str, int] = {}
    chosen = []
    for _, place in keyed:
        name = candidates[place]["result_licences"]
        if len(chosen) < count and of_licence.get(name, 0) < PER_LICENCE:
            of_licence[name] = of_licence.get(name, 0) + 1
            chosen.append(place)
    if len(chosen) != count:
        raise ValueError(f"{count} variants wanted, {len(chosen)} found")
    return [candidates[place] for place in sorted(chosen)]


def _numbered(items: list[Row]) -> list[Row]:
    """Give every new item the next number of its department, and sort all by code."""
    last: dict[str, int] = {}
    for row in items:
        number = last.get(row["department_code"], 0) + 1
        code = f"{row['department_code']}{number}"
        if row["code"] not in {"", code}:
            raise ValueError(f"{row['code']} stands where {code} is due")
        last[row["department_code"]], row["code"] = number, code
    return sorted(items, key=lambda row: natural(row["code"]))


def _type(name: str, english: str, holder: str) -> Row:
    """Return a type as our judgement has it: what concerns a person on conditions, all else without."""
    personal = holder == "person"
    return {
        "name": name,
        "name_en": english,
        "sharing_class": "conditional" if personal else "unconditional",
        "sharing_conditions_zh": PERSONAL_ZH if personal else "",
        "sharing_conditions_en": PERSONAL_EN if personal else "",
        "legal_basis_zh": "",
        "legal_basis_en": "",
        "validity_months": "",
        "holder_kind": holder,
        "origin": "",
    }


def _origins(items: list[Row], external: list[Row]) -> dict[str, str]:
    """Return the origin of licences the study does not name: of the row that yields it, the best known first."""
    rank = ("study", "law", "practice", "synthetic")
    said = [(row["origin"], name) for row in items for name in parts(row["result_licences"])]
    said += [(row["origin"], row["name"]) for row in external]
    origins: dict[str, str] = {}
    for origin, name in sorted(said, key=lambda pair: rank.index(pair[0])):
        origins.setdefault(name, origin)
    return origins
