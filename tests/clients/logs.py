"""A small log of the tests own making, by the definitions of RFC 6962 and C2SP: no code of platform or checker."""

import base64
import datetime as dt
import functools
import hashlib
import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ORIGIN = "licences.city.example/audit/log"


def hashed(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


@functools.cache
def tree_hash(leaves: tuple[bytes, ...]) -> bytes:
    """RFC 6962 section 2.1, word for word, over leaf hashes."""
    if not leaves:
        return hashed(b"")
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashed(b"\1" + tree_hash(leaves[:k]) + tree_hash(leaves[k:]))


def path(m: int, leaves: tuple[bytes, ...]) -> list[bytes]:
    """RFC 6962 section 2.1.1."""
    if len(leaves) <= 1:
        return []
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if m < k:
        return [*path(m, leaves[:k]), tree_hash(leaves[k:])]
    return [*path(m - k, leaves[k:]), tree_hash(leaves[:k])]


@dataclass(frozen=True)
class Signer:
    """A key with a name that signs notes (type 1) or cosigns checkpoints (type 4)."""

    name: str
    kind: int = 1
    seed: bytes = b"s" * 32

    @property
    def private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)

    @property
    def public(self) -> bytes:
        return self.private.public_key().public_bytes_raw()

    @property
    def key_id(self) -> bytes:
        return hashed(self.name.encode() + b"\n" + bytes([self.kind]) + self.public)[:4]

    @property
    def vkey(self) -> str:
        encoded = base64.b64encode(bytes([self.kind]) + self.public).decode()
        return f"{self.name}+{self.key_id.hex()}+{encoded}"

    def line(self, text: str, at: int = 0) -> str:
        if self.kind == 1:
            data = self.private.sign(text.encode())
        else:
            signed = self.private.sign(f"cosignature/v1\ntime {at}\n{text}".encode())
            data = struct.pack(">Q", at) + signed
        return f"— {self.name} {base64.b64encode(self.key_id + data).decode()}\n"


LOG_KEY = Signer(ORIGIN)
WITNESSES = [Signer(f"witness.department{n}.example", 4, bytes([n]) * 32) for n in range(1, 4)]


def entry(number: int, **more: object) -> bytes:
    """Return the leaf of a made-up entry."""
    at = dt.datetime(2026, 3, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=number)
    values = {
        "v": 1,
        "id": f"entry-{number}",
        "at": at.isoformat().replace("+00:00", "Z"),
        "action": "verify",
        "actor_department": "D1",
        "outcome": "valid",
        "subject_kind": "licence",
        **more,
    }
    return json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def entries(count: int, start: int = 0) -> list[bytes]:
    return [entry(number) for number in range(start, start + count)]


def leaf_hashes(leaves: Sequence[bytes]) -> tuple[bytes, ...]:
    return tuple(hashed(b"\0" + leaf) for leaf in leaves)


def checkpoint_text(size: int, root: bytes, origin: str = ORIGIN) -> str:
    return f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"


def signed(text: str, *signers: Signer, at: int = 1_780_000_000) -> bytes:
    return (text + "\n" + "".join(signer.line(text, at) for signer in signers)).encode()


def number_path(number: int) -> str:
    digits = str(number)
    while len(digits) % 3:
        digits = "0" + digits
    parts = [digits[i : i + 3] for i in range(0, len(digits), 3)]
    return "/".join(["x" + part for part in parts[:-1]] + parts[-1:])


def tile_name(level: int | str, number: int, width: int) -> str:
    return f"tile/{level}/{number_path(number)}" + (f".p/{width}" if width < 256 else "")


def bundle(leaves: Sequence[bytes]) -> bytes:
    return b"".join(struct.pack(">H", len(leaf)) + leaf for leaf in leaves)


def tiles(hashes: tuple[bytes, ...]) -> dict[str, bytes]:
    """Return all tiles of a tree, by C2SP's formula: MTH(D[(n*256+i)*256**l : (n*256+i+1)*256**l])."""
    found, level, row = {}, 0, list(hashes)
    while row:
        for start in range(0, len(row), 256):
            part = row[start : start + 256]
            found[tile_name(level, start // 256, len(part))] = b"".join(part)
        row = [tree_hash(tuple(row[start : start + 256])) for start in range(0, len(row) - 255, 256)]
        level += 1
    return found


def bundles(leaves: Sequence[bytes], size: int | None = None) -> dict[str, bytes]:
    """Return the bundles of a log of `size` entries whose table holds these: what is over is in the last of them."""
    size = len(leaves) if size is None else size
    found = {}
    for start in range(0, size, 256):
        width = min(256, size - start)
        end = start + width if start + width < size else len(leaves)
        found[tile_name("entries", start // 256, width)] = bundle(leaves[start:end])
    return found


@dataclass
class Log:
    """A log in memory: its files by their paths. It is a source for the checker as it stands."""

    files: dict[str, bytes]
    leaves: list[bytes] = field(default_factory=list)
    ahead: int = 1

    def read(self, name: str) -> bytes | None:
        return self.files.get(name)

    def copy(self) -> "Log":
        return Log(dict(self.files), list(self.leaves))

    @property
    def hashes(self) -> tuple[bytes, ...]:
        return leaf_hashes(self.leaves)

    @property
    def root(self) -> bytes:
        return tree_hash(self.hashes)

    def save(self, folder: Path) -> Path:
        for name, data in self.files.items():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        return folder


def make_log(leaves: Sequence[bytes], *cosigners: Signer, key: Signer = LOG_KEY) -> Log:
    hashes = leaf_hashes(leaves)
    text = checkpoint_text(len(leaves), tree_hash(hashes), key.name)
    files = {"checkpoint": signed(text, key, *cosigners), "key": f"{key.vkey}\n".encode()}
    return Log({**files, **tiles(hashes), **bundles(leaves)}, list(leaves))


def receipt(log: Log, index: int) -> bytes:
    """Return a C2SP tlog-proof of an entry, `extra` holding its leaf."""
    proof = "".join(f"{base64.b64encode(one).decode()}\n" for one in path(index, log.hashes))
    extra = base64.b64encode(log.leaves[index]).decode()
    return f"c2sp.org/tlog-proof@v1\nextra {extra}\nindex {index}\n{proof}\n".encode() + log.files["checkpoint"]


def write_archive(
    target: Path, rows: Sequence[tuple[int, bytes, bytes]], *, note: bytes | None = None, key: Signer = LOG_KEY
) -> Path:
    """Write an archive from rows of index, leaf hash and leaf, and its note unless one is given."""
    schema = pa.schema([("index", pa.int64()), ("leaf_hash", pa.binary(32)), ("leaf", pa.binary())])
    columns = [list(column) for column in zip(*rows, strict=True)]
    pq.write_table(pa.table(columns, schema=schema), target)
    if note is None:
        digest = hashlib.sha256(target.read_bytes()).hexdigest()
        text = f"{key.name}/archive\n{target.name}\n{digest}\n{len(rows)}\n{rows[0][0]}\n{rows[-1][0]}\n"
        note = signed(text, key)
    target.with_name(f"{target.name}.note").write_bytes(note)
    return target


def archive_rows(leaves: Sequence[bytes], first: int, last: int) -> list[tuple[int, bytes, bytes]]:
    return [(index, hashed(b"\0" + leaves[index]), leaves[index]) for index in range(first, last + 1)]
