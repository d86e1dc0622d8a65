"""The legal clocks of agreements (order 809 of the State Council), as data with their articles. Pure.

Days are working days; that of the event itself does not count. A city that counts otherwise changes this table.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from foundation.clock import Deadline, legal_day, working_days_after
from foundation.reasons import Both


@dataclass(frozen=True, slots=True)
class Clock:
    """A duty to be done within so many working days, and the article that says so."""

    days: int
    article: str
    duty: Both


CLOCKS: Mapping[str, Clock] = {
    "answer": Clock(10, "第二十一条", Both("答复有条件共享的申请", "answer a request for conditional data")),
    "extension": Clock(10, "第二十一条", Both("经批准延长一次", "one extension, approved by the authority")),
    "delivery": Clock(20, "第二十二条", Both("同意后提供数据", "deliver after consent")),
}
NEAR = 3
"""Days before the last one at which the light of an answer turns yellow."""
ENDS_SOON = 30
"""Days before the end of an agreement at which its parties are reminded, and its light turns yellow."""


def due(clock: str, at: dt.datetime) -> Deadline:
    """Return the last day of a clock that an event at `at` starts."""
    return working_days_after(legal_day(at), CLOCKS[clock].days)


def extended(answer_by: dt.date) -> Deadline:
    """Return the last day of an answer whose time, which ended on `answer_by`, is extended."""
    return working_days_after(answer_by, CLOCKS["extension"].days)
