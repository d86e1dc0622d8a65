"""The list of reasons: both languages, the same values in each, stable codes."""

import re
import string
from http import HTTPStatus

import pytest

from foundation.reasons import REASONS, Both, Reason, because

ALL = pytest.mark.parametrize("reason", REASONS.values(), ids=REASONS)
# What a Chinese text may name in Latin letters: media types and nothing else.
TECHNICAL = re.compile(r"application/json|CSV|UTF-8|XLSX")


def _values(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def _without_values(text: str) -> str:
    return re.sub(r"\{[^}]*\}", "", text)


@ALL
def test_a_reason_is_explained_in_both_languages(reason: Reason) -> None:
    assert reason.zh
    assert reason.en
    assert re.fullmatch(r"[a-z][a-z_]*", reason.code)
    assert HTTPStatus(reason.status)


@ALL
def test_a_chinese_text_holds_no_english_words(reason: Reason) -> None:
    text = TECHNICAL.sub("", _without_values(reason.zh))
    assert not re.search(r"[A-Za-z]", text)
    assert reason.code == "field_invalid" or re.search(r"[一-鿿]", text)


@ALL
def test_an_english_text_holds_no_chinese(reason: Reason) -> None:
    text = _without_values(reason.en)
    assert not re.search(r"[㐀-鿿　-〿＀-￯]", text)
    assert reason.code == "field_invalid" or re.search(r"[A-Za-z]", text)


@ALL
def test_both_languages_name_the_same_values(reason: Reason) -> None:
    assert _values(reason.zh) == _values(reason.en)


@ALL
def test_both_texts_end_as_sentences_do(reason: Reason) -> None:
    if reason.code != "field_invalid":
        assert reason.zh.endswith("。")
        assert reason.en.endswith(".")


def test_no_code_stands_twice() -> None:
    from foundation.reason_texts import TABLE

    codes = [row[0] for row in TABLE]
    assert len(codes) == len(set(codes))


def test_grounds_carry_their_values_in_each_language() -> None:
    grounds = because("type_not_needed", item="O2", type=Both("甲证", "Licence A"), items=Both("无", "none"))
    assert grounds.zh == "事项 O2 不需要甲证。需要它的事项：无。"
    assert grounds.en == "Item O2 does not need Licence A. Items that do: none."


def test_a_value_in_braces_is_shown_as_it_is_and_never_formatted() -> None:
    assert "{item.__class__}" in because("item_unknown", item="{item.__class__}").en


def test_a_missing_value_leaves_a_readable_text() -> None:
    assert because("item_unknown").en == "There is no item with the code …."
