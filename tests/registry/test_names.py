"""Comparing the names of licences. Pure."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.names import comparable


@pytest.mark.parametrize("writing", ["《林权证》", " 林 权 证 ", "〈林权证〉", "林\u3000权证"])
def test_one_name_whatever_its_marks_and_spaces(writing: str) -> None:
    assert comparable(writing) == comparable("林权证")


def test_width_and_case_do_not_matter_but_brackets_with_content_do() -> None:
    assert comparable("ＡＢＣ（土地）") == comparable("abc(土地)")
    assert comparable("不动产权证书") != comparable("不动产权证书(土地)")


@given(st.text("林权证《》〈〉（）()ＡａA 　", max_size=20))
def test_comparing_twice_is_comparing_once(name: str) -> None:
    assert comparable(comparable(name)) == comparable(name)
