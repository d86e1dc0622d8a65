"""Issuing licences, operating on them, and batches of those on paper."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote
from uuid import uuid4

from licence_exchange_client.answers import Batch, Row
from licence_exchange_client.connection import Connection


class Issuing(Connection):
    """The calls of a department that issues; the token needs the scope `issue`."""

    def issue(
        self,
        licence_type: str,
        *,
        holders: Sequence[Mapping[str, str]],
        content: Mapping[str, Any] | None = None,
        key: str = "",
        **more: Any,
    ) -> dict[str, Any]:
        """Issue a licence; `more` may hold number, issued_on, valid_from, valid_until, replaces, operation.

        `holders` are `{"name", "code_type", "number"}`. The idempotency key is made here and kept while the request is
        sent again after a failure on the way, so that it issues once; to send it again yourself later, give your own
        `key` both times. Return the licence with its credential; raises as `call` does.
        """
        body = {"licence_type": licence_type, "holders": list(holders), "content": dict(content or {}), **more}
        headers = {"Idempotency-Key": key or uuid4().hex}
        return cast("dict[str, Any]", self.call("POST", "/api/v1/licences/", again=True, json=body, headers=headers))

    def operate(self, identifier: str, operation: str, *, reason: str) -> dict[str, Any]:
        """Suspend, resume, cancel, revoke, withdraw or annul a licence of the department; raises as `call` does."""
        body = {"operation": operation, "reason": reason}
        path = f"/api/v1/licences/{quote(identifier, safe='')}/operations/"
        return cast("dict[str, Any]", self.call("POST", path, json=body))

    def submit_batch(self, path: str | Path, licence_type: str) -> Batch:
        """Send a CSV or XLSX file of licences on paper; the same file again is the same batch. Raises as `call` does.

        A system that signs its calls sends at most 2.5 MB at a time.
        """
        path = Path(path)
        # Read as a whole (64 MiB at most), so that it can be sent again.
        file = (path.name, path.read_bytes())
        form = {"licence_type": licence_type}
        return cast("Batch", self.call("POST", "/api/v1/batches/", again=True, data=form, files={"file": file}))

    def batches(self) -> Iterator[Batch]:
        """Return the department's batches, the newest first; raises as `call` does."""
        return self.pages("/api/v1/batches/")

    def batch(self, key: str) -> Batch:
        """Return how far a batch is; raises as `call` does."""
        return cast("Batch", self.call("GET", f"/api/v1/batches/{key}/", again=True))

    def failed_rows(self, key: str) -> Iterator[Row]:
        """Return a batch's rows that failed, with their faults by column; raises as `call` does."""
        return self.pages(f"/api/v1/batches/{key}/rows/", params={"state": "failed"})

    def retry_batch(self, key: str) -> Batch:
        """Let the rows that failed be tried again, and a stopped batch go on; raises as `call` does."""
        return cast("Batch", self.call("POST", f"/api/v1/batches/{key}/retry/", again=True))

    def stop_batch(self, key: str) -> Batch:
        """Let a batch rest after the rows that are being issued; raises as `call` does."""
        return cast("Batch", self.call("POST", f"/api/v1/batches/{key}/stop/", again=True))
