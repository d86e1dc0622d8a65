"""The catalogue's pages: its versions, export, and import with a preview; an upload is trusted in nothing."""

import datetime as dt
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from audit.models import Entry
from foundation.clock import legal_day, now
from foundation.workbooks import MOST_PARTS
from portal import uploads
from portal.uploads import FILES
from registry.catalogue import read_catalogue
from registry.duties import note_duty
from registry.enrolling import grant_role
from registry.importing import import_catalogue
from registry.models import CatalogueVersion, Item
from registry.queries import catalogue_size
from registry.sheets import write_workbook
from registry.versions import current_version
from tests import factories as make

# `{}` is the number of the newest version: a sequence of PostgreSQL goes on counting from test to test.
PAGES = ("/overview/catalogue/", "/overview/catalogue/import/", "/overview/catalogue/versions/{}/")
IMPORT, APPLY, EXPORT = PAGES[1], "/overview/catalogue/import/apply/", "/overview/catalogue/export/"
Bounded = Callable[[int], AbstractContextManager[Any]]

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _city(request: pytest.FixtureRequest) -> None:
    cache.clear()
    make.city(keys="")


def browser(role: str = "data_authority", language: str = "en") -> Client:
    person = make.person("主管")
    if role in {"data_authority", "auditor"}:
        grant_role(person=person, role=role, department=None, actor=make.PLATFORM)
    elif role == "clerk":
        person = make.clerk()
    made = Client(headers={"accept-language": language})
    made.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return made


def changed_rows() -> dict[str, list[dict[str, str]]]:
    """Return the small city with an item renamed, one added and one gone."""
    rows = make.sheets()
    rows["items"][0]["name_zh"] = "建设项目选址核准"
    rows["items"] = [row for row in rows["items"] if row["code"] != "O5"]
    added = {"code": "O9", "name_zh": "新事项", "department_code": "O", "kind": "new", "result_licences": "新证照"}
    rows["items"].append(added)
    return rows


def workbook(rows: Mapping[str, make.Rows], folder: Path) -> bytes:
    write_workbook(folder / "made.xlsx", rows)
    return (folder / "made.xlsx").read_bytes()


