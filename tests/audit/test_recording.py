"""Writing the record: one entry in the transaction of what it records; no entry, no access."""

import hashlib
import json
import uuid
from typing import Any

import pytest
import rfc8785
from django.db import DatabaseError, transaction

from audit.errors import RecordUnavailable
from audit.models import Entry, Pending, Personal
from audit.queries import openings, personal_values
from audit.recording import Act, Subject, Why, record, record_all, record_refusal
from foundation.context import PLATFORM, Actor, RequestContext, request_context
from foundation.reasons import Refused, because
from tests.factories import edit, every_byte

CLERK = Actor(person=uuid.uuid4(), department="D", role="clerk", name="李经办")
SUBJECT = Subject("licence", "1.2.156")


def _write(**values: Any) -> uuid.UUID:
    values = {"action": "verify", "actor": CLERK, "subject": SUBJECT, "outcome": "valid", **values}
    with transaction.atomic():
        return record(**values)


def test_an_entry_outside_of_a_transaction_is_refused() -> None:
    with pytest.raises(RecordUnavailable, match="cannot be written") as caught:
        record(action="verify", actor=CLERK, subject=SUBJECT, outcome="valid")
    assert caught.value.grounds.reason.status == 503


@pytest.mark.django_db
def test_entry_queue_and_personal_values_are_written_together() -> None:
    with request_context(RequestContext("request-1", "10.1.2.3")):
        key = _write(reason="valid", why=Why("D2", "核准", "D2-1"), fields=["a", "b"], personal={"number": "成〔1〕号"})
    entry = Entry.objects.get(pk=key)
    assert Pending.objects.get().entry == key
    assert personal_values([key])[key] == {
        "actor": "李经办",
        "address": "10.1.2.3",
        "number": "成〔1〕号",
    }
    assert (entry.item, entry.purpose, entry.case, entry.fields) == ("D2", "核准", "D2-1", ["a", "b"])
    assert (entry.actor_person, entry.actor_department, entry.actor_role) == (CLERK.person, "D", "clerk")
    assert entry.request_id == "request-1"
    assert key.version == 7


@pytest.mark.django_db
@pytest.mark.parametrize("actor", [CLERK, Actor(client=uuid.uuid4(), department="D", role="client"), PLATFORM])
def test_many_entries_at_once_are_as_each_by_itself(actor: Actor) -> None:
    acts = [Act("verify", actor, Subject("licence", str(n)), "valid", fields=["a"]) for n in range(40)]
    with transaction.atomic():
        keys = record_all(acts)
    entries = {entry.pk: entry for entry in Entry.objects.all()}
    assert [entries[key].subject for key in keys] == [str(n) for n in range(40)]
    assert {(e.actor_person, e.actor_client, *e.fields) for e in entries.values()} == {
        (actor.person, actor.client, "a")
    }
    assert Pending.objects.count() == 40


@pytest.mark.django_db
def test_the_leaf_says_what_the_columns_say_and_hides_what_may_be_erased() -> None:
    key = _write(why=Why("D2", "核准", "D2-1"), personal={"number": "成〔1〕号"})
    entry = Entry.objects.get(pk=key)
    leaf = json.loads(bytes(entry.leaf))
    assert rfc8785.dumps(leaf) == bytes(entry.leaf)
    assert leaf["id"] == str(key)
    assert leaf["at"] == entry.at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    for column in ("action", "outcome", "item", "purpose", "case", "subject", "subject_kind", "request_id"):
        assert leaf[column] == getattr(entry, column)
    assert leaf["actor_person"] == str(CLERK.person)
    opened = openings([key])[key]
    assert {name: committed.value for name, committed in opened.items()} == {"actor": "李经办", "number": "成〔1〕号"}
    for name, committed in opened.items():
        assert committed.value not in bytes(entry.leaf).decode()
        plain = committed.salt + name.encode() + b"\0" + committed.value.encode()
        assert leaf["personal"][name] == hashlib.sha256(plain).hexdigest()


@pytest.mark.django_db
def test_no_personal_value_and_no_salt_stands_in_clear_in_any_table() -> None:
    typed = "510104198001010017"
    with request_context(RequestContext("request-1", "10.91.92.93")):
        key = _write(personal={"number": typed})
    thief = every_byte()
    for name, committed in openings([key])[key].items():
        for secret in (committed.value.encode(), committed.salt, committed.salt.hex().encode()):
            assert secret not in thief, name


@pytest.mark.django_db
def test_personal_values_that_were_altered_or_moved_to_another_entry_are_not_shown() -> None:
    one, other = _write(personal={"number": "1"}), _write(personal={"number": "2"})
    edit(Personal.objects.get(pk=one), values_sealed=bytes(Personal.objects.get(pk=other).values_sealed))
    assert personal_values([one, other]) == {other: {"actor": "李经办", "number": "2"}}


@pytest.mark.django_db
def test_the_same_value_is_committed_to_differently_each_time() -> None:
    leaves = [json.loads(bytes(Entry.objects.get(pk=_write()).leaf)) for _ in range(2)]
    assert leaves[0]["personal"]["actor"] != leaves[1]["personal"]["actor"]


@pytest.mark.django_db
def test_a_rolled_back_act_leaves_no_entry() -> None:
    with transaction.atomic():
        record(action="issue", actor=PLATFORM, subject=SUBJECT, outcome="issued")
        transaction.set_rollback(True)
    assert not Entry.objects.exists()
    assert not Pending.objects.exists()
    assert not Personal.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("model", [Entry, Pending, Personal])
def test_where_any_part_cannot_be_written_none_is(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise DatabaseError("disk full")

    monkeypatch.setattr(model.objects, "bulk_create", fail)
    with pytest.raises(RecordUnavailable) as caught:
        _write()
    assert "disk full" in caught.value.__notes__
    monkeypatch.undo()
    assert not Entry.objects.exists()
    assert not Pending.objects.exists()
    assert not Personal.objects.exists()


@pytest.mark.django_db
def test_an_entry_that_no_bundle_of_the_tree_can_hold_is_refused() -> None:
    with pytest.raises(RecordUnavailable) as caught:
        _write(fields=["field" * 10] * 1500)
    assert "fits into no bundle" in caught.value.__notes__[0]
    assert not Entry.objects.exists()


@pytest.mark.django_db
def test_a_refusal_is_recorded_and_names_its_entry() -> None:
    refused = Refused(because("licence_not_found"))
    returned = record_refusal(
        refused, action="disclose", actor=CLERK, subject=SUBJECT, why=Why("D2"), true_reason="outside_needs"
    )
    entry = Entry.objects.get()
    assert returned is refused
    assert refused.entry == str(entry.pk)
    assert (entry.outcome, entry.reason, entry.item) == ("refused", "outside_needs", "D2")


@pytest.mark.django_db
def test_where_a_refusal_cannot_be_recorded_the_answer_is_that_the_record_is_not_available(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise DatabaseError("gone")

    monkeypatch.setattr(Entry.objects, "bulk_create", fail)
    with pytest.raises(RecordUnavailable):
        record_refusal(Refused(because("not_shared")), action="verify", actor=CLERK, subject=SUBJECT)
