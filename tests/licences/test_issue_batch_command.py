"""`manage.py issue_batch`: what it prints, with which code it ends, and how it goes on."""

import csv
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from audit.models import Entry
from foundation.clock import now
from licences import batches
from licences.management.commands import issue_batch
from licences.models import Batch, Licence
from licences.tasks import issue_batches
from tests import backlog_files as paper
from tests import factories as make
from tests.databases import counted, own_database


@pytest.fixture
def city(db: None) -> None:
    make.city(keys="LM")


def run(file: Path, type_name: str = make.LAND, **options: Any) -> str:
    output = StringIO()
    call_command("issue_batch", file, type=type_name, stdout=output, **options)
    return output.getvalue()


def refused(file: Path, **options: Any) -> tuple[str, int]:
    with pytest.raises(CommandError) as caught:
        run(file, **options)
    return str(caught.value), caught.value.returncode


def test_a_file_is_issued_and_the_counts_are_told(tmp_path: Path, city: None) -> None:
    output = run(paper.csv_file(tmp_path / "a.csv", paper.rows(3)))
    assert "3 rows, 3 issued, 0 failed, 0 waiting" in output
    assert str(Batch.objects.get().pk) in output
    assert Licence.objects.count() == 3


def test_the_same_file_again_issues_nothing_and_says_the_same(tmp_path: Path, city: None) -> None:
    file = paper.csv_file(tmp_path / "a.csv", paper.rows(2))
    assert run(file) == run(file)
    assert Licence.objects.count() == 2


def test_a_workbook_is_issued_whatever_it_is_called(tmp_path: Path, city: None) -> None:
    file = tmp_path / "存量"
    file.write_bytes(paper.xlsx_bytes(paper.rows(2)))
    assert "2 issued" in run(file)


def test_failed_rows_end_with_code_3_and_say_how_to_see_them(tmp_path: Path, city: None) -> None:
    told, code = refused(paper.csv_file(tmp_path / "a.csv", [paper.row(1), paper.row(2, 证照编号="")]))
    assert (code, "1 rows failed" in told, "--failed" in told) == (3, True, True)
    assert Licence.objects.count() == 1


def test_the_file_of_failed_rows_names_their_faults_and_can_be_mended_and_sent_again(
    tmp_path: Path, city: None
) -> None:
    lines = [paper.row(1), paper.row(2, 证照编号=""), paper.row(3, 证照颁发日期="x", 备注="先前的备注")]
    failed = tmp_path / "failed.csv"
    told, code = refused(paper.csv_file(tmp_path / "a.csv", lines), failed=failed)
    assert (code, str(failed) in told) == (3, True)
    with failed.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["#row"] for row in rows] == ["3", "4"]
    assert rows[0]["holder_name"] == "演示企业2有限公司"
    assert "number" in rows[0]["#faults"]
    assert "此项必填" in rows[0]["#faults"]
    assert "required" in rows[0]["#faults"]
    assert (rows[1]["remarks"], "issued_on" in rows[1]["#faults"]) == ("先前的备注", True)
    rows[0]["number"], rows[1]["issued_on"] = "蓉国土〔2016〕2号", "2016-05-04"
    assert "2 rows, 2 issued, 0 failed" in run(paper.csv_file(tmp_path / "mended.csv", rows))


def test_retry_tries_failed_rows_once_more(tmp_path: Path, city: None) -> None:
    taken = make.issued(number="蓉国土〔2016〕1号")
    file = paper.csv_file(tmp_path / "a.csv", paper.rows(2))
    assert refused(file)[1] == 3
    make.edit(taken, number_key="away")
    assert refused(file)[1] == 3
    assert "2 issued, 0 failed" in run(file, retry=True)


def test_the_issuing_department_may_be_named(tmp_path: Path, city: None) -> None:
    run(paper.csv_file(tmp_path / "a.csv", paper.rows(1)), department="M")
    assert Licence.objects.get().issuer.code == "M"


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"type_name": "没有这种证照"}, "--type"),
        ({"type_name": make.ENVIRONMENT}, "2 licence types"),
        ({"department": "Z9"}, "--department"),
    ],
)
def test_what_is_named_wrongly_is_said_in_one_sentence(
    tmp_path: Path, city: None, options: dict[str, str], word: str
) -> None:
    told, code = refused(paper.csv_file(tmp_path / "a.csv", paper.rows(1)), **options)
    assert (code, word in told) == (1, True)
    assert not Batch.objects.exists()


