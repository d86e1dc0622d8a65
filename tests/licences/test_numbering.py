"""Numbers and identifiers: equal whatever the writing, and a changed character is noticed. Pure."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from foundation.reasons import Both
from licences.numbering import Identifier, mask_name, mask_number, number_key, parse_identifier

REAL = [
    "1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.U",
    "1.2.156.3005.2.11100000000013338W032.11220000013544541J.2430599.001.F",
]
CAPITALS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
IDENTIFIERS = st.builds(
    Identifier,
    st.text(CAPITALS, min_size=21, max_size=21),
    st.one_of(st.text(CAPITALS, min_size=18, max_size=18), st.text("0123456789", min_size=6, max_size=6)),
    st.text(CAPITALS, min_size=1, max_size=64),
    st.integers(1, 999),
)


@pytest.mark.parametrize("text", REAL)
def test_a_real_identifier_is_read_and_written_alike(text: str) -> None:
    identifier = parse_identifier(text)
    assert isinstance(identifier, Identifier)
    assert str(identifier) == text
    assert not identifier.is_legacy


@given(IDENTIFIERS)
def test_every_identifier_is_read_as_it_was_written(identifier: Identifier) -> None:
    assert parse_identifier(str(identifier)) == identifier
    assert parse_identifier(f"  {str(identifier).lower()} ") == identifier


@given(IDENTIFIERS, st.data())
def test_one_changed_character_is_noticed_and_the_right_check_named(
    identifier: Identifier, data: st.DataObject
) -> None:
    text = str(identifier)
    places = [n for n, c in enumerate(text) if n > len("1.2.156.3005.2.") and c != "."]
    place = data.draw(st.sampled_from(places))
    digits_only = place in range(len(text) - 5, len(text) - 2) or (identifier.is_legacy and 36 < place < 44)
    changed = text[:place] + data.draw(st.sampled_from("0123456789" if digits_only else CAPITALS)) + text[place + 1 :]
    assume(changed != text)
    wrong = parse_identifier(changed)
    assert isinstance(wrong, Both)
    _, _, parts = changed.partition("3005.2.")
    type_code, issuer, serial, version, _ = parts.split(".")
    if version == "000":
        assert "001" in wrong.en
    else:
        right = Identifier(type_code, issuer, serial, int(version)).check
        assert wrong == Both(f"校验码应为 {right}", f"the check character should be {right}")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1.2.156.3005.2",
        "1.2.156.3005.1.11100000000013338W011.11430000006122244L.20230000403.001.U",
        "1.2.156.3005.2.11100000000013338W01.11430000006122244L.20230000403.001.U",
        "1.2.156.3005.2.11100000000013338W011.11430000006122244L.2023-000403.001.U",
        "1.2.156.3005.2.11100000000013338W011.11430000006122244L..001.U",
        "1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.1.U",
        "1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.U\nx",
        "1.2.156.3005.2.11100000000013338W011.11430000006122244L." + "1" * 65 + ".001.U",
        "成国土〔2026〕1号",
        "\0",
    ],
)
def test_what_is_no_identifier_is_told_how_one_reads(text: str) -> None:
    wrong = parse_identifier(text)
    assert isinstance(wrong, Both)
    assert "type.issuer.serial.version.check" in wrong.en
    assert "类型.机构.流水号.版本.校验位" in wrong.zh


def test_an_old_six_digit_issuer_is_read_and_flagged() -> None:
    old = Identifier("11100000000013338W011", "510100", "2019001", 1)
    assert parse_identifier(str(old)) == old
    assert old.is_legacy


def test_versions_count_from_001() -> None:
    wrong = parse_identifier(str(Identifier("11100000000013338W011", "510100", "1", 0)))
    assert wrong == Both("版本号应从 001 起", "versions count from 001")


WRITINGS = [
    "成国土〔2026〕12号",
    "成国土[2026]12号",
    "成国土(2026)12号",
    "成国土（2026）12号",
    "成国土【2026】12号",
    "成国土［2026］12号",
    "成国土﹝2026﹞12号",
    " 成国土 〔２０２６〕 １２ 号 ",
    "成国土\u3000〔2026〕12号",
    "成国土\u200b〔2026〕\ufeff12号\n",
]


@pytest.mark.parametrize("writing", WRITINGS)
def test_one_number_whatever_its_brackets_width_and_spaces(writing: str) -> None:
    assert number_key(writing) == number_key(WRITINGS[0])


@pytest.mark.parametrize("dash", "-‐‑‒–—―－−")
def test_one_number_whatever_its_dash(dash: str) -> None:
    assert number_key(f"JY1{dash}5101{dash}0001") == number_key("jy1-5101-0001")


@pytest.mark.parametrize(
    "other", ["成国土〔2026〕1号", "成国土〔2026〕112号", "成国土〔2025〕12号", "成国土202612号", "成〔国土2026〕12号"]
)
def test_another_number_stays_another(other: str) -> None:
    assert number_key(other) != number_key(WRITINGS[0])


NUMBERS = st.text("成国土环经信委号第字0123456789ABCxyz〔〕[]()（）【】-–— １２３　", max_size=40)


@given(NUMBERS)
def test_the_key_of_a_key_is_itself(text: str) -> None:
    assert number_key(number_key(text)) == number_key(text)


@given(st.text(max_size=60))
def test_no_text_breaks_the_key_and_none_leaves_white_space_in_it(text: str) -> None:
    assert not any(c.isspace() for c in number_key(text))


@given(NUMBERS, st.data())
def test_spaces_anywhere_do_not_matter(text: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(text)))
    assert number_key(text[:place] + " \u3000\t" + text[place:]) == number_key(text)


@given(st.text(max_size=40))
def test_a_masked_number_keeps_its_length_and_shows_six_characters_at_most(number: str) -> None:
    masked = mask_number(number)
    assert len(masked) == len(number)
    assert sum(c != "*" for c in masked if "*" not in number) <= 6


@pytest.mark.parametrize(("name", "masked"), [("张三丰", "张**"), ("张三", "张*"), ("张", "张*"), ("", "")])
def test_a_masked_name_shows_the_family_name_only(name: str, masked: str) -> None:
    assert mask_name(name) == masked
