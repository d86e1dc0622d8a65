"""What can go wrong with credentials, copies and download addresses."""

from foundation.reasons import Both, Grounds, Refused, because


class CredentialNotGiven(Refused):
    """The credential does not verify, so it is not passed on."""

    def __init__(self, why: Grounds, *, entry: str = "") -> None:
        super().__init__(
            because("credential_not_given", why=Both(why.zh.rstrip("。"), why.en.rstrip("."))), entry=entry
        )


class CopyNotFound(Refused):
    """The department has no such copy of this licence; another department's answers exactly the same."""

    def __init__(self) -> None:
        super().__init__(because("copy_not_found"))


class PurposeDiffers(Refused):
    """A copy made for one use is asked for another."""

    def __init__(self) -> None:
        super().__init__(because("purpose_differs"))


class DownloadGone(Refused):
    """No such address, or used, or expired: all alike."""

    def __init__(self, true_reason: str = "") -> None:
        super().__init__(because("download_gone"))
        self.true_reason = true_reason


class CodeNamesNothing(Refused):
    """The text of a QR code names no licence here."""

    def __init__(self) -> None:
        super().__init__(because("code_names_nothing"))
