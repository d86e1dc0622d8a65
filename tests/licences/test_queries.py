"""What other apps may ask about licences."""

import datetime as dt
from typing import Any

import pytest

from foundation.clock import legal_day, now
from foundation.reasons import Both
from licences import queries
from tests import factories as make

pytestmark = pytest.mark.django_db

TODAY = legal_day(now())


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city()


def test_a_number_is_searched_among_the_given_types_only() -> None:
    licence = make.issued(make.LAND)
    assert queries.find_licences(licence.number, [licence.licence_type_id]) == [licence]
    assert queries.find_licences(licence.number, [make.licence_type(make.SITE).pk]) == []
    assert queries.find_licences(licence.identifier, [make.licence_type(make.SITE).pk]) == []
    assert queries.find_licences(licence.number, []) == []
    assert queries.types_of(licence.number) == {licence.licence_type_id}
    assert not queries.types_of("成国土局〔1900〕1号")


@pytest.mark.parametrize("text", ["", " ", "\u200b", "%", "_", "〔〕", "1.2.156.3005.2"])
def test_no_wildcard_and_no_emptiness_finds_anything(text: str) -> None:
    licence = make.issued()
    assert queries.find_licences(text, [licence.licence_type_id]) == []
    assert not queries.types_of(text)


@pytest.mark.parametrize(
    ("values", "name", "valid"),
    [
        ({}, Both("有效", "valid"), True),
        ({"valid_from": TODAY + dt.timedelta(days=1)}, Both("尚未生效", "not yet valid"), False),
        ({"valid_from": TODAY - dt.timedelta(9), "valid_until": TODAY}, Both("有效", "valid"), True),
        (
            {"valid_from": TODAY - dt.timedelta(9), "valid_until": TODAY - dt.timedelta(1)},
            Both("已届满", "expired"),
            False,
        ),
    ],
)
def test_dates_count_in_the_state_that_people_see(values: dict[str, Any], name: Both, valid: bool) -> None:
    licence = make.issued(**values)
    assert queries.state_now(licence, now()) == name
    assert queries.is_valid_now(licence, now()) is valid


def test_only_departments_with_a_key_in_force_can_sign() -> None:
    land = make.department("L")
    assert land.pk in queries.departments_with_keys()
    land.signing_keys.update(retired_at=now())
    assert land.pk not in queries.departments_with_keys()


def test_a_search_takes_a_fixed_number_of_queries(django_assert_num_queries: Any) -> None:
    licence, holder = make.issued(make.LAND), make.company()
    with django_assert_num_queries(2):
        (found,) = queries.find_licences(licence.number, [licence.licence_type_id])
        assert found.licence_type.owner
        assert found.issuer.code == found.licence_type.owner.code == "L"
        assert found.signing_key.key_id
        assert queries.is_held_by(found, holder.pk)
