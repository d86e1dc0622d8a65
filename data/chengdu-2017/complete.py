"""Write the reference city, or with `--check` see that the committed files are what it writes and hold every figure.

Run from anywhere with the project's environment: `python data/chengdu-2017/complete.py [--check]`.
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from completing import EXTERNAL_COLUMNS, ITEM_COLUMNS, TYPE_COLUMNS, City, complete
from figures import CLASSES, EXPECTED, NAMED, Figures, by_origin, count, named_outside_top
from tables import HERE, natural, parts, written

from registry.catalogue import Catalogue, read_catalogue
from registry.sources import Resolution, resolve

UNTOUCHED = ("departments.csv", "aliases.csv")
ORIGINS = ("study", "law", "practice", "synthetic")


def say(text: str = "") -> None:
    """Write one line to standard output."""
    sys.stdout.write(f"{text}\n")


def files(city: City) -> dict[str, str]:
    """Return the generated files: name -> text."""
    return {
        "items.csv": written(city.items, ITEM_COLUMNS),
        "external_licences.csv": written(city.external, EXTERNAL_COLUMNS),
        "licence_types.csv": written(city.types, TYPE_COLUMNS),
    }


def counted(city: City) -> tuple[Catalogue, Resolution, Figures]:
    """Read `city` as the platform does, and count it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file in UNTOUCHED:
            shutil.copy(HERE / file, folder)
        for file, text in files(city).items():
            (folder / file).write_text(text, "utf-8")
        catalogue = read_catalogue(folder)
    found = resolve(catalogue)
    return catalogue, found, count(catalogue, found)


def without_synthetic(city: City) -> City:
    """Return the same city without its synthetic rows."""
    rows = ([row for row in part if row["origin"] != "synthetic"] for part in (city.items, city.external, city.types))
    return City(*rows)


def wrong_rows(city: City) -> list[str]:
    """Return what no figure shows: names that stand twice, licences without a type, synthetic rows that claim a law."""
    faults = []
    for column in ("name_zh", "name_en"):
        pairs = [(row["department_code"], row[column]) for row in city.items]
        faults += [f"{pair} stands twice" for pair in sorted(set(pairs)) if pairs.count(pair) > 1]
    types = [row["name"] for row in city.types]
    english = [row["name_en"] for row in city.types]
    names = types + english
    faults += [f"the type {name} stands twice" for name in sorted(set(names)) if names.count(name) > 1]
    known = {*types}
    for row in city.items:
        faults += [f"{name} has no type" for name in parts(row["result_licences"]) if name not in known]
        if row["origin"] == "synthetic" and "无实际依据" not in row["note"]:
            faults.append(f"{row['code']} does not say that it is synthetic")
    return faults


def wrong_figures(catalogue: Catalogue, figures: Figures) -> list[str]:
    """Return what differs from the study, and synthetic rows that stand in a circle."""
    faults = figures.faults()
    faults += [f"{name} is not among the first twenty" for name in named_outside_top(catalogue, figures.top)]
    leading = [name for code, _ in figures.top[:3] for name in catalogue.items[code].results]
    if leading != list(NAMED[:3]):
        faults.append(f"the first three are {leading}")
    circling = [code for cycle in figures.cycles for code in cycle if catalogue.items[code].origin == "synthetic"]
    return faults + [f"a circle holds the synthetic {code}" for code in circling]


def tell_numbers(figures: Figures, real: Figures) -> None:
    """Print every number, with and without the synthetic rows."""
    say("| figure | study | with synthetic rows | without |\n| --- | --- | --- | --- |")
    for name, expected in EXPECTED.items():
        cells = (expected, figures.numbers[name], real.numbers[name])
        texts = [", ".join(map(str, cell)) if isinstance(cell, tuple) else str(cell) for cell in cells]
        say(f"| {name} | " + " | ".join(texts) + " |")


def tell_network(title: str, catalogue: Catalogue, figures: Figures) -> None:
    """Print the first twenty, the three classes and the circles."""
    say(f"\n{title}\n\n| rank | item | licence | department | out-degree |\n| --- | --- | --- | --- | --- |")
    for rank, (code, degree) in enumerate(figures.top[:20], start=1):
        item = catalogue.items[code]
        department = catalogue.departments[item.department]["name_zh"]
        say(f"| {rank} | {code} | {'、'.join(item.results)} | {department} | {degree} |")
    for name in CLASSES:
        of_class = figures.classes[name]
        weights = [weight for _, weight in of_class.pairs] or [0]
        say(f"\n{name}: {of_class.flows} flows, {len(of_class.pairs)} pairs of {max(weights)} to {min(weights)}")
        if name != "low":
            say("  " + ", ".join(f"{a}-{b} {weight}" for (a, b), weight in of_class.pairs))
        components = of_class.components()
        say(f"  {len(components)} components: " + "; ".join(" ".join(c) for c in components))
        say("  stars: " + "; ".join(f"{centre} ({' '.join(leaves)})" for centre, leaves in of_class.stars()))
    say("\ncircles: " + ("; ".join(" ".join(cycle) for cycle in figures.cycles) or "none"))


def tell_origins(city: City, catalogue: Catalogue, found: Resolution) -> None:
    """Print the rows and flows of each origin."""
    say("\n| what | " + " | ".join(ORIGINS) + " | total |\n|" + " --- |" * 6)
    table = by_origin(catalogue, found)
    for name, rows in (("licence types", city.types), ("external licences", city.external)):
        table[name] = {origin: sum(row["origin"] == origin for row in rows) for origin in ORIGINS}
    for name, row in table.items():
        cells = [row.get(origin, 0) for origin in ORIGINS]
        say(f"| {name} | " + " | ".join(map(str, cells)) + f" | {sum(cells)} |")
    per_department = sorted({item.department for item in catalogue.items.values()}, key=natural)
    say(f"\n{len(per_department)} departments have items")


def main() -> int:
    """Write or check; the exit code tells whether every figure holds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; compare with the committed files")
    check = parser.parse_args().check
    city = complete()
    catalogue, found, figures = counted(city)
    real_catalogue, _, real = counted(without_synthetic(city))
    faults = wrong_rows(city) + wrong_figures(catalogue, figures)
    for name, text in files(city).items():
        if not check:
            (HERE / name).write_text(text, "utf-8")
        elif (HERE / name).read_text("utf-8") != text:
            faults.append(f"{name} is not what complete.py writes")
    tell_numbers(figures, real)
    tell_network("With the synthetic rows", catalogue, figures)
    tell_network("Without the synthetic rows", real_catalogue, real)
    tell_origins(city, catalogue, found)
    for fault in faults:
        sys.stderr.write(f"{fault}\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
