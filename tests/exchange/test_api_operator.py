"""The person behind a call: in the body of a verification, or in the header of any call."""

from typing import Any
from urllib.parse import quote

import pytest

from audit.queries import personal_values
from tests import factories as make

pytestmark = pytest.mark.django_db
VERIFY = "/api/v1/verifications/"
WHY = {"item": "O2", "purpose": "规划许可"}


def _actor(entry: Any) -> str:
    return personal_values([entry.pk])[entry.pk]["actor"]


def test_a_disclosure_names_the_person_behind_it_in_the_record_and_not_in_the_leaf() -> None:
    make.city()
    licence = make.issued()
    caller = make.api("O")
    header = {"operator": f"zhang.san;{quote('张三')}"}
    with make.recorded() as entries:
        answer = caller.get(f"/api/v1/licences/{licence.identifier}/", {**WHY, "case": "1"}, headers=header)
    assert answer.status_code == 200, answer.content
    (entry,) = entries
    assert _actor(entry) == "张三 (zhang.san)"
    assert "zhang" not in bytes(entry.leaf).decode()
    assert "张三" not in bytes(entry.leaf).decode()


def test_the_header_stands_for_a_case_in_a_verification_as_the_body_does() -> None:
    make.city()
    caller = make.api("O")
    body = {**WHY, "number": make.issued().number}
    assert caller.post(VERIFY, body, format="json").json()["reason"] == "case_or_operator_missing"
    with make.recorded() as entries:
        answer = caller.post(VERIFY, body, format="json", headers={"operator": f"li;{quote('李四')}"})
        both = {**body, "operator": {"account": "wang", "name": "王五"}}
        caller.post(VERIFY, both, format="json", headers={"operator": f"li;{quote('李四')}"})
    assert (answer.status_code, answer.json()["outcome"]) == (200, "valid")
    # What stands in the body is the nearer one.
    assert [_actor(entry) for entry in entries] == ["李四 (li)", "王五 (wang)"]


@pytest.mark.parametrize(
    "value",
    [
        "", "zhang", ";x", "zhang;", "张三;张三", "a;%FF%FE", f"a;{quote(chr(0))}", f"a;{quote(chr(0x202E) + 'x')}",
        f"a;{'x' * 81}", "a" * 81 + ";x", f"a;{quote(chr(10))}x{quote(chr(10))}y", "a;%20",
    ],
)  # fmt: skip
def test_a_header_that_names_nobody_is_refused_with_how_to_write_it(value: str) -> None:
    make.city(keys="")
    answer = make.api("O").get("/api/v1/licences/1.2/", {**WHY, "case": "1"}, headers={"operator": value})
    assert (answer.status_code, answer.json()["reason"]) == (400, "input_invalid")
    assert [e["field"] for e in answer.json()["errors"]] == ["Operator"]
    assert "percent" in answer.json()["errors"][0]["message"]["en"]


@pytest.mark.parametrize("name", ["", " ", "a\0b", "a\u202eb", "a\u200bb", "x" * 81, "a\nb", None, {}])
def test_a_body_that_names_nobody_is_refused(name: Any) -> None:
    make.city(keys="")
    body = {**WHY, "number": "1", "operator": {"account": "a", "name": name}}
    answer = make.api("O").post(VERIFY, body, format="json")
    assert (answer.status_code, [e["field"] for e in answer.json()["errors"]]) == (400, ["operator.name"])
