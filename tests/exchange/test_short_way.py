"""The short way answers and records as the views do, whatever is asked; or it leaves the answer to them."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
import time_machine
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st
from oauth2_provider.models import AccessToken

from audit.models import Entry, Pending, Personal
from audit.personal import open_values
from exchange.models import Agreement
from foundation.clock import now
from foundation.context import PLATFORM
from licences.models import Licence
from licences.recovering import report_compromised
from registry.models import Client, Department, Item, LicenceType
from tests import factories as make
from tests.databases import record_down
from tests.exchange.short_way import Answered, call, environ, within

pytestmark = [pytest.mark.django_db, pytest.mark.about("postgresql")]

BATCH = "/api/v1/verifications/batch/"
ASK = {"item": "O2", "purpose": "规划许可", "case": "外部-1"}
_OWN = ("record", "checked_at")


@pytest.fixture(autouse=True)
def _short() -> Iterator[None]:
    make.city()
    with within():
        yield


@pytest.fixture
def token() -> str:
    return make.token(*make.client("O"))


def _without_own(value: Any) -> Any:
    """Return a body without what is another one's in each answer."""
    if isinstance(value, dict):
        return {k: _without_own(v) for k, v in value.items() if k not in _OWN}
    return [_without_own(v) for v in value] if isinstance(value, list) else value


def _kept(entry: Entry) -> dict[str, Any]:
    """Return what an entry says, its personal values opened and without what is its own."""
    values = {f.attname: getattr(entry, f.attname) for f in entry._meta.concrete_fields}
    # One `considered` beside another names that one.
    own = ("id", "at", "leaf", "request_id", *(("fields",) if entry.action == "considered" else ()))
    row = Personal.objects.filter(entry=entry.pk).first()
    assert Pending.objects.filter(entry=entry.pk).count() == 1
    personal = {name: c.value for name, c in open_values(row).items()} if row else {}
    return {k: v for k, v in values.items() if k not in own} | {"personal": personal}


def _both(request: Callable[[], Mapping[str, Any]]) -> tuple[Answered, Answered]:
    """Answer a request both ways, and see that answers and entries agree in all that is not their own."""
    with make.recorded() as of_short:
        short = call(request())
    with make.recorded() as of_views:
        views = call(request(), short=False)
    assert short.status == views.status, (short.content, views.content)
    assert _without_own(short.json()) == _without_own(views.json())
    assert len(short.content) == len(views.content)
    own = ("X-Request-ID", "Content-Length")
    assert {k: v for k, v in short.headers.items() if k not in own} == {
        k: v for k, v in views.headers.items() if k not in own
    }
    assert [_kept(e) for e in of_short] == [_kept(e) for e in of_views]
    for answered, entries in ((short, of_short), (views, of_views)):
        assert {e.request_id for e in entries} <= {answered.headers["X-Request-ID"]}
    return short, views


def _asked(token: str, number: str, **values: Any) -> Answered:
    short, _ = _both(lambda: environ({**ASK, "number": number, **values}, token))
    return short


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
    assert _asked(token, licence.number, case=case, operator=operator).short
    assert _asked(token, licence.identifier, case=case, operator=operator).short


def test_a_replaced_licence_its_newer_version_and_an_unknown_number(token: str) -> None:
    old = make.issued(make.LAND)
    new = make.issued(make.LAND, replaces=old)
    assert _asked(token, new.number).json()["outcome"] == "valid"
    assert _asked(token, old.identifier).json()["outcome"] == "no_longer_valid"
    assert _asked(token, "没有〔2026〕1号").short
    assert _asked(token, f" {new.number.replace('〔', '[').replace('〕', '】')} ").json()["outcome"] == "valid"


def test_a_number_outside_the_needs_is_as_unknown_as_one_that_is_none(token: str) -> None:
    outside = make.issued(make.SITE)
    assert _asked(token, outside.number).short
    assert _asked(token, outside.identifier).short


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
        assert _asked(token, number, **values).short


@pytest.mark.parametrize("language", ["en", "zh-CN,zh;q=0.9", "de", ""])
def test_problems_are_in_the_callers_language(token: str, language: str) -> None:
    body = {**ASK, "number": "x", "item": "L1"}
    short, _ = _both(lambda: environ(body, token, HTTP_ACCEPT_LANGUAGE=language))
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
    answer = _asked(token, "OTHER" if column == "number_key" else licence.number)
    assert answer.json()["outcome"] in ("signature_invalid", "not_found"), answer.content
    assert not answer.short or answer.json()["outcome"] == "not_found"


def test_a_holder_put_beside_the_licence_in_the_database_is_noticed(token: str) -> None:
    licence = make.issued(make.LAND)
    licence.holders.set([make.company(9)])
    answer = _asked(token, licence.number)
    assert answer.json()["outcome"] == "signature_invalid"


