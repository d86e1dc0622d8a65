"""Use-bound copies by the API, and the addresses from which they are fetched once."""

import datetime as dt
import hashlib
from collections.abc import Mapping
from typing import Any

import pytest
from django.test import Client as Browser
from rest_framework.test import APIClient

from exchange.models import Agreement, Download
from foundation.clock import now
from licences.holders import open_number
from licences.models import Licence, UseCopy
from licences.operating import operate
from licences.pdf.checking import check_seal
from portal.demonstration.numbers import company_code
from tests import factories as make
from tests.licences.papers import text as text_of

pytestmark = pytest.mark.django_db

WHY = {"item": "O2", "purpose": "建设用地规划许可", "case": "O2-外部-0001"}


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city()


@pytest.fixture
def caller() -> APIClient:
    return make.api("O")


@pytest.fixture
def licence() -> Licence:
    return make.issued()


def _make(caller: APIClient, licence: Licence, **values: Any) -> Any:
    body = {**WHY, "holder_code": company_code(1), **values}
    return caller.post(f"/api/v1/licences/{licence.identifier}/copies/", body, format="json")


def _path(body: Mapping[str, str]) -> str:
    return "/" + body["download"].split("/", 3)[3]


def test_a_single_use_authorisation_carries_the_copy_that_used_it_up_and_no_other(caller: APIClient) -> None:
    citizen = make.citizen(1)
    deed = make.issued(make.DEED, citizen.company)
    given = make.authorisation(citizen.company, citizen.person, once=True)
    why = {"item": "O3", "purpose": "规划许可", "holder_code": open_number(citizen.company)}
    answer = _make(caller, deed, **why)
    assert answer.status_code == 201, answer.content
    assert _make(caller, deed, **why).json()["reason"] == "authorisation_used"
    given.refresh_from_db()
    assert given.used_at
    assert Browser().get(_path(answer.json())).status_code == 200


def test_a_copy_names_purpose_receiver_and_end_and_is_fetched_once(caller: APIClient, licence: Licence) -> None:
    answer = _make(caller, licence)
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert (body["purpose"], body["receiver"]) == (WHY["purpose"], "规划局")
    # The address alone suffices: no token goes along.
    fetched = Browser().get(_path(body))
    assert fetched.status_code == 200
    assert (fetched["Content-Type"], fetched["Cache-Control"]) == ("application/pdf", "no-store")
    text = text_of(fetched.content)
    assert WHY["purpose"] in text
    again = Browser().get(_path(body))
    assert (again.status_code, again.json()["reason"]) == (404, "download_gone")


def test_used_expired_and_invented_addresses_are_answered_alike(caller: APIClient, licence: Licence) -> None:
    used, late = _path(_make(caller, licence).json()), _path(_make(caller, licence).json())
    Browser().get(used)
    Download.objects.filter(used_at__isnull=True).update(expires_at=now())
    answers = [Browser().get(path) for path in (used, late, "/api/v1/downloads/" + "x" * 43 + "/")]
    bodies = [answer.json() for answer in answers]
    for body in bodies:
        body.pop("instance")
        body.pop("record", None)
    assert bodies[0] == bodies[1] == bodies[2]
    assert [answer.status_code for answer in answers] == [404, 404, 404]


def test_an_address_ends_after_ten_minutes(caller: APIClient, licence: Licence) -> None:
    _make(caller, licence)
    made = Download.objects.get()
    assert made.expires_at - made.made_at == dt.timedelta(minutes=10)


def test_asking_for_the_headers_does_not_use_an_address_up(caller: APIClient, licence: Licence) -> None:
    path = _path(_make(caller, licence).json())
    assert Browser().head(path).status_code == 405
    assert Browser().get(path).status_code == 200


def test_an_address_holds_256_random_bits_and_is_kept_as_a_digest_only(caller: APIClient, licence: Licence) -> None:
    secrets = {_path(_make(caller, licence).json()).split("/")[4] for _ in range(3)}
    assert len(secrets) == 3
    assert all(len(secret) == 43 for secret in secrets)
    assert {bytes(d.digest) for d in Download.objects.all()} == {hashlib.sha256(s.encode()).digest() for s in secrets}
    stored = make.every_byte()
    assert not any(secret.encode() in stored for secret in secrets)


def test_making_issuing_and_taking_stand_in_the_record(caller: APIClient, licence: Licence) -> None:
    with make.recorded() as entries:
        body = _make(caller, licence).json()
    actions = [e.action for e in entries]
    assert actions == ["disclose", "make_document", "make_copy", "issue_download"]
    assert body["record"] == str(entries[-1].pk)
    with make.recorded() as taken:
        Browser().get(_path(body))
    (entry,) = taken
    assert (entry.action, entry.outcome, entry.case, entry.subject) == (
        "take_copy", "done", WHY["case"], licence.identifier,
    )  # fmt: skip
    assert entry.actor_department == "O"
    with make.recorded() as refused:
        Browser().get(_path(body))
    (entry,) = refused
    assert (entry.action, entry.outcome, entry.reason) == ("take_copy", "refused", "download_used")
    assert "download_used" not in bytes(entry.leaf).decode()