def test_a_file_that_is_missing_or_unreadable_is_said_in_both_languages(tmp_path: Path, city: None) -> None:
    assert refused(tmp_path / "none.csv") == (f"{tmp_path / 'none.csv'}: there is no such file", 1)
    told, code = refused(paper.csv_file(tmp_path / "a.csv", paper.rows(1), drop="持证主体"))
    assert (code, "表头缺少：持证主体" in told, "holder_name" in told) == (1, True, True)
    assert not Batch.objects.exists()


def test_without_a_signing_key_the_refusal_says_so(tmp_path: Path, city: None) -> None:
    make.department("L").signing_keys.update(retired_at=now())
    told, code = refused(paper.csv_file(tmp_path / "a.csv", paper.rows(1)))
    assert (code, "signing key" in told) == (1, True)


def test_control_c_stops_after_the_rows_in_hand_and_the_same_command_goes_on(
    tmp_path: Path, city: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    chunk = batches.issue_chunk

    def interrupted(batch: Batch) -> int:
        signal.raise_signal(signal.SIGINT)
        return chunk(batch)

    file = paper.csv_file(tmp_path / "a.csv", paper.rows(2100))
    monkeypatch.setattr(issue_batch, "issue_chunk", interrupted)
    before = signal.getsignal(signal.SIGINT)
    told, code = refused(file)
    assert (code, "the same command goes on" in told) == (130, True)
    assert signal.getsignal(signal.SIGINT) is before
    assert Licence.objects.count() == 1000
    # A person stopped it, so no job of the server goes on by itself.
    assert issue_batches() == 0
    monkeypatch.undo()
    assert "2100 issued" in run(file)
    batch = str(Batch.objects.get().pk)
    acts = Entry.objects.filter(subject=batch).order_by("id").values_list("action", flat=True)
    assert list(acts) == ["take_in_batch", "stop_batch", "go_on_with_batch"]


def test_control_c_while_the_last_rows_are_in_hand_is_no_stop(
    tmp_path: Path, city: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    chunk = batches.issue_chunk

    def interrupted(batch: Batch) -> int:
        signal.raise_signal(signal.SIGINT)
        return chunk(batch)

    monkeypatch.setattr(issue_batch, "issue_chunk", interrupted)
    assert "2 issued" in run(paper.csv_file(tmp_path / "a.csv", paper.rows(2)))


def test_control_c_while_the_file_is_taken_in_keeps_what_is_taken_in(
    tmp_path: Path, city: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Bar:
        def __init__(self, **_: Any) -> None:
            pass

        def __enter__(self) -> "Bar":
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def update(self, _: int) -> None:
            raise KeyboardInterrupt

    file = paper.csv_file(tmp_path / "a.csv", paper.rows(700))
    monkeypatch.setattr(issue_batch, "tqdm", Bar)
    assert refused(file)[1] == 130
    assert Batch.objects.get().chunks.count() == 1
    monkeypatch.undo()
    assert "700 issued" in run(file)


# --- In processes of its own ---------------------------------------------------------------------------------------


SCRIPT = Path(__file__).with_name("crashing.py")


def _at_work(environment: Mapping[str, str], file: Path) -> "subprocess.Popen[str]":
    work = subprocess.Popen(
        [sys.executable, SCRIPT, "work", file, "2"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert work.stdout
    assert work.stdout.readline() == "started\n"
    return work


@pytest.mark.usefixtures("db")
def test_several_processes_share_the_rows_and_one_control_c_stops_them_all(tmp_path: Path) -> None:
    file = paper.csv_file(tmp_path / "a.csv", paper.rows(8000))
    with own_database(tmp_path) as environment:
        subprocess.run([sys.executable, SCRIPT, "ready"], env=environment, check=True, timeout=120)
        first = _at_work(environment, file)
        while not counted(environment, "licences_batchrow"):
            time.sleep(0.02)
        # As a terminal does it: to the command and to those it started.
        os.killpg(first.pid, signal.SIGINT)
        output, errors = first.communicate(timeout=120)
        assert "Traceback" not in errors
        # On SQLite the workers may leave no moment to write that the batch rests, and end it.
        assert first.returncode in ({130} if connection.vendor == "postgresql" else {0, 130}), errors
        second = _at_work(environment, file)
        output, errors = second.communicate(timeout=120)
        assert second.returncode == 0, errors
        assert "8000 rows, 8000 issued, 0 failed, 0 waiting" in output
