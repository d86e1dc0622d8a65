"""Signed notes, keys, checkpoints and cosignatures: known answers, and what is not to be taken for one."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit_check.notes import (
    MalformedError,
    NoteError,
    VerifierKey,
    open_checkpoint,
    parse_checkpoint,
    parse_key,
    parse_note,
    witnessed,
)
from tests.clients.logs import LOG_KEY, ORIGIN, WITNESSES, Signer, checkpoint_text, hashed, signed

# The key and the note of Go's own implementation of signed notes (golang.org/x/mod/sumdb/note).
VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
LINE = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
ROOT = hashed(b"root")
CHECKPOINT = checkpoint_text(7, ROOT)
KEY = parse_key(LOG_KEY.vkey, 1)


def test_a_note_of_another_implementation_is_right() -> None:
    note = parse_note(f"{TEXT}\n{LINE}".encode())
    note.check(parse_key(VKEY, 1))
    assert note.text == TEXT
    assert str(parse_key(VKEY, 1)) == VKEY


def test_a_letter_changed_is_noticed() -> None:
    note = parse_note(f"{TEXT.replace('answer', 'Answer')}\n{LINE}".encode())
    with pytest.raises(NoteError):
        note.check(parse_key(VKEY, 1))


@given(st.integers(0, len(VKEY) - 1), st.characters(codec="ascii"))
def test_a_key_with_another_character_is_none(place: int, other: str) -> None:
    changed = VKEY[:place] + other + VKEY[place + 1 :]
    if changed.strip() == VKEY:
        return
    with pytest.raises(MalformedError):
        parse_key(changed, 1)


def test_a_witness_key_does_not_stand_for_a_log_key() -> None:
    with pytest.raises(MalformedError):
        parse_key(WITNESSES[0].vkey, 1)
    with pytest.raises(MalformedError):
        parse_key(LOG_KEY.vkey, 4)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"text\n",
        b"text\n\n",
        b"text\n\n- name AAAAAAA=\n",
        "text\n\n— name\n".encode(),
        "text\n\n— name AAAA\n".encode(),
        "text\n\n— na+me AAAAAAA=\n".encode(),
        "text\n\n— name AAAAAAA\n".encode(),
        "text\n\n— name AAAAAAA=".encode(),
        "te\0xt\n\n— name AAAAAAA=\n".encode(),
        "te\rxt\n\n— name AAAAAAA=\n".encode(),
        b"\xff\n\n\xe2\x80\x94 name AAAAAAA=\n",
        ("text\n\n" + "— name AAAAAAA=\n" * 101).encode(),
        b"x" * (1 << 20) + "\n\n— name AAAAAAA=\n".encode(),
    ],
)
def test_what_is_no_note_is_not_taken_for_one(data: bytes) -> None:
    with pytest.raises(MalformedError):
        parse_note(data)


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reading(data: bytes) -> None:
    for made in (data, f"{TEXT}\n".encode() + data, CHECKPOINT.encode() + b"\n" + data):
        try:
            open_checkpoint(made, KEY)
        except NoteError:
            continue
        raise AssertionError(made)


@pytest.mark.parametrize(
    "text",
    [
        f"{ORIGIN}\n7\n",
        f"{ORIGIN}\n07\n{'A' * 43}=\n",
        f"{ORIGIN}\n-7\n{'A' * 43}=\n",
        f"{ORIGIN}\n٧\n{'A' * 43}=\n",
        f"{ORIGIN}\n7\n{'A' * 42}B=\n",
        f"{ORIGIN}\n7\nAAAA\n",
        f"\n7\n{'A' * 43}=\n",
        f"{ORIGIN}\n7\n{'A' * 43}=\n\nmore\n",
        f"{ORIGIN}\n{'9' * 30}\n{'A' * 43}=\n",
    ],
)
def test_what_is_no_checkpoint_is_not_taken_for_one(text: str) -> None:
    with pytest.raises(MalformedError):
        parse_checkpoint(text)


def test_further_lines_of_a_checkpoint_are_signed_and_let_be() -> None:
    assert parse_checkpoint(f"{CHECKPOINT}more\n").size == 7


def test_lines_by_unknown_keys_are_let_be() -> None:
    stranger = Signer("stranger.example", seed=b"o" * 32)
    same_name = Signer(ORIGIN, seed=b"p" * 32)
    _, checkpoint = open_checkpoint(signed(CHECKPOINT, stranger, same_name, LOG_KEY), KEY)
    assert (checkpoint.size, checkpoint.root) == (7, ROOT)


def test_one_wrong_line_of_a_known_key_spoils_the_note() -> None:
    wrong = LOG_KEY.line(checkpoint_text(8, ROOT))
    with pytest.raises(NoteError):
        open_checkpoint(signed(CHECKPOINT, LOG_KEY) + wrong.encode(), KEY)


def test_witnesses_that_cosigned_are_told_with_the_time() -> None:
    keys = [parse_key(witness.vkey, 4) for witness in WITNESSES]
    note = parse_note(signed(CHECKPOINT, LOG_KEY, *WITNESSES[:2], at=1_780_000_000))
    found = witnessed(note, keys)
    assert found.times == dict.fromkeys(
        (w.name for w in WITNESSES[:2]), dt.datetime.fromtimestamp(1_780_000_000, dt.UTC)
    )
    assert found.absent == (WITNESSES[2].name,)


def test_a_cosignature_of_another_time_or_text_is_wrong() -> None:
    key = parse_key(WITNESSES[0].vkey, 4)
    line = WITNESSES[0].line(checkpoint_text(8, ROOT), 5)
    with pytest.raises(NoteError):
        parse_note(signed(CHECKPOINT, LOG_KEY) + line.encode()).cosigned(key)


def test_a_plain_signature_by_a_witness_is_no_cosignature() -> None:
    """Same key, same name, but the type is part of the key's id."""
    plain = Signer(WITNESSES[0].name, 1, WITNESSES[0].seed)
    note = parse_note(signed(CHECKPOINT, LOG_KEY, plain))
    assert note.cosigned(parse_key(WITNESSES[0].vkey, 4)) is None


def test_a_key_says_itself() -> None:
    assert str(VerifierKey(LOG_KEY.name, 1, LOG_KEY.public)) == LOG_KEY.vkey