def test_what_a_compromised_key_signed_is_not_trusted_from_that_moment_on(token: str) -> None:
    licence = make.issued(make.LAND)
    assert _asked(token, licence.number).json()["outcome"] == "valid"
    report_compromised(licence.signing_key.key_id, actor=PLATFORM, reason="测试")
    assert _asked(token, licence.number).json()["outcome"] == "signature_invalid"


# --- Facts that change -------------------------------------------------------------------------------------------


def test_a_fact_that_changes_is_known_with_the_next_question(token: str) -> None:
    licence, deed = make.issued(make.LAND), make.issued(make.DEED)
    assert _asked(token, licence.number).status == 200
    assert _asked(token, deed.number, item="O3").status == 403
    agreed = make.agreement()
    assert _asked(token, deed.number, item="O3").status == 200
    agreed.delete()
    assert _asked(token, deed.number, item="O3").status == 403
    make.item("O2").needs.all().delete()
    assert _asked(token, licence.number).json()["outcome"] == "not_found"
    Item.objects.filter(code="O2").update(retired_at=now())
    assert _asked(token, licence.number).json()["reason"] == "item_not_in_force"
    Client.objects.update(active=False)
    assert _asked(token, licence.number).json()["reason"] == "client_inactive"


def test_names_are_told_as_they_are_now(token: str) -> None:
    licence = make.issued(make.LAND)
    _asked(token, licence.number)
    Department.objects.filter(code="L").update(name_zh="自然资源局")
    LicenceType.objects.filter(name_zh=make.LAND).update(name_en="Another name")
    told = _asked(token, licence.number).json()["licence"]
    assert (told["issuer"]["name"]["zh"], told["type"]["name"]["en"]) == ("自然资源局", "Another name")


def test_an_agreement_begins_and_ends_to_the_microsecond(token: str) -> None:
    deed, start = make.issued(make.DEED), now().replace(microsecond=0) + dt.timedelta(minutes=1)
    make.agreement(since=start, until=start + dt.timedelta(minutes=1))
    AccessToken.objects.update(expires=start + dt.timedelta(days=1))
    moments = {-1: 403, 0: 200, 59_999_999: 200, 60_000_000: 403}
    for microseconds, status in moments.items():
        with time_machine.travel(start + dt.timedelta(microseconds=microseconds), tick=False):
            assert call(environ({**ASK, "number": deed.number, "item": "O3"}, token)).status == status


# --- What it leaves to the views ---------------------------------------------------------------------------------


def test_an_agreement_that_counts_its_uses_is_left_to_the_views(token: str) -> None:
    deed = make.issued(make.DEED)
    Agreement.objects.filter(pk=make.agreement().pk).update(quota=5)
    assert not _asked(token, deed.number, item="O3").short


@pytest.mark.parametrize(
    "values",
    [
        {"holder_code": make.company_code(1)},
        {"holder_code": None},
        {"number": ""},
        {"number": "  "},
        {"number": None},
        {"number": 7},
        {"number": "x" * 201},
        {"number": "x\0"},
        {"case": "x" * 81},
        {"case": None},
        {"operator": None},
        {"operator": {"name": "x"}},
        {"operator": "x"},
        {"purpose": ""},
        {"item": ["O2"]},
    ],
    ids=str,
)
def test_unusual_and_faulty_questions_are_left_to_the_views(token: str, values: Mapping[str, Any]) -> None:
    licence = make.issued(make.LAND, make.company(1))
    short, _ = _both(lambda: environ({**ASK, "number": licence.number, **values}, token))
    assert not short.short


def test_several_licences_with_one_number_are_left_to_the_views(token: str) -> None:
    first, second = make.issued(make.LAND), make.issued(make.STUDY, make.company(5))
    make.edit(second, number=first.number, number_key=first.number_key)
    assert not _asked(token, first.number).short


def test_a_case_of_ours_is_left_to_the_views(token: str) -> None:
    application = make.submitted(make.citizen(3))
    token = make.token(*make.client("D"))
    licence = make.issued(make.LAND, make.company(3))
    answer = _asked(token, licence.number, item="D2", case=application.number)
    assert answer.status == 200
    assert not answer.short


CONTENTS = [b"", b"{", b"[]", b"null", b'"x"', b'{"number": NaN}', b"\xff", b'{"number": "\\ud800"}']


@pytest.mark.parametrize("content", CONTENTS)
def test_what_is_no_object_of_json_is_left_to_the_views(token: str, content: bytes) -> None:
    short, _ = _both(lambda: environ(content, token))
    assert not short.short
    assert short.status == 400


