"""The heart of a witness: judge a checkpoint, keep it, and only then let its cosignature go."""

import datetime as dt
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from audit_check.notes import Checkpoint, Note, NoteError, VerifierKey, open_checkpoint, parse_checkpoint, parse_note
from audit_witness.judging import Verdict, judge
from audit_witness.state import State


class AlarmedError(Exception):
    """Nothing is cosigned until the operator acknowledges the alarm; `standing` where it was not raised just now."""

    def __init__(self, kind: str, *, standing: bool) -> None:
        super().__init__(kind)
        self.standing = standing


class UnknownLogError(NoteError):
    """The checkpoint is of another log than this witness watches."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a checkpoint; `line` is the cosignature where there is one, `size` that of the one held."""

    verdict: Verdict
    size: int
    line: str = ""


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


class Cosigner:
    """Cosigns the checkpoints of one log, one after the other, whoever brings them.

    `on_alarm` is told the kind of an alarm once it is on the disk.
    """

    def __init__(
        self,
        state: State,
        log: VerifierKey,
        *,
        clock: Callable[[], dt.datetime] = _now,
        on_alarm: Callable[[str], object] = str,
    ) -> None:
        self.state, self.log, self.clock, self._on_alarm = state, log, clock, on_alarm
        self.key = state.key()
        self._last = state.last(log)
        self._one_at_a_time = threading.Lock()

    @property
    def last(self) -> Checkpoint | None:
        """The checkpoint cosigned last."""
        return self._last

    def open(self, data: bytes) -> tuple[Note, Checkpoint]:
        """Return a checkpoint that the log signed; raises `NoteError`, `UnknownLogError` where it is of another log."""
        if parse_checkpoint(parse_note(data).text).origin != self.log.name:
            raise UnknownLogError("this witness does not watch that log")
        return open_checkpoint(data, self.log)

    def consider(self, data: bytes, *, old: int, proof: Sequence[bytes]) -> Answer:
        """Cosign a checkpoint if it continues the last one; a fork raises the alarm.

        Raises `NoteError` where it is not the log's, `AlarmedError` where an alarm stands. The checkpoint is on the
        disk before its cosignature is returned, so that no crash makes the witness forget what it has vouched for.
        """
        note, new = self.open(data)
        with self._one_at_a_time:
            self.check_alarm()
            verdict = judge(self._last, new, old=old, proof=proof)
            if verdict is Verdict.FORK:
                self.alarm(verdict, data)
            if verdict not in {Verdict.GROWN, Verdict.SAME}:
                return Answer(verdict, self._last.size if self._last else 0)
            if verdict is Verdict.GROWN:
                self.state.keep(data)
                self._last = new
            return Answer(verdict, new.size, self.key.cosign(note.text, self.clock()))

    def check_alarm(self) -> None:
        """Raise `AlarmedError` where an alarm stands."""
        alarm = self.state.alarm()
        if alarm is not None:
            raise AlarmedError(str(alarm.get("kind", "damaged")), standing=True)

    def alarm(self, kind: str, seen: bytes, detail: str = "") -> None:
        """Keep an alarm with both notes, and tell of it."""
        try:
            self.state.raise_alarm(kind, at=self.clock(), held=self.state.last_note(), seen=seen, detail=detail)
        finally:
            # A full disk may take the evidence; that there is an alarm is told all the same.
            self._on_alarm(kind)
