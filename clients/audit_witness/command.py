"""The command `audit-witness`: a department's own eye on the record.

Exit codes: 0 all well, 1 alarm, 2 the log cannot be read now, or the command was not understood.
"""

import argparse
import shlex
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import httpx

from audit_check.language import default_language
from audit_check.notes import ED25519, NoteError, VerifierKey, parse_key
from audit_check.sources import UnreadableError, Web
from audit_witness.cosigning import AlarmedError, Cosigner
from audit_witness.judging import Verdict
from audit_witness.keeping import BusyError, alone
from audit_witness.serving import WitnessServer
from audit_witness.state import State, StateError
from audit_witness.watching import SubmitError, look
from audit_witness.wording import alarm_text, say

WELL, ALARM, CANNOT_TELL = 0, 1, 2
_ALARM_SECONDS = 60


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except AlarmedError as alarm:
        if alarm.standing:
            _complain_of(options, str(alarm))
        return ALARM
    except (StateError, BusyError, NoteError, UnreadableError, SubmitError, OSError, ValueError) as error:
        _complain(str(error))
        return CANNOT_TELL
    except KeyboardInterrupt:
        return WELL


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="audit-witness", description="Watch the record of a platform and cosign it.")
    commands = parser.add_subparsers(required=True)
    key = commands.add_parser("key", help="make the witness's key and print its public part")
    key.add_argument("name", help="the witness's name, such as witness.health.city.example")
    key.set_defaults(run=_key)
    watch = commands.add_parser("watch", help="look at a log again and again, and send the platform cosignatures")
    watch.add_argument("url", help="the log's address, such as https://licences.city.example/audit/log")
    watch.add_argument("--every", type=float, default=30, metavar="SECONDS", help="between two looks (default: 30)")
    watch.add_argument("--once", action="store_true", help="look once")
    watch.set_defaults(run=_watch)
    serve = commands.add_parser("serve", help="cosign what is brought: add-checkpoint of C2SP tlog-witness")
    serve.add_argument("--port", type=int, default=8460, help="(default: 8460)")
    serve.add_argument("--host", default="127.0.0.1", help="(default: 127.0.0.1)")
    serve.set_defaults(run=_serve)
    acknowledge = commands.add_parser("acknowledge", help="lay an alarm aside, once its cause is known")
    acknowledge.set_defaults(run=_acknowledge)
    for command in (watch, serve):
        command.add_argument("--key", required=True, help="the log's public key, or a file with it")
        command.add_argument(
            "--alarm", default="", metavar="COMMAND", help="is run on an alarm, with the evidence's file"
        )
    for command in (key, watch, serve, acknowledge):
        command.add_argument("--state", type=Path, required=True, metavar="DIR", help="the witness's own folder")
        command.add_argument("--language", choices=("zh", "en"), default=default_language(), help="of sentences")
    return parser


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _complain(text: str) -> None:
    sys.stderr.write(f"audit-witness: {text}\n")
    sys.stderr.flush()


def _complain_of(options: argparse.Namespace, kind: str) -> None:
    path, language = State(options.state).alarm_file, options.language
    _complain(say("alarm", language, what=alarm_text(kind, language), path=path))


def _cosigner(options: argparse.Namespace, log: VerifierKey) -> Cosigner:
    """Return the cosigner, who tells of a new alarm on stderr and by the operator's command."""
    state = State(options.state)

    def tell(kind: str) -> None:
        _complain_of(options, kind)
        if not options.alarm:
            return
        try:
            # The operator's own command line.
            command = [*shlex.split(options.alarm), str(state.alarm_file)]
            subprocess.run(command, check=True, timeout=_ALARM_SECONDS)  # noqa: S603
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            _complain(say("command", options.language, error=error))

    return Cosigner(state, log, on_alarm=tell)


def _log_key(options: argparse.Namespace) -> VerifierKey:
    text: str = options.key
    return parse_key(text if "+" in text else Path(text).read_text("utf-8"), ED25519)


def _key(options: argparse.Namespace) -> int:
    _say(str(State(options.state).make_key(options.name)))
    return WELL


def _watch(options: argparse.Namespace) -> int:
    log = _log_key(options)
    with alone(options.state), httpx.Client(timeout=30) as http:
        cosigner, source = _cosigner(options, log), Web(options.url, http)
        while True:
            code = _look(cosigner, source, http, options)
            if options.once:
                return code
            time.sleep(options.every)


def _look(cosigner: Cosigner, source: Web, http: httpx.Client, options: argparse.Namespace) -> int:
    """Look once; what passes by itself is told, an alarm ends the watch."""
    try:
        answer = look(cosigner, source, http, source.address)
    except (UnreadableError, SubmitError) as error:
        _complain(str(error))
        return CANNOT_TELL
    if answer.verdict is Verdict.GROWN or options.once:
        name = "cosigned" if answer.verdict is Verdict.GROWN else "same"
        _say(say(name, options.language, size=answer.size))
    return WELL


def _serve(options: argparse.Namespace) -> int:
    log = _log_key(options)
    with alone(options.state):
        cosigner = _cosigner(options, log)
        cosigner.check_alarm()
        with WitnessServer((options.host, options.port), cosigner) as server:
            address = f"http://{options.host}:{server.server_port}"
            _say(say("serving", options.language, address=address, key=cosigner.key.public))
            server.serve_forever()
    return WELL


def _acknowledge(options: argparse.Namespace) -> int:
    with alone(options.state):
        path = State(options.state).acknowledge()
    _say(say("acknowledged", options.language, path=path) if path else say("nothing", options.language))
    return WELL


if __name__ == "__main__":
    sys.exit(main())
