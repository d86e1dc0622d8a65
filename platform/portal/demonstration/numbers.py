"""Synthetic numbers that are well formed but belong to nobody: area 990000 and organisation codes LX… do not exist."""

from foundation.codes import identity_check_character, uscc_check_character

_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def identity_number(serial: int) -> str:
    """Return a citizen identity number (GB 11643) of the area 990000, which was never given out."""
    first17 = f"990000{1950 + serial % 50}{serial % 12 + 1:02}{serial % 28 + 1:02}{serial % 1000:03}"
    return first17 + identity_check_character(first17)


def company_code(serial: int) -> str:
    """Return a company's USCC (GB 32100) with an organisation code (GB 11714) of the range LX1…, not in use."""
    body = f"LX1{serial:05}"
    check = 11 - sum(_ALPHABET.index(c) * w for c, w in zip(body, _ORGANISATION_WEIGHTS, strict=True)) % 11
    first17 = f"91990000{body}" + {10: "X", 11: "0"}.get(check, str(check))
    return first17 + uscc_check_character(first17)
