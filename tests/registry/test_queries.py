"""What other apps may ask the registry."""

import datetime as dt
from collections.abc import Iterable

import pytest

from foundation.clock import now
from foundation.context import PLATFORM
from foundation.reasons import Both
from registry import queries
from registry.enrolling import grant_role
from registry.models import Department, Item, LicenceType
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city(keys="")


def _codes(items: Iterable[Item | Department]) -> set[str]:
    return {i.code for i in items}


def _names(types: Iterable[LicenceType]) -> set[str]:
    return {t.name_zh for t in types}


def test_an_alias_stands_for_each_of_its_types_under_its_own_name() -> None:
    group = queries.need_groups(make.item("D2"))[2]
    assert _names(group.types) == {make.REPORT, make.FORM}
    assert group.name == Both(make.ENVIRONMENT, "Reply on the impact report or Reply on the impact form")


def test_alternatives_make_one_need_that_names_them_all() -> None:
    group = queries.need_groups(make.item("O2"))[0]
    assert _names(group.types) == {make.APPROVAL, make.STUDY}
    assert group.name == Both(f"{make.APPROVAL} 或 {make.STUDY}", "Approval of the project or Reply on the study")


@pytest.mark.parametrize(
    ("name", "found"),
    [
        (make.LAND, {make.LAND}),
        ("《用地 预审意见》", {make.LAND}),
        ("land opinion", {make.LAND}),
        (make.ENVIRONMENT, {make.REPORT, make.FORM}),
        (f"《{make.ENVIRONMENT}》", {make.REPORT, make.FORM}),
        ("没有这种证", set()),
        ("", set()),
        ("%", set()),
    ],
)
def test_types_are_found_by_name_in_either_language_or_by_alias(name: str, found: set[str]) -> None:
    assert _names(queries.types_named(name)) == found


def test_a_type_is_found_by_its_code() -> None:
    wanted = make.licence_type(make.LAND)
    assert queries.types_named(wanted.code) == [wanted]


def test_an_item_is_handled_by_its_department_and_by_a_counter_it_is_delegated_to() -> None:
    item = make.item("D2")
    assert queries.handles("D", item)
    assert not queries.handles("O", item)
    item.delegated_to.add(make.department("O"))
    assert queries.handles("O", item)
    assert "D2" in _codes(queries.items_of(["O"], now()))
    assert not queries.handles("", item)


def test_items_of_a_department_are_those_in_force() -> None:
    assert _codes(queries.items_of(["O"], now())) == {"O1", "O2", "O3", "O4", "O5"}
    make.edit(make.item("O2"), retired_at=now())
    assert _codes(queries.items_of(["O"], now())) == {"O1", "O3", "O4", "O5"}
    assert not queries.items_of([], now()).exists()


@pytest.mark.parametrize(
    ("text", "found"),
    [("用地", {"L1", "O2"}), ("规划 许可", {"O2", "O3"}), ("d2", {"D2"}), ("item d2", {"D2"}), ("%", set())],
)
def test_items_are_searched_by_every_word_in_either_language(text: str, found: set[str]) -> None:
    assert _codes(queries.search_items(text, now())) == found


def test_producers_are_the_new_items_in_force_that_yield_a_type() -> None:
    wanted = make.licence_type(make.APPROVAL)
    assert _codes(queries.producers([wanted], now())[wanted.pk]) == {"D2"}
    make.edit(make.item("D2"), retired_at=now())
    assert queries.producers([wanted], now())[wanted.pk] == []


def test_the_items_that_need_a_type_are_named_once_each() -> None:
    assert _codes(queries.items_needing(make.licence_type(make.LAND), now())) == {"D2", "O2"}


def test_the_city_has_its_own_departments_only() -> None:
    assert _codes(queries.departments()) == {"D", "O", "L", "M"}
    make.edit(make.department("M"), retired_at=now())
    assert _codes(queries.departments()) == {"D", "O", "L"}


def test_types_without_a_defining_body_cannot_be_issued() -> None:
    assert make.PAWN not in _names(queries.issuable_types())


def test_a_role_counts_from_its_beginning_until_its_end() -> None:
    person, at = make.person(), now()
    membership = grant_role(person=person, role="clerk", department=make.department("D"), actor=PLATFORM, since=at)
    assert queries.memberships(person, at) == [membership]
    assert queries.memberships(person, at - dt.timedelta(seconds=1)) == []
    make.edit(membership, until=at + dt.timedelta(hours=1))
    assert queries.memberships(person, at + dt.timedelta(minutes=59))
    assert queries.memberships(person, at + dt.timedelta(hours=1)) == []


def test_the_size_of_the_catalogue_counts_what_is_in_force() -> None:
    make.edit(make.item("O5"), retired_at=now())
    size = queries.catalogue_size()
    assert (size["departments"], size["items"]) == (4, 12)
