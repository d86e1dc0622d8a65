"""The command `audit-check`: is the record what it was, and does an entry stand in it?

Exit codes: 0 proven, 1 not proven (it says what, and from which entry on), 2 not to be read or not understood.
"""

import argparse
import base64
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
from tqdm import tqdm

from audit_check.archives import check_archive, find_archives, open_archive
from audit_check.checking import Asked, Report, check_log
from audit_check.findings import OF_ENTRIES, Finding, Kind
from audit_check.language import Language, default_language
from audit_check.leaves import LeafError, commitments, opens, read_leaf
from audit_check.notes import COSIGNATURE, ED25519, NoteError, VerifierKey, parse_key
from audit_check.receipts import LARGEST, Proven, ReceiptError, check_receipt, parse_receipt
from audit_check.sources import Folder, Source, UnreadableError, Web
from audit_check.wording import describe, say, tell

PROVEN, NOT_PROVEN, CANNOT_TELL = 0, 1, 2
_MOST_TOLD = 20


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except (UnreadableError, NoteError, OSError, ValueError) as error:
        sys.stderr.write(f"audit-check: {error}\n")
        return CANNOT_TELL


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="audit-check", description="Check the record of a platform from outside.")
    commands = parser.add_subparsers(required=True)
    log = commands.add_parser("log", help="check a log: its checkpoint, tiles and entries")
    log.add_argument("log", help="a folder, or an address such as https://licences.city.example/audit/log")
    log.add_argument("--token", default="", help="opens the entries of a log at an address")
    log.add_argument("--tiles-only", action="store_true", help="look at no entries")
    log.add_argument("--archives", type=Path, metavar="DIR", help="archives with entries that the log serves no more")
    log.add_argument(
        "--since", type=Path, action="append", default=[], metavar="FILE", help="a checkpoint kept earlier"
    )
    log.set_defaults(run=_log)
    receipt = commands.add_parser("receipt", help="check that an entry stands in the log, and say what it says")
    receipt.add_argument("file", type=Path, help="a receipt (.tlog-proof)")
    receipt.add_argument("--value", action="append", default=[], metavar="NAME=VALUE", help="a value to compare")
    receipt.add_argument("--salt", action="append", default=[], metavar="HEX", help="its salt, in the same order")
    receipt.set_defaults(run=_receipt)
    archive = commands.add_parser("archive", help="check archives by themselves, without the log")
    archive.add_argument("file", type=Path, nargs="+", help="an archive; its signed note stands beside it")
    archive.set_defaults(run=_archive)
    for command in (log, receipt, archive):
        command.add_argument("--key", required=command is not log, help="the log's public key, or a file with it")
        command.add_argument("--language", choices=("zh", "en"), default=default_language(), help="of sentences")
    for command in (log, receipt):
        command.add_argument(
            "--witness", action="append", default=[], metavar="KEY", help="a witness's key or its file"
        )
        command.add_argument(
            "--quorum", type=int, metavar="N", help="how many of them must have cosigned (default: all)"
        )
    return parser


def _line(text: str) -> None:
    """Print a line; what an entry holds must not steer the terminal."""
    shown = "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text)
    sys.stdout.write(f"{shown}\n")


def _key(text: str, kind: int) -> VerifierKey:
    """Return a key from the command line: the key itself, or a file that holds it."""
    return parse_key(text if "+" in text else Path(text).read_text("utf-8"), kind)


def _witnesses(options: argparse.Namespace) -> list[VerifierKey]:
    found = {str(key): key for key in (_key(text, COSIGNATURE) for text in options.witness)}
    if options.quorum is not None and not 0 <= options.quorum <= len(found):
        raise ValueError(f"a quorum of {options.quorum} cannot be had of {len(found)} witnesses")
    return list(found.values())


# --- A log ------------------------------------------------------------------------------------------------------------


def _log(options: argparse.Namespace) -> int:
    with _source(options) as source:
        key = _key(options.key, ED25519) if options.key else _own_key(source)
        asked = Asked(
            key=key,
            since=[path.read_bytes() for path in options.since],
            witnesses=_witnesses(options),
            quorum=options.quorum,
            archives=find_archives(options.archives, key) if options.archives else (),
            entries=not options.tiles_only,
            must_open=bool(options.token) or isinstance(source, Folder),
        )
        with tqdm(unit="", mininterval=0.5, disable=None) as bar:
            report = check_log(source, asked, bar.update)
    if not options.key:
        _line(say("own_key", options.language, key=key))
    _tell(report.findings, options.language)
    _tell_report(report, options.language)
    return PROVEN if report.proven else NOT_PROVEN


