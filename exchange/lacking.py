"""Why a right of use or an authorisation is lacking: what would change the answer, and whom to ask. Pure."""

import datetime as dt
import math
from typing import TYPE_CHECKING

from exchange import agreed
from foundation.clock import end_of_day, legal_day
from foundation.reasons import Both, Grounds, because

if TYPE_CHECKING:
    from exchange.access import AgreementFacts, AuthorisationFacts, Question, TypeFacts


def right_of_use(q: "Question", wanted: "TypeFacts") -> Grounds:
    """Return why none of the grounds of use holds: what is nearest to one, an agreement before an authorisation."""
    if q.agreements:
        return _agreement(q, wanted, max(q.agreements, key=lambda a: _nearness(a, q)))
    if q.authorisations:
        return authorisation(q, wanted)
    names = {"type": wanted.name, "department": q.asker.department_name, "owner": wanted.owner_name}
    return because("agreement_missing", **names)


def _nearness(agreement: "AgreementFacts", q: "Question") -> tuple[int, dt.datetime]:
    """Order agreements by how little would mend them: to be renewed, to begin, another purpose, to go on, the rest."""
    if q.at < agreement.since:
        return 1, agreement.since
    if agreement.until is not None and not agreed.is_in_time(agreement, q):
        return 0, agreement.until
    if not agreed.is_for_the_purpose(agreement, q):
        return 2, agreement.since
    if agreement.stopped:
        return 3, agreement.since
    return (5 if agreed.is_of_the_way(agreement, q) else 4), agreement.since


def _agreement(q: "Question", wanted: "TypeFacts", nearest: "AgreementFacts") -> Grounds:
    named: dict[str, str | Both] = {"type": wanted.name, "agreement": nearest.reference, "owner": wanted.owner_name}
    if q.at < nearest.since:
        return because("agreement_not_yet", date=told_day(nearest.since), **named)
    if nearest.until is not None and not agreed.is_in_time(nearest, q):
        return because("agreement_ended", date=told_day(nearest.until), **named)
    if not agreed.is_for_the_purpose(nearest, q):
        return because("agreement_other_purpose", purpose=nearest.purpose, **named)
    if nearest.stopped:
        return because("agreement_suspended", **named)
    if not agreed.is_of_the_way(nearest, q):
        return because("agreement_way_missing", **named)
    if nearest.quota_left == 0:
        return quota(nearest.reference, nearest.quota, nearest.resumes, wanted.owner_name, q.at)
    return because("agreement_other_fields", **named)


def quota(reference: str, accesses: int, resumes: dt.date | None, owner: Both, at: dt.datetime) -> Grounds:
    """Return the grounds of a quota that is used up; `resumes` is the legal day on which there are new accesses."""
    names: dict[str, str | Both] = {"agreement": reference, "quota": str(accesses), "owner": owner}
    if resumes is None:
        return because("total_quota_used", **names)
    wait = end_of_day(resumes - dt.timedelta(days=1)) - at
    return because("daily_quota_used", **names, day=resumes.isoformat(), seconds=str(math.ceil(wait.total_seconds())))


def authorisation(q: "Question", wanted: "TypeFacts") -> Grounds:
    """Return why the holder's authorisation is lacking: there is none, or the latest does not hold."""
    if not q.authorisations:
        return because("authorisation_missing", type=wanted.name)
    latest = max(q.authorisations, key=lambda a: (a.for_item, a.since))
    if not latest.for_item:
        return because("authorisation_other_item", type=wanted.name, item=q.item_code)
    ended = _ended(latest, q.at)
    if ended:
        code, when = ended
        return because(code, type=wanted.name, date=told_day(when))
    if latest.since > q.at:
        return because("authorisation_not_yet", type=wanted.name, date=told_day(latest.since))
    return because("authorisation_other_purpose", type=wanted.name, purpose=latest.purpose)


def _ended(given: "AuthorisationFacts", at: dt.datetime) -> tuple[str, dt.datetime] | None:
    ends = (
        ("authorisation_revoked", given.revoked_at),
        ("authorisation_used", given.used_at),
        ("authorisation_ended", given.until),
    )
    return next(((code, end) for code, end in ends if end is not None and end <= at), None)


def told_day(at: dt.datetime) -> Both:
    """Return the legal day of an instant as each language writes it."""
    day = legal_day(at)
    return Both(f"{day.year}年{day.month}月{day.day}日", day.isoformat())
