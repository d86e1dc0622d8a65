"""Reading licences for verification past Django's models: rows as texts of the database, each checked by its MAC.

A row whose MAC is of form 2 says nothing that the MAC does not cover, so that its credential need not be verified to
know that both agree. That the credential is the one under the MAC, and that its disclosures open, is looked at too.
"""

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.conf import settings

from foundation.sealing import SealError
from licences.authenticity import FORM, Authenticated, is_authentic, said_of
from licences.holders import ORGANISATIONS
from licences.models import SigningKey
from licences.numbering import mask_name
from licences.queries import NEVER_ISSUED
from licences.storing import DISCLOSURES

_FIELD, _HOLDER = "\x1f", "\x1e"
_HOLDERS = (
    "(SELECT string_agg(h.id || E'\\x1f' || h.code_type || E'\\x1f' || h.name, E'\\x1e') "
    "FROM licences_licence_holders b JOIN licences_holder h ON h.id = b.holder_id WHERE b.licence_id = l.id)"
)
_COLUMNS = (
    "l.id", "l.identifier", "l.number", "l.number_key", "l.licence_type_id", "l.issuer_id", "l.serial", "l.version",
    "l.previous_id", "l.state", "l.issued_at", "l.valid_from", "l.valid_until", "l.signing_key_id", "l.status_list_id",
    "l.status_index", "l.mac_form", "l.mac_key", "l.mac", "l.credential_digest", "l.credential", "l.disclosures_sealed",
    _HOLDERS,
)  # fmt: skip
COLUMNS = ", ".join(_COLUMNS)
"""What `row_of` takes, in this order; the licence's table is `l`, the session's time zone UTC."""
WIDTH = len(_COLUMNS)
ISSUED = f"l.state NOT IN ({', '.join(repr(str(state)) for state in NEVER_ISSUED)})"

Values = Sequence[bytes | None]


@dataclass(frozen=True, slots=True)
class Key:
    """A signing key that is trusted for what its department (a key as text) issues."""

    key_id: str
    department: str


def trusted_keys() -> dict[str, Key]:
    """Return the keys that were not compromised, by their own keys as texts."""
    found = SigningKey.objects.filter(compromised_at__isnull=True)
    return {str(k.pk): Key(k.key_id, str(k.department_id)) for k in found.only("key_id", "department_id")}


@dataclass(frozen=True, slots=True)
class Row:
    """A licence as it was read, keys as texts; by these attributes of a `Licence` verification judges and tells it."""

    pk: str
    identifier: str
    number: str
    licence_type_id: str
    issuer_id: str
    serial: str
    version: int
    previous_id: str | None
    state: str
    issued_at: dt.datetime
    valid_from: dt.date
    valid_until: dt.date | None
    raw: "Values"

    @property
    def holder_names(self) -> str:
        """The holders' names as an answer tells them: people's masked."""
        holders = (holder.split(_FIELD) for holder in _text(self.raw[22]).split(_HOLDER))
        return "、".join(name if kind in ORGANISATIONS else mask_name(name) for _, kind, name in holders)

    @property
    def has_one_holder(self) -> bool:
        """Whether one holder has the licence; of several the order in which an answer names them is not told here."""
        return self.raw[22] is not None and _HOLDER.encode() not in self.raw[22]


def row_of(values: Values) -> Row:
    """Return the row that the columns' texts hold."""
    until = values[12]
    return Row(
        pk=_text(values[0]),
        identifier=_text(values[1]),
        number=_text(values[2]),
        licence_type_id=_text(values[4]),
        issuer_id=_text(values[5]),
        serial=_text(values[6]),
        version=int(values[7] or 0),
        previous_id=_text(values[8]) or None,
        state=_text(values[9]),
        issued_at=dt.datetime.fromisoformat(_text(values[10])),
        valid_from=dt.date.fromisoformat(_text(values[11])),
        valid_until=dt.date.fromisoformat(_text(until)) if until else None,
        raw=values,
    )


def is_sound(row: Row, keys: Mapping[str, Key]) -> bool:
    """Say whether the row is as the platform wrote it, its credential's bytes with it, and its key is trusted.

    Where not, the credential is to be verified in full: that says what is wrong, or that an old row is right.
    """
    raw = row.raw
    key = keys.get(_text(raw[13]))
    if key is None or raw[16] != b"%d" % FORM or key.department != row.issuer_id:
        return False
    credential, digest = raw[20] or b"", _bytes(raw[19])
    if hashlib.sha256(credential).digest() != digest:
        return False
    covered = Authenticated(
        identifier=row.identifier,
        version=row.version,
        state=row.state,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        credential_digest=digest,
        key_id=key.key_id,
        holders=tuple(holder.split(_FIELD, 1)[0] for holder in _text(raw[22]).split(_HOLDER)) if raw[22] else (),
        said=said_of(
            key=row.pk,
            number=row.number,
            number_key=_text(raw[3]),
            licence_type=row.licence_type_id,
            issuer=row.issuer_id,
            serial=row.serial,
            previous=_text(raw[8]),
            issued_at=row.issued_at,
            place=(_text(raw[14]), int(raw[15]) if raw[15] else None),
        ),
    )
    ring = settings.SEALING_RING
    return is_authentic(covered, key=_text(raw[17]), mac=_bytes(raw[18]), ring=ring) and _opens(row)


def _opens(row: Row) -> bool:
    try:
        settings.SEALING_RING.open(
            _bytes(row.raw[21]), purpose=DISCLOSURES, bound_to=bytes.fromhex(row.pk.replace("-", ""))
        )
    except SealError:
        return False
    return True


def _text(value: bytes | None) -> str:
    return value.decode() if value else ""


def _bytes(value: bytes | None) -> bytes:
    return bytes.fromhex(value[2:].decode()) if value else b""