def zipped(files: Mapping[str, bytes | str]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return content.getvalue()


def as_csv(rows: Mapping[str, make.Rows], folder: Path) -> dict[str, bytes | str]:
    make.write_catalogue(folder, rows)
    return {path.name: path.read_bytes() for path in folder.glob("*.csv")}


def send(visitor: Client, content: bytes, name: str = "目录.xlsx") -> Any:
    return visitor.post(IMPORT, {"catalogue": SimpleUploadedFile(name, content)})


def token_of(answer: Any) -> str:
    found = re.search(r'name="token" value="([^"]+)"', answer.text)
    assert found, answer.text
    return found[1]


def counts(answer: Any) -> dict[str, int]:
    return {kind: int(number) for kind, number in re.findall(r'data-count="(\w+)">(\d+)<', answer.text)}


def faults(answer: Any) -> list[tuple[str, str]]:
    return [(row, column) for row, column in re.findall(r'data-fault="(\d+) (\w*)"', answer.text)]


# --- Who may see it ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [*PAGES, EXPORT])
def test_only_those_who_oversee_the_platform_open_the_pages(path: str) -> None:
    path = path.format(current_version())
    assert Client().get(path).status_code == 302
    assert browser("citizen").get(path).status_code == 403
    assert browser("clerk").get(path).status_code == 403
    assert browser("auditor").get(path).status_code == 200
    assert browser().get(path).status_code == 200


def test_nobody_else_imports() -> None:
    for role in ("citizen", "clerk"):
        assert browser(role).post(APPLY, {"token": "x"}).status_code == 403
        assert send(browser(role), b"").status_code == 403
    assert browser().get(APPLY).status_code == 405


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_the_pages_have_no_inline_code_and_a_strict_policy(language: str) -> None:
    visitor = browser(language=language)
    for path in (page.format(current_version()) for page in PAGES):
        answer = visitor.get(path)
        assert "unsafe" not in answer["Content-Security-Policy"]
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=", answer.text), path


def test_the_number_of_queries_does_not_grow_with_the_catalogue(django_assert_max_num_queries: Bounded) -> None:
    visitor = browser()
    for path in (page.format(current_version()) for page in PAGES):
        with django_assert_max_num_queries(16):
            assert visitor.get(path).status_code == 200


# --- What is there -------------------------------------------------------------------------------------------------


def test_the_page_shows_size_versions_and_who_is_late() -> None:
    arose = legal_day(now()) - dt.timedelta(days=60)
    note_duty(department=make.department("O"), what="选址事项已调整", arose_on=arose, actor=make.PLATFORM)
    page = browser().get("/overview/catalogue/").text
    size = dict(re.findall(r'data-figure="(\w+)">([\d,]+)<', page))
    assert size == {name: str(n) for name, n in catalogue_size().items()} | {"version": str(current_version())}
    assert "选址事项已调整" in page
    assert "days late" in page
    assert f"/overview/catalogue/versions/{current_version()}/" in page


def test_a_version_shows_each_row_before_and_after(tmp_path: Path) -> None:
    import_catalogue(read_catalogue(make.write_catalogue(tmp_path, changed_rows())), actor=make.PLATFORM)
    page = browser().get(f"/overview/catalogue/versions/{current_version()}/").text
    rows = set(re.findall(r'data-change="(\w+)" data-sheet="items" data-key="(\w+)"', page))
    assert rows == {("changed", "O1"), ("retired", "O5"), ("added", "O9")}
    assert re.search(r"<del>.*建设项目选址审批.*</del>.*<ins>.*建设项目选址核准.*</ins>", page)
    assert f"/overview/network/?version={current_version()}" in page


def test_a_version_that_never_was_is_not_found() -> None:
    for number in (99, 10**30):
        assert browser().get(f"/overview/catalogue/versions/{number}/").status_code == 404


# --- Export --------------------------------------------------------------------------------------------------------


def test_the_export_is_recorded_and_importing_it_changes_nothing() -> None:
    visitor = browser()
    answer: Any = visitor.get(EXPORT)
    assert answer.streaming
    content = b"".join(answer.streaming_content)
    entry = Entry.objects.get(action="export_catalogue")
    assert (entry.subject, entry.outcome) == (str(current_version()), "done")
    versions = CatalogueVersion.objects.count()
    again = send(visitor, content)
    assert 'data-preview="nothing"' in again.text
    assert 'name="token"' not in again.text
    assert CatalogueVersion.objects.count() == versions


# --- Preview, then apply -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["xlsx", "zip"])
def test_a_preview_writes_nothing_and_applying_it_writes_just_that(kind: str, tmp_path: Path) -> None:
    visitor, before, entries = browser(), current_version(), Entry.objects.count()
    rows = changed_rows()
    content = workbook(rows, tmp_path) if kind == "xlsx" else zipped(as_csv(rows, tmp_path))
    shown = send(visitor, content, f"目录.{kind}")
    # With the items the type that O9 yields comes, and that of O5 goes.
    assert counts(shown) == {"added": 2, "changed": 1, "retired": 2}
    assert set(re.findall(r'data-change="(\w+)" data-sheet="items" data-key="(\w+)"', shown.text)) == {
        ("changed", "O1"), ("retired", "O5"), ("added", "O9"),
    }  # fmt: skip
    assert (current_version(), Entry.objects.count()) == (before, entries)
    assert not Item.objects.filter(code="O9").exists()
    answer = visitor.post(APPLY, {"token": token_of(shown)})
    assert answer["Location"] == f"/overview/catalogue/versions/{current_version()}/"
    assert current_version() > before
    assert Item.objects.get(code="O1").name_zh == "建设项目选址核准"
    assert Item.objects.get(code="O5").retired_at
    version = CatalogueVersion.objects.get(number=current_version())
    assert version.actor_name == "主管"
    entry = Entry.objects.get(action="import_catalogue", subject=str(version.number))
    assert entry.actor_person == version.actor_person
    listed = visitor.get(answer["Location"]).text
    assert "The catalogue was imported" in listed
    changes = re.compile(r'data-change="\w+" data-sheet="\w+" data-key="[^"]+"')
    assert sorted(changes.findall(listed)) == sorted(changes.findall(shown.text))


def test_a_preview_is_applied_once_and_only_by_the_session_that_saw_it(tmp_path: Path) -> None:
    visitor = browser()
    token = token_of(send(visitor, workbook(changed_rows(), tmp_path)))
    stranger = browser()
    answer = stranger.post(APPLY, {"token": token})
    assert (answer.status_code, 'data-outcome="expired"' in answer.text) == (409, True)
    assert visitor.post(APPLY, {"token": token}).status_code == 302
    assert visitor.post(APPLY, {"token": token}).status_code == 409


def test_a_preview_is_refused_where_the_catalogue_changed_meanwhile(tmp_path: Path) -> None:
    visitor = browser()
    token = token_of(send(visitor, workbook(changed_rows(), tmp_path)))
    other = make.sheets()
    other["items"][1]["note"] = "另有变更"
    import_catalogue(read_catalogue(make.write_catalogue(tmp_path / "other", other)), actor=make.PLATFORM)
    version = current_version()
    answer = visitor.post(APPLY, {"token": token})
    assert answer.status_code == 409
    assert 'data-outcome="superseded"' in answer.text
    assert "Somebody changed the catalogue" in answer.text
    assert current_version() == version
    assert not Item.objects.filter(code="O9").exists()


def test_an_expired_preview_says_so() -> None:
    answer = browser(language="zh-CN").post(APPLY, {"token": "long gone 目录" * 9})
    assert answer.status_code == 409
    assert "此预览已失效" in answer.text


# --- Faults --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_all_faults_of_all_rows_are_listed_in_the_pages_language(language: str, tmp_path: Path) -> None:
    rows = changed_rows()
    rows["departments"][0]["level"] = "village"
    rows["items"][1]["kind"] = "wrong"
    rows["items"][2]["name_zh"] = ""
    rows["licence_types"][0]["validity_months"] = "many"
    versions = CatalogueVersion.objects.count()
    answer = send(browser(language=language), workbook(rows, tmp_path), "城市.xlsx")
    assert answer.status_code == 400
    listed = {("2", "level"), ("3", "kind"), ("4", "name_zh"), ("2", "validity_months")}
    assert listed <= set(faults(answer))
    count = re.search(r'data-faults="(\d+)"', answer.text)
    assert count
    assert int(count[1]) == len(faults(answer))
    assert ("must not be empty" if language == "en" else "不能为空") in answer.text
    assert "城市.xlsx[items]" in answer.text
    assert CatalogueVersion.objects.count() == versions


def test_a_form_without_a_file_says_so() -> None:
    answer = browser().post(IMPORT, {})
    assert (answer.status_code, "Choose a file first" in answer.text) == (400, True)


# --- Hostile files -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["../items.csv", "/etc/items.csv", "a/items.csv", "..\\items.csv", "a/", "items.CSV", "notes.txt", "items.csv.exe"],
)
def test_a_zip_with_paths_or_other_names_is_refused_and_nothing_of_it_written(name: str, tmp_path: Path) -> None:
    files = as_csv(make.sheets(), tmp_path / "rows")
    answer = send(browser(), zipped({**files, name: "x"}), "catalogue.zip")
    assert answer.status_code == 400
    assert len(faults(answer)) == 1
    assert not (tmp_path / "items.csv").exists()


