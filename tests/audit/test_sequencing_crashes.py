"""Sequencers beside writers, killed at moments of chance: no gap, no double, no loss, and the right order."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any

import pytest

from tests.databases import counted, own_database

SCRIPT = Path(__file__).with_name("playing.py")
MANAGE = Path(__file__).resolve().parents[2] / "manage.py"
WRITERS, KILLS = 2, 12
Environment = Mapping[str, str]


def _run(environment: Environment, *arguments: str) -> Any:
    run = subprocess.run(
        [sys.executable, SCRIPT, *arguments], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout or "null")


@contextmanager
def _started(*command: object, environment: Environment, out: int | IO[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, *map(str, command)], env=environment, stdout=out)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _killed_beside_writers(environment: Environment, folder: Path) -> dict[str, Any]:
    """Let writers record while sequencers are killed; return what the writers were acknowledged, and when."""
    stop, files = folder / "stop", [folder / f"writer-{number}" for number in range(WRITERS)]
    with ExitStack() as stack:
        writers = []
        for number, file in enumerate(files):
            command = (SCRIPT, "write", stop, number)
            out = stack.enter_context(file.open("wb"))
            writers.append(stack.enter_context(_started(*command, environment=environment, out=out)))
        sizes = _run(environment, "sequence", str(KILLS), "5")
        stop.touch()
        assert [writer.wait(timeout=60) for writer in writers] == [0] * WRITERS
    acknowledged = [json.loads(line) for file in files for line in file.read_text("utf-8").splitlines()]
    return {"sizes": sizes, "acknowledged": acknowledged}


def _finished(environment: Environment) -> int:
    """Let the command take over and finish; return how it ended when it was told to."""
    with _started(MANAGE, "sequence", environment=environment, out=subprocess.DEVNULL) as process:
        end = time.monotonic() + 60
        while counted(environment, "audit_pending") or not counted(
            environment, "audit_checkpoint WHERE size = (SELECT count(*) FROM audit_sequenced)"
        ):
            assert time.monotonic() < end, "nobody took over"
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        return process.wait(timeout=30)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("play")
    with own_database(folder) as environment:
        _run(environment, "ready")
        play = _killed_beside_writers(environment, folder)
        ended = _finished(environment)
        return {**_run(environment, "look"), **play, "ended": ended}


def test_sequencers_were_killed_at_work_and_another_took_over(played: dict[str, Any]) -> None:
    assert played["sizes"] == sorted(played["sizes"])
    assert len(set(played["sizes"])) > KILLS
    assert len(played["signed"]) > 3
    assert played["ended"] == 0


def test_every_acknowledged_entry_has_one_place_and_there_is_no_gap(played: dict[str, Any]) -> None:
    acknowledged = {entry for *_, entry in played["acknowledged"]}
    assert len(acknowledged) == len(played["acknowledged"]) > 200
    assert acknowledged <= set(played["entries"])
    assert sorted(played["places"]) == played["entries"]
    assert played["contiguous"]
    assert played["waiting"] == 0


def test_an_entry_acknowledged_before_another_began_precedes_it(played: dict[str, Any]) -> None:
    places = played["places"]
    by_beginning = sorted(played["acknowledged"])
    by_acknowledgement = sorted(played["acknowledged"], key=lambda row: row[1])
    late, overtaken, done = -1, 0, 0
    for began, _, entry in by_beginning:
        while by_acknowledgement[done][1] < began:
            late = max(late, places[by_acknowledgement[done][2]])
            done += 1
        assert late < places[entry]
        overtaken += done < len(by_acknowledgement) and by_acknowledgement[done][0] < began
    # Transactions did overlap, else this would prove little.
    assert overtaken > 20


def test_what_was_signed_never_went_back_and_is_the_tree_over_the_entries(played: dict[str, Any]) -> None:
    assert played["signed"] == sorted(set(played["signed"]))
    assert played["signed"][-1] == len(played["places"])
    assert played["hashes_right"]
    assert played["tiles_right"]
    assert played["roots_right"]
    assert played["notes_right"]
