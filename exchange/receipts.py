"""Receipts (C2SP tlog-proof) of entries, for those who are a party to them; to all others there is no such entry.

Handing one out is no entry of its own: its leaf says what the party was told or may see anyway, its hashes and its
checkpoint are public, and an entry for each receipt would have a receipt too, without end. An attempt to get that of
somebody else's entry is recorded.
"""

from collections.abc import Iterable
from uuid import UUID

from audit.errors import EntryNotFound
from audit.receipts import receipt
from audit.recording import Subject, record_refusal
from exchange.asking import Standing
from exchange.errors import AccessRefused
from exchange.looking import look_at
from exchange.supervising import entry_for
from foundation.clock import now
from foundation.reasons import Refused, because
from registry.lineage import lineage


def receipt_for_client(key: UUID, *, standing: Standing) -> bytes:
    """Return the receipt of an entry of the caller's department, or about a licence that it issued.

    Raises `EntryNotFound` for all others alike, and what `audit.receipts` raises while the entry waits for its place.
    """
    try:
        if not standing.asker.active:
            raise AccessRefused(because("client_inactive"))
        if entry_for(key, lineage("department", standing.asker.department)) is None:
            raise EntryNotFound
    except Refused as refused:
        subject = Subject("entry", str(key))
        raise record_refusal(refused, action="take_receipt", actor=standing.actor, subject=subject) from None
    return receipt(key)


def receipt_for_keeper(key: UUID, departments: Iterable[str]) -> bytes:
    """Return the receipt of an entry to which departments (codes) are a party; raises as `receipt_for_client` does."""
    if entry_for(key, list(departments)) is None:
        raise EntryNotFound
    return receipt(key)


def receipt_for_holders(key: UUID, holders: Iterable[UUID]) -> bytes:
    """Return the receipt of an access to a licence of these holders; raises as `receipt_for_client` does."""
    if look_at(key, holders, at=now()) is None:
        raise EntryNotFound
    return receipt(key)
