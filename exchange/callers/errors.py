"""Why a system that calls is not believed."""

from foundation.reasons import Refused, because

ALGORITHMS = ("ES256", "Ed25519")
"""What systems sign with (RFC 7518 section 3.4, RFC 9864); `EdDSA`, the older name of the second, is taken too."""


class CallerRefused(Refused):
    """The assertion or the signature of a call does not hold, for a reason of the list."""

    def __init__(self, code: str, **values: str) -> None:
        super().__init__(because(code, **values))
