"""Every change of the catalogue is kept: who, when, what was, and the network as of any past date."""

import datetime as dt
import json
from pathlib import Path

import pytest
import time_machine
from django.core.management import CommandError, call_command

from foundation.clock import now
from foundation.context import PLATFORM, Actor
from registry.catalogue import read_catalogue
from registry.duties import extend_duty, late_duties, note_duty
from registry.exporting import catalogue_from_registry
from registry.importing import import_catalogue
from registry.models import Item
from registry.sources import resolve
from registry.versions import catalogue_as_of, current_version, history_of, versions
from registry.writing import sheets_of
from tests import factories as make

pytestmark = pytest.mark.django_db


def _import(folder: Path, rows: dict[str, list[dict[str, str]]], actor: Actor = PLATFORM) -> None:
    import_catalogue(read_catalogue(make.write_catalogue(folder, rows)), actor=actor)


def _changed(name: str) -> dict[str, list[dict[str, str]]]:
    rows = make.sheets()
    rows["items"][0]["name_zh"] = name
    return rows


def test_a_version_tells_who_and_what_was(tmp_path: Path) -> None:
    _import(tmp_path / "a", make.sheets())
    editor = make.person("编目员")
    _import(tmp_path / "b", _changed("选址核准"), Actor(person=editor.pk, name="编目员"))
    (first, was), (second, became) = history_of("items", "O1")
    assert (was or {})["name_zh"] != (became or {})["name_zh"]
    assert ((was or {})["name_zh"], (became or {})["name_zh"]) == ("建设项目选址审批", "选址核准")
    assert (second.actor_person, second.actor_name) == (editor.pk, "编目员")
    assert first.number < second.number == current_version()
    assert list(second.changes.values_list("sheet", "key")) == [("items", "O1")]


def test_importing_the_same_again_makes_no_version(tmp_path: Path) -> None:
    for _ in range(2):
        _import(tmp_path, make.sheets())
    assert versions().count() == 1


def test_a_trial_makes_no_version(tmp_path: Path) -> None:
    rows = make.sheets()
    import_catalogue(read_catalogue(make.write_catalogue(tmp_path, rows)), actor=PLATFORM, dry_run=True)
    assert current_version() == 0


def test_the_network_is_known_as_of_any_past_date(tmp_path: Path) -> None:
    with time_machine.travel("2026-03-02T09:00:00+08:00", tick=False):
        _import(tmp_path / "a", make.sheets())
        before = resolve(catalogue_from_registry())
    with time_machine.travel("2026-06-01T09:00:00+08:00", tick=False):
        rows = make.sheets()
        rows["items"] = [row for row in rows["items"] if row["code"] != "M2"]
        _import(tmp_path / "b", rows)
        after = resolve(catalogue_from_registry())
    assert before != after
    assert resolve(catalogue_as_of(dt.datetime(2026, 4, 1, tzinfo=dt.UTC))) == before
    assert resolve(catalogue_as_of(now())) == after
    assert catalogue_as_of(dt.datetime(2025, 1, 1, tzinfo=dt.UTC)).items == {}


@pytest.mark.parametrize("target", ["folder", "book.xlsx"])
def test_what_is_exported_changes_nothing_when_imported(tmp_path: Path, target: str) -> None:
    import_catalogue(read_catalogue(make.SHIPPED), actor=PLATFORM)
    call_command("export_catalogue", str(tmp_path / target))
    read = read_catalogue(tmp_path / target)
    assert sheets_of(read) == sheets_of(catalogue_from_registry())
    assert not import_catalogue(read, actor=PLATFORM)
    assert versions().count() == 1


def test_a_retired_item_stays_for_history(tmp_path: Path) -> None:
    _import(tmp_path / "a", make.sheets())
    rows = make.sheets()
    rows["items"] = [row for row in rows["items"] if row["code"] != "M2"]
    _import(tmp_path / "b", rows)
    assert Item.objects.get(code="M2").retired_at is not None
    assert history_of("items", "M2")[-1][1] is None


@time_machine.travel("2026-09-28T09:00:00+08:00", tick=False)
def test_who_is_late_with_an_update_is_named_after_ten_working_days(tmp_path: Path) -> None:
    _import(tmp_path / "a", make.sheets())
    duty = note_duty(department=make.department("O"), what="机构改名", arose_on=dt.date(2026, 9, 28), actor=PLATFORM)
    # National Day, 1 to 7 October, counts for nothing; 10 October is worked in its stead.
    assert duty.due_on == dt.date(2026, 10, 16)
    assert list(late_duties(dt.date(2026, 10, 16))) == []
    assert [late.department.code for late in late_duties(dt.date(2026, 10, 17))] == ["O"]
    assert extend_duty(duty, actor=PLATFORM).due_on == dt.date(2026, 10, 23)
    assert extend_duty(duty, actor=PLATFORM).due_on == dt.date(2026, 10, 23)


def test_an_import_that_changes_a_departments_rows_fulfils_its_duty(tmp_path: Path) -> None:
    _import(tmp_path / "a", make.sheets())
    today = now().date()
    for code in ("O", "L"):
        note_duty(department=make.department(code), what="改名", arose_on=today - dt.timedelta(days=60), actor=PLATFORM)
    _import(tmp_path / "b", _changed("选址核准"))
    assert [late.department.code for late in late_duties(today)] == ["L"]


def test_the_report_command_asks_the_history(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with time_machine.travel("2026-03-02T09:00:00+08:00", tick=False):
        _import(tmp_path / "a", make.sheets())
    _import(tmp_path / "b", {**make.sheets(), "items": make.sheets()["items"][:5]})
    counts = []
    for arguments in (["--as-of", "2026-03-02"], [], ["--as-of", "2026-03-01"]):
        call_command("network_report", "--json", *arguments)
        counts.append(json.loads(capsys.readouterr().out)["items"])
    assert counts == [13, 5, 0]
    with pytest.raises(CommandError, match="no day"):
        call_command("network_report", "--as-of", "yesterday")


def test_a_catalogue_may_name_its_own_conventional_licences(tmp_path: Path) -> None:
    rows = make.sheets()
    for row in rows["licence_types"]:
        row["conventional"] = "yes" if row["name"] == make.SITE else ""
    _import(tmp_path, rows)
    found = resolve(catalogue_from_registry())
    assert {use.licence for use in found.conventional} == {make.SITE}
    assert make.SITE not in {flow.licence for flow in found.flows}
