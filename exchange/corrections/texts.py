"""What reporters and providers write: personal values, sealed for the report's row alone."""

import json
from dataclasses import asdict, dataclass

from django.conf import settings

from exchange.models import Correction

SAID, FINDING = "correction-said", "correction-finding"
LONGEST = 2000


@dataclass(frozen=True, slots=True)
class Said:
    """What is wrong with the field, what it should be, and what shows it."""

    wrong: str = ""
    proposed: str = ""
    evidence: str = ""

    def stripped(self) -> "Said":
        """Return it without white space at the ends."""
        return Said(self.wrong.strip(), self.proposed.strip(), self.evidence.strip())


def seal_said(correction: Correction, said: Said) -> bytes:
    """Return the texts as the row of this report holds them."""
    plain = json.dumps(asdict(said), ensure_ascii=False).encode()
    return settings.SEALING_RING.seal(plain, purpose=SAID, bound_to=correction.pk.bytes)


def said_of(correction: Correction) -> Said:
    """Return what the reporter wrote; `SealError` where the row was altered."""
    sealed = bytes(correction.said_sealed)
    return Said(**json.loads(settings.SEALING_RING.open(sealed, purpose=SAID, bound_to=correction.pk.bytes)))


def seal_finding(correction: Correction, finding: str) -> bytes:
    """Return the answer as the row of this report holds it."""
    return settings.SEALING_RING.seal(finding.encode(), purpose=FINDING, bound_to=correction.pk.bytes)


def finding_of(correction: Correction) -> str:
    """Return the answer, empty while there is none; `SealError` where the row was altered."""
    sealed = bytes(correction.finding_sealed)
    if not sealed:
        return ""
    return settings.SEALING_RING.open(sealed, purpose=FINDING, bound_to=correction.pk.bytes).decode()
