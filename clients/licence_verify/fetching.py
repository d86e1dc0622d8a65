"""Saving a platform's trust list and status lists while there is a network."""

import json
from dataclasses import dataclass
from pathlib import Path

import httpx
from cryptography import x509

from licence_verify.saved import (
    ROOT,
    STATUS_LISTS,
    TRUST_LIST,
    SavedError,
    address_of,
    name_of,
    open_trusted,
    read_root,
)
from licences import jws
from licences.jws import CredentialError
from licences.trust import TrustList, TrustListError, parse_trust_list

# A list of a million licences has some 20 kB; nothing larger than this is taken in.
LARGEST = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was saved; `new_root` where the root was taken on trust, so that its fingerprint wants comparing."""

    trust: TrustList
    root: bytes
    status_lists: int
    new_root: bool


def fetch(url: str, folder: Path, *, http: httpx.Client, root: bytes | None = None) -> Fetched:
    """Save the lists of the platform at `url` in `folder`; raises `SavedError`, and leaves what was there before.

    The trust list must be signed by `root`, else by the root saved before, else (the first time) by the one it names.
    """
    base = url.rstrip("/")
    known = root or (read_root(folder / ROOT) if (folder / ROOT).exists() else None)
    token = _get(http, f"{base}/trust-list.jwt")
    trusted = known or _named_root(token)
    trust = open_trusted(token, trusted)
    lists = {uri: _get(http, uri) for uri in _addresses(http, base)}
    for uri, text in lists.items():
        if address_of(text) != uri:
            raise SavedError(f"what is found at {uri} is not the status list of that address")
    _write(folder / ROOT, trusted)
    _write(folder / TRUST_LIST, token.encode())
    for uri, text in lists.items():
        _write(folder / STATUS_LISTS / name_of(uri), text.encode())
    return Fetched(trust, trusted, len(lists), new_root=known is None)


def _get(http: httpx.Client, url: str) -> str:
    try:
        with http.stream("GET", url, follow_redirects=False) as answer:
            answer.raise_for_status()
            body = b""
            for chunk in answer.iter_bytes():
                body += chunk
                if len(body) > LARGEST:
                    raise SavedError(f"the answer at {url} is too large")
        return body.decode()
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeDecodeError) as error:
        raise SavedError(f"{url} cannot be fetched: {error}") from error


def _named_root(token: str) -> bytes:
    try:
        _, payload = jws.unverified(token.strip())
        root = parse_trust_list(payload).root
        x509.load_der_x509_certificate(root)
    except (CredentialError, TrustListError, ValueError) as error:
        raise SavedError(f"this is no trust list: {error}") from error
    return root


def _addresses(http: httpx.Client, base: str) -> list[str]:
    """Return the addresses of the platform's status lists (draft-ietf-oauth-status-list, section 9.1)."""
    try:
        found = json.loads(_get(http, f"{base}/status-lists"))["status_lists"]
        addresses = [uri for uri in found if uri.startswith(f"{base}/status-lists/")]
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise SavedError(f"{base}/status-lists lists no status lists") from error
    return addresses


def _write(path: Path, data: bytes) -> None:
    """Put a file in its place at once, so that a reader meanwhile finds the old or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_bytes(data)
    part.replace(path)
