"""Witnesses: departments that vouch from outside that the record only grew. Who they are, and what they cosigned."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import IntegrityError, transaction

from audit import notes
from audit.errors import WitnessRefused
from audit.models import Checkpoint, Cosignature, Witness
from audit.recording import Subject, record, record_refusal
from foundation.clock import now
from foundation.context import PLATFORM, Actor
from foundation.reasons import Refused

# A witness's clock may be ahead by so much; what is signed for later than that is no statement of now.
_AHEAD = dt.timedelta(minutes=5)


def enrol_witness(*, vkey: str, department: str, actor: Actor, at: dt.datetime | None = None) -> Witness:
    """Enrol the witness of a department (code) by its public key, whose name it bears.

    Raises `Refused`, which is recorded: the key is none for cosignatures, or it or its name is enrolled already.
    """
    with _refusals_recorded("enrol_witness", vkey, actor), transaction.atomic():
        return _enrol(vkey, department, actor, at or now())


def _enrol(vkey: str, department: str, actor: Actor, at: dt.datetime) -> Witness:
    try:
        key = notes.parse_key(vkey)
    except notes.NoteError as error:
        raise WitnessRefused("witness_key_invalid", str(error)) from error
    if key.kind != notes.COSIGNATURE or len(str(key)) > 300 or len(key.name) > 200:
        raise WitnessRefused("witness_key_invalid", "the key is of another type, or too long")
    known = Witness.objects.filter(vkey=str(key)).exists()
    if known or Witness.objects.filter(name=key.name, active_until=None).exists():
        raise WitnessRefused("witness_known")
    try:
        with transaction.atomic():
            witness = Witness.objects.create(name=key.name, department=department, vkey=str(key), active_from=at)
    except IntegrityError:
        # Another enrolled it meanwhile.
        raise WitnessRefused("witness_known") from None
    _record("enrol_witness", witness, actor)
    return witness


def end_witness(*, name: str, actor: Actor, at: dt.datetime | None = None) -> Witness:
    """Let a witness cosign no more from now on; what it cosigned stays.

    Raises `Refused`, which is recorded, where there is none.
    """
    with _refusals_recorded("end_witness", name, actor), transaction.atomic():
        witness = Witness.objects.select_for_update().filter(name=name, active_until=None).first()
        if witness is None:
            raise WitnessRefused("witness_unknown")
        witness.active_until = at or now()
        witness.save(update_fields=["active_until"])
        _record("end_witness", witness, actor)
        return witness


@contextmanager
def _refusals_recorded(action: str, typed: str, actor: Actor) -> Iterator[None]:
    try:
        yield
    except WitnessRefused as refused:
        # What was typed may be anything.
        personal = {"witness": typed[:300]}
        raise record_refusal(
            refused, action=action, actor=actor, subject=Subject("witness"), personal=personal
        ) from refused


def _record(action: str, witness: Witness, actor: Actor) -> None:
    record(action=action, actor=actor, subject=Subject("witness", witness.name), outcome="done")


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of the cosignatures that came: by which witnesses, and how many of them were new."""

    size: int
    witnesses: tuple[str, ...]
    new: int


def accept_cosignatures(note: bytes, *, at: dt.datetime | None = None) -> Taken:
    """Keep the cosignatures in a signed note of one of our checkpoints; those by unknown keys are passed over.

    Raises `Refused`, which is recorded: it is no note, the checkpoint is not ours, no witness in office signed it, a
    witness's signature is wrong. What is kept is recorded by itself: a cosignature proves more than an entry could, and
    an entry for each would let the log grow, and be cosigned anew, for ever.
    """
    try:
        with transaction.atomic():
            return _accept(note, at or now())
    except WitnessRefused as refused:
        raise record_refusal(refused, action="cosign", actor=PLATFORM, subject=Subject("record")) from refused


def _accept(note: bytes, at: dt.datetime) -> Taken:
    parsed, checkpoint = _ours(note)
    witnesses = {notes.parse_key(found.vkey): found for found in Witness.objects.filter(active_until=None)}
    try:
        signed = notes.verify_note(parsed, witnesses)
    except notes.NoteError as error:
        named = {(line.name, line.key_id) for line in parsed.signatures} & {(k.name, k.key_id) for k in witnesses}
        raise WitnessRefused("cosignature_wrong" if named else "witness_unknown", str(error)) from error
    new = sum(_keep(witnesses[key], checkpoint, line, at) for key, line in signed.items())
    return Taken(checkpoint.size, tuple(key.name for key in signed), new)


def _ours(note: bytes) -> tuple[notes.Note, Checkpoint]:
    """Return the note and the checkpoint of ours that it bears: the same text, word for word."""
    try:
        parsed = notes.parse_note(note.decode())
        said = notes.parse_checkpoint(parsed.text)
    except (notes.NoteError, UnicodeDecodeError) as error:
        raise WitnessRefused("cosignature_malformed", str(error)) from error
    known = Checkpoint.objects.filter(size=said.size).first() if said.size < 1 << 63 else None
    if known is None or notes.parse_note(known.note).text != parsed.text:
        raise WitnessRefused("checkpoint_unknown", f"a checkpoint of {said.origin} at {said.size}")
    return parsed, known


def _keep(witness: Witness, checkpoint: Checkpoint, line: notes.Signature, at: dt.datetime) -> bool:
    seconds = notes.cosigned_at(line)
    if seconds > (at + _AHEAD).timestamp():
        raise WitnessRefused("cosignature_wrong", "it is signed for a time to come")
    signed_at = dt.datetime.fromtimestamp(seconds, dt.UTC)
    _, new = Cosignature.objects.get_or_create(
        witness=witness, checkpoint=checkpoint, defaults={"line": str(line), "signed_at": signed_at, "at": at}
    )
    return new


__all__ = ["Refused", "Taken", "Witness", "accept_cosignatures", "end_witness", "enrol_witness"]
