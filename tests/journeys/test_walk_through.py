"""`manage.py walk_through` against a running server: the whole chain over HTTP."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.journeys.conftest import City


def test_the_whole_chain_holds_over_http_and_can_be_walked_again(city: "City") -> None:
    for _ in range(2):
        walked = city.manage("walk_through", "--address", city.address)
        assert walked.returncode == 0, walked.stdout + walked.stderr
        assert "The whole chain holds." in walked.stdout
        assert walked.stdout.count("holds") == 16


def test_a_step_that_does_not_hold_ends_with_a_non_zero_code(city: "City") -> None:
    path = city.folder / "demonstration.json"
    kept = path.read_text("utf-8")
    wrong = {**city.demonstration["specimens"], "revoked": city.demonstration["specimens"]["site"]}
    try:
        path.write_text(kept.replace(city.demonstration["specimens"]["revoked"], wrong["revoked"]), "utf-8")
        walked = city.manage("walk_through", "--address", city.address)
    finally:
        path.write_text(kept, "utf-8")
    assert walked.returncode != 0
    assert "FAILS" in walked.stdout
    assert "revoked" in walked.stderr


def test_without_a_server_one_sentence_says_what_to_start(city: "City") -> None:
    walked = city.manage("walk_through", "--address", "http://127.0.0.1:9")
    assert walked.returncode != 0
    assert "make run" in walked.stderr
    assert "Traceback" not in walked.stderr
