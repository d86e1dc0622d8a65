"""GET /audit/log/tile/entries/…: the record's own words, for those entitled, and each look is an entry."""

import json
from typing import Any

import pytest
from django.db import transaction
from django.test import Client as Browser
from rest_framework.test import APIClient

from audit.merkle import leaf_hash
from audit.models import Entry
from audit.recording import Act, Subject, record_all
from audit.sequencing import keep_up
from audit.tiles import split_hashes
from foundation.clock import now
from foundation.context import PLATFORM
from registry.enrolling import grant_role, register_client
from tests import factories as make
from tests.audit.trees import split_bundle

pytestmark = pytest.mark.django_db

BUNDLE = "/audit/log/tile/entries/000.p/5"


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city(keys="")
    with transaction.atomic():
        record_all([Act("verify", PLATFORM, Subject("licence", str(n)), "valid") for n in range(5)])
    keep_up()


def reader(*, reads_record: bool = True) -> tuple[Any, str]:
    return register_client(name="审计系统", department=make.department("O"), actor=PLATFORM, reads_record=reads_record)


def caller(token: str) -> APIClient:
    made = APIClient(raise_request_exception=False)
    made.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return made


def browser(role: str = "") -> tuple[Browser, Any]:
    person = make.person("审计员")
    if role:
        grant_role(person=person, role=role, department=None, actor=PLATFORM)
    made = Browser()
    made.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return made, person


def looks() -> list[tuple[str, str, str]]:
    return list(Entry.objects.filter(action="read_entries").values_list("outcome", "reason", "subject"))


def test_a_client_that_was_given_it_reads_entries_that_hash_to_the_tile() -> None:
    client, secret = reader()
    answer = caller(make.token(client, secret, "record")).get(BUNDLE, HTTP_ACCEPT="application/octet-stream")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Cache-Control"] == "no-store"
    entries = split_bundle(answer.content)
    tile = Browser().get("/audit/log/tile/0/000.p/5").content
    assert [leaf_hash(entry) for entry in entries] == split_hashes(tile)
    assert json.loads(entries[0])["v"] == 1
    assert looks() == [("done", "", "entries/000.p/5")]
    assert Entry.objects.get(action="read_entries").actor_client == client.pk


@pytest.mark.parametrize("role", ["data_authority", "auditor"])
def test_an_overseer_reads_entries(role: str) -> None:
    visiting, person = browser(role)
    assert len(split_bundle(visiting.get(BUNDLE).content)) == 5
    entry = Entry.objects.get(action="read_entries")
    assert (entry.actor_person, entry.actor_role) == (person.pk, role)


def test_a_client_that_was_not_given_it_gets_no_token_for_it() -> None:
    client, secret = reader(reads_record=False)
    form = {"grant_type": "client_credentials", "client_id": client.client_id, "client_secret": secret}
    answer = Browser().post("/oauth/token/", {**form, "scope": "record"})
    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_scope"


def test_a_token_without_the_scope_opens_nothing_and_the_refusal_is_recorded() -> None:
    client, secret = reader()
    answer = caller(make.token(client, secret)).get(BUNDLE)
    assert (answer.status_code, answer.json()["reason"]) == (403, "scope_missing")
    assert Entry.objects.filter(outcome="refused", actor_client=client.pk).count() == 1


def test_a_client_that_is_no_longer_active_is_refused() -> None:
    client, secret = reader()
    calling = caller(make.token(client, secret, "record"))
    make.edit(client, active=False)
    with make.recorded() as entries:
        answer = calling.get(BUNDLE)
    assert (answer.status_code, answer.json()["reason"]) == (403, "client_inactive")
    (entry,) = entries
    assert (entry.action, entry.outcome, entry.reason) == ("call", "refused", "client_inactive")
    assert entry.actor_client == client.pk


def test_a_client_of_a_department_that_is_gone_is_refused() -> None:
    client, secret = reader()
    calling = caller(make.token(client, secret, "record"))
    assert client.department
    make.edit(client.department, retired_at=now())
    answer = calling.get(BUNDLE)
    assert (answer.status_code, answer.json()["reason"]) == (403, "client_inactive")
    assert [look[:2] for look in looks()] == [("refused", "client_inactive")]


@pytest.mark.parametrize("role", ["", "operator"])
def test_whoever_does_not_oversee_is_refused_and_recorded(role: str) -> None:
    visiting, _ = browser(role)
    answer = visiting.get(BUNDLE)
    assert (answer.status_code, answer.json()["reason"]) == (403, "not_permitted")
    assert [look[:2] for look in looks()] == [("refused", "not_permitted")]


def test_a_clerk_is_refused() -> None:
    visiting = Browser()
    visiting.force_login(make.clerk("O"), backend="django.contrib.auth.backends.ModelBackend")
    assert visiting.get(BUNDLE).status_code == 403


def test_nobody_reads_entries_without_saying_who_they_are() -> None:
    answer = Browser().get(BUNDLE)
    assert (answer.status_code, answer.json()["reason"]) == (401, "not_signed_in")
    assert looks() == []


@pytest.mark.parametrize("path", ["000", "000.p/256", "00", "x", "x999/x999/x999/x999/x999/x999/999", "000.p/5/"])
def test_a_bundle_that_the_tree_does_not_reach_to_is_not_found(path: str) -> None:
    visiting, _ = browser("auditor")
    answer = visiting.get(f"/audit/log/tile/entries/{path}")
    assert answer.status_code == 404
