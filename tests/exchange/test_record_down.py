"""No entry, no access: where the record refuses an entry the call answers 503, discloses nothing and leaves nothing."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from django.apps import apps
from django.test import Client as Browser
from oauth2_provider.models import AccessToken
from rest_framework.test import APIClient

from licences.models import Licence
from tests import factories as make
from tests.databases import record_down

pytestmark = pytest.mark.django_db
HOLDER = {"name": "蓉城精密机械有限公司", "code_type": "001", "number": make.company_code(500)}


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city()


def rows() -> Mapping[str, int]:
    """Return how many rows each table has."""
    return {model._meta.label: model._default_manager.count() for model in apps.get_models()}


def _verify(caller: APIClient, licence: Licence) -> Any:
    body = {"number": licence.number, "item": "O2", "purpose": "规划许可", "case": "外部-1"}
    return caller.post("/api/v1/verifications/", body, format="json")


def _refused(caller: APIClient, licence: Licence) -> Any:
    body = {"number": licence.number, "item": "O4", "purpose": "规划许可", "case": "外部-1"}
    return caller.post("/api/v1/verifications/", body, format="json")


def _disclose(caller: APIClient, licence: Licence) -> Any:
    asked = {"item": "O2", "purpose": "规划许可", "case": "外部-1"}
    return caller.get(f"/api/v1/licences/{licence.identifier}/", asked)


def _issue(caller: APIClient, licence: Licence) -> Any:
    body = {"licence_type": make.PERMIT, "holders": [HOLDER], "content": {}}
    return caller.post("/api/v1/licences/", body, format="json", headers={"Idempotency-Key": "key-of-this-test"})


def _suspend(caller: APIClient, licence: Licence) -> Any:
    own = f"/api/v1/licences/{Licence.objects.filter(issuer__code='O').earliest('id').identifier}/operations/"
    return caller.post(own, {"operation": "suspend", "reason": "测试"}, format="json")


CALLS: list[Callable[[APIClient, Licence], Any]] = [_verify, _refused, _disclose, _issue, _suspend]
SCOPES = "verify disclose issue"


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.__name__)
@pytest.mark.parametrize("scope", [SCOPES, "nothing"])
def test_a_call_answers_503_and_leaves_nothing(call: Callable[[APIClient, Licence], Any], scope: str) -> None:
    caller = make.api("O", SCOPES)
    if scope != SCOPES:
        AccessToken.objects.update(scope=scope)
    holder = make.company(1)
    licence = make.issued(make.LAND, holder)
    own = make.issued(make.PERMIT, holder)
    before = rows()
    with record_down():
        answer = call(caller, licence)
    assert answer.status_code == 503, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["reason"] == "record_unavailable"
    for told in (holder.name, licence.number, own.number, "valid", "no space left"):
        assert told not in answer.content.decode()
    assert rows() == before
    own.refresh_from_db()
    assert own.state == "valid"


def test_the_calls_are_such_as_are_answered_when_the_record_can_be_written() -> None:
    licence, caller = make.issued(make.LAND, make.company(1)), make.api("O", SCOPES)
    make.issued(make.PERMIT, make.company(1))
    assert [call(caller, licence).status_code for call in CALLS] == [200, 403, 200, 201, 200]


def test_a_system_that_signs_in_gets_no_token() -> None:
    client, secret = make.client("O")
    form = {"grant_type": "client_credentials", "client_id": client.client_id, "client_secret": secret}
    before = rows()
    for given in (form, {**form, "client_secret": "wrong"}):
        with record_down():
            answer = Browser().post("/oauth/token/", given)
        assert answer.status_code == 503
        assert answer.json()["reason"] == "record_unavailable"
    assert rows() == before
