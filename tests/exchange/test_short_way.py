"""The short way answers and records as the views do, whatever is asked."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from oauth2_provider.models import AccessToken

from audit.models import Personal
from audit.personal import open_values
from foundation.clock import now
from foundation.context import PLATFORM
from licences.models import Licence
from licences.recovering import report_compromised
from registry.models import Client, Department, Item, LicenceType
from tests import factories as make
from tests.exchange.short_way import ASK, asked, both, call, environ, within

pytestmark = [pytest.mark.django_db, pytest.mark.about("postgresql")]


@pytest.fixture(autouse=True)
def _short() -> Iterator[None]:
    make.city()
    with within():
        yield


@pytest.fixture
def token() -> str:
    return make.token(*make.client("O"))


# --- What it answers itself --------------------------------------------------------------------------------------


def _future() -> Licence:
    return make.issued(make.LAND, valid_from=now().date() + dt.timedelta(days=30))


LICENCES: list[Callable[[], Licence]] = [
    make.issued,
    lambda: make.issued(make.LAND, make.someone(3)),
    lambda: make.issued(make.STUDY, make.company(4)),
    make.expired,
    _future,
    *(lambda operation=operation: make.operated(operation) for operation in ("suspend", "revoke", "cancel", "annul")),
]


@pytest.mark.parametrize("number", range(len(LICENCES)))
@pytest.mark.parametrize("case", ["外部-1", ""])
def test_a_licence_in_any_state_is_told_the_short_way(token: str, number: int, case: str) -> None:
    licence = LICENCES[number]()
    operator = {"account": "li", "name": "李经办"}
    assert asked(token, licence.number, case=case, operator=operator).short
    assert asked(token, licence.identifier, case=case, operator=operator).short


def test_a_replaced_licence_its_newer_version_and_an_unknown_number(token: str) -> None:
    old = make.issued(make.LAND)
    new = make.issued(make.LAND, replaces=old)
    assert asked(token, new.number).json()["outcome"] == "valid"
    assert asked(token, old.identifier).json()["outcome"] == "no_longer_valid"
    assert asked(token, "没有〔2026〕1号").short
    assert asked(token, f" {new.number.replace('〔', '[').replace('〕', '】')} ").json()["outcome"] == "valid"


def test_a_number_outside_the_needs_is_as_unknown_as_one_that_is_none(token: str) -> None:
    outside = make.issued(make.SITE)
    assert asked(token, outside.number).short
    assert asked(token, outside.identifier).short


REFUSED: list[Mapping[str, Any]] = [
    {"item": "L1"},
    {"item": "nothing"},
    {"case": ""},
    {"item": "O3"},
    {"item": "O4"},
    {"item": "O1"},
    {"licence_type": make.PERMIT},
    {"licence_type": "没有这样的证照"},
    {"licence_type": make.LAND},
    {"item": "O3", "licence_type": make.DEED},
]


@pytest.mark.parametrize("values", REFUSED, ids=str)
def test_refusals_are_told_and_recorded_the_short_way(token: str, values: Mapping[str, Any]) -> None:
    known = make.issued(make.LAND)
    for number in (known.number, "没有〔2026〕1号", known.identifier):
        assert asked(token, number, **values).short


@pytest.mark.parametrize("language", ["en", "zh-CN,zh;q=0.9", "de", ""])
def test_problems_are_in_the_callers_language(token: str, language: str) -> None:
    body = {**ASK, "number": "x", "item": "L1"}
    short, _ = both(lambda: environ(body, token, HTTP_ACCEPT_LANGUAGE=language))
    assert short.short


def test_a_request_has_the_name_that_it_gives_and_the_address_that_the_proxy_saw(token: str, settings: Any) -> None:
    settings.PROXY_HOPS = 1
    headers = {"HTTP_X_REQUEST_ID": "a-name-of-mine", "HTTP_X_FORWARDED_FOR": "a, 203.0.113.9"}
    with make.recorded() as entries:
        answer = call(environ({**ASK, "number": "x"}, token, **headers))
    assert answer.short
    assert answer.headers["X-Request-ID"] == entries[0].request_id == "a-name-of-mine"
    assert open_values(Personal.objects.get(entry=entries[0].pk))["address"].value == "203.0.113.9"


# --- Altered rows ------------------------------------------------------------------------------------------------


EDITS: Mapping[str, Callable[[Licence], Any]] = {
    "state": lambda _: "suspended",
    "number": lambda row: f"{row.number}9",
    "valid_until": lambda row: dt.date(2099, 1, 1),
    "valid_from": lambda row: row.valid_from - dt.timedelta(days=1),
    "issued_at": lambda row: row.issued_at - dt.timedelta(days=1),
    "issuer": lambda _: make.department("O"),
    "licence_type": lambda _: make.licence_type(make.STUDY),
    "identifier": lambda row: f"{row.identifier[:-1]}#",
    "version": lambda _: 7,
    "serial": lambda _: "9",
    "credential": lambda row: f"{row.credential[:-1]}x",
    "credential_digest": lambda _: bytes(32),
    "disclosures_sealed": lambda row: bytes(row.disclosures_sealed)[:-1] + b"x",
    "mac": lambda _: bytes(32),
    "mac_key": lambda _: "other",
    "mac_form": lambda _: 1,
    "status_index": lambda _: 987,
    "number_key": lambda row: "OTHER",
}


@pytest.mark.parametrize("column", EDITS)
def test_an_edit_in_the_database_is_noticed(token: str, column: str) -> None:
    licence = make.issued(make.LAND)
    make.edit(licence, **{column: EDITS[column](licence)})
    answer = asked(token, "OTHER" if column == "number_key" else licence.number)
    assert answer.json()["outcome"] in ("signature_invalid", "not_found"), answer.content
    assert not answer.short or answer.json()["outcome"] == "not_found"


def test_a_holder_put_beside_the_licence_in_the_database_is_noticed(token: str) -> None:
    licence = make.issued(make.LAND)
    licence.holders.set([make.company(9)])
    answer = asked(token, licence.number)
    assert answer.json()["outcome"] == "signature_invalid"


def test_what_a_compromised_key_signed_is_not_trusted_from_that_moment_on(token: str) -> None:
    licence = make.issued(make.LAND)
    assert asked(token, licence.number).json()["outcome"] == "valid"
    report_compromised(licence.signing_key.key_id, actor=PLATFORM, reason="测试")
    assert asked(token, licence.number).json()["outcome"] == "signature_invalid"


# --- Facts that change -------------------------------------------------------------------------------------------


def test_a_fact_that_changes_is_known_with_the_next_question(token: str) -> None:
    licence, deed = make.issued(make.LAND), make.issued(make.DEED)
    assert asked(token, licence.number).status == 200
    assert asked(token, deed.number, item="O3").status == 403
    agreed = make.agreement()
    assert asked(token, deed.number, item="O3").status == 200
    agreed.delete()
    assert asked(token, deed.number, item="O3").status == 403
    make.item("O2").needs.all().delete()
    assert asked(token, licence.number).json()["outcome"] == "not_found"
    Item.objects.filter(code="O2").update(retired_at=now())
    assert asked(token, licence.number).json()["reason"] == "item_not_in_force"
    Client.objects.update(active=False)
    assert asked(token, licence.number).json()["reason"] == "client_inactive"


def test_names_are_told_as_they_are_now(token: str) -> None:
    licence = make.issued(make.LAND)
    asked(token, licence.number)
    Department.objects.filter(code="L").update(name_zh="自然资源局")
    LicenceType.objects.filter(name_zh=make.LAND).update(name_en="Another name")
    told = asked(token, licence.number).json()["licence"]
    assert (told["issuer"]["name"]["zh"], told["type"]["name"]["en"]) == ("自然资源局", "Another name")


def test_an_agreement_begins_and_ends_to_the_microsecond(token: str) -> None:
    deed, start = make.issued(make.DEED), now().replace(microsecond=0) + dt.timedelta(minutes=1)
    make.agreement(since=start, until=start + dt.timedelta(minutes=1))
    AccessToken.objects.update(expires=start + dt.timedelta(days=1))
    moments = {-1: 403, 0: 200, 59_999_999: 200, 60_000_000: 403}
    for microseconds, status in moments.items():
        with time_machine.travel(start + dt.timedelta(microseconds=microseconds), tick=False):
            assert call(environ({**ASK, "number": deed.number, "item": "O3"}, token)).status == status


# --- Whatever is asked -------------------------------------------------------------------------------------------

TEXTS = st.text(max_size=20)
_made: dict[str, Any] = {}


@given(
    number=st.sampled_from(["known", "identifier", "outside", "revoked"]) | TEXTS,
    item=st.sampled_from(["O2", "O3", "L1", "D2"]) | TEXTS,
    purpose=TEXTS,
    case=TEXTS | st.just("外部-1"),
    licence_type=st.sampled_from(["", make.LAND, make.PERMIT, "环境影响评价审批证照文件"]) | TEXTS,
    operator=st.none() | st.fixed_dictionaries({"account": TEXTS, "name": TEXTS}),
)
def test_whatever_is_asked_both_ways_agree(operator: Any, **values: str) -> None:
    if not Client.objects.filter(name="对照系统").exists():
        land = make.issued(make.LAND)
        _made.update(known=land.number, identifier=land.identifier, outside=make.issued(make.SITE).number,
                     revoked=make.operated("revoke", make.STUDY, make.company(6)).number)  # fmt: skip
        client, secret = make.client("O")
        Client.objects.filter(pk=client.pk).update(name="对照系统")
        _made["token"] = make.token(client, secret)
    values["number"] = _made.get(values["number"], values["number"])
    body = values if operator is None else {**values, "operator": operator}
    both(lambda: environ(body, _made["token"]))
