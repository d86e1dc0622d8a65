"""docs/security.md answers each of the ten risks, with tests that there are."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "docs" / "security.md").read_text("utf-8")
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", TEXT)


@cache
def _tests(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_each_of_the_ten_risks_is_answered_with_a_test() -> None:
    parts = re.split(r"^## (API\d+) ", TEXT, flags=re.MULTILINE)[1:]
    answered = dict(zip(parts[::2], parts[1::2], strict=True))
    assert list(answered) == [f"API{number}" for number in range(1, 11)]
    assert all("`tests/" in part for part in answered.values())


@pytest.mark.parametrize(("path", "name"), NAMED, ids=[name for _, name in NAMED])
def test_each_test_that_is_named_exists(path: str, name: str) -> None:
    assert name.startswith("test_")
    assert name in _tests(path)


def test_nothing_else_is_named_that_looks_like_a_test() -> None:
    assert len(NAMED) == TEXT.count("::")
