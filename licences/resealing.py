"""Sealing anew: what older keys of the ring sealed or authenticated comes under the first one, beside running servers.

Each row is replaced only where it is still as it was read, so that whatever a server writes meanwhile stays. What is
done already is not looked at again: a run that was stopped goes on. An altered row stays as it is and is reported.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import BinaryField, Model, QuerySet
from django.db.models.functions import Substr

from audit.logkey import LOG_KEY, LogKey
from audit.personal import PERSONAL_VALUES, Personal
from audit.recording import Subject, record
from foundation.context import PLATFORM, Actor
from foundation.sealing import SealError, key_name
from licences.authenticity import authenticate, is_authentic
from licences.certifying import AUTHORITY_KEY
from licences.chunks import BATCH_ROWS, chunk_binding
from licences.documents import DOCUMENT
from licences.drafting import DRAFT_CONTENT
from licences.holders import HOLDER_NUMBER
from licences.keystore import SIGNING_KEY
from licences.models import (
    BatchChunk,
    CertificateAuthority,
    Document,
    Draft,
    Holder,
    HolderNumber,
    Licence,
    SigningKey,
    StatusList,
)
from licences.statuses import STATUS_ORDER
from licences.storing import DISCLOSURES, authenticated

# Documents are large: so many are in memory at once.
BATCH = 50
# The longest name of a key that is looked for in sealed bytes.
_NAME_BYTES = 64


@dataclass(frozen=True, slots=True)
class Column:
    """A sealed column: its purpose, and what its bytes are bound to in each row."""

    model: type[Model]
    name: str
    purpose: str
    bound_to: Callable[[Any], bytes]

    @property
    def label(self) -> str:
        """The column as operators read it."""
        return f"{self.model._meta.model_name}.{self.name}"

    def due(self) -> QuerySet[Any]:
        """Return the rows that another key than the first one sealed; `head` begins with its name."""
        active = f"{settings.SEALING_RING.active}\0".encode()
        mine = Substr(self.name, 1, len(active), output_field=BinaryField())
        head = Substr(self.name, 1, _NAME_BYTES, output_field=BinaryField())
        rows: QuerySet[Any] = self.model._default_manager.filter(**{f"{self.name}__isnull": False})
        rows = rows.exclude(**{self.name: b""}).annotate(mine=mine, head=head)
        return rows.exclude(mine=active)

    def reseal(self, rows: Sequence[Any]) -> list[Any]:
        """Seal the value of these rows under the first key; return the rows that do not open."""
        ring, name, altered = settings.SEALING_RING, self.name, []
        for row in rows:
            sealed, bound = bytes(getattr(row, name)), self.bound_to(row)
            try:
                plain = ring.open(sealed, purpose=self.purpose, bound_to=bound)
            except SealError:
                altered.append(row)
            else:
                anew = ring.seal(plain, purpose=self.purpose, bound_to=bound)
                self.model._default_manager.filter(**{"pk": row.pk, name: sealed}).update(**{name: anew})
        return altered

    def keys(self) -> Mapping[str, int]:
        """Return the names of the keys that rows which are due were sealed under, with how many of each."""
        return Counter(key_name(head) for head in self.due().values_list("head", flat=True).iterator())


class Codes:
    """The authentication codes of licences' rows, which are under the ring's keys as sealed bytes are."""

    label = "licence.mac"

    def due(self) -> QuerySet[Licence]:
        """Return the rows that another key than the first one authenticated."""
        return Licence.objects.exclude(mac_key=settings.SEALING_RING.active)

    def reseal(self, rows: Sequence[Licence]) -> list[Licence]:
        """Authenticate these rows under the first key; return those that are not as the platform wrote them."""
        ring = settings.SEALING_RING
        locked = Licence.objects.select_for_update(of=("self",)).filter(pk__in=[row.pk for row in rows])
        sound, altered = [], []
        for row in locked.select_related("signing_key").prefetch_related("holders").order_by("pk"):
            values = authenticated(row)
            if is_authentic(values, key=row.mac_key, mac=bytes(row.mac), ring=ring):
                row.mac_key, row.mac = authenticate(values, ring)
                sound.append(row)
            else:
                altered.append(row)
        Licence.objects.bulk_update(sound, ["mac_key", "mac"])
        return altered

    def keys(self) -> Mapping[str, int]:
        """Return the names of the keys that authenticated rows which are due, with how many of each."""
        return Counter(self.due().values_list("mac_key", flat=True).iterator())


Sealed = Column | Codes


def own(row: Any) -> bytes:
    """Return what bytes are bound to that are sealed for their row alone."""
    return bytes(row.pk.bytes)


COLUMNS: list[Sealed] = [
    Column(SigningKey, "private_sealed", SIGNING_KEY, lambda key: key.key_id.encode()),
    Column(LogKey, "private_sealed", LOG_KEY, lambda key: bytes(key.public)),
    Column(CertificateAuthority, "private_sealed", AUTHORITY_KEY, own),
    Column(Holder, "number_sealed", HOLDER_NUMBER, own),
    Column(HolderNumber, "number_sealed", HOLDER_NUMBER, lambda number: number.holder_id.bytes),
    Column(StatusList, "order_sealed", STATUS_ORDER, own),
    Column(Licence, "disclosures_sealed", DISCLOSURES, own),
    Codes(),
    Column(Draft, "content_sealed", DRAFT_CONTENT, own),
    Column(BatchChunk, "rows_sealed", BATCH_ROWS, lambda chunk: chunk_binding(chunk.batch_id, chunk.number)),
    Column(Document, "content_sealed", DOCUMENT, own),
    Column(Personal, "values_sealed", PERSONAL_VALUES, own),
]
"""All that the ring's keys protect; apps above add theirs once they are ready."""


def reseal(column: Sealed, *, progress: Callable[[int], object] = int) -> list[str]:
    """Seal a column's due rows under the first key; return the keys of the rows that were altered.

    `progress` is told how many rows were looked at.
    """
    altered: list[str] = []
    for rows in _batches(column):
        with transaction.atomic():
            altered += [str(row.pk) for row in column.reseal(rows)]
        progress(len(rows))
    return altered


def _batches(column: Sealed) -> Iterator[list[Any]]:
    due = column.due().order_by("pk")
    rows = list(due[:BATCH])
    while rows:
        yield rows
        rows = list(due.filter(pk__gt=rows[-1].pk)[:BATCH])


def still_needed() -> Mapping[str, Mapping[str, int]]:
    """Return the older keys that something is still under: by key and column, how many rows."""
    needed: dict[str, dict[str, int]] = {}
    for column in COLUMNS:
        for key, count in column.keys().items():
            needed.setdefault(key, {})[column.label] = count
    return needed


@transaction.atomic
def note_resealed(altered: int, *, actor: Actor = PLATFORM) -> None:
    """Record that all was sealed anew, and whether rows were found altered."""
    subject = Subject("sealing_key", settings.SEALING_RING.active)
    record(action="reseal", actor=actor, subject=subject, outcome="done", reason="row_altered" if altered else "")
