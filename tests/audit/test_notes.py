"""Signed notes, checkpoints and cosignatures: written, read, checked, against known answers. Pure."""

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from audit.notes import (
    COSIGNATURE,
    ED25519,
    Checkpoint,
    Note,
    NoteError,
    VerifierKey,
    cosign,
    cosigned_at,
    parse_checkpoint,
    parse_key,
    parse_note,
    sign_note,
    verify_note,
    with_signatures,
)

# The published example of the note format, and two keys that the world's module proxies trust.
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
CRYPTOGRAPHY = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
SUM_DATABASE = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
# The example of tlog-checkpoint and tlog-cosignature, whose keys are not published.
SOFA = (
    "example.com/behind-the-sofa\n"
    "20852163\n"
    "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    "\n"
    "— example.com/behind-the-sofa "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    "— witness.example.com/w1 "
    "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
)
NAME, WITNESS = "licences.example.org/audit/log", "witness.example.org/planning"
LOG_SECRET, WITNESS_SECRET = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2))
LOG = VerifierKey(NAME, ED25519, LOG_SECRET.public_key().public_bytes_raw())
COSIGNER = VerifierKey(WITNESS, COSIGNATURE, WITNESS_SECRET.public_key().public_bytes_raw())
CHECKPOINT = Checkpoint(NAME, 70_000, bytes(range(32)))


def signed(text: str = str(CHECKPOINT)) -> Note:
    return sign_note(text, name=NAME, public=LOG.public, sign=LOG_SECRET.sign)


def cosigned(time: int = 1_795_000_000) -> str:
    return str(cosign(str(CHECKPOINT), name=WITNESS, public=COSIGNER.public, sign=WITNESS_SECRET.sign, time=time))


# --- Known answers -----------------------------------------------------------------------------------------------


def test_the_published_example_verifies_and_is_written_as_it_was_read() -> None:
    note, key = parse_note(CRYPTOGRAPHY), parse_key(PETER)
    assert list(verify_note(note, [key])) == [key]
    assert str(note) == CRYPTOGRAPHY
    assert str(key) == PETER


def test_keys_are_written_as_they_were_read() -> None:
    key = parse_key(SUM_DATABASE)
    assert (key.name, key.kind, key.key_id.hex()) == ("sum.golang.org", ED25519, "033de0ae")
    assert str(key) == SUM_DATABASE
    assert parse_key(f"{COSIGNER}\n") == COSIGNER


def test_the_examples_of_the_specifications_are_read() -> None:
    note = parse_note(SOFA)
    checkpoint = parse_checkpoint(note.text)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    assert str(checkpoint) == note.text
    log, witness = note.signatures
    assert (log.name, len(log.value)) == ("example.com/behind-the-sofa", 64)
    assert (witness.name, cosigned_at(witness)) == ("witness.example.com/w1", 1679315147)
    assert str(note) == SOFA


# --- Signing and checking ----------------------------------------------------------------------------------------


def test_a_signed_checkpoint_names_its_log_and_verifies_under_its_key_alone() -> None:
    note = parse_note(str(signed()))
    assert list(verify_note(note, [LOG])) == [LOG]
    assert parse_checkpoint(note.text) == CHECKPOINT
    other = VerifierKey(NAME, ED25519, WITNESS_SECRET.public_key().public_bytes_raw())
    with pytest.raises(NoteError, match="no known key"):
        verify_note(note, [other])
    renamed = VerifierKey("another.example.org", ED25519, LOG.public)
    with pytest.raises(NoteError, match="no known key"):
        verify_note(note, [renamed])


def test_cosignatures_are_added_once_and_verify_beside_the_logs() -> None:
    note = with_signatures(signed(), [cosigned(), cosigned().strip()])
    assert len(note.signatures) == 2
    found = verify_note(parse_note(str(note)), [LOG, COSIGNER])
    assert set(found) == {LOG, COSIGNER}
    assert cosigned_at(found[COSIGNER]) == 1_795_000_000
    assert str(note).startswith(str(signed()))


