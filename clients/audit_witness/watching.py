"""A witness that goes and looks: it fetches the checkpoint, proves from the tiles that the log grew, and cosigns.

Who answers at the log's address is the log: what is wrong there raises the alarm. What comes to a witness that serves
may be anyone's, so that there only a fork does.
"""

import httpx

from audit_check.notes import Checkpoint, MalformedError, Note, NoteError, signature_line
from audit_check.sources import Source, UnreadableError
from audit_witness.cosigning import AlarmedError, Answer, Cosigner
from audit_witness.judging import Verdict
from audit_witness.proving import Tiles

# So often is the log read anew before it counts as unproven: tiles may be written while they are read.
_READINGS = 3
SIGNATURE, RESTORED = "signature", "restored"


class SubmitError(Exception):
    """The platform has not taken the cosignature; it is sent again next time."""


def look(cosigner: Cosigner, source: Source, http: httpx.Client, address: str) -> Answer:
    """Look at the log once; cosign what it has become and send that to the platform.

    Raises `AlarmedError` once the alarm is raised, or where one stands; `UnreadableError` where the log cannot be read,
    `SubmitError` where it does not take the cosignature.
    """
    cosigner.check_alarm()
    for _ in range(_READINGS):
        data, note, checkpoint = _checkpoint(cosigner, source)
        answer = cosigner.consider(data, old=_size(cosigner), proof=_proof(cosigner, source, checkpoint))
        if answer.verdict is not Verdict.UNPROVEN:
            break
    if not answer.line:
        raise _alarmed(cosigner, answer.verdict, data)
    text = note.text.encode()
    if answer.verdict is Verdict.GROWN or cosigner.state.submitted() != text:
        _submit(http, address, _signed(cosigner, note, answer.line))
        cosigner.state.note_submitted(text)
    return answer


def _size(cosigner: Cosigner) -> int:
    return cosigner.last.size if cosigner.last else 0


def _checkpoint(cosigner: Cosigner, source: Source) -> tuple[bytes, Note, Checkpoint]:
    data = source.read("checkpoint")
    if data is None:
        raise UnreadableError("the log serves no checkpoint")
    try:
        note, checkpoint = cosigner.open(data)
        own = note.cosigned(cosigner.key.public)
    except MalformedError as error:
        raise UnreadableError(f"what is served is no checkpoint: {error}") from error
    except NoteError as error:
        raise _alarmed(cosigner, SIGNATURE, data, str(error)) from error
    if own and checkpoint.size > _size(cosigner):
        # Cosigned with this key, but not from this folder: it was set back, or another witness has the key.
        raise _alarmed(cosigner, RESTORED, data)
    return data, note, checkpoint


def _alarmed(cosigner: Cosigner, kind: str, seen: bytes, detail: str = "") -> AlarmedError:
    if kind != Verdict.FORK:  # of which the cosigner has told already
        cosigner.alarm(kind, seen, detail)
    return AlarmedError(kind, standing=False)


def _proof(cosigner: Cosigner, source: Source, checkpoint: Checkpoint) -> list[bytes]:
    size = _size(cosigner)
    return Tiles(source, checkpoint.size).proof_since(size) if 0 < size < checkpoint.size else []


def _signed(cosigner: Cosigner, note: Note, line: str) -> bytes:
    """Return the checkpoint with the log's signature and the witness's, without those of others."""
    log = cosigner.log
    lines = [signature_line(log.name, log.id, data) for data in note.by(log)]
    return (note.text + "\n" + "".join(lines) + line).encode()


def _submit(http: httpx.Client, address: str, body: bytes) -> None:
    url = f"{address.rstrip('/')}/cosignatures"
    try:
        answer = http.post(url, content=body, headers={"Content-Type": "text/plain; charset=utf-8"})
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise SubmitError(f"{url}: {error}") from error
    if not answer.is_success:
        raise SubmitError(f"{url}: {answer.status_code} {answer.text[:300]}")
