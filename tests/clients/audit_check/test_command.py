"""`audit-check` as people run it: on folders, on addresses, on receipts and archives; what it says and how it exits."""

import base64
import hashlib
import random
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from audit_check import sources
from audit_check.command import main
from tests.clients.logs import (
    LOG_KEY,
    WITNESSES,
    Log,
    archive_rows,
    bundles,
    entries,
    entry,
    make_log,
    receipt,
    tile_name,
    write_archive,
)

SALT = bytes(range(16))
COMMITMENT = hashlib.sha256(SALT + b"actor\0" + "王小明".encode()).hexdigest()
LEAVES = [*entries(299), entry(299, purpose="办理食品经营许可", item="D2", personal={"actor": COMMITMENT})]
LOG = make_log(LEAVES, *WITNESSES[:2])


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "WAITS", (0.0, 0.0))


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str]:
    code = main([*map(str, arguments), "--language", "en"])
    told = capsys.readouterr()
    return code, told.out + told.err


class Serving(ThreadingHTTPServer):
    """Serves a log; entries to `token` alone. `troubles` are the statuses that come before any answer."""

    def __init__(self, log: Log, token: str = "") -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.log, self.token = log, token
        self.troubles: list[int] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/audit/log"


class Answering(BaseHTTPRequestHandler):
    server: Serving

    def do_GET(self) -> None:
        name = self.path.removeprefix("/audit/log/")
        status, data = 200, self.server.log.files.get(name)
        if self.server.troubles:
            status = self.server.troubles.pop()
        elif "entries" in name and self.headers.get("Authorization") != f"Bearer {self.server.token}":
            status = 401
        elif data is None:
            status = 404
        self.send_response(status)
        self.end_headers()
        self.wfile.write(data or b"")

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def served() -> Iterator[Serving]:
    with Serving(LOG.copy(), "secret") as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_a_log_in_a_folder_is_proven(tmp_path: Path, capsys) -> None:
    code, told = run(capsys, "log", LOG.save(tmp_path), "--key", LOG_KEY.vkey)
    assert code == 0
    assert "Proven" in told
    assert "300 entries" in told
    assert "CAUTION" not in told


def test_a_key_may_stand_in_a_file(tmp_path: Path, capsys) -> None:
    LOG.save(tmp_path)
    assert run(capsys, "log", tmp_path, "--key", tmp_path / "key")[0] == 0


def test_the_logs_own_key_is_taken_only_with_a_loud_word(tmp_path: Path, capsys) -> None:
    code, told = run(capsys, "log", LOG.save(tmp_path))
    assert code == 0
    assert "CAUTION" in told
    assert LOG_KEY.vkey in told


def test_a_changed_entry_is_named(tmp_path: Path, capsys) -> None:
    leaves = list(LEAVES)
    leaves[123] = entry(10**6)
    log = LOG.copy()
    log.files |= bundles(leaves)
    code, told = run(capsys, "log", log.save(tmp_path), "--key", LOG_KEY.vkey)
    assert code == 1
    assert "entry 123 was altered" in told
    assert "first entry affected is number 123" in told


def test_chinese_is_spoken(tmp_path: Path, capsys) -> None:
    log = LOG.copy()
    del log.files[tile_name("entries", 0, 256)]
    log.save(tmp_path)
    assert main(["log", str(tmp_path), "--key", LOG_KEY.vkey, "--language", "zh"]) == 1
    assert "第 0 至 255 条记录既未提供，也不在归档中" in capsys.readouterr().out


def test_archives_stand_in_for_what_is_served_no_more(tmp_path: Path, capsys) -> None:
    log = LOG.copy()
    del log.files[tile_name("entries", 0, 256)]
    log.save(tmp_path / "log")
    (tmp_path / "archives").mkdir()
    path = write_archive(tmp_path / "archives" / "a.parquet", archive_rows(LEAVES, 0, 255))
    arguments = ("--key", LOG_KEY.vkey, "--archives", tmp_path / "archives")
    assert run(capsys, "log", tmp_path / "log", *arguments)[0] == 0
    code, told = run(capsys, "archive", path, "--key", LOG_KEY.vkey)
    assert code == 0
    assert "entries 0 to 255" in told
    path.write_bytes(path.read_bytes()[:-1])
    assert run(capsys, "archive", path, "--key", LOG_KEY.vkey)[0] == 1
    assert run(capsys, "archive", tmp_path / "none.parquet", "--key", LOG_KEY.vkey)[0] == 2


def test_a_checkpoint_kept_is_compared(tmp_path: Path, capsys) -> None:
    kept, other = tmp_path / "kept", tmp_path / "other"
    kept.write_bytes(make_log(LEAVES[:100]).files["checkpoint"])
    other.write_bytes(make_log(entries(100, start=7)).files["checkpoint"])
    LOG.save(tmp_path / "log")
    code, told = run(capsys, "log", tmp_path / "log", "--key", LOG_KEY.vkey, "--since", kept)
    assert code == 0
    assert "kept at 100 entries" in told
    code, told = run(capsys, "log", tmp_path / "log", "--key", LOG_KEY.vkey, "--since", other)
    assert code == 1
    assert "entries 0 to 99 was rewritten" in told


def test_a_log_at_an_address_is_proven(served: Serving, capsys) -> None:
    arguments = ("log", served.address, "--key", LOG_KEY.vkey)
    code, told = run(capsys, *arguments, "--token", "secret")
    assert code == 0
    assert "Every one of 300 entries" in told


