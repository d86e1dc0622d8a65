"""What a log sends to a witness: `add-checkpoint` of C2SP tlog-witness."""

from dataclasses import dataclass

from audit_check.merkle import HASH_BYTES
from audit_check.notes import LONGEST_NOTE, MalformedError, decoded, number

_MOST_HASHES = 63
LONGEST_REQUEST = LONGEST_NOTE + 64 * 64


@dataclass(frozen=True, slots=True)
class Addition:
    """The size at which the proof begins, the proof, and the checkpoint as it was sent."""

    old: int
    proof: tuple[bytes, ...]
    checkpoint: bytes


def parse_addition(body: bytes) -> Addition:
    """Return what a request holds; raises `MalformedError`."""
    head, blank, checkpoint = body.partition(b"\n\n")
    try:
        first, *lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise MalformedError("the request is not as tlog-witness says") from error
    word, _, size = first.partition(" ")
    if not blank or word != "old" or len(lines) > _MOST_HASHES:
        raise MalformedError("the request is not as tlog-witness says")
    proof = tuple(decoded(line) for line in lines)
    if any(len(one) != HASH_BYTES for one in proof):
        raise MalformedError("the proof is not made of hashes")
    return Addition(number(size), proof, checkpoint)
