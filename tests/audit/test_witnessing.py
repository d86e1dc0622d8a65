"""Witnesses are enrolled and ended, and their cosignatures kept where they hold."""

import datetime as dt
import io

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from audit.models import Checkpoint, Cosignature, Entry, Witness
from audit.notes import ED25519, VerifierKey
from audit.publishing import publish
from audit.queries import checkpoint
from audit.recording import Act, Subject, record_all
from audit.sequencing import keep_up
from audit.witnesses import best_checkpoint, cosignature_lines, standings
from audit.witnessing import accept_cosignatures, end_witness, enrol_witness
from foundation.context import PLATFORM
from foundation.reasons import Refused
from tests import factories as make
from tests.audit.witnesses import Cosigner

pytestmark = pytest.mark.django_db


def grow(count: int = 1) -> Checkpoint:
    with transaction.atomic():
        record_all([Act("verify", PLATFORM, Subject("licence", str(n)), "valid") for n in range(count)])
    keep_up()
    publish()
    signed = checkpoint()
    assert signed
    return signed


def refused(code: str, note: bytes) -> None:
    before, kept = Entry.objects.filter(action="cosign", outcome="refused").count(), Cosignature.objects.count()
    with pytest.raises(Refused) as caught:
        accept_cosignatures(note)
    assert caught.value.grounds.code == code
    assert Entry.objects.filter(action="cosign", reason=code).count() >= 1
    assert Entry.objects.filter(action="cosign", outcome="refused").count() == before + 1
    assert Cosignature.objects.count() == kept


def test_a_cosignature_that_holds_is_kept_once() -> None:
    signed, cosigner = grow(5), Cosigner()
    cosigner.enrol()
    first = cosigner.cosigned()
    taken = accept_cosignatures(first)
    assert (taken.size, taken.witnesses, taken.new) == (signed.size, (cosigner.name,), 1)
    # Signed again it may be of another second.
    assert accept_cosignatures(cosigner.cosigned()).new == 0
    (line,) = cosignature_lines(signed.size)
    assert line in first.decode()


def test_what_is_kept_makes_no_entry_so_that_an_idle_log_stays_idle() -> None:
    grow()
    cosigner = Cosigner()
    cosigner.enrol()
    count = Entry.objects.count()
    accept_cosignatures(cosigner.cosigned())
    assert Entry.objects.count() == count


def test_several_witnesses_may_come_at_once_and_strangers_are_passed_over() -> None:
    grow()
    one, other, stranger = Cosigner("a.example"), Cosigner("b.example"), Cosigner("c.example")
    one.enrol()
    other.enrol()
    note = stranger.cosigned(other.cosigned(one.cosigned().decode()).decode())
    assert accept_cosignatures(note).witnesses == ("a.example", "b.example")


def test_a_key_that_is_not_enrolled_is_refused() -> None:
    grow()
    refused("witness_unknown", Cosigner().cosigned())
    signed = checkpoint()
    assert signed
    refused("witness_unknown", signed.note.encode())


def test_a_key_of_the_same_name_is_another() -> None:
    grow()
    Cosigner().enrol()
    refused("witness_unknown", Cosigner().cosigned())


def test_a_wrong_signature_is_refused_with_all_that_came_with_it() -> None:
    signed, cosigner, other = grow(), Cosigner("a.example"), Cosigner("b.example")
    cosigner.enrol()
    other.enrol()
    wrong = cosigner.line("another text\n")
    refused("cosignature_wrong", other.cosigned() + wrong.encode())
    refused("cosignature_wrong", signed.note.encode() + wrong.encode())


def test_a_time_to_come_is_refused() -> None:
    grow()
    cosigner = Cosigner()
    cosigner.enrol()
    refused("cosignature_wrong", cosigner.cosigned(ahead=3600))


def test_a_checkpoint_that_the_platform_never_signed_is_refused() -> None:
    signed, cosigner = grow(), Cosigner()
    cosigner.enrol()
    for text in (
        signed.note.replace(f"\n{signed.size}\n", f"\n{signed.size + 1}\n", 1),
        signed.note.replace(f"\n{signed.size}\n", f"\n{'9' * 19}\n", 1),
        signed.note.replace("\n\n", "\nmore\n\n", 1),
        f"elsewhere{signed.note}",
    ):
        refused("checkpoint_unknown", cosigner.cosigned(text))


@pytest.mark.parametrize("note", [b"", b"\xff", b"text\n", "a\n1\nAAAA\n\n— a AAAAAAA=\n".encode(), b"\0" * 100])
def test_what_is_no_cosigned_checkpoint_is_refused(note: bytes) -> None:
    refused("cosignature_malformed", note)


def test_a_witness_that_ended_cosigns_no_more_and_what_it_cosigned_stays() -> None:
    signed, cosigner = grow(), Cosigner()
    cosigner.enrol()
    accept_cosignatures(cosigner.cosigned())
    end_witness(name=cosigner.name, actor=PLATFORM)
    assert cosignature_lines(signed.size)
    grow()
    refused("witness_unknown", cosigner.cosigned())
    with pytest.raises(Refused):
        end_witness(name=cosigner.name, actor=PLATFORM)
    Cosigner(cosigner.name).enrol()


