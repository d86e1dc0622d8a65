"""Reforms: successors inherit agreements, cases and clocks; what the old ones issued stays verifiable."""

from pathlib import Path

import pytest

from exchange.applying import Choice
from exchange.deciding import approve
from exchange.disclosing import disclose
from exchange.errors import AccessRefused, ItemNotInForce
from exchange.staffing import open_application
from exchange.verifying import verify_number
from foundation.context import PLATFORM
from portal.demonstration.numbers import company_code
from registry.catalogue import read_catalogue
from registry.errors import CatalogueError
from registry.importing import import_catalogue
from registry.lineage import lineage, successors
from registry.models import Department
from tests import factories as make

pytestmark = pytest.mark.django_db


def _reformed() -> dict[str, list[dict[str, str]]]:
    """Return the small city after D and O were merged into P, with their items and D's approval under new names."""
    rows = make.sheets()
    merged = {"code": "P", "name_zh": "规划和经信局", "name_en": "Planning and Economy Bureau", "level": "city"}
    rows["departments"] = [r for r in rows["departments"] if r["code"] not in "DO"]
    rows["departments"].append({**merged, "uscc": company_code(950)})
    reforms = [("department", "D", "P"), ("department", "O", "P"), ("licence_type", make.APPROVAL, "工业项目核准批复")]
    for row in rows["items"]:
        if row["department_code"] in "DO":
            old, row["department_code"] = row["code"], "P"
            row["code"] = f"P{row['code'][1:]}" if old[0] == "D" else f"P1{row['code'][1:]}"
            reforms.append(("item", old, row["code"]))
        for column in ("result_licences", "prerequisite_licences"):
            row[column] = row[column].replace(make.APPROVAL, "工业项目核准批复")
    rows["licence_types"] = [r for r in rows["licence_types"] if r["name"] != make.APPROVAL]
    rows["successions"] = [
        {"kind": kind, "old": old, "new": new, "since": "2026-10-01", "basis": "机构改革方案"}
        for kind, old, new in reforms
    ]
    return rows


@pytest.fixture
def reform(tmp_path: Path):
    """Import the city after the reform, and make its new department's key."""

    def carry_out() -> Department:
        import_catalogue(read_catalogue(make.write_catalogue(tmp_path / "after", _reformed())), actor=PLATFORM)
        return make.keyed(make.department("P"))

    return carry_out


def test_lineages_reach_through_several_reforms(reform) -> None:
    make.city()
    reform()
    assert set(lineage("department", "P")) == {"P", "D", "O"}
    assert successors("department", "D") == ["P"]
    assert successors("department", "L") == ["L"]


def test_what_the_old_department_issued_stays_verifiable_and_meets_the_need(reform) -> None:
    make.city()
    licence = make.issued(make.APPROVAL)
    reform()
    answer = verify_number(make.ask(licence.number, "P12"), standing=make.standing("P"))
    assert answer.verification.outcome.label == "valid"


def test_an_agreement_passes_on_to_the_successor_and_to_nobody_else(reform) -> None:
    make.city()
    deed = make.issued(make.DEED)
    make.agreement(fields=["certificateNumber"])
    reform()
    ask = make.ask(deed.identifier, "P13", case="P13-20261123-0001")
    assert set(disclose(ask, standing=make.standing("P")).fields) == {"certificateNumber"}
    with pytest.raises(AccessRefused):
        disclose(ask, standing=make.standing("L"))


def test_an_open_case_is_decided_by_the_successor_which_issues_under_its_own_name(reform) -> None:
    make.city()
    application = make.submitted()
    deadline = application.decide_by
    merged = reform()
    clerk = make.clerk("P")
    opened = open_application(application.number, person=clerk)
    assert opened.decide_by == deadline
    result = approve(opened, person=clerk).results.get()
    assert result.issuer == merged
    assert result.licence_type.name_zh == "工业项目核准批复"
    assert verify_number(make.ask(result.number, "P12"), standing=make.standing("P")).verification.outcome == 0


def test_nothing_new_is_submitted_for_an_item_that_was_succeeded(reform) -> None:
    make.city()
    applicant = make.citizen()
    choices = make.wallet_for_d2(applicant.company)
    reform()
    with pytest.raises(ItemNotInForce):
        make.submitted(applicant, choices, "D2")


def test_a_reform_names_what_it_knows_and_lists_all_its_faults(tmp_path: Path) -> None:
    rows = make.sheets()
    rows["successions"] = [
        {"kind": "office", "old": "X", "new": "D", "since": "2026-10-01"},
        {"kind": "department", "old": "X", "new": "Q", "since": "2026-10-01"},
        {"kind": "department", "old": "D", "new": "O", "since": "2026-10-01"},
        {"kind": "item", "old": "D9", "new": "", "since": "soon"},
    ]
    with pytest.raises(CatalogueError) as raised:
        read_catalogue(make.write_catalogue(tmp_path, rows))
    places = [(fault.row, fault.column) for fault in raised.value.errors]
    assert places == [(2, "kind"), (2, "new"), (3, "new"), (4, "old"), (5, "since")]


def test_a_change_after_the_reform_leaves_one_answer_for_the_number(reform) -> None:
    make.city()
    applicant = make.citizen()
    old = make.issued(make.APPROVAL, applicant.company)
    reform()
    application = make.submitted(applicant, {1: Choice(licence=old.pk)}, "P3")
    new = approve(application, person=make.clerk("P")).results.get()
    assert (new.number, new.version, new.previous_id) == (old.number, 2, old.pk)
    answer = verify_number(make.ask(old.number, "P12"), standing=make.standing("P"))
    assert answer.verification.outcome == 0
    assert answer.verification.licence == new


def test_a_reform_counts_from_its_day(tmp_path: Path) -> None:
    make.city()
    rows = _reformed()
    for row in rows["successions"]:
        row["since"] = "2099-01-01"
    import_catalogue(read_catalogue(make.write_catalogue(tmp_path, rows)), actor=PLATFORM)
    assert successors("department", "D") == ["D"]
