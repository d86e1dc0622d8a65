"""Batches: every row is issued once or says why not, whatever stops the work."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from audit.models import Entry
from foundation.clock import legal_day, now
from foundation.context import PLATFORM
from foundation.sealing import SealError
from licences.batch_queries import RowState, Stage, failed_rows, progress_of, rows_in, stage_of
from licences.batches import go_on, issue_chunk, retry, stop, take_in
from licences.chunks import rows_of
from licences.errors import FileUnreadable, NoSigningKey
from licences.holders import open_number
from licences.models import Batch, Holder, Licence
from licences.outcomes import Outcome
from licences.verification import verify_found
from portal.demonstration.numbers import company_code, identity_number
from registry.defining import define_type
from registry.forms import Form
from tests import backlog_files as paper
from tests import factories as make


@pytest.fixture
def city(db: None) -> None:
    make.city(keys="L")


def taken(folder: Path, lines: list[dict[str, str]], **how: str) -> Batch:
    path = paper.csv_file(folder / "backlog.csv", lines, **how)
    return take_in(path, licence_type=make.licence_type(make.LAND), issuer=make.department("L"), actor=PLATFORM)


def done(batch: Batch) -> Batch:
    while issue_chunk(batch):
        pass
    return batch


def faults_of(folder: Path, *lines: dict[str, str]) -> list[dict[str, Any]]:
    """Issue the rows; return the faults of the last one by column."""
    batch = done(taken(folder, list(lines)))
    found = {number: faults for number, _, faults in failed_rows(batch)}
    return list(found.get(len(lines) + 1, []))


def wrong(code: str) -> str:
    return code[:17] + ("0" if code[17] != "0" else "1")


# --- Good rows ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_each_row_becomes_a_licence_that_verifies_and_says_what_the_paper_says(
    tmp_path: Path, city: None, encoding: str
) -> None:
    lines = [paper.row(1, 有效期起始日期="2016-06-01", 有效期截止日期="2999-12-31"), paper.row(2)]
    batch = done(taken(tmp_path, lines, encoding=encoding))
    first, second = Licence.objects.order_by("number")
    assert progress_of(batch).issued == 2
    assert (first.number, str(first.valid_from), str(first.valid_until)) == (
        "蓉国土〔2016〕1号", "2016-06-01", "2999-12-31",
    )  # fmt: skip
    assert legal_day(second.issued_at).isoformat() == "2016-05-04"
    found = verify_found([first], at=now())
    assert found.outcome is Outcome.VALID
    assert found.claims
    assert (found.claims["projectName"], found.claims["certificateHolderCode"]) == ("项目1", company_code(1001))


def test_several_holders_stand_on_one_licence(tmp_path: Path, city: None) -> None:
    person, company = identity_number(7), company_code(7)
    line = paper.row(1, 持证主体="张三丰、演示企业", 持证主体代码=f"{person}、{company}", 持证主体代码类型="111、001")
    done(taken(tmp_path, [line]))
    licence = Licence.objects.get()
    claims = verify_found([licence], at=now()).claims
    assert claims
    assert claims["certificateHolderName"] == "张三丰、演示企业"
    assert {open_number(holder) for holder in licence.holders.all()} == {person, company}


def test_one_holder_of_many_rows_is_registered_once_and_each_licence_has_the_name_on_its_paper(
    tmp_path: Path, city: None
) -> None:
    code = company_code(9)
    lines = [paper.row(n, 持证主体=name, 持证主体代码=code) for n, name in ((1, "旧名公司"), (2, "新名公司"))]
    done(taken(tmp_path, lines))
    assert Holder.objects.count() == 1
    names = [verify_found([licence], at=now()).claims for licence in Licence.objects.order_by("number")]
    assert [claims and claims["certificateHolderName"] for claims in names] == ["旧名公司", "新名公司"]


def test_fields_of_the_type_are_read_as_the_type_says(tmp_path: Path, city: None) -> None:
    fields = {
        "area": {"type": "number", "title": "面积", "x-title-en": "Area"},
        "urgent": {"type": "boolean", "title": "加急", "x-title-en": "Urgent"},
    }
    form = Form(schema={"type": "object", "properties": fields, "required": ["area"]})
    define_type(make.licence_type(make.LAND), form, actor=PLATFORM)
    batch = done(taken(tmp_path, [paper.row(1, 面积="12.5", 加急="true"), paper.row(2, 面积="很大"), paper.row(3)]))
    claims = verify_found([Licence.objects.get()], at=now()).claims
    assert claims
    assert (claims["area"], claims["urgent"]) == (12.5, True)
    told = {number: [(f["field"], f["reason"]) for f in faults] for number, _, faults in failed_rows(batch)}
    assert told == {3: [("area", "content_field_invalid")], 4: [("area", "content_field_missing")]}


# --- Faults ------------------------------------------------------------------------------------------------------


def test_a_wrong_check_character_says_which_it_should_be_in_both_languages(tmp_path: Path, city: None) -> None:
    code = company_code(5)
    (fault,) = faults_of(tmp_path, paper.row(1, 持证主体代码=wrong(code)))
    assert (fault["field"], fault["reason"]) == ("holder_code", "holder_number_invalid")
    assert f"校验码应为 {code[17]}" in fault["zh"]
    assert f"the check character should be {code[17]}" in fault["en"]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"证照颁发日期": "2016-13-01"}, {"issued_on": "date_invalid"}),
        ({"证照颁发日期": "0001-01-01"}, {"issued_on": "field_invalid"}),
        ({"有效期截止日期": "9999-12-31"}, {"valid_until": "field_invalid"}),
        ({"有效期截止日期": "2016-05-03"}, {"valid_until": "dates_reversed"}),
        ({"有效期起始日期": "2016-06-01", "有效期截止日期": "2016-05-31"}, {"valid_until": "dates_reversed"}),
        ({"证照编号": ""}, {"number": "field_required"}),
        ({"证照编号": "1" * 121}, {"number": "field_invalid"}),
        ({"持证主体": ""}, {"holder_name": "field_required"}),
        ({"持证主体": "长" * 201}, {"holder_name": "text_too_long"}),
        ({"持证主体": "甲\0乙"}, {"holder_name": "field_invalid"}),
        ({"持证主体": "甲、"}, {"holder_code": "holders_unequal", "holder_type": "holder_missing"}),
        ({"持证主体代码类型": "777"}, {"holder_type": "code_type_unknown"}),
        ({"持证主体代码类型": "414", "持证主体代码": "E" * 41}, {"holder_code": "holder_number_invalid"}),
        (
            {"持证主体": "甲、乙", "持证主体代码类型": "414", "持证主体代码": "E12345678、"},
            {"holder_code": "field_required"},
        ),
        (
            {"持证主体": "甲、乙", "持证主体代码": f"{company_code(1)}、{company_code(1)}"},
            {"holder_code": "holder_twice"},
        ),
        ({"没有这栏": "x"}, {"没有这栏": "content_field_unknown"}),
        ({"项目名称": "长" * 301}, {"projectName": "content_field_invalid"}),
    ],
)
def test_each_fault_is_named_by_its_column(
    tmp_path: Path, city: None, values: dict[str, str], expected: dict[str, str]
) -> None:
    faults = faults_of(tmp_path, paper.row(1, **values))
    assert {fault["field"]: fault["reason"] for fault in faults} == expected
    assert all(fault["zh"] and fault["en"] for fault in faults)
    assert not Licence.objects.exists()


def test_all_faults_of_a_row_are_named_at_once(tmp_path: Path, city: None) -> None:
    line = paper.row(1, 证照编号="", 证照颁发日期="x", 持证主体代码=wrong(company_code(1)), 没有这栏="y")
    assert {f["field"] for f in faults_of(tmp_path, line)} == {"number", "issued_on", "holder_code", "没有这栏"}


def test_a_number_that_stands_twice_in_the_file_is_issued_once(tmp_path: Path, city: None) -> None:
    (fault,) = faults_of(tmp_path, paper.row(1), paper.row(2, 证照编号="蓉国土[2016]１号"))
    assert (fault["field"], fault["reason"]) == ("number", "number_twice")
    assert Licence.objects.count() == 1


def test_a_number_that_another_licence_has_is_named(tmp_path: Path, city: None) -> None:
    make.issued(number="蓉国土〔2016〕1号")
    (fault,) = faults_of(tmp_path, paper.row(1))
    assert (fault["field"], fault["reason"]) == ("number", "number_taken")
    assert "蓉国土〔2016〕1号" in fault["zh"]


def test_a_bad_row_stops_no_other(tmp_path: Path, city: None) -> None:
    lines = [*paper.rows(3), paper.row(4, 证照编号=""), *(paper.row(n) for n in range(5, 8))]
    batch = done(taken(tmp_path, lines))
    progress = progress_of(batch)
    assert (progress.rows, progress.issued, progress.failed, progress.waiting) == (7, 6, 1, 0)
    assert stage_of(batch, progress) is Stage.DONE


def test_what_fills_a_chunk_with_faults_is_no_obstacle(tmp_path: Path, city: None) -> None:
    batch = done(taken(tmp_path, [paper.row(n, 证照编号="") for n in range(1, 4)]))
    assert (progress_of(batch).failed, Licence.objects.count()) == (3, 0)


CELLS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30) | st.sampled_from(
    [
        "",
        "、",
        "001",
        "111",
        "2016-05-04",
        "9999-12-31",
        "0001-1-1",
        "1e999",
        "NaN",
        company_code(3),
        identity_number(3),
    ]
)


@hypothesis_settings(max_examples=25)
@given(st.lists(st.fixed_dictionaries(dict.fromkeys(paper.row(1), CELLS)), min_size=1, max_size=4))
def test_whatever_the_cells_hold_each_row_is_issued_or_has_its_faults(
    tmp_path_factory: pytest.TempPathFactory, city: None, lines: list[dict[str, str]]
) -> None:
    Batch.objects.all().delete()
    try:
        batch = done(taken(tmp_path_factory.getbasetemp(), [*lines, paper.row(1)]))
    except FileUnreadable:
        return
    progress = progress_of(batch)
    assert progress.waiting == 0
    assert progress.issued == batch.results.filter(licence__isnull=False).count()
    for _, _, faults in failed_rows(batch):
        assert faults
        assert all(fault["field"] and fault["zh"] and fault["en"] for fault in faults)


# --- Taking in ---------------------------------------------------------------------------------------------------


def test_the_same_file_is_taken_in_once_and_recorded_once(tmp_path: Path, city: None) -> None:
    first, second = taken(tmp_path, paper.rows(3)), taken(tmp_path, paper.rows(3))
    assert first == second
    assert (Batch.objects.count(), second.rows, second.chunks.count()) == (1, 3, 1)
    assert Entry.objects.filter(action="take_in_batch").count() == 1
    done(first)
    assert progress_of(taken(tmp_path, paper.rows(3))).issued == 3
    assert issue_chunk(second) == 0


def test_another_file_or_type_is_another_batch(tmp_path: Path, city: None) -> None:
    first = taken(tmp_path, paper.rows(2))
    path = paper.csv_file(tmp_path / "backlog.csv", paper.rows(2))
    deed = take_in(path, licence_type=make.licence_type(make.DEED), issuer=make.department("L"), actor=PLATFORM)
    assert len({first.pk, deed.pk, taken(tmp_path, paper.rows(3)).pk}) == 3


def test_taking_in_goes_on_where_it_was_broken_off(tmp_path: Path, city: None) -> None:
    class BrokenOff(Exception):
        pass

    def break_off(rows: int) -> None:
        raise BrokenOff

    path = paper.csv_file(tmp_path / "backlog.csv", paper.rows(2200))
    how: dict[str, Any] = {
        "licence_type": make.licence_type(make.LAND), "issuer": make.department("L"), "actor": PLATFORM,
    }  # fmt: skip
    with pytest.raises(BrokenOff):
        take_in(path, progress=break_off, **how)
    batch = Batch.objects.get()
    assert (stage_of(batch, progress_of(batch)), progress_of(batch).rows) == (Stage.TAKING_IN, 1000)
    # Not before all of it is here, for a number may stand twice in it.
    assert issue_chunk(batch) == 0
    told: list[int] = []
    batch = take_in(path, progress=told.append, **how)
    assert (batch.rows, batch.chunks.count(), sum(told)) == (2200, 3, 2200)
    assert [row for chunk in batch.chunks.order_by("number") for row, _ in rows_of(chunk)] == list(range(2, 2202))


def test_without_a_key_in_force_nothing_is_taken_in(tmp_path: Path, city: None) -> None:
    make.department("L").signing_keys.update(retired_at=now())
    with pytest.raises(NoSigningKey):
        taken(tmp_path, paper.rows(1))
    assert not Batch.objects.exists()


def test_rows_are_sealed_while_they_wait_and_gone_once_they_are_issued(tmp_path: Path, city: None) -> None:
    batch = taken(tmp_path, [paper.row(1), paper.row(2, 证照编号="", 持证主体="仍需更正的公司")])
    for secret in (company_code(1001), "演示企业1有限公司", "项目1"):
        assert secret.encode() not in make.every_byte()
    done(batch)
    (chunk,) = batch.chunks.all()
    ((number, values),) = rows_of(chunk)
    assert (number, values["holder_name"]) == (3, "仍需更正的公司")


def test_rows_that_were_altered_in_the_database_are_not_issued(tmp_path: Path, city: None) -> None:
    batch = taken(tmp_path, paper.rows(2))
    (chunk,) = batch.chunks.all()
    sealed = bytearray(chunk.rows_sealed)
    sealed[-1] ^= 1
    make.edit(chunk, rows_sealed=bytes(sealed))
    with pytest.raises(SealError):
        issue_chunk(batch)
    assert not Licence.objects.exists()


# --- Stopping and retrying ---------------------------------------------------------------------------------------


def test_a_batch_stops_after_the_chunk_in_hand_and_goes_on(tmp_path: Path, city: None) -> None:
    batch = taken(tmp_path, paper.rows(2100))
    assert issue_chunk(batch) == 1000
    stop(batch, actor=PLATFORM)
    assert issue_chunk(batch) == 0
    batch.refresh_from_db()
    assert stage_of(batch, progress_of(batch)) is Stage.STOPPED
    go_on(batch, actor=PLATFORM)
    assert [issue_chunk(batch), issue_chunk(batch), issue_chunk(batch)] == [1000, 100, 0]
    assert Licence.objects.count() == 2100


def test_only_what_failed_is_tried_again_and_every_attempt_is_counted(tmp_path: Path, city: None) -> None:
    blocking = [make.issued(number=f"蓉国土〔2016〕{n}号") for n in (2, 600)]
    batch = done(taken(tmp_path, paper.rows(700)))
    assert (progress_of(batch).issued, progress_of(batch).failed) == (698, 2)
    assert retry(batch, actor=PLATFORM) == 2
    assert (progress_of(batch).waiting, progress_of(batch).issued) == (2, 698)
    done(batch)
    assert {row.attempts for row in rows_in(batch, RowState.FAILED)} == {2}
    for number, licence in enumerate(blocking):
        make.edit(licence, number_key=f"away{number}")
    assert retry(batch, actor=PLATFORM) == 2
    done(batch)
    assert (progress_of(batch).issued, progress_of(batch).failed) == (700, 0)
    assert {row.number: row.attempts for row in batch.results.filter(attempts__gt=1)} == {3: 3, 601: 3}
    assert Licence.objects.count() == 702
    assert retry(batch, actor=PLATFORM) == 0


def test_a_cause_outside_of_the_file_is_mended_and_the_rows_are_issued(tmp_path: Path, city: None) -> None:
    define_type(make.licence_type(make.LAND), Form(holder_kinds=("111",)), actor=PLATFORM)
    batch = done(taken(tmp_path, paper.rows(2)))
    assert progress_of(batch).failed == 2
    define_type(make.licence_type(make.LAND), Form(holder_kinds=("111", "001")), actor=PLATFORM)
    retry(batch, actor=PLATFORM)
    assert progress_of(done(batch)).issued == 2
