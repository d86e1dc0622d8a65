"""Which characters the shipped font can show, and texts made of those alone.

A PDF/A may hold no character without a glyph (ISO 19005-2, 6.2.11.8), and names do hold rare ones.
"""

import struct
import unicodedata
from functools import lru_cache
from pathlib import Path

from noto_cjk_sans_otc import FONT_PATH

FONTS = Path(str(FONT_PATH)).parent
# The mark that Chinese and Japanese typesetters put where a character is wanting.
GETA = "〓"
_FACE = "Noto Sans CJK SC"


def legible(text: str) -> tuple[str, tuple[str, ...]]:
    """Return `text` with `GETA` for what the font lacks, and the characters that were replaced.

    Control and invisible formatting characters go, line feeds stay: what reorders or hides text has no place here.
    """
    shown: list[str] = []
    missing: list[str] = []
    for character in unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\t", " ")):
        if character != "\n" and unicodedata.category(character) in ("Cc", "Cf", "Cs"):
            continue
        if character == "\n" or _covers(ord(character)):
            shown.append(character)
        else:
            shown.append(GETA)
            missing.append(character)
    return "".join(shown), tuple(dict.fromkeys(missing))


def _covers(point: int) -> bool:
    return any(first <= point <= last for first, last in _groups(point >> 8))


@lru_cache(maxsize=4096)
def _groups(page: int) -> tuple[tuple[int, int], ...]:
    low, high = page << 8, (page << 8) + 0xFF
    return tuple((first, last) for first, last in _coverage() if first <= high and last >= low)


@lru_cache(maxsize=1)
def _coverage() -> tuple[tuple[int, int], ...]:
    """Return the ranges of the face's character map (OpenType `cmap`, subtable of format 12)."""
    data = Path(str(FONT_PATH)).read_bytes()
    tables = _tables(data, _face(data))
    start = tables["cmap"]
    for number in range(struct.unpack_from(">H", data, start + 2)[0]):
        offset = start + struct.unpack_from(">I", data, start + 4 + 8 * number + 4)[0]
        if struct.unpack_from(">H", data, offset)[0] == 12:
            count = struct.unpack_from(">I", data, offset + 12)[0]
            groups = (struct.unpack_from(">III", data, offset + 16 + 12 * n) for n in range(count))
            return tuple((first, last) for first, last, glyph in groups if glyph)
    raise ValueError(f"{FONT_PATH} has no character map of format 12")


def _face(data: bytes) -> int:
    """Return where the table directory of the face stands in the collection (`ttcf` header)."""
    count = struct.unpack_from(">I", data, 8)[0]
    for offset in struct.unpack_from(f">{count}I", data, 12):
        if _family(data, _tables(data, offset)["name"]) == _FACE:
            return int(offset)
    raise ValueError(f"{FONT_PATH} has no face {_FACE}")


def _tables(data: bytes, offset: int) -> dict[str, int]:
    count = struct.unpack_from(">H", data, offset + 4)[0]
    records = (struct.unpack_from(">4sIII", data, offset + 12 + 16 * number) for number in range(count))
    return {tag.decode("ascii"): start for tag, _, start, _ in records}


def _family(data: bytes, start: int) -> str:
    count, strings = struct.unpack_from(">HH", data, start + 2)
    for number in range(count):
        platform, _, language, name, length, offset = struct.unpack_from(">6H", data, start + 6 + 12 * number)
        if (platform, language, name) == (3, 0x409, 1):
            at = start + strings + offset
            return data[at : at + length].decode("utf-16-be")
    return ""
