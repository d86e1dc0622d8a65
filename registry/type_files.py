"""Forms of licence types as files, one JSON object each: reading a folder, and defining what it says."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from django.db import transaction
from jsonschema import Draft202012Validator

from foundation.context import Actor
from foundation.reasons import Both
from registry.defining import LONGEST_BASIS, base_form, define_type, form_in, same, versions_of
from registry.errors import CatalogueError, RowError
from registry.form_checks import check_form
from registry.forms import Form
from registry.models import LicenceType, LicenceTypeVersion

_NAMES = {"type": "array", "items": {"type": "string"}}
_FILE = Draft202012Validator(
    {
        "type": "object",
        "required": ["type", "origin", "schema"],
        "additionalProperties": False,
        "properties": {
            "type": {"type": "string"},
            "origin": {"type": "string", "minLength": 1, "maxLength": LONGEST_BASIS},
            "schema": {"type": "object"},
            "number_template": {"type": "string"},
            "validity": {"type": "object"},
            "holder_kinds": _NAMES,
            "disclosable": _NAMES,
            "vct": {"type": "string"},
            "style": {"type": "object"},
            "two_persons": {"type": "boolean"},
        },
    }
)
"""What a file may hold. `origin` says where the fields are taken from; what is left out is as in the base form."""


@dataclass(frozen=True, slots=True)
class TypeFile:
    """One file that was read: the type, its form, and where the fields are taken from."""

    licence_type: LicenceType
    form: Form
    origin: str


def read_forms(folder: Path) -> list[TypeFile]:
    """Return the forms of the folder's `*.json`; `CatalogueError` names every fault of every file."""
    types = {t.name_zh: t for t in LicenceType.objects.select_related("owner")}
    read: list[TypeFile] = []
    faults: list[RowError] = []
    for path in sorted(folder.glob("*.json")):
        found = _read(path, types)
        if isinstance(found, TypeFile):
            read.append(found)
        else:
            faults += found
    if not read and not faults:
        faults = [RowError(str(folder), 0, "", Both("没有 .json 文件", "holds no .json file"))]
    faults += _twice(read)
    if faults:
        raise CatalogueError(faults)
    return read


def load_forms(folder: Path, *, actor: Actor) -> list[LicenceTypeVersion]:
    """Define what the files say, all or nothing; return the versions made.

    What a type's versions have said before is not said again: a form that a department has changed since stays.
    """
    with transaction.atomic():
        return [
            define_type(new.licence_type, new.form, actor=actor, basis=new.origin)
            for new in read_forms(folder)
            if is_new(new)
        ]


def is_new(file: TypeFile) -> bool:
    """Say whether no version of the type has said this yet."""
    return not any(same(form_in(version), file.form) for version in versions_of(file.licence_type))


def _read(path: Path, types: Mapping[str, LicenceType]) -> TypeFile | list[RowError]:
    try:
        content = json.loads(path.read_text("utf-8-sig"))
    except json.JSONDecodeError as error:
        return [RowError(path.name, error.lineno, "", Both("不是有效的 JSON", f"is no JSON: {error.msg}"))]
    except (UnicodeDecodeError, RecursionError):
        return [RowError(path.name, 1, "", Both("不是 UTF-8 编码的 JSON", "is no JSON in UTF-8"))]
    faults = list(_misshapen(content))
    if not faults and content["type"] not in types:
        faults = [("type", Both(f"没有名为“{content['type']}”的证照类型", f"there is no type named {content['type']}"))]
    if not faults:
        licence_type = types[content["type"]]
        form = _form(content, base_form(licence_type))
        faults = [(name, Both(why.zh, why.en)) for name, why in check_form(form).items()]
        if not faults:
            return TypeFile(licence_type, form, content["origin"])
    return [RowError(path.name, 1, name, why) for name, why in faults]


def _misshapen(content: Any) -> Iterator[tuple[str, Both]]:
    for error in _FILE.iter_errors(content):
        place = ".".join(str(step) for step in error.absolute_path)
        yield place, Both("文件结构有误", error.message[:200])


def _form(content: Mapping[str, Any], base: Form) -> Form:
    values = {name: value for name, value in content.items() if name not in ("type", "origin")}
    lists: dict[str, Any] = {name: tuple(values[name]) for name in ("holder_kinds", "disclosable") if name in values}
    return replace(base, **{**values, **lists})


def _twice(read: list[TypeFile]) -> list[RowError]:
    names = [file.licence_type.name_zh for file in read]
    twice = sorted({name for name in names if names.count(name) > 1})
    return [
        RowError(f"{name}.json", 1, "type", Both("同一类型有多个文件", "several files define this type"))
        for name in twice
    ]
