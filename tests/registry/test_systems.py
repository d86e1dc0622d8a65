"""Keeping departments' systems: secrets that overlap, keys, and an end that holds from the second on."""

import datetime as dt
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.test import Client as Browser
from joserfc.jwk import ECKey, OKPKey, RSAKey

from foundation.clock import now
from foundation.context import PLATFORM
from foundation.reasons import Refused
from registry.enrolling import grant_role, revoke_role
from registry.models import Client, Membership
from registry.queries import memberships
from registry.systems import add_client_key, change_client, deactivate_client, end_client_key, rotate_secret
from tests import factories as make

pytestmark = pytest.mark.django_db
WEEK = dt.timedelta(days=7)


@pytest.fixture
def known() -> tuple[Client, str]:
    make.city(keys="")
    return make.client("O")


def _signs_in(client: Client, secret: str) -> bool:
    form = {"grant_type": "client_credentials", "client_id": client.client_id, "client_secret": secret}
    return Browser().post("/oauth/token/", form).status_code == 200


def _refused(act: Any, *args: Any, **values: Any) -> str:
    with pytest.raises(Refused) as caught:
        act(*args, actor=PLATFORM, **values)
    return caught.value.grounds.code


def test_secrets_are_kept_hashed_alone(known: tuple[Client, str]) -> None:
    client, secret = known
    second = rotate_secret(client, actor=PLATFORM, overlap=WEEK)
    client.refresh_from_db()
    assert secret != second
    everything = make.every_byte()
    assert secret.encode() not in everything
    assert second.encode() not in everything


def test_two_secrets_hold_until_the_overlap_ends_and_then_the_new_one_alone(known: tuple[Client, str]) -> None:
    client, secret = known
    at = now()
    second = rotate_secret(client, actor=PLATFORM, overlap=WEEK, at=at)
    assert _signs_in(client, secret)
    assert _signs_in(client, second)
    with time_machine.travel(at + WEEK - dt.timedelta(seconds=1), tick=False):
        assert _signs_in(client, secret)
    with time_machine.travel(at + WEEK, tick=False):
        assert not _signs_in(client, secret)
        assert _signs_in(client, second)


def test_no_more_than_two_secrets_hold(known: tuple[Client, str]) -> None:
    client, first = known
    second = rotate_secret(client, actor=PLATFORM, overlap=WEEK)
    third = rotate_secret(client, actor=PLATFORM, overlap=WEEK)
    assert [_signs_in(client, secret) for secret in (first, second, third)] == [False, True, True]


