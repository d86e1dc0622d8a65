"""POST /oauth/token/: client credentials, and what a token opens."""

import base64
import datetime as dt
import uuid
from typing import Any

import pytest
from django.test import Client as Browser
from oauth2_provider.models import AccessToken
from rest_framework.test import APIClient

from audit.queries import personal_values
from foundation.clock import now
from tests import factories as make

pytestmark = pytest.mark.django_db

VERIFY = "/api/v1/verifications/"
BODY = {"number": "成〔1〕号", "item": "O2", "purpose": "规划许可", "case": "外部-1"}


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city(keys="")


def _token_answer(**form: str) -> Any:
    return Browser().post("/oauth/token/", {"grant_type": "client_credentials", **form})


def _verify(authorization: str | None) -> Any:
    caller = APIClient()
    if authorization is not None:
        caller.credentials(HTTP_AUTHORIZATION=authorization)
    return caller.post(VERIFY, BODY, format="json", HTTP_ACCEPT_LANGUAGE="en")


def _is_unauthenticated(answer: Any) -> None:
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["WWW-Authenticate"].startswith("Bearer ")
    assert answer.json()["reason"] == "not_signed_in"


def test_a_client_gets_a_token_for_its_credentials() -> None:
    client, secret = make.client("O")
    answer = _token_answer(client_id=client.client_id, client_secret=secret, scope="verify")
    assert answer.status_code == 200
    body = answer.json()
    assert (body["token_type"], body["scope"]) == ("Bearer", "verify")
    assert 0 < body["expires_in"] <= 3600
    assert _verify(f"Bearer {body['access_token']}").status_code == 200


@pytest.mark.parametrize("secret", ["", "wrong", "\0"])
def test_a_wrong_secret_gets_no_token(secret: str) -> None:
    client, _ = make.client("O")
    answer = _token_answer(client_id=client.client_id, client_secret=secret)
    assert answer.status_code == 401
    assert "access_token" not in answer.json()


def test_an_unknown_client_gets_no_token() -> None:
    assert _token_answer(client_id="nobody", client_secret="x").status_code == 401


def test_the_secret_of_another_client_gets_no_token() -> None:
    client, (_, secret) = make.client("O")[0], make.client("D")
    assert _token_answer(client_id=client.client_id, client_secret=secret).status_code == 401


@pytest.mark.parametrize("grant", ["password", "authorization_code", "implicit", ""])
def test_no_other_grant_is_given(grant: str) -> None:
    client, secret = make.client("O")
    values = {"client_id": client.client_id, "client_secret": secret, "username": "a", "password": "b"}
    assert _token_answer(**{**values, "grant_type": grant}).status_code == 400
    assert not AccessToken.objects.exists()


def test_an_unknown_scope_is_refused() -> None:
    client, secret = make.client("O")
    answer = _token_answer(client_id=client.client_id, client_secret=secret, scope="verify everything")
    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_scope"


def test_no_call_is_answered_without_a_token() -> None:
    for authorization in (None, "", "Bearer", "Bearer nonsense", "Basic abc", "bearer \u00e9"):
        _is_unauthenticated(_verify(authorization))


def test_a_token_past_its_end_or_taken_back_opens_nothing() -> None:
    client, secret = make.client("O")
    token = make.token(client, secret)
    AccessToken.objects.update(expires=now() - dt.timedelta(seconds=1))
    _is_unauthenticated(_verify(f"Bearer {token}"))
    token = make.token(client, secret)
    form = {"token": token, "client_id": client.client_id, "client_secret": secret}
    assert Browser().post("/oauth/revoke/", form).status_code == 200
    _is_unauthenticated(_verify(f"Bearer {token}"))


def test_a_client_switched_off_after_it_got_its_token_is_refused() -> None:
    client, secret = make.client("O")
    token = make.token(client, secret)
    make.edit(client, active=False)
    answer = _verify(f"Bearer {token}")
    assert answer.status_code == 403
    assert answer.json()["reason"] == "client_inactive"


def test_a_token_in_the_address_opens_nothing() -> None:
    token = make.token(*make.client("O"))
    _is_unauthenticated(APIClient().post(f"{VERIFY}?access_token={token}", BODY, format="json"))


