"""What can go wrong about authorisations."""

from foundation.reasons import Refused, because


class AuthorisationOver(Refused):
    """The authorisation is used up, has ended or was taken back already."""

    def __init__(self) -> None:
        super().__init__(because("authorisation_over"))


class CodeInvalid(Refused):
    """The code was never made, was used, or is too old: all answer the same."""

    def __init__(self) -> None:
        super().__init__(because("authorisation_code_invalid"))


class TooManyAttempts(Refused):
    """Codes are tried or made faster than people do; `seconds` says when to come back."""

    def __init__(self, seconds: int) -> None:
        super().__init__(because("rate_exceeded", seconds=str(seconds)))
