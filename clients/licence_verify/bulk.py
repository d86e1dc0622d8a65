"""Files of many credentials or codes, one a line: checked as they are read, by several processes where asked."""

import datetime as dt
import itertools
import json
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

from tqdm import tqdm

from licence_verify.checking import Checker, Finding
from licence_verify.saved import load
from licence_verify.wording import as_json

# Lines that one process takes at a time: some 30 milliseconds of work.
CHUNK = 200
_Chunk = list[tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Settings:
    """All that a process needs to check by itself."""

    folder: Path
    root: bytes | None
    at: dt.datetime
    max_age: dt.timedelta | None

    def checker(self) -> Checker:
        """Return a checker of what was saved in the folder."""
        return Checker(load(self.folder, root=self.root), at=self.at, max_age=self.max_age)


@dataclass(slots=True)
class Tally:
    """How many lines had which answers, and the exit code of them all: the worst, a no before a don't-know."""

    answers: Counter[tuple[str, str]] = field(default_factory=Counter)
    exit_codes: Counter[int] = field(default_factory=Counter)

    def add(self, found: "Line") -> None:
        """Count one line."""
        self.answers[found.signature, found.validity] += 1
        self.exit_codes[found.exit_code] += 1

    @property
    def exit_code(self) -> int:
        """1 where any line is not valid, else 2 where any cannot be told, else 0."""
        return next((code for code in (1, 2) if self.exit_codes[code]), 0)


@dataclass(frozen=True, slots=True)
class Line:
    """What was found in one line; small, since it goes from process to process."""

    json: str
    signature: str
    validity: str
    exit_code: int


def check_lines(lines: Iterable[str], settings: Settings, *, processes: int, total: int | None) -> Iterator["Line"]:
    """Yield what is found in each line that is not empty, in order; shows a bar of `total` lines on stderr."""
    numbered = ((number, line) for number, line in enumerate(lines, 1) if line.strip())
    chunks = iter(lambda: list(itertools.islice(numbered, CHUNK)), [])
    # Also where processes follow, so that lists that cannot be used are told of before any starts.
    checker = settings.checker()
    checked = _in_processes(chunks, settings, processes) if processes > 1 else (_check(checker, one) for one in chunks)
    with tqdm(total=total, unit="", mininterval=0.5) as bar:
        for found in checked:
            bar.update(len(found))
            yield from found


def _in_processes(chunks: Iterable[_Chunk], settings: Settings, processes: int) -> Iterator[list["Line"]]:
    with ProcessPoolExecutor(processes, get_context("spawn"), _start, (settings,)) as pool:
        waiting: deque[Future[list[Line]]] = deque()
        for chunk in chunks:
            waiting.append(pool.submit(_check_in_process, chunk))
            # No further ahead than keeps every process busy: the file may be larger than the memory.
            if len(waiting) > 2 * processes:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


_own: list[Checker] = []


def _start(settings: Settings) -> None:
    _own.append(settings.checker())


def _check_in_process(chunk: _Chunk) -> list[Line]:
    return _check(_own[0], chunk)


def _check(checker: Checker, chunk: _Chunk) -> list[Line]:
    return [_line(number, checker.check(text)) for number, text in chunk]


def _line(number: int, finding: Finding) -> Line:
    text = json.dumps({"line": number, **as_json(finding)}, ensure_ascii=False)
    validity = finding.validity.grounds.code if finding.validity else ""
    return Line(text, finding.signature.grounds.code, validity, finding.exit_code)