def test_an_agreement_for_some_fields_gives_no_document(caller: APIClient) -> None:
    make.agreement(fields=["certificateNumber"])
    deed = make.issued(make.DEED)
    answer = _make(caller, deed, item="O3")
    assert (answer.status_code, answer.json()["reason"]) == (403, "whole_not_permitted")
    assert "持证主体" in answer.json()["explanation"]["zh"]
    assert not UseCopy.objects.exists()


def test_who_cannot_name_the_holder_gets_no_document_for_it_shows_the_number(
    caller: APIClient, licence: Licence
) -> None:
    answer = _make(caller, licence, holder_code="")
    assert answer.json()["reason"] == "whole_not_permitted"
    assert _make(caller, licence, holder_code=company_code(2)).json()["reason"] == "licence_not_found"


def test_a_licence_that_is_not_valid_is_not_copied(caller: APIClient, licence: Licence) -> None:
    operate(licence, "suspend", reason="测试", actor=make.PLATFORM)
    with make.recorded() as entries:
        answer = _make(caller, licence)
    assert (answer.status_code, answer.json()["reason"]) == (409, "licence_not_valid")
    assert (entries[-1].action, entries[-1].outcome) == ("make_copy", "refused")


def test_one_that_was_revoked_meanwhile_is_not_fetched(caller: APIClient, licence: Licence) -> None:
    path = _path(_make(caller, licence).json())
    operate(licence, "revoke", reason="测试", actor=make.PLATFORM)
    assert Browser().get(path).status_code == 404


def test_an_agreement_that_ends_meanwhile_ends_the_address_too(caller: APIClient) -> None:
    deed = make.issued(make.DEED)
    fields = [*deed_fields(deed)]
    agreement = make.agreement(fields=fields)
    made = _make(caller, deed, item="O3")
    assert made.status_code == 201, made.content
    make.edit(agreement, until=now())
    assert Agreement.objects.get().until
    assert Browser().get(_path(made.json())).status_code == 404


def deed_fields(licence: Licence) -> list[str]:
    from licences.fields import FIELDS

    return list(FIELDS)


def test_the_expiry_lies_in_the_future(caller: APIClient, licence: Licence) -> None:
    answer = _make(caller, licence, expires_at=(now() - dt.timedelta(seconds=1)).isoformat())
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "expires_at"


def test_the_seal_of_a_copy_holds(caller: APIClient, licence: Licence) -> None:
    fetched = Browser().get(_path(_make(caller, licence).json())).content
    found = check_seal(fetched, roots=[], at=now())
    assert (found.intact, found.whole) == (True, True)


# --- Another address ----------------------------------------------------------------------------------------------


def _again(caller: APIClient, licence: Licence, key: str, **values: Any) -> Any:
    body = {**WHY, "holder_code": company_code(1), **values}
    return caller.post(f"/api/v1/licences/{licence.identifier}/copies/{key}/downloads/", body, format="json")


def test_another_address_serves_the_same_copy(caller: APIClient, licence: Licence) -> None:
    body = _make(caller, licence).json()
    other = _again(caller, licence, body["copy"])
    assert other.status_code == 201
    assert other.json()["copy"] == body["copy"]
    assert Browser().get(_path(other.json())).content == Browser().get(_path(body)).content


@pytest.mark.parametrize("values", [{"purpose": "另一用途"}, {"case": "O2-外部-0002"}])
def test_for_another_use_it_takes_another_copy(caller: APIClient, licence: Licence, values: dict[str, str]) -> None:
    answer = _again(caller, licence, _make(caller, licence).json()["copy"], **values)
    assert (answer.status_code, answer.json()["reason"]) == (409, "purpose_differs")


def test_another_departments_copy_is_answered_like_none(caller: APIClient, licence: Licence) -> None:
    key = _make(caller, licence).json()["copy"]
    make.agreement(department_code="D", item_code="D2", name=make.LAND)
    other = make.api("D")
    foreign = _again(other, licence, key, item="D2")
    absent = _again(other, licence, "01a209dc-d650-74ef-85ba-ea626a7b5867", item="D2")
    assert [a.status_code for a in (foreign, absent)] == [404, 404]
    assert foreign.json()["reason"] == absent.json()["reason"] == "copy_not_found"


def test_a_copy_of_another_licence_is_none_of_this_one(caller: APIClient, licence: Licence) -> None:
    key = _make(caller, licence).json()["copy"]
    assert _again(caller, make.issued(), key).json()["reason"] == "copy_not_found"