def test_without_a_token_tiles_are_checked_and_it_says_that_no_entries_were_seen(served: Serving, capsys) -> None:
    code, told = run(capsys, "log", served.address, "--key", LOG_KEY.vkey)
    assert code == 0
    assert "No entries were seen" in told


def test_with_a_token_that_opens_nothing_nothing_is_told(served: Serving, capsys) -> None:
    code, told = run(capsys, "log", served.address, "--key", LOG_KEY.vkey, "--token", "other")
    assert code == 2
    assert "401" in told


def test_passing_trouble_is_waited_out(served: Serving, capsys) -> None:
    served.troubles = [503, 502]
    assert run(capsys, "log", served.address, "--key", LOG_KEY.vkey, "--token", "secret")[0] == 0


def test_lasting_trouble_proves_nothing_either_way(served: Serving, capsys) -> None:
    served.troubles = [503] * 1000
    code, told = run(capsys, "log", served.address, "--key", LOG_KEY.vkey)
    assert code == 2
    assert "503" in told


def test_a_platform_that_cannot_be_reached_proves_nothing_either_way(capsys) -> None:
    assert run(capsys, "log", "http://127.0.0.1:1/audit/log", "--key", LOG_KEY.vkey)[0] == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ["log", "/nowhere"],
        ["log", ".", "--key", "nonsense+00000000+AAAA"],
        ["receipt", "/nowhere", "--key", LOG_KEY.vkey],
        ["receipt", __file__, "--key", LOG_KEY.vkey, "--value", "actor=x"],
        ["receipt", __file__, "--key", LOG_KEY.vkey, "--value", "actor=x", "--salt", "zz"],
        ["receipt", __file__, "--key", LOG_KEY.vkey, "--quorum", "1"],
    ],
)
def test_what_cannot_be_read_or_understood_exits_with_two(arguments: list[str], capsys) -> None:
    assert run(capsys, *arguments)[0] == 2


# --- Receipts ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "entry.tlog-proof"
    made.write_bytes(receipt(LOG, 299))
    return made


def test_a_receipt_says_what_its_entry_says(path: Path, capsys) -> None:
    code, told = run(capsys, "receipt", path, "--key", LOG_KEY.vkey)
    assert code == 0
    for words in (
        "entry 299 of a log of 300",
        "Action: verify a licence",
        "Department: D1",
        "Purpose: 办理食品经营许可",
    ):
        assert words in told
    assert f"actor: {COMMITMENT}" in told


def test_a_value_opens_its_commitment(path: Path, capsys) -> None:
    arguments = ("receipt", path, "--key", LOG_KEY.vkey, "--salt", SALT.hex(), "--value")
    code, told = run(capsys, *arguments, "actor=王小明")
    assert code == 0
    assert "actor: the value given is the one committed to" in told
    for other in ("actor=王小红", "address=王小明"):
        assert run(capsys, *arguments, other)[0] == 1


def test_witnesses_are_counted(path: Path, capsys) -> None:
    arguments = ["receipt", path, "--key", LOG_KEY.vkey]
    for witness in WITNESSES:
        arguments += ["--witness", witness.vkey]
    assert run(capsys, *arguments)[0] == 1
    code, told = run(capsys, *arguments, "--quorum", 2)
    assert code == 0
    assert f"Witness {WITNESSES[0].name} cosigned at" in told
    assert run(capsys, *arguments, "--quorum", 3)[0] == 1
    assert run(capsys, *arguments, "--quorum", 4)[0] == 2


def test_one_witness_named_twice_counts_once(path: Path, capsys) -> None:
    twice = ["--witness", WITNESSES[0].vkey] * 2
    assert run(capsys, "receipt", path, "--key", LOG_KEY.vkey, *twice, "--quorum", 2)[0] == 2


def test_any_byte_of_a_receipt_matters(path: Path, capsys) -> None:
    good, chance = receipt(make_log(LEAVES), 299), random.Random(10)
    for place in range(len(good)):
        data = bytearray(good)
        data[place] ^= 1 << chance.randrange(8)
        path.write_bytes(data)
        assert run(capsys, "receipt", path, "--key", LOG_KEY.vkey)[0] == 1, place


def test_another_leaf_in_a_receipt_is_not_taken(path: Path, capsys) -> None:
    lines = path.read_bytes().split(b"\n")
    lines[1] = b"extra " + base64.b64encode(entry(5))
    path.write_bytes(b"\n".join(lines))
    code, told = run(capsys, "receipt", path, "--key", LOG_KEY.vkey)
    assert code == 1
    assert "Not proven" in told


def test_what_an_entry_holds_does_not_steer_the_terminal(tmp_path: Path, capsys) -> None:
    log, path = make_log([entry(0, purpose="\x1b[2Jgone", other="\u202e")]), tmp_path / "receipt"
    path.write_bytes(receipt(log, 0))
    code, told = run(capsys, "receipt", path, "--key", LOG_KEY.vkey)
    assert code == 0
    assert not {"\x1b", "\u202e"} & set(told)


def test_an_entry_of_another_version_is_proven_and_not_read(tmp_path: Path, capsys) -> None:
    path = tmp_path / "receipt"
    path.write_bytes(receipt(make_log([b"{}"]), 0))
    code, told = run(capsys, "receipt", path, "--key", LOG_KEY.vkey)
    assert code == 0
    assert "cannot read" in told