@pytest.mark.parametrize(("scope", "asked"), [("disclose", "verify"), ("verify", "disclose")])
def test_a_token_of_another_scope_is_refused_and_the_attempt_recorded(scope: str, asked: str) -> None:
    caller = make.api("O", scope)
    with make.recorded() as entries:
        if asked == "verify":
            answer = caller.post(VERIFY, BODY, format="json", HTTP_ACCEPT_LANGUAGE="en")
        else:
            answer = caller.get("/api/v1/licences/1.2/", {"item": "O2", "purpose": "x", "case": "1"})
    assert answer.status_code == 403
    assert answer.json()["reason"] == "scope_missing"
    assert asked in answer.json()["explanation"]["en"]
    (entry,) = entries
    assert (entry.outcome, entry.reason, entry.actor_department) == ("refused", "scope_missing", "O")
    assert answer.json()["record"] == str(entry.pk)


# --- The record ------------------------------------------------------------------------------------------------------


def test_getting_a_token_and_giving_it_back_stand_in_the_record() -> None:
    client, secret = make.client("O")
    basic = "Basic " + base64.b64encode(f"{client.client_id}:{secret}".encode()).decode()
    with make.recorded() as entries:
        answer = Browser().post("/oauth/token/", {"grant_type": "client_credentials"}, headers={"authorization": basic})
        form = {"token": answer.json()["access_token"], "client_id": client.client_id, "client_secret": secret}
        Browser().post("/oauth/revoke/", form)
    assert [(e.action, e.outcome, e.actor_client, e.actor_department, e.subject) for e in entries] == [
        ("get_token", "done", client.pk, "O", str(client.pk)),
        ("revoke_token", "done", client.pk, "O", str(client.pk)),
    ]
    assert not any(secret.encode() in bytes(entry.leaf) for entry in entries)


@pytest.mark.parametrize("authorization", ["", "Basic bm9ib2R5OndvcmQ=", "Basic !", "Basic /w=="])
def test_a_system_that_fails_to_sign_in_is_nobody_in_the_record(authorization: str) -> None:
    client, _ = make.client("O")
    headers = {"authorization": authorization} if authorization else {}
    form = {"grant_type": "client_credentials", "client_id": client.client_id, "client_secret": "a guessed word"}
    with make.recorded() as entries:
        assert Browser().post("/oauth/token/", form, headers=headers).status_code == 401
    (entry,) = entries
    assert (entry.action, entry.outcome, entry.actor_client, entry.subject) == ("get_token", "refused", None, "")
    assert entry.reason == "not_signed_in"
    claimed = personal_values([entry.pk]).get(entry.pk, {}).get("client", "")
    assert claimed == {"": client.client_id, "Basic bm9ib2R5OndvcmQ=": "nobody"}.get(authorization, "")
    assert b"a guessed word" not in make.every_byte()


@pytest.mark.parametrize("kind", ["Basic", "basic"])
def test_who_signs_in_in_two_ways_at_once_is_refused_and_takes_nobody_elses_name(kind: str) -> None:
    client, secret = make.client("O")
    other, _ = make.client("D")
    claimed = base64.b64encode(f"{other.client_id}:wrong".encode()).decode()
    form = {"grant_type": "client_credentials", "client_id": client.client_id, "client_secret": secret}
    with make.recorded() as entries:
        answer = Browser().post("/oauth/token/", form, headers={"authorization": f"{kind} {claimed}"})
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    (entry,) = entries
    assert (entry.outcome, entry.actor_client, entry.subject) == ("refused", None, "")


def test_a_header_that_nobody_can_read_is_a_failed_sign_in() -> None:
    with make.recorded() as entries:
        answer = Browser().post(
            "/oauth/token/", {"grant_type": "client_credentials"}, headers={"authorization": "Basic é"}
        )
    assert answer.status_code == 401
    assert [entry.outcome for entry in entries] == ["refused"]


def test_a_call_with_a_token_that_does_not_hold_stands_in_the_record_and_one_without_any_does_not() -> None:
    with make.recorded() as entries:
        _is_unauthenticated(_verify("Bearer nobodys-token"))
        _is_unauthenticated(_verify(None))
    (entry,) = entries
    assert (entry.action, entry.outcome, entry.reason) == ("call", "refused", "not_signed_in")
    assert (entry.subject_kind, entry.subject) == ("api", "verifications")


def test_a_batch_of_somebody_else_is_refused_and_that_stands_in_the_record() -> None:
    caller = make.api("O", "issue")
    with make.recorded() as entries:
        answer = caller.get(f"/api/v1/batches/{uuid.uuid4()}/rows/")
    assert answer.status_code == 404
    (entry,) = entries
    assert (entry.action, entry.outcome, entry.subject) == ("call", "refused", "batch-rows")
    assert answer.json()["record"] == str(entry.pk)
