"""May a checkpoint be cosigned after the one cosigned last? One answer for both ways in which checkpoints come."""

from collections.abc import Sequence
from enum import StrEnum

from audit_check.merkle import ProofError, verify_consistency
from audit_check.notes import Checkpoint


class Verdict(StrEnum):
    """What a checkpoint is, seen from the one cosigned last."""

    GROWN = "grown"
    SAME = "same"
    SHRUNK = "shrunk"
    """Smaller: an old one shown again, or a log that lost entries."""
    OTHER_OLD = "other_old"
    """The proof begins at another size than that cosigned last."""
    FORK = "fork"
    """The log signed two histories: as many entries, another root."""
    UNPROVEN = "unproven"
    """The proof does not show that the log only grew."""


def judge(last: Checkpoint | None, new: Checkpoint, *, old: int, proof: Sequence[bytes]) -> Verdict:
    """Judge a checkpoint whose signature was checked; `old` is the size at which its proof begins (tlog-witness)."""
    size = last.size if last else 0
    if last and new.size == size and new.root != last.root:
        return Verdict.FORK
    if old != size:
        return Verdict.OTHER_OLD
    if new.size < size:
        return Verdict.SHRUNK
    try:
        # From nothing everything has grown; tlog-witness wants no proof then.
        if size == 0 and proof:
            return Verdict.UNPROVEN
        if last and size:
            verify_consistency(size1=size, size2=new.size, proof=proof, root1=last.root, root2=new.root)
    except ProofError:
        return Verdict.UNPROVEN
    return Verdict.SAME if last and new.size == size else Verdict.GROWN
