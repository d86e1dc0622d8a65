"""A bad catalogue: every fault of every row is reported at once, and nothing is written."""

import re
from pathlib import Path

import pytest

from foundation.context import PLATFORM
from registry.catalogue import read_catalogue
from registry.errors import CatalogueError, RowError
from registry.importing import import_catalogue
from registry.models import Department, Item
from tests import factories as make

pytestmark = pytest.mark.django_db

Rows = dict[str, list[dict[str, str]]]


@pytest.fixture
def rows() -> Rows:
    return make.sheets()


def _faults(folder: Path, rows: Rows | None = None) -> list[RowError]:
    with pytest.raises(CatalogueError) as caught:
        import_catalogue(read_catalogue(make.write_catalogue(folder, rows or {})), actor=PLATFORM)
    assert not Department.objects.exists()
    assert not Item.objects.exists()
    return caught.value.errors


def _places(errors: list[RowError]) -> set[tuple[str, int, str]]:
    return {(e.file, e.row, e.column) for e in errors}


def test_all_faults_of_all_sheets_are_named_at_once_in_both_languages(tmp_path: Path, rows: Rows) -> None:
    rows["departments"][1]["level"] = "galactic"
    rows["departments"][2]["uscc"] = rows["departments"][2]["uscc"][:-1] + (
        "0" if rows["departments"][2]["uscc"][-1] != "0" else "1"
    )
    rows["departments"].append({**rows["departments"][0], "uscc": ""})
    rows["departments"].append({"code": "Z", "name_zh": "", "level": "city"})
    rows["items"][0]["kind"] = "strange"
    rows["items"][1]["department_code"] = "QQ"
    rows["items"][2]["name_zh"] = ""
    rows["items"][3]["code"] = "O1"
    rows["items"][4]["prerequisite_licences"] = f"{make.SITE}@X99;{make.LAND}||{make.REPORT}"
    rows["external_licences"].append({"name": "某证", "level": "city state", "department": "O"})
    rows["external_licences"].append({"name": "", "level": "national", "department": "U"})
    rows["aliases"].append({"alias": "别名", "name": ""})
    rows["licence_types"][0]["sharing_class"] = "free"
    rows["licence_types"][1]["holder_kind"] = "dog"
    rows["licence_types"][2]["validity_months"] = "-3"
    rows["licence_types"][3]["validity_months"] = "1201"
    rows["licence_types"][4]["validity_months"] = "１２"
    rows["licence_types"][8]["legal_basis_zh"] = ""
    rows["licence_types"].append({**rows["licence_types"][5], "name": f"《{make.STUDY}》"})
    errors = _faults(tmp_path, rows)
    assert _places(errors) == {
        ("departments.csv", 3, "level"),
        ("departments.csv", 4, "uscc"),
        ("departments.csv", 6, "code"),
        ("departments.csv", 7, "name_zh"),
        ("items.csv", 2, "kind"),
        ("items.csv", 3, "department_code"),
        ("items.csv", 4, "name_zh"),
        ("items.csv", 5, "code"),
        ("items.csv", 6, "prerequisite_licences"),
        ("external_licences.csv", 3, "level"),
        ("external_licences.csv", 4, "name"),
        ("aliases.csv", 4, "name"),
        ("licence_types.csv", 2, "sharing_class"),
        ("licence_types.csv", 3, "holder_kind"),
        ("licence_types.csv", 4, "validity_months"),
        ("licence_types.csv", 5, "validity_months"),
        ("licence_types.csv", 6, "validity_months"),
        ("licence_types.csv", 10, "legal_basis_zh"),
        ("licence_types.csv", 12, "name"),
    }
    assert sum(e.row == 6 and e.file == "items.csv" for e in errors) == 2
    for error in errors:
        assert re.search(r"[一-鿿]", error.what.zh)
        assert re.search(r"[a-z]", error.what.en)


def test_missing_files_and_columns_are_faults(tmp_path: Path) -> None:
    (tmp_path / "items.csv").write_text("code,name_zh\nO1,甲\n", "utf-8")
    places = _places(_faults(tmp_path))
    assert ("departments.csv", 0, "") in places
    assert ("items.csv", 1, "department_code") in places
    assert ("items.csv", 1, "origin") in places


