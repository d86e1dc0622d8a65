"""What can go wrong with an application on its way."""

from collections.abc import Iterable

from exchange.errors import listed
from foundation.reasons import Both, Refused, because


class MissingListedBefore(Refused):
    """What is missing is told once, all of it (administrative licensing law, art. 32)."""

    def __init__(self) -> None:
        super().__init__(because("missing_listed_before"))


class StillMissing(Refused):
    """Not everything that was listed has been given."""

    def __init__(self, names: Iterable[Both]) -> None:
        super().__init__(because("still_missing", needs=listed(names)))


class ExtendedBefore(Refused):
    """The term of a decision is extended once (art. 42)."""

    def __init__(self) -> None:
        super().__init__(because("extended_before"))


class TermOver(Refused):
    """The term is over, so that it can be extended no more."""

    def __init__(self) -> None:
        super().__init__(because("term_over"))


class NotHead(Refused):
    """The head of the department alone approves an extension."""

    def __init__(self, department: Both) -> None:
        super().__init__(because("head_needed", department=department))


class ClockStandsStill(Refused):
    """The clock stands still already, or does not."""

    def __init__(self, code: str = "clock_stands_still") -> None:
        super().__init__(because(code))


class PaperNoUse(Refused):
    """The data say that the licence does not hold: paper does not change that."""

    def __init__(self) -> None:
        super().__init__(because("paper_no_use"))


class NeedUnknown(Refused):
    """The item has no such need."""

    def __init__(self) -> None:
        super().__init__(because("need_unknown"))


class IssuerOutside(Refused):
    """Nobody on this platform issues the type, so that nobody can be asked."""

    def __init__(self, licence_type: Both) -> None:
        super().__init__(because("issuer_outside", type=licence_type))


class AssistanceOpen(Refused):
    """The issuer was asked already and has not answered yet."""

    def __init__(self) -> None:
        super().__init__(because("assistance_open"))


class AssistanceNotFound(Refused):
    """There is no such request for whoever asks."""

    def __init__(self) -> None:
        super().__init__(because("assistance_not_found"))


class AssistanceAnswered(Refused):
    """The request was answered before."""

    def __init__(self) -> None:
        super().__init__(because("assistance_answered"))


class FileNotMade(Refused):
    """The case is not decided yet, so that it has no file."""

    def __init__(self) -> None:
        super().__init__(because("file_not_made"))


class ReviewClosed(Refused):
    """The review was closed before, or there is none."""

    def __init__(self, code: str = "review_closed") -> None:
        super().__init__(because(code))


class RequestKeyReused(Refused):
    """The idempotency key was used for another request."""

    def __init__(self) -> None:
        super().__init__(because("idempotency_key_reused"))