def test_a_secret_that_leaked_ends_at_once_with_the_tokens(known: tuple[Client, str]) -> None:
    client, secret = known
    token = make.token(client, secret)
    second = rotate_secret(client, actor=PLATFORM, overlap=dt.timedelta(0))
    assert [_signs_in(client, s) for s in (secret, second)] == [False, True]
    answer = Browser().get("/api/v1/licences/1.2/", headers={"authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json()["reason"]) == (401, "not_signed_in")


@pytest.mark.parametrize("overlap", [dt.timedelta(days=31), dt.timedelta(seconds=-1)])
def test_an_overlap_has_its_bounds(known: tuple[Client, str], overlap: dt.timedelta) -> None:
    assert _refused(rotate_secret, known[0], overlap=overlap) == "overlap_too_long"


def test_what_is_hashed_does_not_sign_in(known: tuple[Client, str]) -> None:
    client, _ = known
    rotate_secret(client, actor=PLATFORM, overlap=WEEK)
    client.refresh_from_db()
    assert not _signs_in(client, client.client_secret)
    assert not _signs_in(client, client.former_secret)
    client.former_secret_until = None
    assert not _signs_in(client, "")


def test_a_system_that_was_deactivated_is_answered_nothing_from_that_second_on(known: tuple[Client, str]) -> None:
    client, secret = known
    second = rotate_secret(client, actor=PLATFORM, overlap=WEEK)
    token = make.token(client, second)
    key = add_client_key(client, ECKey.generate_key("P-256").as_dict(private=False), actor=PLATFORM)
    deactivate_client(client, actor=PLATFORM)
    answer = Browser().get("/api/v1/licences/1.2/", headers={"authorization": f"Bearer {token}"})
    assert answer.status_code == 401
    assert not _signs_in(client, secret)
    assert not _signs_in(client, second)
    key.refresh_from_db()
    assert key.until
    for act, values in (
        (rotate_secret, {"overlap": WEEK}),
        (deactivate_client, {}),
        (change_client, {"must_sign": True}),
    ):
        assert _refused(act, client, **values) == "client_deactivated"


def test_each_step_is_an_entry_that_tells_no_secret(known: tuple[Client, str]) -> None:
    client, _ = known
    jwk = {**OKPKey.generate_key("Ed25519").as_dict(private=False), "kid": "key-1"}
    with make.recorded() as entries:
        rotate_secret(client, actor=PLATFORM, overlap=WEEK)
        add_client_key(client, jwk, actor=PLATFORM)
        change_client(client, actor=PLATFORM, must_sign=True, rate=50)
        end_client_key(client, "key-1", actor=PLATFORM)
        deactivate_client(client, actor=PLATFORM)
    assert [e.action for e in entries] == [
        "rotate_secret", "add_client_key", "change_client", "end_client_key", "deactivate_client",
    ]  # fmt: skip
    assert {(e.subject_kind, e.subject) for e in entries} == {("client", str(client.pk))}
    assert entries[1].fields == ["key-1", "Ed25519"]
    assert entries[2].fields == ["must_sign=true", "rate=50"]


# --- Keys ------------------------------------------------------------------------------------------------------------


def test_a_key_is_known_by_its_own_id_or_its_thumbprint(known: tuple[Client, str]) -> None:
    client, _ = known
    key = ECKey.generate_key("P-256")
    assert add_client_key(client, key.as_dict(private=False), actor=PLATFORM).kid == key.thumbprint()
    named = {**ECKey.generate_key("P-256").as_dict(private=False), "kid": "k", "alg": "ES256", "use": "sig"}
    made = add_client_key(client, named, actor=PLATFORM)
    assert (made.kid, made.algorithm, set(made.jwk)) == ("k", "ES256", {"kty", "crv", "x", "y", "kid"})
    assert _refused(add_client_key, client, named) == "client_key_present"
    end_client_key(client, "k", actor=PLATFORM)
    assert _refused(end_client_key, client, "k") == "client_key_not_found"
    # An id that ended is not used again: what it signed then is told from what another key signs now.
    assert _refused(add_client_key, client, named) == "client_key_present"


P256 = ECKey.generate_key("P-256")


@pytest.mark.parametrize(
    ("jwk", "reason"),
    [
        (P256.as_dict(private=True), "client_key_malformed"),
        ({"kty": "oct", "k": "AAAA"}, "client_key_malformed"),
        (RSAKey.generate_key(2048).as_dict(private=False), "client_key_weak"),
        (ECKey.generate_key("P-384").as_dict(private=False), "client_key_weak"),
        ({**P256.as_dict(private=False), "alg": "HS256"}, "client_key_weak"),
        ({**P256.as_dict(private=False), "use": "enc"}, "client_key_weak"),
        ({**P256.as_dict(private=False), "x": "AAAA"}, "client_key_malformed"),
        ({**P256.as_dict(private=False), "y": P256.as_dict(private=False)["x"]}, "client_key_malformed"),
        ({**P256.as_dict(private=False), "kid": "\0"}, "client_key_malformed"),
        ({**P256.as_dict(private=False), "kid": "k" * 121}, "client_key_malformed"),
        ({**P256.as_dict(private=False), "kid": 7}, "client_key_malformed"),
        ({"kty": "EC", "crv": "P-256"}, "client_key_malformed"),
        ({"kty": ["EC"], "crv": {}}, "client_key_weak"),
        ([], "client_key_malformed"),
        (None, "client_key_malformed"),
        ("text", "client_key_malformed"),
    ],
)
def test_what_is_no_public_key_of_an_accepted_kind_is_refused(
    known: tuple[Client, str], jwk: object, reason: str
) -> None:
    assert _refused(add_client_key, known[0], jwk) == reason


def test_a_key_ends_after_it_begins(known: tuple[Client, str]) -> None:
    assert _refused(add_client_key, known[0], P256.as_dict(private=False), until=now()) == "until_not_future"


# --- Roles -----------------------------------------------------------------------------------------------------------


def test_a_role_that_was_revoked_gives_nothing_from_that_moment_on() -> None:
    make.city(keys="")
    person = make.person()
    at = now()
    held = grant_role(person=person, role="clerk", department=make.department("D"), actor=PLATFORM, since=at - WEEK)
    with make.recorded() as entries:
        revoke_role(held, actor=PLATFORM, at=at)
    assert [(e.action, e.subject, e.fields) for e in entries] == [("revoke_role", str(person.pk), ["clerk", "D"])]
    assert memberships(person, at) == []
    assert len(memberships(person, at - dt.timedelta(seconds=1))) == 1
    assert _refused(revoke_role, held) == "role_not_held"
    assert Membership.objects.count() == 1


# --- The command -----------------------------------------------------------------------------------------------------


def _said(*arguments: str) -> str:
    out = StringIO()
    call_command("clients", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_registers_rotates_keeps_keys_and_ends(known: tuple[Client, str], tmp_path: Path) -> None:
    said = _said("register", "D", "工商登记系统", "--rate", "20", "--must-sign").split()
    client_id, secret = said[1], said[3]
    client = Client.objects.get(client_id=client_id)
    assert (client.rate, client.must_sign, client.reads_record) == (20, True, False)
    assert _signs_in(client, secret)
    second = _said("rotate", client_id, "--days", "0").split()[3]
    assert [_signs_in(client, s) for s in (secret, second)] == [False, True]
    file = tmp_path / "key.json"
    file.write_text(json.dumps({**P256.as_dict(private=False), "kid": "k1"}), "utf-8")
    assert "k1" in _said("keys", client_id, "--add", str(file), "--days", "30")
    _said("keys", client_id, "--end", "k1")
    _said("change", client_id, "--must-sign", "no")
    client.refresh_from_db()
    assert (client.must_sign, client.rate) == (False, 20)
    assert client_id in _said("list", "D")
    assert client_id not in _said("list", "O")
    _said("deactivate", client_id)
    assert "ended" in _said("list", "D")


@pytest.mark.parametrize(
    "arguments",
    [
        ("register", "ZZ", "x"),
        ("rotate", "nobody"),
        ("keys", "nobody"),
        ("deactivate", "nobody\0"),
    ],
)
def test_the_command_says_what_it_does_not_do(known: tuple[Client, str], arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError, match="There is no such"):
        _said(*arguments)


def test_the_command_reads_no_file_that_holds_no_key(known: tuple[Client, str], tmp_path: Path) -> None:
    file = tmp_path / "key.json"
    file.write_text("nonsense")
    with pytest.raises(CommandError, match="JWK"):
        _said("keys", known[0].client_id, "--add", str(file))
    with pytest.raises(CommandError, match="cannot be read"):
        _said("keys", known[0].client_id, "--add", str(tmp_path / "none"))
