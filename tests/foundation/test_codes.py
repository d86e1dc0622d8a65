"""Check characters, against python-stdnum as an independent oracle and against published identifiers."""

import datetime as dt
from collections.abc import Callable

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from stdnum.cn import ric, uscc
from stdnum.iso7064 import mod_37_36 as oracle

from foundation.codes import (
    birth_date,
    check_identity_number,
    check_passport,
    check_travel_permit,
    check_uscc,
    identity_check_character,
    mod_37_36,
    uscc_check_character,
)
from foundation.reasons import Both

USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"
ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
DAYS = st.dates(dt.date(1900, 1, 1), dt.date(2026, 12, 31))


@given(st.text(USCC, min_size=17, max_size=17))
def test_the_uscc_check_character_is_that_of_stdnum(first17: str) -> None:
    assert uscc_check_character(first17) == uscc.calc_check_digit(first17)
    assert check_uscc(first17 + uscc_check_character(first17)) is None


@given(st.text(USCC, min_size=18, max_size=18), st.integers(0, 17), st.sampled_from(USCC))
def test_one_changed_character_of_a_uscc_is_noticed(code: str, place: int, character: str) -> None:
    code = code[:17] + uscc_check_character(code[:17])
    assume(code[place] != character)
    wrong = check_uscc(code[:place] + character + code[place + 1 :])
    assert wrong
    assert "check character should be" in wrong.en


@pytest.mark.parametrize("code", ["91350100M000100Y43", "11510100LX0000046C"])
def test_a_known_uscc_is_right(code: str) -> None:
    assert check_uscc(code) is None


@pytest.mark.parametrize(
    "code", ["", "9135", "91350100M000100Y4S", "91350100m000100y43", "９１350100M000100Y43", "91350100M000100Y430"]
)
def test_a_uscc_of_wrong_form_says_what_form_is_right(code: str) -> None:
    wrong = check_uscc(code)
    assert wrong
    assert "18" in wrong.zh
    assert "18" in wrong.en


@given(st.text("0123456789", min_size=6, max_size=6), DAYS, st.text("0123456789", min_size=3, max_size=3))
def test_the_identity_check_character_is_that_of_stdnum(area: str, born: dt.date, serial: str) -> None:
    first17 = f"{area}{born:%Y%m%d}{serial}"
    assert identity_check_character(first17) == ric.calc_check_digit(f"{first17}0")
    assert check_identity_number(first17 + identity_check_character(first17)) is None


@given(DAYS, st.integers(0, 17), st.sampled_from("0123456789X"))
def test_one_changed_character_of_an_identity_number_is_noticed(born: dt.date, place: int, character: str) -> None:
    first17 = f"990000{born:%Y%m%d}001"
    number = first17 + identity_check_character(first17)
    assume(number[place] != character)
    assert check_identity_number(number[:place] + character + number[place + 1 :])


@pytest.mark.parametrize("born", ["20230229", "19001301", "00000101", "20260431", "2026W011"])
def test_a_date_of_birth_that_never_was_is_named(born: str) -> None:
    wrong = check_identity_number(f"990000{born}0010")
    assert wrong
    assert born in wrong.en or "18 digits" in wrong.en


@pytest.mark.parametrize(
    "number", ["", "99000020000101001x", "９90000200001010010", "９" * 18, "9900002000010100100", "99000020000101XXXX"]
)
def test_an_identity_number_of_wrong_form_says_what_form_is_right(number: str) -> None:
    wrong = check_identity_number(number)
    assert wrong
    assert "18" in wrong.en


@given(DAYS, st.text("0123456789", min_size=3, max_size=3))
def test_the_date_of_birth_is_read_as_stdnum_reads_it(born: dt.date, serial: str) -> None:
    first17 = f"110101{born:%Y%m%d}{serial}"
    number = first17 + identity_check_character(first17)
    assert birth_date(number) == born == ric.get_birth_date(number)
    assert (check_identity_number(number) is None) == ric.is_valid(number)


@pytest.mark.parametrize(
    ("check", "right", "wrong"),
    [
        (
            check_passport,
            ["E12345678", "12345", "A" * 15],
            ["", "1234", "A" * 16, "E123八", "e12345678", "E1 34567"],
        ),
        (check_travel_permit, ["H12345678", "12345678", "H1234567890"], ["", "H123456", "1" * 13, "H-1234567"]),
    ],
)
def test_of_passports_and_permits_the_form_is_checked(
    check: Callable[[str], Both | None], right: list[str], wrong: list[str]
) -> None:
    assert [number for number in right if check(number)] == []
    for number in wrong:
        told = check(number)
        assert told
        assert "digits or capital letters" in told.en
        assert "位数字或大写字母" in told.zh


@pytest.mark.parametrize(
    "code", ["11100000000013338W", "11100000MB03271699", "11430000006122244L", "11220000013544541J"]
)
def test_the_codes_inside_real_identifiers_and_types_are_right(code: str) -> None:
    assert check_uscc(code) is None
    assert uscc.is_valid(code)


@given(st.text(ALPHANUMERIC, min_size=1, max_size=80))
def test_mod_37_36_is_that_of_stdnum(text: str) -> None:
    assert mod_37_36(text) == oracle.calc_check_digit(text)


@pytest.mark.parametrize(
    ("parts", "check"),
    [
        ("11100000000013338W011" + "11430000006122244L" + "20230000403" + "001", "U"),
        ("11100000000013338W032" + "11220000013544541J" + "2430599" + "001", "F"),
    ],
)
def test_mod_37_36_gives_the_check_of_real_identifiers(parts: str, check: str) -> None:
    assert mod_37_36(parts) == check
