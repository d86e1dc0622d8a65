"""Collecting the texts of pages for translation, without GNU gettext: templates and code into the .po catalogues."""

import ast
import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

_CALL = re.compile(
    r"\b(?P<name>n?gettext)\((?P<first>u?(?:'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"))"
    r"(?:,\s*(?P<second>u?(?:'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\")))?"
)
_UNDERSCORE = re.compile(r"_\((?P<first>'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\")\)")

Message = str | tuple[str, str]


def _of_template(path: Path) -> Iterator[Message]:
    text = path.read_text("utf-8")
    for call in _CALL.finditer(templatize(text, origin=str(path))):
        first = ast.literal_eval(call["first"])
        yield (first, ast.literal_eval(call["second"])) if call["name"] == "ngettext" else first
    for call in _UNDERSCORE.finditer(text):
        yield ast.literal_eval(call["first"])


def messages() -> list[Message]:
    """Return every text that pages mark for translation, each once, in a stable order."""
    platform = Path(settings.BASE_DIR) / "platform"
    found: dict[Message, None] = {}
    for path in sorted(platform.glob("portal/templates/**/*.html")):
        found |= dict.fromkeys(_of_template(path))
    for _, _, text, _, _ in extract_from_dir(platform, method_map=[("**.py", "python")]):
        found.setdefault(text if isinstance(text, str) else (text[0], text[1]))
    return list(found)


def catalogue_path(locale: str) -> Path:
    """Return where a language's catalogue is."""
    return Path(settings.LOCALE_PATHS[0]) / locale / "LC_MESSAGES" / "django.po"


def _empty(locale: str) -> Catalog:
    # Fixed dates: the file changes when a text does, not when it is written again.
    made = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)
    return Catalog(
        locale=locale,
        project="Licence Exchange",
        version="1",
        header_comment="# Simplified Chinese texts of Licence Exchange; kept up to date by `make messages`.",
        last_translator="Licence Exchange",
        language_team="Licence Exchange",
        msgid_bugs_address="Licence Exchange",
        creation_date=made,
        revision_date=made,
        fuzzy=False,
    )


def read_catalogue(locale: str) -> Catalog:
    """Return a language's catalogue, empty where there is none yet."""
    path = catalogue_path(locale)
    if not path.is_file():
        return _empty(locale)
    with path.open("rb") as file:
        return read_po(file, locale=locale)


def update(locale: str) -> list[Message]:
    """Bring a catalogue up to date: new texts are added, dead ones dropped; return those without a translation."""
    old = read_catalogue(locale)
    new = _empty(locale)
    missing: list[Message] = []
    for text in messages():
        known = old.get(text if isinstance(text, str) else text[0])
        new.add(text, known.string if known else None, flags=known.flags if known else ())
        if not known or not known.string or not any(known.string):
            missing.append(text)
    path = catalogue_path(locale)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, new, width=120, sort_output=False, omit_header=False)
    return missing
