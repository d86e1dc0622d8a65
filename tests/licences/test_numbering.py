"""Numbers and identifiers: equal whatever the writing, and a changed character is noticed. Pure."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from stdnum.iso7064 import mod_37_36 as oracle

from foundation.codes import mod_37_36
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
        assert "count from 001" in wrong.en
    else:
        right = Identifier(type_code, issuer, serial, int(version)).check
        assert wrong == Both(f"校验码应为 {right}", f"the check character should be {right}")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1.2.156.3005.2",
        "1.2.156.3005.1.11100000000013338W011.11430000006122244L.20230000403.001.U",
        "1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.U",
        "1.2.156.3005.2.11100000000013338W011.11430000006122244L.2023.0000403.001.U",
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


RIGHT = ("11100000000013338W011", "11430000006122244L", "20230000403", "001", "U")


@pytest.mark.parametrize(
    ("place", "part", "zh", "en"),
    [
        (0, "11100000000013338W01", "类型代码应为21位", "the type should have 21"),
        (0, "11100000000013338W0111", "类型代码应为21位", "the type should have 21"),
        (1, "11430000006122244", "机构代码应为18位", "the issuer should have 18"),
        (1, "51010", "旧码为6位", "old codes: 6 digits"),
        (1, "51010A", "旧码为6位", "old codes: 6 digits"),
        (2, "", "流水号应为1至64位", "the serial should have 1 to 64"),
        (2, "2023-000403", "流水号应为1至64位", "the serial should have 1 to 64"),
        (2, "1" * 65, "流水号应为1至64位", "the serial should have 1 to 64"),
        (3, "1", "从 001 起", "count from 001"),
        (3, "000", "从 001 起", "count from 001"),
        (3, "1000", "从 001 起", "count from 001"),
        (4, "", "校验码应为1位", "the check should be one"),
        (4, "U\nx", "校验码应为1位", "the check should be one"),
    ],
)
def test_the_part_that_is_wrong_is_named_and_how_it_should_read(place: int, part: str, zh: str, en: str) -> None:
    wrong = parse_identifier(".".join(["1.2.156.3005.2", *RIGHT[:place], part, *RIGHT[place + 1 :]]))
    assert isinstance(wrong, Both)
    assert zh in wrong.zh
    assert en in wrong.en
    assert wrong.en.count("should") == 1


def test_every_wrong_part_is_named_at_once() -> None:
    wrong = parse_identifier("1.2.156.3005.2.111.114.20230000403.1.U")
    assert isinstance(wrong, Both)
    assert [name for name in ("type", "issuer", "serial", "version") if f"the {name}" in wrong.en] == [
        "type",
        "issuer",
        "version",
    ]


@given(IDENTIFIERS, st.data())
def test_two_neighbours_that_changed_places_are_noticed_wherever_the_check_can_tell(
    identifier: Identifier, data: st.DataObject
) -> None:
    covered = f"{identifier.type_code}{identifier.issuer}{identifier.serial}{identifier.version:03}"
    place = data.draw(st.integers(0, len(covered) - 2))
    swapped = covered[:place] + covered[place + 1] + covered[place] + covered[place + 2 :]
    # ISO 7064's hybrid systems miss a few of them by design; a letter is no digit of a version or an old code.
    assume(mod_37_36(swapped) != identifier.check)
    issuer, serial = 21 + len(identifier.issuer), len(swapped) - 3
    parts = swapped[:21], swapped[21:issuer], swapped[issuer:serial], swapped[serial:]
    assume(parts[3].isdigit() and parts[3] != "000" and (parts[1].isdigit() or not identifier.is_legacy))
    wrong = parse_identifier(".".join(["1.2.156.3005.2", *parts, identifier.check]))
    right = mod_37_36(swapped)
    assert wrong == Both(f"校验码应为 {right}", f"the check character should be {right}")


def test_the_check_is_that_of_stdnum() -> None:
    for text in REAL:
        *parts, check = text.removeprefix("1.2.156.3005.2.").split(".")
        assert oracle.validate("".join(parts) + check)


@pytest.mark.parametrize("text", REAL)
def test_real_identifiers_leave_no_doubt(text: str) -> None:
    identifier = parse_identifier(text)
    assert isinstance(identifier, Identifier)
    assert identifier.doubts == ()


def test_what_is_odd_about_a_confirmed_identifier_is_flagged_and_not_refused() -> None:
    odd = Identifier("111000000000133380011", "11430000006122244M", "1", 1)
    assert parse_identifier(str(odd)) == odd
    assert [doubt.en for doubt in odd.doubts] == [
        "the type: the check character should be W",
        "the issuer: the check character should be L",
    ]
    old = Identifier("11100000000013338W011", "510100", "1", 1)
    assert [doubt.zh for doubt in old.doubts] == ["机构代码为6位旧码"]


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
