"""What a verification found, as one table: a bad licence is an outcome, not an error."""

from enum import IntEnum, StrEnum


class Signature(StrEnum):
    """Whether a licence is as its issuer signed it."""

    RIGHT = "right"
    WRONG = "wrong"
    NOT_CHECKED = "not_checked"


class Outcome(IntEnum):
    """Codes 0 to 5 are those in use for 'verify information' (GB/T 36906 style); vendors differ above, we do not.

    Each answers two questions apart: is the signature right, and is the licence valid now? One that is rightly signed
    may have expired all the same.
    """

    VALID = 0
    NOT_YET_VALID = 1
    SUSPENDED = 2
    NO_LONGER_VALID = 3
    INCOMPLETE = 4
    NOT_FOUND = 5
    MISMATCH = 6
    SIGNATURE_INVALID = 7
    NOT_COLLECTED = 8
    AMBIGUOUS = 9
    SOURCE_UNREACHABLE = 10

    @property
    def label(self) -> str:
        """The name in answers, such as `no_longer_valid`."""
        return self.name.lower()

    @property
    def signature(self) -> Signature:
        """The first answer; not checked where there was no single licence to check."""
        if self is Outcome.SIGNATURE_INVALID:
            return Signature.WRONG
        return Signature.NOT_CHECKED if self in _NONE_TO_CHECK else Signature.RIGHT

    @property
    def is_valid_now(self) -> bool | None:
        """The second answer, by state and dates; None where the checks ended before them, so that nothing is known."""
        return None if self in _ENDED_EARLY else self is Outcome.VALID


_NONE_TO_CHECK = frozenset({Outcome.NOT_FOUND, Outcome.NOT_COLLECTED, Outcome.AMBIGUOUS, Outcome.SOURCE_UNREACHABLE})
_ENDED_EARLY = _NONE_TO_CHECK | {Outcome.SIGNATURE_INVALID, Outcome.MISMATCH, Outcome.INCOMPLETE}
