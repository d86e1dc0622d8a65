"""A department's witness that goes and looks: cosigns growth, refuses and raises the alarm on all else."""

import json
import os
import shlex
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from audit_check import sources
from audit_check.notes import parse_key, parse_note
from audit_witness.command import main
from audit_witness.wording import alarm_text
from tests.clients.audit_witness.platforms import Platform, platform
from tests.clients.logs import (
    LOG_KEY,
    ORIGIN,
    WITNESSES,
    Signer,
    checkpoint_text,
    entries,
    entry,
    make_log,
    signed,
    tile_name,
)

NAME = "witness.health.city.example"


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "WAITS", (0.0,))


@pytest.fixture
def city() -> Iterator[Platform]:
    with platform(make_log(entries(300))) as server:
        yield server


@pytest.fixture
def state(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    folder = tmp_path / "state"
    assert main(["key", NAME, "--state", str(folder)]) == 0
    (tmp_path / "vkey").write_text(capsys.readouterr().out)
    return folder


def look(city: Platform, state: Path, *more: str) -> int:
    common = ["--key", LOG_KEY.vkey, "--state", str(state), "--language", "en", "--once"]
    return main(["watch", city.address, *common, *more])


def own_key(state: Path):
    return parse_key((state.parent / "vkey").read_text(), 4)


def alarm(state: Path) -> dict[str, str]:
    found: dict[str, str] = json.loads((state / "alarm.json").read_bytes())
    return found


def test_a_key_is_made_once_and_kept_from_others(state: Path, capsys) -> None:
    assert own_key(state).name == NAME
    assert stat.S_IMODE((state / "key").stat().st_mode) == 0o600
    before = (state / "key").read_bytes()
    assert main(["key", NAME, "--state", str(state)]) == 2
    assert (state / "key").read_bytes() == before


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb"])
def test_a_name_that_is_none_makes_no_key(name: str, tmp_path: Path) -> None:
    assert main(["key", name, "--state", str(tmp_path / "state")]) == 2
    assert not (tmp_path / "state" / "key").exists()


def test_what_it_saw_is_cosigned_and_sent(city: Platform, state: Path) -> None:
    assert look(city, state) == 0
    (body,) = city.taken
    note = parse_note(body)
    note.check(parse_key(LOG_KEY.vkey, 1))
    assert note.cosigned(own_key(state)) is not None
    assert note.text == parse_note(city.log.files["checkpoint"]).text


def test_growth_is_proven_from_tiles_and_cosigned(city: Platform, state: Path) -> None:
    for size in (1, 2, 255, 256, 257, 600, 700, 66_000, 66_001):
        city.log = make_log([b"%d" % number for number in range(size)])
        assert look(city, state) == 0, size
    assert [body.split(b"\n")[1] for body in city.taken][-1] == b"66001"
    assert len(city.taken) == 9


def test_a_log_that_did_not_change_is_not_sent_again(city: Platform, state: Path) -> None:
    assert [look(city, state), look(city, state)] == [0, 0]
    assert len(city.taken) == 1


def test_from_an_empty_log_everything_may_grow(city: Platform, state: Path) -> None:
    city.log = make_log([])
    assert look(city, state) == 0
    city.log = make_log(entries(5))
    assert look(city, state) == 0


def test_what_the_platform_does_not_take_is_sent_again(city: Platform, state: Path, capsys) -> None:
    city.answer = 503
    assert look(city, state) == 2
    assert "503" in capsys.readouterr().err
    city.answer = 200
    assert look(city, state) == 0
    assert len(city.taken) == 1


def refuses(city: Platform, state: Path, kind: str, capsys) -> None:
    """Look, and see that the alarm stands with its evidence and nothing is cosigned until it is acknowledged."""
    held, sent, seen = (state / "checkpoint").read_bytes(), len(city.taken), city.log.files["checkpoint"]
    assert look(city, state) == 1
    assert "ALARM" in capsys.readouterr().err
    found = alarm(state)
    assert (found["kind"], found["held"], found["seen"]) == (kind, held.decode(), seen.decode())
    assert (state / "checkpoint").read_bytes() == held
    city.log = make_log(entries(900))
    assert look(city, state) == 1
    assert "ALARM" in capsys.readouterr().err
    assert len(city.taken) == sent
    assert main(["acknowledge", "--state", str(state)]) == 0
    assert json.loads((state / "alarms" / "0000.json").read_bytes()) == found
    assert look(city, state) == 0
    assert len(city.taken) == sent + 1


def test_a_fork_of_the_same_size_raises_the_alarm(city: Platform, state: Path, capsys) -> None:
    look(city, state)
    city.log = make_log([*entries(299), entry(10**6)])
    refuses(city, state, "fork", capsys)


def test_a_larger_fork_raises_the_alarm(city: Platform, state: Path, capsys) -> None:
    look(city, state)
    city.log = make_log([entry(10**6), *entries(499, 1)])
    refuses(city, state, "unproven", capsys)


def test_a_log_that_shrank_raises_the_alarm(city: Platform, state: Path, capsys) -> None:
    look(city, state)
    city.log = make_log(entries(299))
    refuses(city, state, "shrunk", capsys)


def test_a_wrong_signature_raises_the_alarm(city: Platform, state: Path, capsys) -> None:
    look(city, state)
    city.log = make_log(entries(400), key=Signer(ORIGIN, seed=b"o" * 32))
    refuses(city, state, "signature", capsys)


def test_the_checkpoint_of_another_log_raises_the_alarm(city: Platform, state: Path, capsys) -> None:
    look(city, state)
    city.log = make_log(entries(400), key=Signer("elsewhere.example", seed=LOG_KEY.seed))
    refuses(city, state, "signature", capsys)


def test_tiles_that_do_not_lead_to_the_signed_root_raise_the_alarm(city: Platform, state: Path, capsys) -> None:
    look(city, state)
    city.log = make_log(entries(400))
    city.log.files[tile_name(0, 1, 144)] = b"x" * 144 * 32
    refuses(city, state, "unproven", capsys)


def own_signer(state: Path) -> Signer:
    import base64

    seed = base64.b64decode((state / "key").read_text().strip().split("+", 4)[4])[1:]
    return Signer(NAME, 4, seed)


def test_a_state_set_back_to_an_old_one_raises_the_alarm(city: Platform, state: Path, tmp_path: Path, capsys) -> None:
    look(city, state)
    shutil.copytree(state, tmp_path / "backup")
    city.log = make_log(entries(400), own_signer(state))
    assert look(city, tmp_path / "backup") == 1  # it never cosigned 400, yet the log shows that its key did
    assert json.loads((tmp_path / "backup" / "alarm.json").read_bytes())["kind"] == "restored"
    city.log = make_log(entries(400))
    assert look(city, state) == 0
    city.log = make_log(entries(400), own_signer(state))
    assert look(city, state) == 0  # its own cosignature on what it knows


def test_cosignatures_of_others_are_let_be(city: Platform, state: Path) -> None:
    look(city, state)
    city.log = make_log(entries(400), *WITNESSES)
    assert look(city, state) == 0
    assert b"department1" not in city.taken[-1]


@pytest.mark.parametrize("data", [b"", b"<html>", b"\xff" * 100, None])
def test_what_is_no_checkpoint_is_told_and_no_alarm(data: bytes | None, city: Platform, state: Path, capsys) -> None:
    look(city, state)
    city.log.files.pop("checkpoint")
    if data is not None:
        city.log.files["checkpoint"] = data
    assert look(city, state) == 2
    assert not (state / "alarm.json").exists()
    assert capsys.readouterr().err


def test_missing_tiles_are_told_and_no_alarm(city: Platform, state: Path, capsys) -> None:
    look(city, state)
    city.log = make_log(entries(400))
    good = dict(city.log.files)
    city.log.files = {"checkpoint": good["checkpoint"]}
    assert look(city, state) == 2
    city.log.files = good
    assert look(city, state) == 0


def test_a_platform_out_of_reach_is_told_and_no_alarm(state: Path, capsys) -> None:
    arguments = ["--key", LOG_KEY.vkey, "--state", str(state), "--once"]
    assert main(["watch", "http://127.0.0.1:1/audit/log", *arguments]) == 2
    assert not (state / "alarm.json").exists()


def test_the_operators_command_gets_the_evidence_once(city: Platform, state: Path, tmp_path: Path) -> None:
    look(city, state)
    city.log = make_log(entries(200))
    script = "import sys; open(sys.argv[1], 'a').write(open(sys.argv[2]).read())"
    told = tmp_path / "told"
    command = shlex.join([sys.executable, "-c", script, str(told)])
    assert look(city, state, "--alarm", command) == 1
    assert look(city, state, "--alarm", command) == 1
    assert json.loads(told.read_text())["kind"] == "shrunk"


def test_a_command_that_fails_does_not_hide_the_alarm(city: Platform, state: Path, capsys) -> None:
    look(city, state)
    city.log = make_log(entries(200))
    assert look(city, state, "--alarm", "/nowhere/at/all") == 1
    assert "ALARM" in capsys.readouterr().err


def test_a_state_of_another_log_or_damaged_is_not_worked_with(city: Platform, state: Path, capsys) -> None:
    look(city, state)
    (state / "checkpoint").write_bytes(signed(checkpoint_text(1, b"x" * 32, "elsewhere.example"), LOG_KEY))
    assert look(city, state) == 2
    (state / "checkpoint").write_bytes(b"")
    assert look(city, state) == 2
    assert not (state / "alarm.json").exists()


def test_an_alarm_file_that_cannot_be_read_is_an_alarm_all_the_same(city: Platform, state: Path, capsys) -> None:
    (state / "alarm.json").write_bytes(b"{")
    assert look(city, state) == 1
    assert city.taken == []


# --- Crashes and company ----------------------------------------------------------------------------------------------


def command(city: Platform, state: Path, *more: str) -> list[str]:
    common = ["--key", LOG_KEY.vkey, "--state", str(state)]
    return [sys.executable, "-m", "audit_witness.command", "watch", city.address, *common, *more]


def test_killed_before_its_cosignature_arrived_it_has_not_forgotten(city: Platform, state: Path) -> None:
    """The checkpoint was kept before the cosignature left, so that no fork of that size can be cosigned later."""
    for size in (400, 500, 700):
        city.log = make_log(entries(size))
        process = subprocess.Popen(command(city, state, "--once"))
        city.before = partial(os.kill, process.pid, signal.SIGKILL)
        assert process.wait(60) == -signal.SIGKILL
        assert (state / "checkpoint").read_bytes() == city.log.files["checkpoint"]
        city.before = bool
        city.log = make_log([*entries(size - 1), entry(10**6)])
        assert look(city, state) == 1
        assert alarm(state)["kind"] == "fork"
        main(["acknowledge", "--state", str(state)])
        city.log = make_log(entries(size))
        assert look(city, state) == 0


@pytest.mark.parametrize("broken", ["fsync", "replace"])
def test_where_the_state_cannot_be_kept_nothing_is_cosigned(
    broken: str, city: Platform, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look(city, state)
    kept = (state / "checkpoint").read_bytes()
    city.log = make_log(entries(400))

    def fail(*arguments: object) -> None:
        raise OSError("no space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os if broken == "fsync" else Path, broken, fail)
        assert look(city, state) == 2
    assert (state / "checkpoint").read_bytes() == kept
    assert len(city.taken) == 1
    assert look(city, state) == 0


def test_an_alarm_is_told_also_where_its_evidence_cannot_be_kept(
    city: Platform, state: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    look(city, state)
    city.log = make_log([*entries(299), entry(10**6)])

    def fail(*arguments: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    look(city, state)
    assert alarm_text("fork", "en") in capsys.readouterr().err
    assert len(city.taken) == 1


def test_two_processes_do_not_work_on_one_state(city: Platform, state: Path, capsys) -> None:
    process = subprocess.Popen(command(city, state, "--language", "en"), stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert "300 entries" in process.stdout.readline()
        assert look(city, state) == 2
        assert "another witness" in capsys.readouterr().err
        assert main(["acknowledge", "--state", str(state)]) == 2
    finally:
        process.kill()
        process.wait()
    assert look(city, state) == 0


def test_it_looks_again_and_again_until_the_alarm(city: Platform, state: Path) -> None:
    arguments = command(city, state, "--every", "0.01", "--language", "en")
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert "300" in process.stdout.readline()
    city.log = make_log(entries(301))
    assert "301" in process.stdout.readline()
    city.log = make_log(entries(10))
    assert process.wait(60) == 1
    assert "ALARM: the log shrank" in process.communicate()[1]
