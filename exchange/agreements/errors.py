"""What can go wrong with an agreement."""

from collections.abc import Iterable, Mapping

from exchange.agreements.procedure import PARTY_NAMES, STATE_NAMES, Party, State
from exchange.errors import listed
from foundation.reasons import Both, Grounds, Refused, because


class AgreementNotFound(Refused):
    """There is no such agreement for whoever asks; one of others answers exactly the same."""

    def __init__(self) -> None:
        super().__init__(because("agreement_not_found"))


class AgreementNotNeeded(Refused):
    """The type may be used without an agreement."""

    def __init__(self, licence_type: Both, ground: Both) -> None:
        super().__init__(because("agreement_not_needed", type=licence_type, ground=ground))


class NotRequestable(Refused):
    """The type cannot be asked for, by the grounds given."""


class RequestIncomplete(Refused):
    """The request lacks something, or has faults; all are named at once, and the draft is kept."""

    def __init__(self, reference: str, names: Iterable[Both], faults: Mapping[str, Grounds]) -> None:
        kept = Both(reference or "未保存", reference or "none, as it names no item and type")
        super().__init__(because("agreement_incomplete", reference=kept, fields=listed(names)), fields=faults)


class AgreementWrongState(Refused):
    """The table of states has no such step for the agreement."""

    def __init__(self, state: State) -> None:
        super().__init__(because("agreement_wrong_state", state=STATE_NAMES[state]))


class AgreementNotYours(Refused):
    """Others take this step."""

    def __init__(self, parties: Iterable[Party]) -> None:
        super().__init__(because("agreement_not_yours", who=listed(PARTY_NAMES[party] for party in parties)))


class BothSides(Refused):
    """Nobody acts for two sides of an agreement."""

    def __init__(self) -> None:
        super().__init__(because("agreement_both_sides"))


class OwnRequest(Refused):
    """Nobody approves a request of their own where somebody else is head."""

    def __init__(self) -> None:
        super().__init__(because("agreement_own_request"))
