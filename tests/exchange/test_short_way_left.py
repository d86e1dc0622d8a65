"""What the short way leaves to the views, which then answer it as they always do; and what is many."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from django.db import transaction
from oauth2_provider.models import AccessToken

from exchange.models import Agreement
from foundation.clock import now
from registry.models import Client
from tests import factories as make
from tests.databases import record_down
from tests.exchange.short_way import ASK, BATCH, Answered, asked, both, call, environ, within

pytestmark = [pytest.mark.django_db, pytest.mark.about("postgresql")]


@pytest.fixture(autouse=True)
def _short() -> Iterator[None]:
    make.city()
    with within():
        yield


@pytest.fixture
def token() -> str:
    return make.token(*make.client("O"))


# --- What it leaves to the views ---------------------------------------------------------------------------------


def test_an_agreement_that_counts_its_uses_is_left_to_the_views(token: str) -> None:
    deed = make.issued(make.DEED)
    Agreement.objects.filter(pk=make.agreement().pk).update(quota=5)
    assert not asked(token, deed.number, item="O3").short


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
    short, _ = both(lambda: environ({**ASK, "number": licence.number, **values}, token))
    assert not short.short


def test_several_licences_with_one_number_are_left_to_the_views(token: str) -> None:
    first, second = make.issued(make.LAND), make.issued(make.STUDY, make.company(5))
    make.edit(second, number=first.number, number_key=first.number_key)
    assert not asked(token, first.number).short


def test_a_case_of_ours_is_left_to_the_views(token: str) -> None:
    application = make.submitted(make.citizen(3))
    token = make.token(*make.client("D"))
    licence = make.issued(make.LAND, make.company(3))
    answer = asked(token, licence.number, item="D2", case=application.number)
    assert answer.status == 200
    assert not answer.short


CONTENTS = [b"", b"{", b"[]", b"null", b'"x"', b'{"number": NaN}', b"\xff", b'{"number": "\\ud800"}']


@pytest.mark.parametrize("content", CONTENTS)
def test_what_is_no_object_of_json_is_left_to_the_views(token: str, content: bytes) -> None:
    short, _ = both(lambda: environ(content, token))
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
    assert asked(token, licence.number).short
    AccessToken.objects.update(**values)
    assert not asked(token, licence.number).short


def test_a_revoked_token_ends_at_once(token: str) -> None:
    licence = make.issued(make.LAND)
    assert asked(token, licence.number).short
    AccessToken.objects.all().delete()
    answer = asked(token, licence.number)
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


def test_an_agreement_whose_uses_are_all_counted_away_is_left_to_the_views(token: str) -> None:
    deed = make.issued(make.DEED)
    agreed = make.agreement()
    Agreement.objects.filter(pk=agreed.pk).update(quota=1, until=now() - dt.timedelta(seconds=1))
    answer = asked(token, deed.number, item="O3")
    assert answer.status == 403
    assert not answer.short


def test_a_system_that_must_sign_or_names_its_operator_in_a_header_is_left_to_the_views(token: str) -> None:
    body = {**ASK, "number": make.issued(make.LAND).number}
    short, _ = both(lambda: environ(body, token, HTTP_OPERATOR="li;%E6%9D%8E"))
    assert not short.short
    Client.objects.update(must_sign=True)
    short, _ = both(lambda: environ(body, token))
    assert (short.short, short.status) == (False, 401)


def test_whoever_calls_too_often_is_told_to_wait_by_the_views(token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    licence = make.issued(make.LAND)
    monkeypatch.setattr("exchange.api.fast.looking.seconds_to_wait", lambda **_: 3)
    assert not asked(token, licence.number).short


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
    short, _ = both(lambda: environ({**ASK, "verifications": rows}, token, path=BATCH))
    assert short.short
    assert [a["row"] for a in short.json()["answers"]] == list(range(len(rows)))


@pytest.mark.parametrize("row", [{}, {"number": ""}, "x", None, {"number": "x", "holder_code": "y"}])
def test_a_row_that_is_unusual_leaves_all_to_the_views(token: str, row: Any) -> None:
    licence = make.issued(make.LAND)
    rows = [{"number": licence.number}, row]
    short, _ = both(lambda: environ({**ASK, "verifications": rows}, token, path=BATCH))
    assert not short.short
    assert short.status == 200


def test_an_edited_row_among_many_is_noticed(token: str) -> None:
    good, edited = make.issued(make.LAND), make.issued(make.LAND, make.company(2))
    make.edit(edited, valid_until=None)
    rows = [{"number": good.number}, {"number": edited.number}]
    short, _ = both(lambda: environ({**ASK, "verifications": rows}, token, path=BATCH))
    assert [a["verification"]["outcome"] for a in short.json()["answers"]] == ["valid", "signature_invalid"]