def test_a_cosignature_of_another_checkpoint_or_time_does_not_hold() -> None:
    moved = with_signatures(signed(str(Checkpoint(NAME, 70_001, CHECKPOINT.root))), [cosigned()])
    with pytest.raises(NoteError, match="does not hold"):
        verify_note(moved, [COSIGNER])
    stamp = with_signatures(signed(), [cosigned()]).signatures[1]
    later = (cosigned_at(stamp) + 1).to_bytes(8, "big") + stamp.value[8:]
    forged = Note(str(CHECKPOINT), (type(stamp)(stamp.name, stamp.key_id, later),))
    with pytest.raises(NoteError, match="does not hold"):
        verify_note(forged, [COSIGNER])


def test_a_logs_signature_is_no_cosignature() -> None:
    assert VerifierKey(NAME, COSIGNATURE, LOG.public).key_id != LOG.key_id


@given(st.integers(0, len(str(CHECKPOINT).encode()) * 8 - 1))
def test_no_bit_of_a_signed_text_can_be_changed(bit: int) -> None:
    raw = int.from_bytes(str(CHECKPOINT).encode(), "big") ^ (1 << bit)
    text = raw.to_bytes(len(str(CHECKPOINT)), "big").decode("utf-8", "replace")
    with pytest.raises(NoteError):
        verify_note(Note(text, signed().signatures), [LOG])


# --- What is malformed -------------------------------------------------------------------------------------------

LINE = str(signed().signatures[0])


@pytest.mark.parametrize(
    "written",
    [
        "",
        "text\n",
        f"text\n{LINE}",
        f"text\n\n{LINE.strip()}",
        "text\n\n\n",
        f"te\txt\n\n{LINE}",
        f"text\r\n\r\n{LINE}",
        f"text\n\n{LINE}{LINE.replace('—', '-')}",
        f"text\n\n{LINE.replace(' licences', '  licences')}",
        f"text\n\n— {NAME} AAAA\n",
        f"text\n\n— {NAME} not*base64\n",
        f"text\n\n— {NAME} {'A' * 90}B==\n",
        f"text\n\n— na+me {'A' * 92}\n",
        f"text\n\n— {'A' * 92}\n",
        f"text\n\n{LINE * 101}",
    ],
)
def test_a_malformed_note_is_refused(written: str) -> None:
    with pytest.raises(NoteError):
        parse_note(written)


@pytest.mark.parametrize(
    "lines",
    [
        (),
        ("",),
        ("origin", "5"),
        ("", "5", "A" * 43 + "="),
        ("origin", "05", "A" * 43 + "="),
        ("origin", "-5", "A" * 43 + "="),
        ("origin", "٥", "A" * 43 + "="),
        ("origin", "9" * 5000, "A" * 43 + "="),
        ("origin", "5", "A" * 44),
        ("origin", "5", "A" * 42 + "B="),
        ("origin", "5", ""),
        ("origin", "5", "A" * 43 + "=", "", "extension"),
    ],
)
def test_a_malformed_checkpoint_is_refused(lines: tuple[str, ...]) -> None:
    with pytest.raises(NoteError):
        parse_checkpoint("".join(f"{line}\n" for line in lines))


def test_extension_lines_are_passed_over() -> None:
    assert parse_checkpoint(f"{CHECKPOINT}extension\n") == CHECKPOINT


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name",
        "name+12345678",
        PETER.replace("c74f20a3", "c74f20a4"),
        PETER.replace("ARpc", "BBpc"),
        PETER.replace("+ARpc", "+CRpc"),
        PETER.replace("PeterNeumann", "Peter Neumann"),
        PETER.replace("PeterNeumann", ""),
        PETER[:-4],
    ],
)
def test_a_malformed_key_is_refused(text: str) -> None:
    with pytest.raises(NoteError):
        parse_key(text)


@pytest.mark.parametrize("text", ["no newline", "tab\t\n", ""])
def test_a_text_that_no_note_holds_is_not_signed(text: str) -> None:
    with pytest.raises(NoteError):
        signed(text)


@pytest.mark.parametrize("value", [b"", bytes(71), bytes(73), b"\xff" * 72])
def test_a_cosignature_of_wrong_length_or_time_is_refused(value: Any) -> None:
    stamp = type(signed().signatures[0])(WITNESS, COSIGNER.key_id, value)
    with pytest.raises(NoteError, match=r"length|range"):
        verify_note(Note(str(CHECKPOINT), (stamp,)), [COSIGNER])