def test_enrolling_and_ending_are_entries() -> None:
    cosigner = Cosigner()
    cosigner.enrol()
    end_witness(name=cosigner.name, actor=PLATFORM)
    found = Entry.objects.filter(subject=cosigner.name).order_by("id").values_list("action", flat=True)
    assert list(found) == ["enrol_witness", "end_witness"]


@pytest.mark.parametrize("code", ["witness_known", "witness_key_invalid"])
def test_what_is_no_new_witness_is_not_enrolled(code: str) -> None:
    cosigner = Cosigner()
    cosigner.enrol()
    public = cosigner.key.public
    keys = {
        "witness_known": [str(cosigner.key), str(Cosigner().key)],
        "witness_key_invalid": ["", "name", str(VerifierKey("a", ED25519, public)), str(cosigner.key)[:-4] + "AAA="],
    }
    for vkey in keys[code]:
        with make.recorded() as entries, pytest.raises(Refused) as caught:
            enrol_witness(vkey=vkey, department="D1", actor=PLATFORM)
        assert caught.value.grounds.code == code
        assert [(e.action, e.outcome, e.reason, e.subject) for e in entries] == [("enrol_witness", "refused", code, "")]
        assert caught.value.entry == str(entries[0].pk)


def test_of_two_that_enrol_one_name_at_once_the_second_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    cosigner = Cosigner()
    cosigner.enrol()
    # As if it had looked before the first was there.
    monkeypatch.setattr("audit.witnessing.Witness.objects.filter", lambda **_: Witness.objects.none())
    with pytest.raises(Refused) as caught:
        enrol_witness(vkey=str(Cosigner().key), department="D1", actor=PLATFORM)
    assert caught.value.grounds.code == "witness_known"


def test_that_there_is_no_such_witness_to_end_is_recorded() -> None:
    with make.recorded() as entries, pytest.raises(Refused):
        end_witness(name="nobody.example", actor=PLATFORM)
    assert [(e.action, e.reason, e.subject) for e in entries] == [("end_witness", "witness_unknown", "")]


def test_how_far_behind_each_witness_is() -> None:
    one, other = Cosigner("a.example"), Cosigner("b.example")
    one.enrol()
    other.enrol()
    signed = grow(5)
    accept_cosignatures(one.cosigned())
    latest = grow(7)
    found = {standing.witness.name: standing for standing in standings()}
    assert found["a.example"].behind == latest.size - signed.size
    assert (found["b.example"].last, found["b.example"].behind) == (None, None)
    end_witness(name="a.example", actor=PLATFORM)
    assert [standing.witness.name for standing in standings()] == ["b.example", "a.example"]


def test_a_receipt_takes_the_checkpoint_that_most_witnesses_cosigned() -> None:
    one, other = Cosigner("a.example"), Cosigner("b.example")
    one.enrol()
    other.enrol()
    first = grow()
    assert best_checkpoint(first.size - 1) == first
    second = grow()
    accept_cosignatures(one.cosigned())
    third = grow()
    accept_cosignatures(other.cosigned(one.cosigned().decode()))
    fourth = grow()
    accept_cosignatures(one.cosigned())
    fifth = grow()
    assert best_checkpoint(first.size - 1) == third
    assert best_checkpoint(second.size - 1) == third
    assert best_checkpoint(third.size) == fourth
    assert best_checkpoint(fourth.size) == fifth
    assert best_checkpoint(fifth.size) is None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_cosignature SET line = 'x'",
        "DELETE FROM audit_cosignature",
        "UPDATE audit_witness SET vkey = 'x'",
        "DELETE FROM audit_witness",
        "UPDATE audit_witness SET active_until = NULL",
    ],
)
def test_the_database_itself_keeps_what_was_cosigned(statement: str) -> None:
    grow()
    cosigner = Cosigner()
    cosigner.enrol()
    accept_cosignatures(cosigner.cosigned())
    end_witness(name=cosigner.name, actor=PLATFORM)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_the_command_enrols_lists_and_ends() -> None:
    grow(3)
    cosigner, out = Cosigner(), io.StringIO()
    call_command("witness", "add", str(cosigner.key), "D2", stdout=out)
    accept_cosignatures(cosigner.cosigned())
    call_command("witness", "list", stdout=out)
    call_command("witness", "end", cosigner.name, stdout=out)
    call_command("witness", "list", stdout=out)
    told = out.getvalue()
    assert f"{cosigner.name} of D2: {Cosignature.objects.get().checkpoint_id} entries at" in told
    assert f"{cosigner.name} (ended)" in told
    with pytest.raises(CommandError):
        call_command("witness", "end", cosigner.name)
    assert Witness.objects.get().active_until is not None


def test_times_are_those_of_the_witness_and_of_arrival() -> None:
    grow()
    cosigner = Cosigner()
    cosigner.enrol()
    accept_cosignatures(cosigner.cosigned(ahead=-600))
    kept = Cosignature.objects.get()
    assert dt.timedelta(seconds=599) <= kept.at - kept.signed_at <= dt.timedelta(seconds=660)
