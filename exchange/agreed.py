"""Which agreements give a right of use now, on which of them an access rests, and why none does. Pure."""

import datetime as dt
import math
from typing import TYPE_CHECKING

from foundation.clock import end_of_day
from foundation.reasons import Both, Grounds, because

if TYPE_CHECKING:
    from exchange.access import AgreementFacts, Question, TypeFacts

READING = "disclose"
"""The way of use of an agreement that lets fields be read."""


def _in_time(q: "Question") -> "list[AgreementFacts]":
    in_time = (a for a in q.agreements if a.since <= q.at and (_is_before_end(a, q.at) or _goes_on(a, q)))
    return [a for a in in_time if not a.purpose or a.purpose == q.purpose]


def _is_before_end(agreement: "AgreementFacts", at: dt.datetime) -> bool:
    return agreement.until is None or at < agreement.until


def _goes_on(agreement: "AgreementFacts", q: "Question") -> bool:
    """Say whether the case was accepted while the agreement was in force, which its end then does not touch."""
    accepted = q.accepted_at
    return bool(agreement.cases_continue and accepted and agreement.since <= accepted < (agreement.until or q.at))


def _is_of_the_way(agreement: "AgreementFacts", q: "Question") -> bool:
    # Who may read may verify.
    return not q.disclose or not agreement.ways or READING in agreement.ways


def relied_on(q: "Question", wanted: "TypeFacts") -> "tuple[AgreementFacts, ...]":
    """Return those of the agreements in force on which the access rests: those without a quota first.

    One is enough to verify; to read it takes those that each give a field which those before do not.
    """
    usable = [a for a in _in_time(q) if not a.stopped and a.quota_left != 0 and _is_of_the_way(a, q)]
    usable.sort(key=lambda a: -1 if a.quota_left is None else 1 / a.quota_left)
    relied, given = usable[:1], {field for a in usable[:1] for field in a.fields}
    for agreement in usable[1:] if q.disclose else ():
        if (set(agreement.fields) - given).intersection(wanted.fields):
            relied.append(agreement)
            given.update(agreement.fields)
    return tuple(relied)


def why_none_helps(q: "Question", wanted: "TypeFacts") -> Grounds | None:
    """Return what keeps the agreements in time from giving the right; nothing where there is none."""
    in_time = _in_time(q)
    going = [a for a in in_time if not a.stopped]
    of_the_way = [a for a in going if _is_of_the_way(a, q)]
    for agreement in of_the_way or going or in_time:
        names: dict[str, str | Both] = {
            "agreement": agreement.reference,
            "type": wanted.name,
            "owner": wanted.owner_name,
        }
        if of_the_way:
            return quota_grounds(agreement.reference, agreement.quota, agreement.resumes, wanted.owner_name, q.at)
        return because("agreement_way_missing" if going else "agreement_suspended", **names)
    return None


def quota_grounds(reference: str, quota: int, resumes: dt.date | None, owner: Both, at: dt.datetime) -> Grounds:
    """Return the grounds of a quota that is used up; `resumes` is the legal day on which there are new accesses."""
    names: dict[str, str | Both] = {"agreement": reference, "quota": str(quota), "owner": owner}
    if resumes is None:
        return because("total_quota_used", **names)
    wait = end_of_day(resumes - dt.timedelta(days=1)) - at
    return because("daily_quota_used", **names, day=resumes.isoformat(), seconds=str(math.ceil(wait.total_seconds())))
