"""The command `licence-verify`: fetch the lists while there is a network, check licences without one.

Exit codes: 0 signed and valid, 1 not, 2 where it cannot be told or the command was not understood.
"""

import argparse
import datetime as dt
import json
import locale
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from foundation.clock import now
from foundation.reasons import REASONS, Language
from licence_verify.bulk import Settings, Tally, check_lines
from licence_verify.checking import Checker, Finding
from licence_verify.saved import Saved, SavedError, fingerprint, read_root
from licence_verify.wording import as_json, lists_json, say, sentences

CANNOT_TELL = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except (SavedError, OSError, UnicodeDecodeError) as error:
        sys.stderr.write(f"licence-verify: {error}\n")
        return CANNOT_TELL


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="licence-verify", description="Verify licences without network.")
    commands = parser.add_subparsers(required=True)
    getting = commands.add_parser("fetch", help="save the trust list and the status lists of a platform")
    getting.add_argument("url", help="the platform's address")
    getting.add_argument("folder", type=Path, help="where to save them")
    getting.set_defaults(run=_fetch)
    checking = commands.add_parser("check", help="check a licence by what was saved")
    checking.add_argument("folder", type=Path, help="what `fetch` saved")
    checking.add_argument(
        "licence", help="a PDF; a file with a credential or code, or with many, one a line; `-`; or the text itself"
    )
    checking.add_argument("--max-age", type=float, metavar="HOURS", help="older lists count as expired")
    checking.add_argument("--json", action="store_true", help="print JSON, for a file of many one line each")
    checking.add_argument("--processes", type=int, default=1, help="for a file of many (default: 1)")
    checking.set_defaults(run=_check)
    for command in (getting, checking):
        command.add_argument("--root", type=Path, help="the platform's root certificate, had from elsewhere (DER, PEM)")
        command.add_argument("--language", choices=("zh", "en"), default=_language(), help="of sentences")
    return parser


def _language() -> Language:
    named = os.environ.get("LC_ALL") or os.environ.get("LANG") or locale.getlocale()[0] or ""
    return "zh" if named.lower().startswith(("zh", "chinese")) else "en"


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _fetch(options: argparse.Namespace) -> int:
    import httpx

    from licence_verify.fetching import fetch

    root = read_root(options.root) if options.root else None
    with httpx.Client(timeout=30) as http:
        fetched = fetch(options.url, options.folder, http=http, root=root)
    _say(say("fetched", options.language, count=fetched.status_lists))
    if fetched.new_root:
        _say(say("root", options.language, print=fingerprint(fetched.root)))
    return 0


def _check(options: argparse.Namespace) -> int:
    root = read_root(options.root) if options.root else None
    max_age = dt.timedelta(hours=options.max_age) if options.max_age is not None else None
    settings = Settings(options.folder, root, now(), max_age)
    path = _file(options.licence)
    if path is None and options.licence != "-":
        return _one(settings.checker(), options.licence, options)
    if path and path.read_bytes()[:5] == b"%PDF-":
        checker = settings.checker()
        return _told(checker, checker.check_document(path.read_bytes()), options)
    total = _count(path) if path else None
    with _opened(path) as lines:
        if total == 1:
            return _one(settings.checker(), next(line for line in lines if line.strip()), options)
        return _many(lines, settings, total, options)


def _file(text: str) -> Path | None:
    try:
        return Path(text) if Path(text).is_file() else None
    except (OSError, ValueError):
        # A credential is longer than any file's name.
        return None


def _count(path: Path) -> int:
    with path.open("rb") as file:
        return sum(1 for line in file if line.strip())


@contextmanager
def _opened(path: Path | None) -> Iterator[TextIO]:
    if path is None:
        yield sys.stdin
        return
    with path.open(encoding="utf-8", errors="replace") as file:
        yield file


def _one(checker: Checker, text: str, options: argparse.Namespace) -> int:
    return _told(checker, checker.check(text), options)


def _told(checker: Checker, finding: Finding, options: argparse.Namespace) -> int:
    saved: Saved = checker.saved
    if options.json:
        _say(json.dumps({**as_json(finding), "trust_list": lists_json(saved)}, ensure_ascii=False, indent=2))
    else:
        _say(sentences(finding, saved, checker.at, options.language))
    return finding.exit_code


def _many(lines: TextIO, settings: Settings, total: int | None, options: argparse.Namespace) -> int:
    tally = Tally()
    for found in check_lines(lines, settings, processes=max(options.processes, 1), total=total):
        tally.add(found)
        if options.json:
            _say(found.json)
    if not options.json:
        for (signature, validity), count in tally.answers.most_common():
            texts = [REASONS[code].text(options.language) if code else "" for code in (signature, validity)]
            _say(say("counted", options.language, count=count, signature=texts[0], validity=texts[1]).rstrip())
    return tally.exit_code


if __name__ == "__main__":
    sys.exit(main())
