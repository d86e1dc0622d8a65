"""What can go wrong with subscriptions."""

from exchange.delivery import STATE_NAMES, State
from foundation.reasons import Both, Grounds, Refused, because


class SubscriptionNotFound(Refused):
    """The department has no such subscription; another department's answers exactly the same."""

    def __init__(self) -> None:
        super().__init__(because("subscription_not_found"))


class SubscriptionExists(Refused):
    """The department has one to the same address."""

    def __init__(self) -> None:
        super().__init__(because("subscription_exists"))


class SubscriptionWrongState(Refused):
    """The table of states has no such step."""

    def __init__(self, state: State) -> None:
        super().__init__(because("subscription_wrong_state", state=STATE_NAMES[state]))


class AddressNotAllowed(Refused):
    """Nothing is sent to such an address."""

    def __init__(self, why: Both) -> None:
        grounds = because("address_not_allowed", why=why)
        super().__init__(grounds, fields={"address": grounds})


class EndpointNotProven(Refused):
    """The endpoint did not answer the challenge."""

    def __init__(self, why: Grounds) -> None:
        super().__init__(because("endpoint_not_proven", why=Both(why.zh.rstrip("。"), why.en.rstrip("."))))


class TooSoon(Refused):
    """The endpoint was challenged a moment ago."""

    def __init__(self, seconds: int) -> None:
        super().__init__(because("rate_exceeded", seconds=str(seconds)))
