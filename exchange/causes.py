"""Why a clerk must see paper, as one table, and which cause the platform proposes from what it knows. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from foundation.reasons import Both


class Cause(StrEnum):
    """Why paper came back. All but the last are breakpoints (断点)."""

    NOT_COLLECTED = "not_collected"
    NOT_AUTHORISED = "not_authorised"
    NOT_ACCEPTED = "not_accepted"
    BAD_QUALITY = "bad_quality"
    NOT_CONNECTED = "not_connected"
    RIGHTS_UNCLEAR = "rights_unclear"
    HIGHER_LEVEL = "higher_level"
    EXPIRED_AGREEMENT = "expired_agreement"
    SYSTEM_DOWN = "system_down"
    APPLICANT_CHOSE_PAPER = "applicant_chose_paper"


CAUSE_NAMES: Mapping[Cause, Both] = {
    Cause.NOT_COLLECTED: Both("未归集", "not collected"),
    Cause.NOT_AUTHORISED: Both("未获授权", "not authorised"),
    Cause.NOT_ACCEPTED: Both("不认可电子证照", "the electronic licence is not accepted"),
    Cause.BAD_QUALITY: Both("数据质量问题", "bad quality"),
    Cause.NOT_CONNECTED: Both("未接入", "not connected"),
    Cause.RIGHTS_UNCLEAR: Both("权责不清", "rights unclear"),
    Cause.HIGHER_LEVEL: Both("数据在上级部门", "held at a higher level"),
    Cause.EXPIRED_AGREEMENT: Both("协议到期", "expired agreement"),
    Cause.SYSTEM_DOWN: Both("系统故障", "system down"),
    Cause.APPLICANT_CHOSE_PAPER: Both("申请人自愿提交纸质", "the applicant chose paper"),
}
BREAKPOINTS = tuple(cause for cause in Cause if cause is not Cause.APPLICANT_CHOSE_PAPER)

# Outcomes by which the data say that the licence does not hold: paper changes nothing about that.
DISPROVED = ("not_yet_valid", "suspended", "no_longer_valid", "mismatch")
_BY_OUTCOME: Mapping[str, Cause] = {
    "source_unreachable": Cause.SYSTEM_DOWN,
    "incomplete": Cause.BAD_QUALITY,
    "ambiguous": Cause.BAD_QUALITY,
    "signature_invalid": Cause.BAD_QUALITY,
    "valid": Cause.NOT_ACCEPTED,
}
_BY_REFUSAL: Mapping[str, Cause] = {
    "authorisation_missing": Cause.NOT_AUTHORISED,
    "rate_exceeded": Cause.SYSTEM_DOWN,
    "not_shared": Cause.RIGHTS_UNCLEAR,
}


@dataclass(frozen=True, slots=True)
class Known:
    """What the platform knows of a need: what its last verification found, who holds the type, what was agreed.

    `outcome` is empty where nothing was verified, `refusal` the reason's code where the access was refused.
    `agreement_ended`: an agreement for item and type was in force once, and none is now.
    """

    outcome: str = ""
    refusal: str = ""
    chose_paper: bool = False
    higher_level: bool = False
    connected: bool = True
    agreement_ended: bool = False


def propose(known: Known) -> Cause | None:
    """Return the likeliest cause; None where the data disprove the licence, so that no paper takes its place."""
    if known.outcome in DISPROVED:
        return None
    if known.outcome == "refused":
        if known.refusal == "agreement_missing":
            return Cause.EXPIRED_AGREEMENT if known.agreement_ended else Cause.RIGHTS_UNCLEAR
        return _BY_REFUSAL.get(known.refusal, Cause.RIGHTS_UNCLEAR)
    if known.chose_paper and known.outcome in ("", "valid"):
        return Cause.APPLICANT_CHOSE_PAPER
    if known.outcome in _BY_OUTCOME:
        return _BY_OUTCOME[known.outcome]
    if known.higher_level:
        return Cause.HIGHER_LEVEL
    return Cause.NOT_COLLECTED if known.connected else Cause.NOT_CONNECTED
