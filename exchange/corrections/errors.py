"""What can go wrong with reports of wrong fields."""

from exchange.mending import STATE_NAMES, State
from foundation.reasons import Both, Refused, because


class CorrectionOpen(Refused):
    """The reporter's report of the same field is not answered yet."""

    def __init__(self) -> None:
        super().__init__(because("correction_open"))


class CorrectionNotFound(Refused):
    """There is no such report for whoever asks."""

    def __init__(self) -> None:
        super().__init__(because("correction_not_found"))


class CorrectionNotYours(Refused):
    """Another department, or another role, answers the report."""

    def __init__(self, provider: Both) -> None:
        super().__init__(because("correction_not_yours", department=provider))


class OwnReport(Refused):
    """Nobody answers a report of their own."""

    def __init__(self) -> None:
        super().__init__(because("own_report"))


class CorrectionWrongState(Refused):
    """The table of states has no such step for the report."""

    def __init__(self, state: State) -> None:
        super().__init__(because("correction_wrong_state", state=STATE_NAMES[state]))


class NotMended(Refused):
    """No newer version of the licence says the field in another way."""

    def __init__(self) -> None:
        super().__init__(because("not_mended"))


class LicenceNotHeld(Refused):
    """No holder for whom the person acts holds such a licence."""

    def __init__(self) -> None:
        super().__init__(because("licence_not_held"))
