"""Licences by the million: one issued licence copied, each copy with its own keys, number, sealed part and valid MAC.

The credential is that of the original and names it: only what opens credentials would notice, and no verification by
number does as long as the MAC holds.
"""

import json
import multiprocessing
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

CHUNK = 20_000


def number(serial: int) -> str:
    """Return the number of a copy; those of `serial` from 0 on exist."""
    return f"测〔2026〕{serial}号"


def clone(first: int, last: int, original: UUID, processes: int) -> None:
    """Make the copies from `first` up to, and without, `last`; every 16th is revoked."""
    from django.db import connection

    connection.close()
    context = multiprocessing.get_context("spawn")
    spans = [(start, min(start + CHUNK, last), original) for start in range(first, last, CHUNK)]
    with context.Pool(processes, initializer=_setup) as pool:
        for _ in pool.imap_unordered(_clone, spans):
            pass
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) licences_licence")
        cursor.execute("VACUUM (ANALYZE) licences_licence_holders")
        cursor.execute("CHECKPOINT" if _may_checkpoint(cursor) else "SELECT 1")


def _may_checkpoint(cursor: Any) -> bool:
    cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
    return bool(cursor.fetchone()[0])


def _setup() -> None:
    import django

    django.setup()


def _clone(span: tuple[int, int, UUID]) -> None:
    from django.db import transaction

    from audit.inserting import insert_all
    from licences.models import Licence

    start, end, key = span
    original = Licence.objects.select_related("signing_key").prefetch_related("holders").get(pk=key)
    keys: list[UUID] = []
    with transaction.atomic():
        insert_all(Licence, _copies(original, start, end, keys))
        (holder,) = original.holders.all()
        through = Licence.holders.through
        insert_all(through, [{"licence_id": copy, "holder_id": holder.pk} for copy in keys])


def _copies(original: Any, start: int, end: int, keys: list[UUID]) -> Iterator[dict[str, Any]]:
    from django.conf import settings

    from foundation.ids import new_id
    from licences.authenticity import FORM, authenticate, said_of
    from licences.numbering import Identifier, number_key, parse_identifier
    from licences.storing import DISCLOSURES, authenticated, stored_credential

    ring, covered = settings.SEALING_RING, authenticated(original)
    parsed = parse_identifier(original.identifier)
    if not isinstance(parsed, Identifier):
        raise TypeError(original.identifier)
    plain = json.dumps(stored_credential(original).disclosures).encode()
    same = {field.attname: getattr(original, field.attname) for field in original._meta.concrete_fields}
    place = {"status_list_id": None, "status_index": None, "check_code": None}
    for serial in range(start, end):
        key, text, named, state = new_id(), f"C{serial:012}", number(serial), "valid" if serial % 16 else "revoked"
        identifier = str(replace(parsed, serial=text, version=1))
        said = said_of(
            key=str(key),
            number=named,
            number_key=number_key(named),
            licence_type=str(original.licence_type_id),
            issuer=str(original.issuer_id),
            serial=text,
            previous="",
            issued_at=original.issued_at,
            place=("", None),
        )
        mac_key, mac = authenticate(replace(covered, identifier=identifier, version=1, state=state, said=said), ring)
        keys.append(key)
        yield {
            **same, **place, "id": key, "identifier": identifier, "number": named, "number_key": number_key(named),
            "serial": text, "version": 1, "previous_id": None, "state": state, "mac_key": mac_key, "mac": mac,
            "mac_form": FORM, "disclosures_sealed": ring.seal(plain, purpose=DISCLOSURES, bound_to=key.bytes),
        }  # fmt: skip
