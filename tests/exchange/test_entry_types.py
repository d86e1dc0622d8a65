"""Each entry says which licence type was asked for, also where it was refused or nothing was found."""

import json
from typing import Any

import pytest

from audit.models import Entry
from exchange.disclosing import disclose
from exchange.errors import AccessRefused, LicenceNotFound
from exchange.verifying import verify_number
from foundation.reasons import Refused
from tests.factories import (
    DEED,
    EXPLOSIVES,
    LAND,
    PERMIT,
    SITE,
    agreement,
    api,
    ask,
    city,
    company,
    issued,
    licence_type,
    operated,
    recorded,
    standing,
)

TYPED = "510104198001010017"  # a person's own number, typed where a licence's belongs

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _city() -> None:
    city()


def _only(entries: list[Entry]) -> Entry:
    (entry,) = entries
    return entry


def _code(name: str) -> str:
    code = licence_type(name).code
    assert code
    return code


def test_a_licence_that_is_found_gives_its_type() -> None:
    licence = issued(LAND)
    with recorded() as written:
        verify_number(ask(licence.number), standing=standing())
    entry = written[-1]
    assert (entry.action, entry.licence_type) == ("verify", _code(LAND))
    assert json.loads(bytes(entry.leaf))["licence_type"] == _code(LAND)


@pytest.mark.parametrize(
    ("item", "values", "name"),
    [
        ("L1", {}, SITE),  # the only type that the item needs
        ("O2", {"licence_type": LAND}, LAND),  # named
        ("O2", {}, ""),  # one of three
    ],
)
def test_a_number_that_nobody_has_gives_the_type_that_was_asked_for(
    item: str, values: dict[str, str], name: str
) -> None:
    caller = standing(item[0])
    with recorded() as written:
        verify_number(ask("没有这个号", item, **values), standing=caller)
    assert _only(written).licence_type == (_code(name) if name else "")


def test_a_refusal_gives_the_type_that_was_refused_and_the_number_only_as_a_personal_value() -> None:
    caller = standing()
    with recorded() as written, pytest.raises(AccessRefused):
        verify_number(ask(TYPED, "O4"), standing=caller)
    entry = _only(written)
    assert (entry.outcome, entry.licence_type) == ("refused", _code(EXPLOSIVES))
    assert TYPED.encode() not in bytes(entry.leaf)
    assert set(json.loads(bytes(entry.leaf))["personal"]) == {"actor", "number"}


def test_a_type_that_is_named_and_does_not_exist_gives_none() -> None:
    caller = standing()
    with recorded() as written, pytest.raises(AccessRefused):
        verify_number(ask("1", "O2", licence_type="没有这种证照"), standing=caller)
    assert _only(written).licence_type == ""


def test_a_disclosure_gives_the_type_of_the_identifier_granted_or_refused() -> None:
    licence = issued(DEED)
    caller = standing()
    with recorded() as written, pytest.raises(Refused):
        disclose(ask(licence.identifier, "O3", case="O3-1"), standing=caller)
    assert (_only(written).outcome, _only(written).licence_type) == ("refused", _code(DEED))
    agreement()
    with recorded() as written:
        disclose(ask(licence.identifier, "O3", case="O3-1"), standing=caller)
    assert (_only(written).outcome, _only(written).licence_type) == ("valid", _code(DEED))
    with recorded() as written, pytest.raises(LicenceNotFound):
        disclose(ask(TYPED, "O3", case="O3-1"), standing=caller)
    assert (_only(written).subject, _only(written).licence_type) == ("", _code(DEED))


def test_issuing_and_operating_give_the_type() -> None:
    holder = company()
    with recorded() as written:
        operated("suspend", PERMIT, holder)
    assert [(e.action, e.licence_type) for e in written] == [
        ("issue", _code(PERMIT)),
        ("suspend", _code(PERMIT)),
    ]


def test_an_agreement_gives_the_type_it_opens() -> None:
    with recorded() as written:
        agreement()
    assert _only(written).licence_type == _code(DEED)


@pytest.mark.parametrize(
    "call",
    [
        lambda caller: caller.get(f"/api/v1/licences/{TYPED}/", {"item": "O2", "purpose": "用途"}),
        lambda caller: caller.post(f"/api/v1/licences/{TYPED}/operations/", {"operation": "suspend"}, format="json"),
        lambda caller: caller.post("/api/v1/licences/", {"licence_type": TYPED}, format="json"),
    ],
)
def test_what_is_typed_into_an_address_or_as_a_type_stands_in_no_leaf(call: Any) -> None:
    caller = api("O", "verify")
    with recorded() as written:
        assert call(caller).status_code == 403
    assert written
    assert not any(TYPED.encode() in bytes(entry.leaf) for entry in written)
