"""A witness that is asked: `POST /add-checkpoint` of C2SP tlog-witness, on loopback unless told otherwise."""

import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from audit_check.notes import MalformedError, NoteError
from audit_witness.cosigning import AlarmedError, Answer, Cosigner, UnknownLogError
from audit_witness.judging import Verdict
from audit_witness.requests import LONGEST_REQUEST, parse_addition

_LENGTH = re.compile("[0-9]{1,9}", re.ASCII)
_TEXT, _SIZE = "text/plain; charset=utf-8", "text/x.tlog.size"

Reply = tuple[int, str, str]  # status, type, body


class WitnessServer(ThreadingHTTPServer):
    """Serves one witness."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], cosigner: Cosigner) -> None:
        super().__init__(address, _Handler)
        self.cosigner = cosigner


def add_checkpoint(cosigner: Cosigner, body: bytes) -> Reply:
    """Answer one request as tlog-witness says. 503 while an alarm stands, or where the state cannot be kept."""
    try:
        addition = parse_addition(body)
        _, checkpoint = cosigner.open(addition.checkpoint)
        if addition.old > checkpoint.size:
            return 400, _TEXT, "the old size is larger than the checkpoint's\n"
        return _reply(cosigner.consider(addition.checkpoint, old=addition.old, proof=addition.proof))
    except AlarmedError as alarm:
        return 503, _TEXT, f"an alarm stands: {alarm}\n"
    except MalformedError as error:
        return 400, _TEXT, f"{error}\n"
    except UnknownLogError as error:
        return 404, _TEXT, f"{error}\n"
    except NoteError as error:
        return 403, _TEXT, f"{error}\n"
    except OSError as error:
        return 503, _TEXT, f"the state cannot be kept: {error.strerror}\n"


def _reply(answer: Answer) -> Reply:
    if answer.line:
        return 200, _TEXT, answer.line
    if answer.verdict is Verdict.UNPROVEN:
        return 422, _TEXT, "the proof does not show that the log grew\n"
    return 409, _SIZE, f"{answer.size}\n"


class _Handler(BaseHTTPRequestHandler):
    server: WitnessServer
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not _LENGTH.fullmatch(length) or int(length) > LONGEST_REQUEST:
            self._answer((400, _TEXT, "the request has no length that can be taken\n"), close=True)
            return
        body = self.rfile.read(int(length))
        if self.path == "/add-checkpoint":
            self._answer(add_checkpoint(self.server.cosigner, body))
        else:
            self._answer((404, _TEXT, "there is nothing here\n"))

    def _answer(self, reply: Reply, *, close: bool = False) -> None:
        status, kind, text = reply
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text.encode())))
        if close:
            self.close_connection = True
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(text.encode())