@pytest.mark.parametrize(
    "headers",
    [
        {"CONTENT_TYPE": "text/plain"},
        {"CONTENT_TYPE": "application/x-www-form-urlencoded"},
        {"HTTP_ACCEPT": "text/html"},
        {"HTTP_ACCEPT": "application/json; indent=4"},
        {"HTTP_AUTHORIZATION": "Bearer nothing"},
        {"HTTP_AUTHORIZATION": "Bearer "},
        {"HTTP_AUTHORIZATION": "Basic eA=="},
        {"HTTP_AUTHORIZATION": ""},
        {"HTTP_COOKIE": "a=b"},
        {"QUERY_STRING": "format=json"},
        {"HTTP_HOST": "elsewhere.example"},
    ],
    ids=str,
)
def test_unusual_requests_are_left_to_the_views(token: str, headers: Mapping[str, str]) -> None:
    body = {**ASK, "number": "x"}
    short, _ = _both_pages(lambda: environ(body, token, **headers))
    assert not short.short


def _both_pages(request: Callable[[], Mapping[str, Any]]) -> tuple[Answered, Answered]:
    short, views = call(request()), call(request(), short=False)
    assert short.status == views.status
    return short, views


@pytest.mark.parametrize("values", [{"expires": now() - dt.timedelta(seconds=1)}, {"scope": "disclose"}, {"scope": ""}])
def test_a_token_that_does_not_hold_or_not_for_this_is_left_to_the_views(token: str, values: Mapping[str, Any]) -> None:
    licence = make.issued(make.LAND)
    assert _asked(token, licence.number).short
    AccessToken.objects.update(**values)
    assert not _asked(token, licence.number).short


def test_a_revoked_token_ends_at_once(token: str) -> None:
    licence = make.issued(make.LAND)
    assert _asked(token, licence.number).short
    AccessToken.objects.all().delete()
    answer = _asked(token, licence.number)
    assert answer.status == 401
    assert not answer.short


def test_other_methods_and_paths_are_not_looked_at(token: str) -> None:
    assert not call({**environ({}, token), "REQUEST_METHOD": "GET"}).short
    assert not call(environ({}, token, path="/api/v1/verifications")).short


def test_without_an_entry_there_is_no_answer(token: str) -> None:
    licence = make.issued(make.LAND)
    with record_down():
        answers = []
        for body, path in (({**ASK, "number": licence.number}, "/api/v1/verifications/"),
                           ({**ASK, "verifications": [{"number": licence.number}]}, BATCH)):  # fmt: skip
            point = transaction.savepoint()
            answers.append(call(environ(body, token, path=path)))
            transaction.savepoint_rollback(point)
    for answer in answers:
        assert answer.short
        assert answer.status == 503
        assert answer.json()["reason"] == "record_unavailable"
        assert licence.number not in answer.content.decode()


# --- Many --------------------------------------------------------------------------------------------------------


def test_many_numbers_are_answered_as_the_views_do(token: str) -> None:
    land, revoked = make.issued(make.LAND), make.operated("revoke", make.LAND, make.company(2))
    outside = make.issued(make.SITE, make.company(3))
    rows = [
        {"number": land.number},
        {"number": revoked.number, "case": ""},
        {"number": '没有"{},\\〔1〕'},
        {"number": outside.number},
        {"number": land.number, "item": "L1"},
        {"number": land.number, "licence_type": make.PERMIT, "purpose": "别的"},
        {"number": land.number, "case": "另一件", "operator": {"account": "li", "name": "李经办"}},
    ]
    short, _ = _both(lambda: environ({**ASK, "verifications": rows}, token, path=BATCH))
    assert short.short
    assert [a["row"] for a in short.json()["answers"]] == list(range(len(rows)))


@pytest.mark.parametrize("row", [{}, {"number": ""}, "x", None, {"number": "x", "holder_code": "y"}])
def test_a_row_that_is_unusual_leaves_all_to_the_views(token: str, row: Any) -> None:
    licence = make.issued(make.LAND)
    rows = [{"number": licence.number}, row]
    short, _ = _both(lambda: environ({**ASK, "verifications": rows}, token, path=BATCH))
    assert not short.short
    assert short.status == 200


def test_an_edited_row_among_many_is_noticed(token: str) -> None:
    good, edited = make.issued(make.LAND), make.issued(make.LAND, make.company(2))
    make.edit(edited, valid_until=None)
    rows = [{"number": good.number}, {"number": edited.number}]
    short, _ = _both(lambda: environ({**ASK, "verifications": rows}, token, path=BATCH))
    assert [a["verification"]["outcome"] for a in short.json()["answers"]] == ["valid", "signature_invalid"]


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
    _both(lambda: environ(body, _made["token"]))
