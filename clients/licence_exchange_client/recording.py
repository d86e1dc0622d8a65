"""Receipts: proof that an access stands in the signed record."""

import time

from licence_exchange_client.connection import Connection, body_of, retry_after


class Recording(Connection):
    """The calls about the record."""

    def receipt(self, entry: str, *, patience: float = 10) -> bytes:
        """Return the proof file (C2SP tlog-proof) that an entry, `record` of an answer, stands in the signed log.

        Keep it beside the case: `audit-check receipt` verifies it without the platform. An entry that the log has not
        signed yet is asked for again for `patience` seconds. Raises as `call` does.
        """
        until = time.monotonic() + patience
        while True:
            answer = self.send("GET", f"/api/v1/record/{entry}/receipt/", again=True)
            wait = retry_after(answer)
            if answer.is_success:
                return answer.content
            if wait is None or time.monotonic() + wait > until:
                body_of(answer)
            time.sleep(wait or 0)
