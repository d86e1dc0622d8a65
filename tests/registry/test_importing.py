"""Importing a catalogue: all of it or nothing, again and again, and what is gone is retired."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from foundation.clock import now
from foundation.context import PLATFORM
from registry import queries
from registry.catalogue import read_catalogue
from registry.importing import Changes, import_catalogue
from registry.models import Alias, Department, Item, LicenceType, Need
from tests import factories as make

pytestmark = pytest.mark.django_db

Rows = dict[str, list[dict[str, str]]]
Load = Callable[..., Changes]


@pytest.fixture
def rows() -> Rows:
    return make.sheets()


@pytest.fixture
def load(tmp_path: Path, rows: Rows) -> Load:
    def _load(*, dry_run: bool = False) -> Changes:
        return import_catalogue(read_catalogue(make.write_catalogue(tmp_path, rows)), actor=PLATFORM, dry_run=dry_run)

    return _load


def _without(rows: Rows, sheet: str, key: str, value: str) -> None:
    rows[sheet] = [row for row in rows[sheet] if row[key] != value]


def test_a_catalogue_becomes_departments_items_types_and_needs(load: Load) -> None:
    with make.recorded() as entries:
        changes = load()
    assert set(changes.added["departments"]) == {"D", "O", "L", "M", "省_U"}
    assert not changes.changed
    assert not changes.retired
    item = make.item("D2")
    assert (item.name_zh, item.department.code, item.kind) == ("技术改造项目核准", "D", "new")
    assert [g.name.zh for g in queries.need_groups(item)] == [make.SITE, make.LAND, make.ENVIRONMENT]
    assert [(e.action, e.subject_kind) for e in entries] == [("import_catalogue", "catalogue")]


def test_a_type_belongs_to_the_department_of_its_first_new_item(load: Load) -> None:
    load()
    assert make.licence_type(make.APPROVAL).owner == make.department("D")


def test_a_licence_from_outside_belongs_to_the_body_outside_and_has_no_code(load: Load) -> None:
    load()
    wanted = make.licence_type(make.PAWN)
    assert wanted.owner
    assert (wanted.owner.code, wanted.owner.level, wanted.code) == ("省_U", "provincial", "")


def test_a_code_is_the_owners_uscc_and_three_digits_and_no_two_are_equal(load: Load) -> None:
    load()
    coded = LicenceType.objects.exclude(code="").select_related("owner")
    assert all(t.owner and t.code[:18] == t.owner.uscc and len(t.code) == 21 for t in coded)
    assert len({t.code for t in coded}) == len(coded)


def test_a_second_import_changes_nothing_and_records_nothing(load: Load) -> None:
    load()
    needs = set(Need.objects.values_list("pk", flat=True))
    with make.recorded() as entries:
        assert not load()
    assert not entries
    assert set(Need.objects.values_list("pk", flat=True)) == needs


def test_a_trial_says_what_would_change_and_writes_nothing(load: Load, rows: Rows) -> None:
    with make.recorded() as entries:
        assert "items" in load(dry_run=True).added
    assert not entries
    assert not Department.objects.exists()
    load()
    _without(rows, "items", "code", "O5")
    assert load(dry_run=True).retired["items"] == ["O5"]
    assert queries.is_in_force(make.item("O5"), now())


def test_what_is_gone_is_retired_and_comes_back_as_the_same_row(load: Load, rows: Rows) -> None:
    load()
    before = make.item("O5")
    gone = [row for row in rows["items"] if row["code"] == "O5"]
    _without(rows, "items", "code", "O5")
    changes = load()
    assert changes.retired["items"] == ["O5"]
    assert not queries.is_in_force(make.item("O5"), now())
    rows["items"] += gone
    assert load().changed["items"] == ["O5"]
    assert make.item("O5") == before
    assert queries.is_in_force(make.item("O5"), now())


def test_a_type_that_nothing_names_any_more_is_retired_and_keeps_its_code(load: Load, rows: Rows) -> None:
    load()
    code = make.licence_type(make.FORM).code
    _without(rows, "licence_types", "name", make.FORM)
    _without(rows, "items", "code", "M2")
    _without(rows, "aliases", "name", make.FORM)
    assert make.FORM in load().retired["licence types"]
    rows.update(make.sheets())
    load()
    assert make.licence_type(make.FORM).code == code
    assert make.licence_type(make.FORM).retired_at is None


def test_a_changed_name_changes_the_row_and_a_changed_need_changes_the_item(load: Load, rows: Rows) -> None:
    load()
    rows["departments"][0]["name_en"] = "Another name"
    rows["items"][4]["prerequisite_licences"] = make.SITE
    changes = load()
    assert changes.changed == {"departments": ["D"], "items": ["D2"]}
    assert [g.name.zh for g in queries.need_groups(make.item("D2"))] == [make.SITE]


def test_a_changed_alias_is_a_change_and_stands_in_the_record(load: Load, rows: Rows) -> None:
    load()
    rows["aliases"].append({"alias": "选址批文", "name": make.SITE})
    with make.recorded() as entries:
        changes = load()
    assert Alias.objects.filter(alias="选址批文").exists()
    assert changes
    assert len(entries) == 1


def test_an_alias_that_is_gone_stands_for_nothing(load: Load, rows: Rows) -> None:
    load()
    rows["aliases"].pop()
    load()
    assert queries.types_named(make.ENVIRONMENT) == [make.licence_type(make.REPORT)]


def test_the_name_of_a_type_may_be_written_with_marks_and_spaces(load: Load, rows: Rows) -> None:
    load()
    rows["items"][4]["prerequisite_licences"] = f"《{make.SITE}》； {make.LAND} ;{make.ENVIRONMENT}"
    load()
    assert LicenceType.objects.filter(name_zh__contains="《").count() == 0
    assert len(queries.need_groups(make.item("D2"))) == 3


def test_only_the_business_licence_is_conventional(load: Load, rows: Rows) -> None:
    rows["items"][0]["prerequisite_licences"] = "营业执照"
    load()
    assert list(LicenceType.objects.filter(conventional=True).values_list("name_zh", flat=True)) == ["营业执照"]


def test_the_command_says_what_it_did(tmp_path: Path, rows: Rows, capsys: pytest.CaptureFixture[str]) -> None:
    make.write_catalogue(tmp_path, rows)
    call_command("import_catalogue", tmp_path)
    assert "added 13 items" in capsys.readouterr().out
    call_command("import_catalogue", tmp_path)
    assert "nothing to change" in capsys.readouterr().out


def test_the_command_names_all_faults_and_writes_nothing(
    tmp_path: Path, rows: Rows, capsys: pytest.CaptureFixture[str]
) -> None:
    rows["items"][0]["kind"] = rows["items"][1]["kind"] = "strange"
    make.write_catalogue(tmp_path, rows)
    with pytest.raises(CommandError, match="2 faults; nothing was done"):
        call_command("import_catalogue", tmp_path)
    errors = capsys.readouterr().err
    assert "items.csv:2 kind" in errors
    assert "items.csv:3 kind" in errors
    assert not Item.objects.exists()


def test_the_shipped_catalogue_loads_as_a_city_would_load_it() -> None:
    changes = import_catalogue(read_catalogue(make.SHIPPED), actor=PLATFORM)
    assert len(changes.added["items"]) >= 288
    assert queries.departments().count() == 41
    example = make.item("D2")
    groups = queries.need_groups(example)
    assert [g.name.zh for g in groups] == ["选址意见书", "用地预审意见", "环境影响评价审批证照文件"]
    assert len(groups[2].types) == 2
    assert all(queries.producers(g.types, now()) for g in groups)
    assert not import_catalogue(read_catalogue(make.SHIPPED), actor=PLATFORM)


def test_an_item_is_in_force_from_its_day_on(load: Load) -> None:
    load()
    item = make.item("O1")
    make.edit(item, in_force_from=now() + dt.timedelta(hours=1))
    assert not queries.is_in_force(make.item("O1"), now())
    assert not queries.items_in_force(now()).filter(code="O1").exists()
    assert queries.is_in_force(make.item("O1"), now() + dt.timedelta(hours=1))
