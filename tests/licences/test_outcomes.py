"""Outcomes are numbered as the sharing interface numbers them."""

from foundation.reasons import REASONS
from licences.outcomes import Outcome, Signature


def test_the_codes_are_those_of_the_table() -> None:
    assert [(o.value, o.label) for o in Outcome] == [
        (0, "valid"),
        (1, "not_yet_valid"),
        (2, "suspended"),
        (3, "no_longer_valid"),
        (4, "incomplete"),
        (5, "not_found"),
        (6, "mismatch"),
        (7, "signature_invalid"),
        (8, "not_collected"),
        (9, "ambiguous"),
        (10, "source_unreachable"),
    ]


def test_every_outcome_has_a_reason_that_explains_it() -> None:
    unexplained = {"no_longer_valid", "mismatch"}  # explained by expired, revoked, …; by holder_mismatch
    assert {o.label for o in Outcome} - unexplained <= set(REASONS)


def test_each_answers_two_questions_apart() -> None:
    right, wrong, unchecked = Signature.RIGHT, Signature.WRONG, Signature.NOT_CHECKED
    assert {o.label: (o.signature, o.is_valid_now) for o in Outcome} == {
        "valid": (right, True),
        "not_yet_valid": (right, False),
        "suspended": (right, False),
        "no_longer_valid": (right, False),
        "incomplete": (right, None),
        "not_found": (unchecked, None),
        "mismatch": (right, None),
        "signature_invalid": (wrong, None),
        "not_collected": (unchecked, None),
        "ambiguous": (unchecked, None),
        "source_unreachable": (unchecked, None),
    }
