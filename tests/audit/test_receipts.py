"""Receipts: a file that proves an entry by itself, to whoever knows the log's key."""

import base64
import uuid
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import transaction

from audit.errors import EntryNotFound, NotSequencedYet
from audit.logkey import log_key, verifier_key
from audit.merkle import ProofError, leaf_hash, verify_inclusion
from audit.models import Entry
from audit.notes import COSIGNATURE, VerifierKey, cosign, parse_checkpoint, parse_note, verify_note
from audit.queries import checkpoint
from audit.receipts import receipt
from audit.recording import Act, Subject, record_all
from audit.sequencing import keep_up, sequence_batch
from foundation.context import PLATFORM

pytestmark = pytest.mark.django_db


def recorded(count: int) -> list[uuid.UUID]:
    with transaction.atomic():
        return record_all([Act("verify", PLATFORM, Subject("licence", str(n)), "valid") for n in range(count)])


def parts(written: bytes) -> tuple[bytes, int, list[bytes], str]:
    """Read a receipt by its specification: leaf, index, proof, checkpoint."""
    head, extra, index, *rest = written.decode().split("\n")
    assert head == "c2sp.org/tlog-proof@v1"
    gap = rest.index("")
    assert extra.startswith("extra ")
    assert index.startswith("index ")
    hashes = [base64.b64decode(step, validate=True) for step in rest[:gap]]
    leaf = base64.b64decode(extra.removeprefix("extra "), validate=True)
    return leaf, int(index.removeprefix("index ")), hashes, "\n".join(rest[gap + 1 :])


def test_a_receipt_proves_its_entry_under_the_logs_key_alone() -> None:
    entries = recorded(300)
    keep_up()
    for index in (0, 1, 255, 256, 299):
        leaf, found, proof, note = parts(receipt(entries[index]))
        assert found == index
        assert leaf == bytes(Entry.objects.get(pk=entries[index]).leaf)
        key = verifier_key(log_key())
        assert list(verify_note(parse_note(note), [key])) == [key]
        signed = parse_checkpoint(parse_note(note).text)
        holds: dict[str, Any] = {"index": index, "size": signed.size, "proof": proof, "root": signed.root}
        verify_inclusion(leaf_hash=leaf_hash(leaf), **holds)
        with pytest.raises(ProofError):
            verify_inclusion(leaf_hash=leaf_hash(leaf.replace(b"valid", b"other")), **holds)


def test_a_receipt_carries_the_witnesses_signatures() -> None:
    (entry,) = recorded(1)
    keep_up()
    signed, secret = checkpoint(), Ed25519PrivateKey.generate()
    assert signed
    public = secret.public_key().public_bytes_raw()
    text = parse_note(signed.note).text
    line = str(cosign(text, name="witness.example.org", public=public, sign=secret.sign, time=1_795_000_000))
    *_, note = parts(receipt(entry, cosignatures=[line]))
    witness = VerifierKey("witness.example.org", COSIGNATURE, public)
    assert set(verify_note(parse_note(note), [witness, verifier_key(log_key())])) == {
        witness,
        verifier_key(log_key()),
    }


def test_there_is_no_receipt_before_a_signed_tree_holds_the_entry() -> None:
    (entry,) = recorded(1)
    with pytest.raises(NotSequencedYet) as caught:
        receipt(entry)
    assert caught.value.grounds.reason.status == 409
    sequence_batch()
    with pytest.raises(NotSequencedYet):
        receipt(entry)
    keep_up()
    assert receipt(entry)


def test_there_is_no_receipt_of_what_was_never_recorded() -> None:
    recorded(1)
    keep_up()
    with pytest.raises(EntryNotFound):
        receipt(uuid.uuid4())


def test_an_older_receipt_goes_on_to_hold() -> None:
    first = recorded(3)[2]
    keep_up()
    leaf, index, proof, note = parts(receipt(first))
    recorded(600)
    keep_up()
    old = parse_checkpoint(parse_note(note).text)
    verify_inclusion(index=index, size=old.size, leaf_hash=leaf_hash(leaf), proof=proof, root=old.root)
    assert parts(receipt(first))[1] == index
