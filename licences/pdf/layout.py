"""From what a licence says to its fixed layout: PDF/A-2b, by typst, with the one shipped font. Pure.

The same page gives the same bytes everywhere: no system font, no clock, no network. Texts are handed over as data.
"""

import datetime as dt
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import typst

from foundation.clock import LEGAL_ZONE
from foundation.reasons import Both
from licences.pdf.artwork import qr_svg, rosette_svg, seal_svg
from licences.pdf.glyphs import FONTS, GETA, legible

TEMPLATE = Path(__file__).with_name("licence.typ")
STANDARD: Final = "a-2b"
LAYOUTS = ("certificate", "reply", "permit")
ACCENTS = {"red": "#a8201a", "blue": "#1d4e89", "green": "#1f6b4d", "gold": "#8a6a1f"}
SEAL_POINTS = 42 / 25.4 * 72
_NOTHING = Both("", "")
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Field:
    """One line of the licence: its name in both languages and its value."""

    name: Both
    value: str


@dataclass(frozen=True, slots=True)
class Watermark:
    """To which use a copy is bound."""

    purpose: str
    receiver: str
    expires_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Style:
    """How a type's licences look; anything unknown becomes the plain certificate in blue, upright."""

    layout: str = "certificate"
    accent: str = "blue"
    orientation: str = "portrait"
    heading: Both = _NOTHING
    note: Both = _NOTHING


@dataclass(frozen=True, slots=True)
class Page:
    """All that the document of a licence shows. `offline_code` and `address` become its two QR codes."""

    title: Both
    number: str
    identifier: str
    issuer: Both
    issuer_code: str
    holders: Sequence[str]
    fields: Sequence[Field]
    issued_on: dt.date
    valid_from: dt.date
    valid_until: dt.date | None
    offline_code: str
    address: str
    style: Style = field(default_factory=Style)
    watermark: Watermark | None = None


@dataclass(frozen=True, slots=True)
class Rendering:
    """An unsealed document, and where its visible seal lies: the page from 0, the box in points from below left."""

    pdf: bytes
    seal_page: int
    seal_box: tuple[int, int, int, int]


def style_of(style: Mapping[str, Any]) -> Style:
    """Return the style as a type's form states it (keys `layout`, `accent`, `orientation`, `heading_zh`, …)."""

    def one_of(key: str, choices: Collection[object], default: str) -> str:
        return str(style[key]) if style.get(key) in choices else default

    def pair(key: str) -> Both:
        return Both(str(style.get(f"{key}_zh", "")), str(style.get(f"{key}_en", "")))

    return Style(
        layout=one_of("layout", LAYOUTS, "certificate"),
        accent=one_of("accent", ACCENTS, "blue"),
        orientation=one_of("orientation", ("portrait", "landscape"), "portrait"),
        heading=pair("heading"),
        note=pair("note"),
    )


def render(page: Page) -> Rendering:
    """Return the document of `page`; whatever its texts hold, they are shown as they are."""
    # One compiler a document: it remembers its last one, so that threads must not share it. The fonts they may.
    compiler = typst.Compiler(TEMPLATE, font_paths=_fonts(), ignore_system_fonts=True)
    pdf = compiler.compile(
        sys_inputs={"page": json.dumps(_data(page), ensure_ascii=False)}, format="pdf", pdf_standards=STANDARD
    )
    if not isinstance(pdf, bytes):
        raise TypeError("typst gave something else than one PDF")
    seal = json.loads(compiler.query("<seal>", field="value", one=True))
    height = (297 if page.style.orientation == "portrait" else 210) / 25.4 * 72
    left, top = (float(seal[axis].removesuffix("pt")) for axis in ("x", "y"))
    box = (left, height - top - SEAL_POINTS, left + SEAL_POINTS, height - top)
    return Rendering(pdf, int(seal["page"]) - 1, tuple(map(round, box)))  # type: ignore[arg-type]


@lru_cache(maxsize=1)
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS])


def _data(page: Page) -> dict[str, Any]:
    """Return what the template reads; every text has lost the characters that the font cannot show."""
    clean = _Cleaner()
    style = page.style
    heading = Both(style.heading.zh or page.title.zh, style.heading.en or page.title.en)
    values = clean.all(
        {
            "title": f"{page.title.zh} {page.number}",
            "heading": _pair(heading),
            "number": page.number,
            "identifier": page.identifier,
            "issuer": _pair(page.issuer),
            "holders": list(page.holders),
            "fields": [{**_pair(f.name), "value": f.value} for f in page.fields],
            "term_title": _pair(Both("有效期限", "Validity")),
            "term": _pair(_term(page.valid_from, page.valid_until)),
            "issued": _pair(Both(_zh_day(page.issued_on), _en_day(page.issued_on))),
            "note": _pair(style.note),
            "address": page.address,
            "watermark": page.watermark and _watermark(page.watermark),
        }
    )
    return {
        **values,
        "missing": clean.explanation(),
        "layout": style.layout,
        "accent": style.accent,
        "orientation": style.orientation,
        "date": [page.issued_on.year, page.issued_on.month, page.issued_on.day],
        # The code first: base 45 has no comma, so that `reading` finds its end.
        "keywords": [page.offline_code, page.address],
        "seal": seal_svg(page.issuer.zh, page.issuer_code),
        "rosette": rosette_svg(ACCENTS[style.accent]),
        "codes": [
            _code(page.address, "扫码核验", "Verify online", least=27),
            _code(page.offline_code, "离线核验", "Verify offline", least=27),
        ],
    }


class _Cleaner:
    """Makes texts legible and remembers what had to be replaced."""

    def __init__(self) -> None:
        self.missing: dict[str, None] = {}

    def all(self, value: Any) -> Any:
        if isinstance(value, str):
            text, missing = legible(value)
            self.missing |= dict.fromkeys(missing)
            return text
        if isinstance(value, list):
            return [self.all(part) for part in value]
        if isinstance(value, dict):
            return {key: self.all(part) for key, part in value.items()}
        return value

    def explanation(self) -> str:
        named = "、".join(f"U+{ord(character):04X}" for character in self.missing)
        return f"{GETA} 代表字库所无之字 Characters that the font lacks: {named}" if named else ""


def _pair(both: Both) -> dict[str, str]:
    return {"zh": both.zh, "en": "" if both.en == both.zh else both.en}


def _code(text: str, zh: str, en: str, *, least: int) -> dict[str, Any]:
    """Return a QR code as wide as its modules need: 0.4 mm each, which a phone reads from paper."""
    svg, modules = qr_svg(text)
    return {"svg": svg, "size": max(least, round(modules * 0.4)), "zh": zh, "en": en}


def _watermark(mark: Watermark) -> dict[str, Any]:
    until = mark.expires_at.astimezone(LEGAL_ZONE)
    clock = f"{until:%H:%M}"
    said = Both(f"{_zh_day(until.date())} {clock} 前有效", f"valid until {_en_day(until.date())} {clock} (UTC+8)")
    return {"purpose": mark.purpose, "receiver": mark.receiver, "until": _pair(said)}


def _term(start: dt.date, end: dt.date | None) -> Both:
    if end is None:
        return Both(f"自{_zh_day(start)}起长期有效", f"from {_en_day(start)}, without end")
    return Both(f"{_zh_day(start)}至{_zh_day(end)}", f"{_en_day(start)} to {_en_day(end)}")


def _zh_day(day: dt.date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _en_day(day: dt.date) -> str:
    # Not strftime: the names of months must not follow the server's locale.
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
