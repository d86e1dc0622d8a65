"""What a witness keeps in its folder: its key, the checkpoint that it cosigned last, and an alarm that stands.

`key` is secret. `checkpoint` is the signed note of the log, written before its cosignature leaves. `alarm.json` is
written once and stays until the operator acknowledges it; `submitted` only spares sending a cosignature again.
"""

import base64
import datetime as dt
import json
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit_check.notes import (
    COSIGNATURE,
    Checkpoint,
    MalformedError,
    NoteError,
    VerifierKey,
    cosigned_message,
    decoded,
    open_checkpoint,
    parse_key,
    signature_line,
)
from audit_witness.keeping import keep_folder, write_whole

_PRIVATE = "PRIVATE+KEY+"


class StateError(Exception):
    """The folder does not hold what a witness needs, or holds what it must not work with."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A witness's key; it signs no text but that of cosignatures."""

    public: VerifierKey
    _private: Ed25519PrivateKey

    def cosign(self, text: str, at: dt.datetime) -> str:
        """Return the line that cosigns a checkpoint's text (tlog-cosignature, Ed25519)."""
        seconds = int(at.timestamp())
        signature = self._private.sign(cosigned_message(text, seconds))
        return signature_line(self.public.name, self.public.id, seconds.to_bytes(8) + signature)


class State:
    """A witness's folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.alarm_file = folder / "alarm.json"

    # --- The key ------------------------------------------------------------------------------------------------------

    def make_key(self, name: str) -> VerifierKey:
        """Make a key and return its public part; raises `StateError` where there is one already."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if (self.folder / "key").exists():
            raise StateError(f"{self.folder} has a key already")
        private = Ed25519PrivateKey.generate()
        made = VerifierKey(name, COSIGNATURE, private.public_key().public_bytes_raw())
        parse_key(str(made), COSIGNATURE)  # the name may be none
        encoded = base64.b64encode(bytes([COSIGNATURE]) + private.private_bytes_raw()).decode()
        write_whole(self.folder / "key", f"{_PRIVATE}{name}+{made.id.hex()}+{encoded}\n".encode(), mode=0o600)
        return made

    def key(self) -> SigningKey:
        """Return the witness's key."""
        try:
            text = (self.folder / "key").read_text("utf-8").strip()
            name, key_id, encoded = text.removeprefix(_PRIVATE).split("+", 2)
            data = decoded(encoded)
            private = Ed25519PrivateKey.from_private_bytes(data[1:])
        except (OSError, ValueError, MalformedError) as error:
            raise StateError(f"{self.folder} holds no key; `audit-witness key` makes one: {error}") from error
        public = VerifierKey(name, data[0], private.public_key().public_bytes_raw())
        if data[0] != COSIGNATURE or key_id != public.id.hex():
            raise StateError(f"the key in {self.folder} is damaged")
        return SigningKey(public, private)

    # --- The checkpoint cosigned last ---------------------------------------------------------------------------------

    def last(self, log: VerifierKey) -> Checkpoint | None:
        """Return the checkpoint cosigned last, None where there was none yet."""
        data = self.last_note()
        try:
            return open_checkpoint(data, log)[1] if data is not None else None
        except NoteError as error:
            raise StateError(f"the checkpoint in {self.folder} is not of this log, or is damaged: {error}") from error

    def last_note(self) -> bytes | None:
        """Return the signed note of the checkpoint cosigned last."""
        try:
            return (self.folder / "checkpoint").read_bytes()
        except FileNotFoundError:
            return None

    def keep(self, note: bytes) -> None:
        """Keep a checkpoint; when this returns it is on the disk."""
        write_whole(self.folder / "checkpoint", note)

    def submitted(self) -> bytes:
        """Return the text of the checkpoint whose cosignature the platform has taken."""
        try:
            return (self.folder / "submitted").read_bytes()
        except FileNotFoundError:
            return b""

    def note_submitted(self, text: bytes) -> None:
        """Note that the platform has taken the cosignature of this text."""
        write_whole(self.folder / "submitted", text)

    # --- An alarm -----------------------------------------------------------------------------------------------------

    def alarm(self) -> dict[str, str] | None:
        """Return the alarm that stands."""
        try:
            found = json.loads(self.alarm_file.read_bytes())
        except FileNotFoundError:
            return None
        except ValueError:
            found = None
        # A file that cannot be read is an alarm all the same.
        return found if isinstance(found, dict) else {"kind": "damaged"}

    def raise_alarm(self, kind: str, *, at: dt.datetime, held: bytes | None, seen: bytes, detail: str = "") -> None:
        """Keep an alarm with its evidence, the note held and the note seen; one that stands already stays."""
        if self.alarm() is not None:
            return
        evidence = {
            "kind": kind,
            "at": at.isoformat(),
            "detail": detail,
            "held": (held or b"").decode("utf-8", "backslashreplace"),
            "seen": seen.decode("utf-8", "backslashreplace"),
        }
        write_whole(self.alarm_file, json.dumps(evidence, ensure_ascii=False, indent=2).encode())

    def acknowledge(self) -> Path | None:
        """Lay the alarm that stands aside, and return where; None where there is none."""
        alarm = self.alarm()
        if alarm is None:
            return None
        aside = self.folder / "alarms"
        aside.mkdir(exist_ok=True)
        taken = {path.name for path in aside.iterdir()}
        name = next(name for number in range(len(taken) + 1) if (name := f"{number:04d}.json") not in taken)
        os.rename(self.alarm_file, aside / name)  # noqa: PTH104 - a rename that never copies
        keep_folder(aside)
        keep_folder(self.folder)
        return aside / name
