"""What witnesses have cosigned: for the pages, for the checkpoint as it is served, and for receipts."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import OuterRef, Subquery

from audit.models import Checkpoint, Cosignature, Witness
from audit.notes import Note, parse_note, with_signatures
from audit.queries import checkpoint

# So many cosignatures after an entry are looked at for the checkpoint that most witnesses signed.
_NEXT = 200


@dataclass(frozen=True, slots=True)
class Standing:
    """A witness, the last of ours that it cosigned, and how many entries have come since (None before its first)."""

    witness: Witness
    last: Cosignature | None
    behind: int | None


def standings() -> list[Standing]:
    """Return all witnesses, those in office first, with what each has cosigned."""
    latest = Cosignature.objects.filter(witness=OuterRef("pk")).order_by("-checkpoint_id").values("pk")[:1]
    witnesses = list(Witness.objects.annotate(last_id=Subquery(latest)).order_by("name", "active_from"))
    last = Cosignature.objects.in_bulk([found.last_id for found in witnesses if found.last_id])
    signed = checkpoint()
    size = signed.size if signed else 0
    found = [_standing(witness, last.get(witness.last_id), size) for witness in witnesses]
    return sorted(found, key=lambda standing: standing.witness.active_until is not None)


def _standing(witness: Witness, last: Cosignature | None, size: int) -> Standing:
    return Standing(witness, last, size - last.checkpoint_id if last else None)


def history(limit: int = 50) -> list[Cosignature]:
    """Return the latest cosignatures, the largest checkpoints first."""
    return list(Cosignature.objects.select_related("witness").order_by("-checkpoint_id", "witness__name")[:limit])


def cosignature_lines(size: int) -> list[str]:
    """Return the signature lines of witnesses for the checkpoint at `size`, oldest first."""
    return list(Cosignature.objects.filter(checkpoint_id=size).order_by("pk").values_list("line", flat=True))


def cosigned(checkpoint: Checkpoint) -> Note:
    """Return a checkpoint's signed note with the signatures of the witnesses that have cosigned it so far."""
    return with_signatures(parse_note(checkpoint.note), cosignature_lines(checkpoint.size))


def best_checkpoint(index: int) -> Checkpoint | None:
    """Return the checkpoint that vouches best for the entry at `index`; None where none covers it yet.

    That is, of the first ones after it, the one which most witnesses cosigned; without any, the latest.
    """
    later = Cosignature.objects.filter(checkpoint_id__gt=index).order_by("checkpoint_id")
    size = _most(later.values_list("checkpoint_id", flat=True)[:_NEXT])
    if size is not None:
        return Checkpoint.objects.get(pk=size)
    signed = checkpoint()
    return signed if signed and signed.size > index else None


def _most(sizes: Iterable[int]) -> int | None:
    """Return the size that occurs most often, the largest of several."""
    counted = Counter(sizes)
    return max(counted, key=lambda size: (counted[size], size), default=None)
