"""What other apps may ask about licences."""

import datetime as dt
from typing import Any

import pytest
from django.conf import settings

from foundation.clock import legal_day, now
from foundation.reasons import Both
from licences import queries
from licences.authenticity import authenticate
from licences.lifecycle import State
from licences.models import Licence
from licences.storing import authenticated
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
    with django_assert_num_queries(3):
        (found,) = queries.find_licences(licence.number, [licence.licence_type_id])
        assert found.licence_type.owner
        assert found.issuer.code == found.licence_type.owner.code == "L"
        assert found.signing_key.key_id
        assert queries.is_held_by(found, holder.pk)
        assert queries.is_held_by_index(found, bytes(holder.number_index))


def _state(licence: Licence, state: State) -> Licence:
    """Put a licence into a state, as the platform does."""
    licence.state = state
    licence.mac_key, licence.mac = authenticate(authenticated(licence), settings.SEALING_RING)
    make.edit(licence, state=state, mac_key=licence.mac_key, mac=licence.mac)
    return licence


@pytest.mark.parametrize("state", queries.NEVER_ISSUED)
def test_what_was_never_issued_is_known_to_its_issuer_alone(state: State) -> None:
    holder = make.company()
    old = make.issued(holder=holder)
    new = _state(make.issued(holder=holder, replaces=old), state)
    _state(old, State.VALID)
    assert queries.find_licences(old.number, [old.licence_type_id]) == [old]
    assert queries.find_licences(new.identifier, [old.licence_type_id]) == []
    assert queries.wallet(holder.pk) == [old]
    assert queries.successor_of(old) is None
    assert queries.chain_of(old) == [old, new]
    single = _state(make.issued(), state)
    assert queries.find_licences(single.number, [single.licence_type_id]) == []
    assert not queries.types_of(single.number)


def test_versions_are_told_oldest_first_and_the_newest_is_the_successor() -> None:
    first = make.issued()
    second = make.issued(replaces=first)
    third = make.issued(replaces=second)
    for version in (first, second, third):
        assert queries.chain_of(version) == [first, second, third]
    assert queries.successor_of(first) == queries.successor_of(second) == third
    assert queries.successor_of(third) is None


def test_a_reform_of_the_type_keeps_the_chain_together() -> None:
    first = make.issued(make.APPROVAL)
    second = make.issued(make.STUDY, replaces=first)
    assert queries.chain_of(first) == [first, second]
    assert queries.successor_of(first) == second


def test_links_edited_into_a_circle_lead_nowhere() -> None:
    first = make.issued()
    second = make.issued(replaces=first)
    make.edit(first, previous=second)
    assert queries.chain_of(first) == queries.chain_of(second) == [first, second]
    assert queries.successor_of(second) is None
    assert queries.last_held(second, lambda version: False) is None


def test_the_last_version_of_a_former_holder_is_found() -> None:
    one, other = make.company(1), make.company(2)
    first = make.issued(holder=one)
    second = make.issued(holder=one, replaces=first)
    third = make.issued(holder=other, replaces=second, operation="transfer")
    assert queries.last_held(third, lambda version: queries.is_held_by(version, one.pk)) == second
    assert queries.last_held(third, lambda version: queries.is_held_by(version, other.pk)) is None


def test_a_type_is_collected_where_its_owner_can_sign_or_some_are_kept() -> None:
    land = make.licence_type(make.LAND)
    assert queries.is_collected(land)
    make.department("L").signing_keys.update(retired_at=now())
    assert not queries.is_collected(land)
    assert not queries.is_collected(make.licence_type(make.PAWN))


def test_licences_of_an_owner_without_a_key_are_still_collected() -> None:
    licence = make.issued(make.LAND)
    make.department("L").signing_keys.update(retired_at=now())
    assert queries.is_collected(licence.licence_type)
