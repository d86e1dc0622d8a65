"""Check characters: unified social credit code (GB 32100), citizen identity number (GB 11643), ISO 7064 MOD 37,36.

Passports and travel permits have no check character in the number itself: of them the form alone is checked. Each
`check_…` returns None for a right code, else what is wrong in both languages and how it should read.
"""

import datetime as dt
import re

from foundation.reasons import Both

_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_IDENTITY_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_IDENTITY_CHECKS = "10X98765432"
_PASSPORT = re.compile(r"[0-9A-Z]{5,15}")
_TRAVEL_PERMIT = re.compile(r"[0-9A-Z]{8,12}")
_MOD_37_36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_MOD_37_36_VALUES = {character: value for value, character in enumerate(_MOD_37_36)}


def uscc_check_character(first17: str) -> str:
    """Return the 18th character of a USCC (GB 32100-2015)."""
    total = sum(_USCC_ALPHABET.index(c) * w for c, w in zip(first17, _USCC_WEIGHTS, strict=True))
    return _USCC_ALPHABET[-total % 31]


def identity_check_character(first17: str) -> str:
    """Return the 18th character of a citizen identity number (GB 11643-1999)."""
    return _IDENTITY_CHECKS[sum(int(c) * w for c, w in zip(first17, _IDENTITY_WEIGHTS, strict=True)) % 11]


def mod_37_36(text: str) -> str:
    """Return the ISO 7064 MOD 37,36 check character of digits and capital letters."""
    product = 36
    for character in text:
        total = (product + _MOD_37_36_VALUES[character]) % 36 or 36
        product = 2 * total % 37
    return _MOD_37_36[(37 - product) % 36]


def check_uscc(code: str) -> Both | None:
    """Check form and check character of a unified social credit code."""
    if len(code) != 18 or any(c not in _USCC_ALPHABET for c in code):
        return Both(
            "统一社会信用代码应为18位数字或大写字母（不含 I、O、S、V、Z）",
            "a unified social credit code has 18 digits or capital letters (never I, O, S, V, Z)",
        )
    return _wrong_character(code, uscc_check_character(code[:17]))


def check_identity_number(number: str) -> Both | None:
    """Check form, birth date and check character of a citizen identity number."""
    if len(number) != 18 or not (number[:17].isascii() and number[:17].isdigit()) or number[17] not in "0123456789X":
        return Both("身份证号码应为18位，末位可为X", "an identity number has 18 digits, the last of which may be X")
    try:
        birth_date(number)
    except ValueError:
        return Both(f"{number[6:14]} 不是有效的出生日期", f"{number[6:14]} is no date of birth")
    return _wrong_character(number, identity_check_character(number[:17]))


def birth_date(number: str) -> dt.date:
    """Return the date of birth that a citizen identity number names; `ValueError` where there is no such day."""
    return dt.date.fromisoformat(number[6:14])


def check_passport(number: str) -> Both | None:
    """Check the form of a passport's number, which every state gives out by rules of its own."""
    if _PASSPORT.fullmatch(number):
        return None
    return Both("护照号码应为5至15位数字或大写字母", "a passport number has 5 to 15 digits or capital letters")


def check_travel_permit(number: str) -> Both | None:
    """Check the form of the number of a travel permit of Hong Kong, Macao or Taiwan residents."""
    if _TRAVEL_PERMIT.fullmatch(number):
        return None
    return Both("通行证号码应为8至12位数字或大写字母", "a travel permit's number has 8 to 12 digits or capital letters")


def _wrong_character(code: str, right: str) -> Both | None:
    if code[-1] == right:
        return None
    return Both(f"校验码应为 {right}", f"the check character should be {right}")