def test_every_wrong_name_in_a_zip_is_a_fault_of_its_own() -> None:
    answer = send(browser(), zipped({"../a.csv": "", "b.csv": "", "sub/items.csv": ""}), "catalogue.zip")
    assert len(faults(answer)) == 3


def test_a_file_twice_in_a_zip_is_refused(tmp_path: Path) -> None:
    files = as_csv(make.sheets(), tmp_path)
    content = io.BytesIO(zipped(files))
    with zipfile.ZipFile(content, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("items.csv", "code\n")
    answer = send(browser(), content.getvalue(), "catalogue.zip")
    assert (answer.status_code, "stands twice" in answer.text) == (400, True)


def test_a_bomb_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = zipped({"items.csv": b"0" * (uploads.MOST_UNPACKED + 1)})
    assert len(bomb) < uploads.MEBIBYTE

    def read(*args: object) -> bytes:
        raise AssertionError("it was unpacked")

    monkeypatch.setattr(zipfile.ZipFile, "read", read)
    for name in ("catalogue.zip", "catalogue.xlsx"):
        answer = send(browser(), bomb, name)
        assert (answer.status_code, "unpacks to over" in answer.text) == (400, True)


def test_a_zip_that_lies_about_its_sizes_gives_no_more_than_it_declares(tmp_path: Path) -> None:
    files = as_csv(make.sheets(), tmp_path)
    honest = zipped({**files, "items.csv": b"0" * 5_000_000})
    place = honest.rindex(b"PK\x01\x02", 0, honest.rindex(b"items.csv"))
    lying = honest[: place + 24] + (10).to_bytes(4, "little") + honest[place + 28 :]
    answer = send(browser(), lying, "catalogue.zip")
    assert (answer.status_code, "is damaged" in answer.text) == (400, True)


def test_too_many_parts_are_refused() -> None:
    answer = send(browser(), zipped({f"{n}.csv": "" for n in range(MOST_PARTS + 1)}), "catalogue.zip")
    assert len(faults(answer)) == 1


def test_a_workbook_that_spans_more_cells_than_it_holds_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MOST_CELLS", 20_000)
    book = openpyxl.Workbook()
    sheet = book.create_sheet("items")
    sheet["XFD3"] = "far away"
    content = io.BytesIO()
    book.save(content)
    answer = send(browser(), content.getvalue())
    assert (answer.status_code, "spans more than" in answer.text) == (400, True)


def test_a_file_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MOST_UPLOADED", 10)
    assert "import it by the command" in send(browser(), b"0" * 11).text


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("catalogue.xlsx", b"no workbook"),
        ("catalogue.zip", b"no zip"),
        ("catalogue.xlsx", zipped({"items.csv": "code"})),
        ("catalogue.xlsx", zipped({"[Content_Types].xml": "<broken", "xl/workbook.xml": "<"})),
        ("catalogue.csv", b"code,name_zh"),
        ("", b"PK"),
        ("catalogue.zip", zipped({name: zlib.compress(b"x" * 99) for name in FILES})),
        ("catalogue.zip", zipped(dict.fromkeys(FILES, "\x00\r\n\x00"))),
        ("catalogue.zip", zipped({})),
    ],
)
def test_whatever_is_no_catalogue_is_refused_with_a_reason(name: str, content: bytes) -> None:
    answer = send(browser(), content, name or "x")
    assert answer.status_code == 400
    assert faults(answer)
