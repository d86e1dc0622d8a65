"""Signing the tree: a checkpoint (C2SP tlog-checkpoint) of what is committed, never of less than was signed before."""

from django.db import transaction

from audit import notes
from audit.errors import TreeDamaged
from audit.logkey import log_key, signer_of
from audit.merkle import ProofError, edge_root, verify_consistency
from audit.models import Checkpoint, Tree
from audit.proofs import consistency, root_at
from audit.queries import checkpoint
from audit.tiles import split_hashes
from audit.turns import take_turn
from foundation.clock import now


def publish() -> Checkpoint | None:
    """Sign the tree where it has grown since it was signed last; return the checkpoint, None where nothing is to sign.

    A log must never sign two trees of which one does not begin the other: that this one goes on from the last is
    proven from the tiles first. Raises `TreeDamaged` where it does not.
    """
    before, size = checkpoint(), _size()
    if size <= (before.size if before else 0):
        return None
    key = log_key()
    with transaction.atomic():
        if not take_turn():
            return None
        before, tree = checkpoint(), Tree.objects.get(pk=Tree.ONLY)
        if before and tree.size <= before.size:
            return None
        root = edge_root(split_hashes(bytes(tree.edge)))
        _check(before, tree.size, root)
        text = str(notes.Checkpoint(key.origin, tree.size, root))
        note = notes.sign_note(text, name=key.origin, public=bytes(key.public), sign=signer_of(key).sign)
        return Checkpoint.objects.create(size=tree.size, root=root, note=str(note), at=now())


def _size() -> int:
    return Tree.objects.filter(pk=Tree.ONLY).values_list("size", flat=True).first() or 0


def _check(before: Checkpoint | None, size: int, root: bytes) -> None:
    try:
        if before:
            proof, root1 = consistency(before.size, size), bytes(before.root)
            verify_consistency(size1=before.size, size2=size, proof=proof, root1=root1, root2=root)
        sound = bool(before) or root_at(size) == root
    except (ProofError, ValueError) as error:
        raise TreeDamaged(f"the tree of {size} does not go on from what was signed: {error}") from error
    if not sound:
        raise TreeDamaged(f"the tree of {size} is not that of its tiles")
