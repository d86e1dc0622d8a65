"""Where a log is read from: a folder, or the platform's address over HTTP."""

import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

import httpx

from audit_check.layout import LARGEST_FILE

# Before each further attempt, in seconds.
WAITS = (0.2, 1.0, 4.0)
_ABSENT = {404, 410}
_CLOSED = {401, 403}


class UnreadableError(Exception):
    """The log cannot be read at all, so nothing is proven either way."""


class ClosedError(UnreadableError):
    """What is asked for is kept from whoever has not the right token."""


class Source(Protocol):
    """What has a log's files."""

    @property
    def ahead(self) -> int:
        """How many files may be asked for at once."""

    def read(self, path: str) -> bytes | None:
        """Return the file at this path of the log, None where there is none."""


class Folder:
    """A log in a folder."""

    ahead = 1

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise UnreadableError(f"{folder} is no folder")
        self._folder = folder

    def read(self, path: str) -> bytes | None:
        """Return the file, None where there is none."""
        try:
            return (self._folder / path).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise UnreadableError(f"{path} cannot be read: {error}") from error


class Web:
    """A log at an address, for instance https://licences.city.example/audit/log; `token` opens its entries."""

    ahead = 8

    def __init__(self, address: str, http: httpx.Client, *, token: str = "") -> None:
        self.address = address.rstrip("/")
        self._http = http
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    def read(self, path: str) -> bytes | None:
        """Return what is served, None where there is nothing; asks again where the way or the platform fails."""
        for wait in (*WAITS, None):
            try:
                status, body = self._once(f"{self.address}/{path}")
                if status < 500 and status != 429:
                    break
                trouble = f"status {status}"
            except httpx.HTTPError as error:
                trouble = str(error) or type(error).__name__
            except httpx.InvalidURL as error:
                raise UnreadableError(str(error)) from error
            if wait is None:
                raise UnreadableError(f"{self.address}/{path} cannot be read: {trouble}")
            time.sleep(wait)
        if status in _CLOSED:
            raise ClosedError(f"{self.address}/{path} is closed to this token (status {status})")
        if status != 200 and status not in _ABSENT:
            raise UnreadableError(f"{self.address}/{path} answers with status {status}")
        return body if status == 200 else None

    def _once(self, url: str) -> tuple[int, bytes]:
        with self._http.stream("GET", url, headers=self._headers, follow_redirects=False) as answer:
            body = bytearray()
            for chunk in answer.iter_bytes():
                body += chunk
                if len(body) > LARGEST_FILE:
                    raise UnreadableError(f"{url} is larger than any file of a log")
            return answer.status_code, bytes(body)


def read_all(source: Source, paths: Iterable[str]) -> Iterator[bytes | None]:
    """Read files in their order; over a network some are asked for ahead."""
    if source.ahead == 1:
        yield from map(source.read, paths)
        return
    waiting: deque[Future[bytes | None]] = deque()
    with ThreadPoolExecutor(source.ahead) as pool:
        for path in paths:
            waiting.append(pool.submit(source.read, path))
            if len(waiting) >= 2 * source.ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
