"""docs/access.md says what the code does: the table of conditions with every reason, the numbers of the codes."""

import inspect
import re
from pathlib import Path

from exchange import lacking
from exchange.access import CONDITIONS, Condition
from exchange.authorising import codes, terms
from exchange.steps import ASKS
from foundation.reasons import REASONS

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "access.md").read_text("utf-8")
ROW = re.compile(r"^\| (\d+) \| (.+?) \| (.+) \|$", re.MULTILINE)
_CODE = re.compile(r'"((?:agreement|authorisation)_\w+|\w+_quota_used)"')


def _reasons(condition: Condition) -> set[str]:
    source = inspect.getsource(condition)
    found = set(re.findall(r'because\("(\w+)"', source))
    if "lacking.right_of_use" in source:
        return found | set(_CODE.findall(inspect.getsource(lacking)))
    if "lacking.authorisation" in source:
        return found | {code for code in _CODE.findall(inspect.getsource(lacking)) if code.startswith("authorisation")}
    return found


def test_the_table_is_the_table_of_conditions() -> None:
    rows = ROW.findall(PAGE)
    assert [(int(number), asks) for number, asks, _ in rows] == [
        (number, text.en) for number, text in enumerate(ASKS, start=1)
    ]
    for (_, _, reasons), condition in zip(rows, CONDITIONS, strict=True):
        assert set(re.findall(r"`(\w+)`", reasons)) == _reasons(condition)


def test_every_reason_that_the_page_names_exists() -> None:
    named = set(re.findall(r"`((?:agreement|authorisation|item|case|type|client|purpose)_\w+)`", PAGE))
    assert named <= REASONS.keys()


def test_the_numbers_are_those_of_the_code() -> None:
    flat = " ".join(PAGE.split())
    assert f"for {int(codes.LIFE.total_seconds())} seconds and one redemption" in flat
    assert f"lasts for {terms.LONGEST_DAYS} days at most" in flat
    assert f"ends after {terms.ONCE_DAYS} days if nobody used it" in flat
    assert (codes.TRYING.most, codes.TRYING_IN_ALL.most, codes.MAKING.most) == (30, 600, 20)
