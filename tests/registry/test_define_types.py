"""Forms from files: all of them or none, every fault of every file, and never twice."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from foundation.clock import now
from foundation.context import PLATFORM
from foundation.reasons import Both
from registry.catalogue import read_catalogue
from registry.defining import define_type, form_of, versions_of
from registry.forms import Form
from registry.importing import import_catalogue
from registry.models import LicenceTypeVersion
from tests import factories as make

pytestmark = pytest.mark.django_db
AREA = {"type": "number", "title": "面积", "x-title-en": "Area"}


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city(keys="")


def _write(folder: Path, name: str, **values: Any) -> None:
    content = {"type": name, "origin": "纸质证照", "schema": {"type": "object", "properties": {"area": AREA}}, **values}
    (folder / f"{name}.json").write_text(json.dumps(content, ensure_ascii=False), "utf-8")


def _run(folder: Path, capsys: pytest.CaptureFixture[str], *options: str) -> list[str]:
    call_command("define_types", str(folder), *options)
    return capsys.readouterr().out.splitlines()


def test_each_file_defines_its_type_and_what_it_leaves_out_is_the_catalogues(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _write(tmp_path, make.LAND, holder_kinds=["001"])
    _write(tmp_path, make.DEED, number_template="川（{year}）第{serial:07}号")
    assert _run(tmp_path, capsys) == [f"defined {make.DEED} version 1", f"defined {make.LAND} version 1"]
    land = form_of(make.licence_type(make.LAND), now())
    assert (land.number, land.validity, land.holder_kinds) == (1, {"months": 36}, ("001",))
    assert versions_of(make.licence_type(make.LAND)).get().basis == "纸质证照"


def test_a_second_run_defines_nothing_and_leaves_what_a_department_changed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _write(tmp_path, make.DEED)
    _run(tmp_path, capsys)
    define_type(make.licence_type(make.DEED), Form(validity={"months": 3}), actor=PLATFORM)
    with make.recorded() as entries:
        assert _run(tmp_path, capsys) == ["nothing to define"]
    assert entries == []
    assert form_of(make.licence_type(make.DEED), now()).validity == {"months": 3}


def test_a_changed_file_defines_the_next_version(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _write(tmp_path, make.DEED)
    _run(tmp_path, capsys)
    _write(tmp_path, make.DEED, two_persons=True)
    assert _run(tmp_path, capsys, "--dry-run") == [f"would define {make.DEED}"]
    assert not form_of(make.licence_type(make.DEED), now()).two_persons
    assert _run(tmp_path, capsys) == [f"defined {make.DEED} version 2"]


def test_every_fault_of_every_file_is_named_and_nothing_is_defined(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _write(tmp_path, make.SITE)
    _write(tmp_path, make.DEED, number_template="{serial}", validity={"months": 0})
    _write(tmp_path, make.LAND, holder_kinds=[111], colour="red", origin="")
    _write(tmp_path, "不存在的证照")
    (tmp_path / "破损.json").write_text('{\n"type": }', "utf-8")
    (tmp_path / "编码.json").write_bytes("国".encode("gbk"))
    (tmp_path / "列表.json").write_text("[]", "utf-8")
    (tmp_path / "深.json").write_text("[" * 100_000, "utf-8")
    with pytest.raises(CommandError, match="10 faults; nothing was done"):
        call_command("define_types", str(tmp_path))
    written = capsys.readouterr().err
    for named in (
        f"{make.DEED}.json:1 number_template",
        f"{make.DEED}.json:1 validity.months",
        f"{make.LAND}.json:1 holder_kinds.0",
        f"{make.LAND}.json:1 origin",
        "colour",
        "不存在的证照.json:1 type: there is no type named",
        "破损.json:2",
        "编码.json:1",
        "列表.json:1",
        "深.json:1",
    ):
        assert named in written
    assert not LicenceTypeVersion.objects.exists()


def test_two_files_for_one_type_are_a_fault(tmp_path: Path) -> None:
    _write(tmp_path, make.DEED)
    (tmp_path / "另.json").write_text((tmp_path / f"{make.DEED}.json").read_text("utf-8"), "utf-8")
    with pytest.raises(CommandError, match="1 faults"):
        call_command("define_types", str(tmp_path))


def test_a_folder_without_files_is_a_fault(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(CommandError):
        call_command("define_types", str(tmp_path / "absent"))
    assert Both("", "holds no .json file").en in capsys.readouterr().err


def test_the_reference_city_has_its_twenty(capsys: pytest.CaptureFixture[str]) -> None:
    import_catalogue(read_catalogue(make.SHIPPED), actor=PLATFORM)
    assert len(_run(make.SHIPPED / "types", capsys)) == 20
    assert _run(make.SHIPPED / "types", capsys) == ["nothing to define"]
    car = form_of(make.licence_type("机动车行驶证"), now())
    assert "vin" in car.schema["properties"]
