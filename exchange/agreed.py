"""Which agreements give a right of use now, and on which of them an access rests. Pure."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from exchange.access import AgreementFacts, Question, TypeFacts

READING = "disclose"
"""The way of use of an agreement that lets fields be read."""


def is_in_time(agreement: "AgreementFacts", q: "Question") -> bool:
    """Say whether it has begun, and has not ended for a case that was accepted before, if it was."""
    if q.at < agreement.since or agreement.until is None or q.at < agreement.until:
        return agreement.since <= q.at
    return bool(agreement.cases_continue and q.accepted_at and agreement.since <= q.accepted_at < agreement.until)


def is_of_the_way(agreement: "AgreementFacts", q: "Question") -> bool:
    """Say whether its ways allow what is asked for: who may read may verify."""
    return not q.disclose or not agreement.ways or READING in agreement.ways


def is_for_the_purpose(agreement: "AgreementFacts", q: "Question") -> bool:
    """Say whether it is for the purpose stated, or for any."""
    return agreement.purpose in ("", q.purpose)


def _is_usable(agreement: "AgreementFacts", q: "Question") -> bool:
    in_force = is_in_time(agreement, q) and not agreement.stopped and agreement.quota_left != 0
    return in_force and is_for_the_purpose(agreement, q) and is_of_the_way(agreement, q)


def relied_on(q: "Question", wanted: "TypeFacts") -> "tuple[AgreementFacts, ...]":
    """Return those of the agreements in force on which the access rests: those without a quota first.

    One is enough to verify; to read it takes those that each give a field which those before do not.
    """
    usable = [a for a in q.agreements if _is_usable(a, q)]
    usable.sort(key=lambda a: -1 if a.quota_left is None else 1 / a.quota_left)
    relied, given = usable[:1], {field for a in usable[:1] for field in a.fields}
    for agreement in usable[1:] if q.disclose else ():
        if (set(agreement.fields) - given).intersection(wanted.fields):
            relied.append(agreement)
            given.update(agreement.fields)
    return tuple(relied)
