"""`add-checkpoint` of C2SP tlog-witness, over real HTTP: each answer that the specification names."""

import base64
import http.client
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit_check.merkle import consistency_proof
from audit_check.notes import parse_key, parse_note
from audit_witness.command import main
from audit_witness.cosigning import Cosigner
from audit_witness.serving import WitnessServer, add_checkpoint
from audit_witness.state import State
from tests.clients.logs import (
    LOG_KEY,
    ORIGIN,
    WITNESSES,
    Signer,
    checkpoint_text,
    entries,
    entry,
    leaf_hashes,
    signed,
    tree_hash,
)

KEY = parse_key(LOG_KEY.vkey, 1)
HASHES = leaf_hashes(entries(400))
OTHER = leaf_hashes([entry(10**6), *entries(399, 1)])
NAME = "witness.health.city.example"


@pytest.fixture
def state(tmp_path: Path) -> State:
    made = State(tmp_path / "state")
    made.make_key(NAME)
    return made


@pytest.fixture
def witness(state: State) -> Iterator[httpx.Client]:
    with WitnessServer(("127.0.0.1", 0), Cosigner(state, KEY)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with httpx.Client(base_url=f"http://127.0.0.1:{server.server_port}", timeout=20) as asking:
            yield asking
        server.shutdown()


def checkpoint(size: int, hashes=HASHES, *cosigners: Signer, key: Signer = LOG_KEY) -> bytes:
    return signed(checkpoint_text(size, tree_hash(hashes[:size]), key.name), key, *cosigners)


def body(old: int, size: int, hashes=HASHES, note: bytes | None = None, proof: list[bytes] | None = None) -> bytes:
    if proof is None:
        needed = 0 < old < size
        proof = consistency_proof(old, size, lambda a, b: tree_hash(hashes[a:b])) if needed else []
    lines = "".join(f"{base64.b64encode(one).decode()}\n" for one in proof)
    return f"old {old}\n{lines}\n".encode() + (note or checkpoint(size, hashes))


def add(witness: httpx.Client, *arguments, **more) -> httpx.Response:
    return witness.post("/add-checkpoint", content=body(*arguments, **more))


def test_growth_is_cosigned(witness: httpx.Client, state: State) -> None:
    for old, size in ((0, 1), (1, 1), (1, 100), (100, 257), (257, 400)):
        answer = add(witness, old, size)
        assert answer.status_code == 200
        note = parse_note(checkpoint(size) + answer.content)
        assert note.cosigned(state.key().public) is not None
        assert state.last_note() == checkpoint(size)


def test_another_old_size_is_answered_with_the_right_one(witness: httpx.Client) -> None:
    add(witness, 0, 100)
    for old in (0, 99, 101):
        answer = add(witness, old, 200)
        assert (answer.status_code, answer.text) == (409, "100\n")
        assert answer.headers["content-type"] == "text/x.tlog.size"
    assert add(witness, 100, 200).status_code == 200


def test_an_old_size_above_the_checkpoints_is_a_bad_request(witness: httpx.Client) -> None:
    add(witness, 0, 100)
    assert add(witness, 100, 99).status_code == 400


def test_an_old_checkpoint_shown_again_raises_no_alarm(witness: httpx.Client, state: State) -> None:
    """Whoever once saw a checkpoint can show it: that proves nothing against the log."""
    add(witness, 0, 100)
    assert add(witness, 0, 50).status_code == 409
    assert state.alarm() is None


def test_a_proof_that_proves_nothing_is_refused_and_raises_no_alarm(witness: httpx.Client, state: State) -> None:
    add(witness, 0, 100)
    right = consistency_proof(100, 200, lambda a, b: tree_hash(HASHES[a:b]))
    for proof in ([], right[:-1], [*right, right[0]], right[::-1]):
        assert add(witness, 100, 200, proof=proof).status_code == 422
    assert add(witness, 100, 200, OTHER).status_code == 422
    assert state.alarm() is None
    assert add(witness, 100, 200).status_code == 200


def test_a_proof_from_nothing_must_be_empty(witness: httpx.Client) -> None:
    assert add(witness, 0, 100, proof=[b"x" * 32]).status_code == 422


@pytest.mark.parametrize("old", [0, 100])
def test_a_fork_is_refused_and_raises_the_alarm(old: int, witness: httpx.Client, state: State) -> None:
    add(witness, 0, 100)
    answer = add(witness, old, 100, OTHER)
    assert (answer.status_code, answer.text) == (409, "100\n")
    alarm = json.loads(state.alarm_file.read_bytes())
    assert (alarm["kind"], alarm["held"], alarm["seen"]) == (
        "fork",
        checkpoint(100).decode(),
        checkpoint(100, OTHER).decode(),
    )
    assert add(witness, 100, 200).status_code == 503
    state.acknowledge()
    assert add(witness, 100, 200).status_code == 200


def test_another_log_is_unknown(witness: httpx.Client) -> None:
    assert add(witness, 0, 5, note=checkpoint(5, key=Signer("elsewhere.example"))).status_code == 404


def test_a_signature_that_is_not_the_logs_is_forbidden_and_raises_no_alarm(witness: httpx.Client, state: State) -> None:
    stranger = Signer(ORIGIN, seed=b"o" * 32)
    wrong = signed(checkpoint_text(5, tree_hash(OTHER[:5])), LOG_KEY).replace(
        base64.b64encode(tree_hash(OTHER[:5])), base64.b64encode(tree_hash(HASHES[:5]))
    )
    for note in (checkpoint(5, key=stranger), wrong):
        assert add(witness, 0, 5, note=note).status_code == 403
    assert state.alarm() is None


def test_signatures_of_others_are_let_be(witness: httpx.Client) -> None:
    assert add(witness, 0, 5, note=checkpoint(5, HASHES, *WITNESSES)).status_code == 200


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"old 0\n",
        b"old 0\n\n",
        b"old 00\n\n" + checkpoint(5),
        b"old -1\n\n" + checkpoint(5),
        b"new 0\n\n" + checkpoint(5),
        b"old 0\nAAAA\n\n" + checkpoint(5),
        b"old 0\nnonsense\n\n" + checkpoint(5),
        b"old 0\n" + b"A" * 43 + b"=\n" * 1 + b"\n",
        b"old 0\n" + (b"A" * 43 + b"=\n") * 64 + b"\n" + checkpoint(5),
        b"old 0\n\n" + checkpoint(5)[:-1],
        b"\xff\n\n" + checkpoint(5),
        b"old 0\r\n\r\n" + checkpoint(5),
    ],
)
def test_what_is_no_request_is_a_bad_one(content: bytes, witness: httpx.Client) -> None:
    assert witness.post("/add-checkpoint", content=content).status_code == 400


