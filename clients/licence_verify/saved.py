"""What was saved for use without network: the root, the trust list signed under it, and status lists.

A folder holds `root.der`, `trust-list.jwt` and `status-lists/*.jwt`. The root is the one thing that must come from
elsewhere than the platform's own answer, or be compared with what the platform publishes on paper.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from licences import jws
from licences.jws import CredentialError
from licences.trust import TrustList, TrustListError, open_trust_list

ROOT, TRUST_LIST, STATUS_LISTS = "root.der", "trust-list.jwt", "status-lists"


class SavedError(Exception):
    """What was saved cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Saved:
    """The trust list, checked against its root, and the signed status lists by their addresses, not checked yet."""

    trust: TrustList
    status_lists: Mapping[str, str]


def read_root(path: Path) -> bytes:
    """Return a root certificate as DER from a file in DER or PEM; `SavedError` where it is none."""
    try:
        data = path.read_bytes()
        pem = data.lstrip().startswith(b"-----BEGIN")
        certificate = x509.load_pem_x509_certificate(data) if pem else x509.load_der_x509_certificate(data)
    except (OSError, ValueError) as error:
        raise SavedError(f"{path} holds no certificate: {error}") from error
    return certificate.public_bytes(Encoding.DER)


def fingerprint(root: bytes) -> str:
    """Return a certificate's SHA-256 as people compare it."""
    return re.sub("(..)(?=.)", r"\1:", hashlib.sha256(root).hexdigest().upper())


def open_trusted(token: str, root: bytes) -> TrustList:
    """Return the trust list that `root` signed; `SavedError` where it did not."""
    try:
        return open_trust_list(token, root)
    except TrustListError as error:
        raise SavedError(str(error)) from error


def load(folder: Path, *, root: bytes | None = None) -> Saved:
    """Return what `fetch` saved in `folder`, under the root saved there or the one given; raises `SavedError`."""
    root = root or read_root(folder / ROOT)
    try:
        token = (folder / TRUST_LIST).read_text("utf-8")
        lists = [path.read_text("utf-8") for path in sorted((folder / STATUS_LISTS).glob("*.jwt"))]
    except (OSError, UnicodeDecodeError) as error:
        raise SavedError(f"{folder} holds no trust list that can be read: {error}") from error
    return Saved(open_trusted(token, root), {uri: text for text in lists if (uri := address_of(text))})


def address_of(status_list: str) -> str:
    """Return the address that a signed status list says it is found at; nothing where it says none."""
    try:
        _, payload = jws.unverified(status_list)
    except CredentialError:
        return ""
    uri = payload.get("sub")
    return uri if isinstance(uri, str) else ""


def name_of(uri: str) -> str:
    """Return the file name for the status list at `uri`."""
    return hashlib.sha256(uri.encode()).hexdigest()[:32] + ".jwt"
