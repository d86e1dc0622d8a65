"""What a verification found, as one table: a bad licence is an outcome, not an error."""

from enum import IntEnum, StrEnum


class Outcome(IntEnum):
    """Codes 0 to 5 are those in use for 'verify information' (GB/T 36906 style); vendors differ above, we do not."""

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


class Signature(StrEnum):
    """The answer to the first question, apart from whether the licence is valid now: is it as its issuer signed it?"""

    RIGHT = "right"
    WRONG = "wrong"
    NOT_CHECKED = "not_checked"