@contextmanager
def _source(options: argparse.Namespace) -> Iterator[Source]:
    if not options.log.startswith(("http://", "https://")):
        yield Folder(Path(options.log))
        return
    with httpx.Client(timeout=30) as http:
        yield Web(options.log, http, token=options.token)


def _own_key(source: Source) -> VerifierKey:
    data = source.read("key")
    if data is None:
        raise UnreadableError("the log names no key; give one with --key")
    return parse_key(data.decode(), ED25519)


def _tell(findings: Sequence[Finding], language: Language) -> None:
    _line(say("not_proven" if findings else "proven", language))
    for finding in findings[:_MOST_TOLD]:
        _line(f"  {tell(finding, language)}")
    if len(findings) > _MOST_TOLD:
        _line(f"  {say('more', language, count=len(findings) - _MOST_TOLD)}")
    first = next((f for f in findings if f.kind in OF_ENTRIES and f.first is not None and f.first == f.last), None)
    if first:
        _line(say("first", language, index=first.first))


def _tell_report(report: Report, language: Language) -> None:
    root = base64.b64encode(report.checkpoint.root).decode()
    _line(say("log", language, origin=report.checkpoint.origin, size=report.checkpoint.size, root=root))
    if report.entries is None:
        _line(say("unseen", language))
    else:
        _line(say("seen", language, count=report.entries))
    for kept in report.continued:
        _line(say("continued", language, size=kept.size))
    for name, at in report.witnesses.items():
        _line(say("witness", language, name=name, at=at.isoformat()))


# --- A receipt --------------------------------------------------------------------------------------------------------


def _receipt(options: argparse.Namespace) -> int:
    language, key, witnesses = options.language, _key(options.key, ED25519), _witnesses(options)
    values = _values(options)
    if options.file.stat().st_size > LARGEST:
        raise UnreadableError(f"{options.file} is too large for a receipt")
    try:
        proven = check_receipt(parse_receipt(options.file.read_bytes()), key, witnesses, options.quorum)
    except ReceiptError as error:
        _tell([Finding(Kind.RECEIPT, where=str(error))], language)
        return NOT_PROVEN
    said, wrong = _read(proven), []
    committed = commitments(said or {})
    for name, value, salt in values:
        if not opens(committed.get(name, ""), salt=salt, name=name, value=value):
            wrong.append(Finding(Kind.COMMITMENT, where=name))
    _tell(wrong, language)
    _line(say("entry", language, index=proven.index, size=proven.checkpoint.size))
    for line in describe(said, language) if said else [say("unreadable_entry", language)]:
        _line(line)
    right = {name for name, *_ in values} - {finding.where for finding in wrong}
    for name, digest in committed.items():
        _line(say("opened", language, name=name) if name in right else f"{name}: {digest}")
    for name, at in proven.witnesses.items():
        _line(say("witness", language, name=name, at=at.isoformat()))
    return NOT_PROVEN if wrong else PROVEN


def _values(options: argparse.Namespace) -> list[tuple[str, str, bytes]]:
    if len(options.value) != len(options.salt):
        raise ValueError("each --value wants its --salt")
    pairs = [
        (*value.partition("=")[::2], bytes.fromhex(salt))
        for value, salt in zip(options.value, options.salt, strict=True)
    ]
    return [(name, value, salt) for name, value, salt in pairs]


def _read(proven: Proven) -> dict[str, object] | None:
    try:
        return read_leaf(proven.leaf)
    except LeafError:
        return None


# --- Archives ---------------------------------------------------------------------------------------------------------


def _archive(options: argparse.Namespace) -> int:
    key, findings, lines = _key(options.key, ED25519), [], []
    for path in options.file:
        archive = open_archive(path, key)
        found = list(check_archive(archive))
        findings += found
        if not found:
            lines.append(say("archive", options.language, name=path.name, first=archive.first, last=archive.last))
    _tell(findings, options.language)
    for line in lines:
        _line(line)
    return NOT_PROVEN if findings else PROVEN


if __name__ == "__main__":
    sys.exit(main())