def test_a_file_in_another_encoding_is_a_fault(tmp_path: Path, rows: Rows) -> None:
    make.write_catalogue(tmp_path, rows)
    (tmp_path / "items.csv").write_bytes((tmp_path / "items.csv").read_text("utf-8").encode("gb18030"))
    assert ("items.csv", 0, "") in _places(_faults(tmp_path))


def test_a_byte_order_mark_is_no_fault(tmp_path: Path, rows: Rows) -> None:
    make.write_catalogue(tmp_path, rows)
    for path in tmp_path.iterdir():
        path.write_text(path.read_text("utf-8"), "utf-8-sig")
    assert read_catalogue(tmp_path).items["D2"].department == "D"


def test_an_empty_file_is_a_fault(tmp_path: Path, rows: Rows) -> None:
    make.write_catalogue(tmp_path, rows)
    (tmp_path / "items.csv").write_text("", "utf-8")
    assert ("items.csv", 1, "code") in _places(_faults(tmp_path))


def test_a_row_too_short_is_a_fault_of_its_empty_columns(tmp_path: Path, rows: Rows) -> None:
    make.write_catalogue(tmp_path, rows)
    with (tmp_path / "items.csv").open("a", encoding="utf-8") as file:
        file.write("Z1,某事项\n")
    assert ("items.csv", 15, "department_code") in _places(_faults(tmp_path))


def test_a_blank_line_does_not_shift_the_rows_that_are_named(tmp_path: Path, rows: Rows) -> None:
    rows["items"][1]["kind"] = "strange"
    make.write_catalogue(tmp_path, rows)
    lines = (tmp_path / "items.csv").read_text("utf-8").splitlines()
    (tmp_path / "items.csv").write_text("\n".join([lines[0], "", *lines[1:]]), "utf-8")
    assert _places(_faults(tmp_path)) == {("items.csv", 4, "kind")}


def test_two_departments_with_one_uscc_are_a_fault(tmp_path: Path, rows: Rows) -> None:
    rows["departments"][1]["uscc"] = rows["departments"][0]["uscc"]
    assert _places(_faults(tmp_path, rows)) == {("departments.csv", 3, "uscc")}


def test_an_alias_of_an_alias_is_a_fault(tmp_path: Path, rows: Rows) -> None:
    rows["aliases"].append({"alias": "环评文件", "name": make.ENVIRONMENT})
    assert _places(_faults(tmp_path, rows)) == {("aliases.csv", 4, "name")}


def test_an_item_that_yields_an_alias_is_a_fault(tmp_path: Path, rows: Rows) -> None:
    rows["items"][2]["result_licences"] = make.ENVIRONMENT
    assert _places(_faults(tmp_path, rows)) == {("items.csv", 4, "result_licences")}


def test_one_type_from_two_situations_in_one_need_is_a_fault(tmp_path: Path, rows: Rows) -> None:
    # A need keeps one situation for each type, so that a second one could only be lost.
    rows["items"][4]["prerequisite_licences"] = f"{make.SITE}@O1|{make.SITE}@O2"
    assert _places(_faults(tmp_path, rows)) == {("items.csv", 6, "prerequisite_licences")}


@pytest.mark.parametrize(
    ("sheet", "column", "length"),
    [("departments", "name_zh", 201), ("departments", "code", 41), ("items", "name_zh", 201), ("items", "origin", 121)],
)
def test_a_value_too_long_for_its_column_is_a_fault(
    tmp_path: Path, rows: Rows, sheet: str, column: str, length: int
) -> None:
    rows[sheet].append(
        {**rows[sheet][0], "code": "O99" if sheet == "items" else "ZZ", "uscc": "", column: "长" * length}
    )
    if sheet == "items":
        rows[sheet][-1].pop("uscc")
        rows[sheet][-1]["code"] = f"{rows[sheet][0]['department_code']}99"
    number = len(rows[sheet]) + 1
    assert _places(_faults(tmp_path, rows)) == {(f"{sheet}.csv", number, column)}
