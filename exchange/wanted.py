"""Which licence type an asking is after, for the record: also where it was refused or nothing was found."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from audit.recording import Subject
from exchange.asking import Ask
from licences.numbering import Identifier, parse_identifier
from registry import queries as registry

if TYPE_CHECKING:
    from registry.models import LicenceType


def wanted_subject(ask: Ask, only: "Sequence[LicenceType]" = (), *, identifier: bool = False) -> Subject:
    """Return the licence asked for as entries name it where no row of it may be named.

    The type is the one named, that of the identifier asked for, or the only one that the item needs (of `only`, where
    given); none where it may be one of several. With `identifier` the asking is for one by its identifier, which then
    is told. What is none may be anything, a person's number too, and does not belong into the leaf.
    """
    parsed = parse_identifier(ask.text)
    told = str(parsed) if identifier and isinstance(parsed, Identifier) else ""
    if ask.licence_type:
        types = registry.types_named(ask.licence_type)
    elif isinstance(parsed, Identifier):
        types = registry.types_named(parsed.type_code)
    else:
        types = list(only) or _needed(ask.item)
    return Subject("licence", told, types[0].code if len(types) == 1 else "")


def _needed(code: str) -> "list[LicenceType]":
    item = registry.item_by_code(code)
    found = {t.pk: t for group in registry.need_groups(item) for t in group.types} if item else {}
    return list(found.values())