def test_a_request_too_large_or_without_a_length_is_not_read(witness: httpx.Client) -> None:
    assert witness.post("/add-checkpoint", content=b"x" * (2 << 20)).status_code == 400
    assert witness.post("/add-checkpoint", content=iter([b"old 0\n"])).status_code == 400
    for length in ("-1", "1e3", "9" * 30, "²"):
        raw = http.client.HTTPConnection(witness.base_url.host, witness.base_url.port, timeout=20)
        raw.putrequest("POST", "/add-checkpoint")
        raw.putheader("Content-Length", length.encode())
        raw.endheaders()
        assert raw.getresponse().status == 400
        raw.close()


def test_other_addresses_hold_nothing(witness: httpx.Client) -> None:
    assert witness.post("/other", content=b"x").status_code == 404


@given(st.binary(max_size=300), st.booleans())
def test_no_bytes_break_the_answering(state: State, data: bytes, whole: bool) -> None:
    if not (state.folder / "key").exists():
        state.make_key(NAME)
    content = data if whole else b"old 0\n\n" + data
    assert add_checkpoint(Cosigner(state, KEY), content)[0] in {400, 403, 404}


def test_of_many_at_once_each_is_cosigned_in_its_turn_or_told_the_size(state: State) -> None:
    """The race that tlog-witness warns of: the size held never goes back."""
    cosigner = Cosigner(state, KEY)
    assert add_checkpoint(cosigner, body(0, 10))[0] == 200
    answers: dict[int, int] = {}
    start = threading.Barrier(8)

    def bring(size: int) -> None:
        start.wait()
        answers[size] = add_checkpoint(cosigner, body(10, size))[0]

    threads = [threading.Thread(target=bring, args=(size,)) for size in range(11, 19)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers.values()) == [200] + [409] * 7
    (won,) = [size for size, status in answers.items() if status == 200]
    assert state.last(KEY) is not None
    assert state.last_note() == checkpoint(won)


def test_a_witness_does_not_begin_to_serve_while_an_alarm_stands(state: State, capsys) -> None:
    state.alarm_file.write_text('{"kind": "fork"}')
    arguments = ["serve", "--key", LOG_KEY.vkey, "--state", str(state.folder), "--port", "0", "--language", "zh"]
    assert main(arguments) == 1
    assert "警报：日志签署了两种历史" in capsys.readouterr().err
