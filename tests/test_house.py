"""The house keeps its shape: one direction of imports, no circles, short files, nothing that shadows Python's own."""

import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grimp
import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCE_ROOTS = (ROOT, ROOT / "platform", ROOT / "clients")
# Neither rooms of the house nor made by hand.
OUTSIDE = {"tests", "build", "dist", "var"}
LONGEST = 400
LINTER: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
# In two parts, so that this file does not name them.
PACKAGE_HOSTS = [
    "pypi" + ".org",
    "pypi" + ".python.org",
    "python" + "hosted.org",
    "registry.npm" + "js.org",
    "registry" + ".yarnpkg.com",
    "deb" + ".debian.org",
    "ftp" + ".debian.org",
]


def packages() -> dict[str, Path]:
    """Return our top-level packages with their folders."""
    found = (init.parent for root in SOURCE_ROOTS for init in root.glob("[!.]*/__init__.py"))
    return {folder.name: folder for folder in found if folder.name not in OUTSIDE}


def python_files() -> Iterator[Path]:
    for folder in ROOT.glob("[!.]*"):
        if folder.is_dir() and folder.name not in OUTSIDE - {"tests"}:
            yield from folder.rglob("*.py")
    yield from ROOT.glob("*.py")


def modules_of(folder: Path) -> set[str]:
    """Return the modules and packages right inside a package."""
    files = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    return files | {path.parent.name for path in folder.glob("*/__init__.py")}


def listed_in_contracts(package: str) -> set[str]:
    """Return the modules that the package's layers contract lists or leaves out by name."""
    listed: set[str] = set()
    for contract in LINTER["contracts"]:
        if contract["type"] == "layers" and contract.get("containers") == [package]:
            listed |= set(contract.get("exhaustive_ignores", ()))
            for layer in contract["layers"]:
                listed |= {name.strip(" ()\n") for name in layer.replace(":", "|").split("|")}
    return listed


def circle(imports: dict[str, set[str]]) -> list[str]:
    """Return one circle of imports, its first module once more at the end; nothing where there is none."""
    left = dict(imports)
    while leaves := {module for module, imported in left.items() if not imported & left.keys()}:
        left = {module: imported for module, imported in left.items() if module not in leaves}
    # Whatever is left imports something that is left, so a walk comes back to where it has been.
    walk: list[str] = []
    module = min(left, default="")
    while module and module not in walk:
        walk.append(module)
        module = min(left[module] & left.keys())
    return [*walk[walk.index(module) :], module] if walk else []


def test_platform_is_no_package_so_python_finds_its_own() -> None:
    assert not (ROOT / "platform" / "__init__.py").exists()
    assert not (ROOT / "tests" / "platform").exists()


def test_the_search_for_circles_finds_one() -> None:
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b", "d"}, "d": set(), "e": {"a"}}) == ["b", "c", "b"]
    assert circle({"a": {"a"}}) == ["a", "a"]
    assert circle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


def test_no_modules_import_each_other_in_a_circle() -> None:
    first, *others = packages()
    graph = grimp.build_graph(first, *others, exclude_type_checking_imports=True, cache_dir=None)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    assert {"exchange.verifying", "portal.urls", "licence_exchange_client"} <= imports.keys()
    assert circle(imports) == []


def test_no_file_is_longer_than_can_be_read_at_a_sitting() -> None:
    lines = {
        str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines())
        for path in python_files()
        if "migrations" not in path.parts
    }
    assert "manage.py" in lines
    assert {name: count for name, count in lines.items() if count > LONGEST} == {}


def test_the_contracts_speak_of_every_package() -> None:
    assert set(LINTER["root_packages"]) == set(packages())


@pytest.mark.parametrize("package", sorted(packages()))
def test_every_module_stands_in_the_layers_of_its_package(package: str) -> None:
    unlisted = modules_of(packages()[package]) - listed_in_contracts(package)
    assert unlisted == set(), f'list them in the contract of pyproject.toml whose containers are ["{package}"]'


def test_the_contracts_hold() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    result = subprocess.run([linter, "--no-cache", "--no-logo"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="only a git checkout knows what is committed")
def test_nothing_committed_names_the_host_of_a_package_registry() -> None:
    # With what is new and not ignored, so that it is found before it is committed.
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    files = [ROOT / name for name in names if name and (ROOT / name).is_file()]
    assert ROOT / "pyproject.toml" in files
    named = [
        f"{path.relative_to(ROOT)}: {host}"
        for path in files
        for host in PACKAGE_HOSTS
        if host.encode() in path.read_bytes().lower()
    ]
    assert named == []
