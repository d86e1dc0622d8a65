"""The pages of networks and plans show the same numbers as the commands."""

import io
import json
import re
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from functools import reduce
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client

from registry.catalogue import read_catalogue
from registry.enrolling import grant_role
from registry.importing import import_catalogue
from registry.versions import current_version
from tests import factories as make

NETWORK, PLANS = "/overview/network/", "/overview/plans/"
PATHS = (NETWORK, "/overview/network/items/", "/overview/network/items/O2/", PLANS, f"{PLANS}?budget=3&objective=flows")
FLOWS = ("total", "city", "internal", "cross_department", "cross_level", "county", "province", "nation")
Bounded = Callable[[int], AbstractContextManager[Any]]

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    cache.clear()


def browser(role: str = "data_authority", language: str = "en") -> Client:
    person = make.clerk() if role == "clerk" else make.person("主管")
    if role in {"data_authority", "auditor"}:
        grant_role(person=person, role=role, department=None, actor=make.PLATFORM)
    made = Client(headers={"accept-language": language})
    made.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return made


def printed(command: str, *arguments: object) -> dict[str, Any]:
    out = io.StringIO()
    call_command(command, *map(str, arguments), "--json", stdout=out)
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def shipped() -> None:
    import_catalogue(read_catalogue(make.SHIPPED), actor=make.PLATFORM)


def text_of(cells: Iterable[str]) -> list[str]:
    return [" ".join(unescape(re.sub(r"<[^>]+>", " ", cell)).split()) for cell in cells]


def figures(page: str) -> dict[str, list[str]]:
    """Return the cells of each figure's row: all rows, then without synthetic ones."""
    rows = re.findall(r'<tr data-figure="([\w.]+)">(.*?)</tr>', page, re.DOTALL)
    return {path: text_of(re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)) for path, row in rows}


def at(report: dict[str, Any], path: str) -> Any:
    return reduce(lambda found, name: found[name], path.split("."), report)


# --- Who may see it ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PATHS)
def test_only_those_who_oversee_the_platform_open_the_pages(path: str) -> None:
    make.city(keys="")
    assert Client().get(path).status_code == 302
    assert browser("citizen").get(path).status_code == 403
    assert browser("clerk").get(path).status_code == 403
    assert browser("auditor").get(path).status_code == 200


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_the_pages_have_no_inline_code_and_chinese_is_marked_on_english_ones(language: str) -> None:
    make.city(keys="")
    visitor = browser(language=language)
    for path in PATHS:
        page = visitor.get(path).text
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=", page), path
    page = visitor.get("/overview/network/items/O2/").text
    assert ('<span lang="zh-Hans">' in page) is (language == "en")


def test_the_first_page_of_a_version_counts_and_the_next_ones_read(django_assert_max_num_queries: Bounded) -> None:
    make.city(keys="")
    visitor = browser()
    for path in PATHS:
        visitor.get(path)
        with django_assert_max_num_queries(16):
            assert visitor.get(path).status_code == 200


def test_the_figures_of_an_empty_catalogue_are_noughts() -> None:
    visitor = browser()
    assert figures(visitor.get(NETWORK).text)["flows.total"] == ["0", "0"]
    assert visitor.get(f"{PLANS}?budget=3&objective=items").status_code == 200


# --- The network ---------------------------------------------------------------------------------------------------


def test_the_page_shows_the_figures_that_the_command_prints_of_the_reference_city() -> None:
    shipped()
    report = printed("network_report", make.SHIPPED)
    assert report["flows"]["cross_department"] == 341
    both, visitor = (report, report["without_synthetic"]), browser()
    page = visitor.get(NETWORK).text
    shown = figures(page)
    plain = ["items", "added_items", "departments", *(f"flows.{name}" for name in FLOWS), "unresolved", "conventional"]
    plain += ["sources_used", "in_degree.users", "department_network.pairs", "circles.count", "circles.items"]
    plain += ["longest_chain.length", "top.flows"]
    for path in plain:
        assert shown.pop(path) == [str(at(each, path)) for each in both], path
    assert shown["top.share"][0] == "65.98%"
    assert shown.pop("top.share") == [f"{at(each, 'top.share'):.2%}" for each in both]
    for path in ("concentration.gini", "concentration.gini_of_sources"):
        assert shown.pop(path) == [f"{at(each, path):.4f}" for each in both]
    assert shown == {}


@pytest.mark.parametrize("rows", ["", "real"])
def test_the_lists_of_the_page_are_those_of_the_command(rows: str) -> None:
    shipped()
    report = printed("network_report", make.SHIPPED)
    report = report["without_synthetic"] if rows else report
    page = browser().get(NETWORK, {"rows": rows}).text
    top = re.findall(r'data-top="(\w+)".*?data-degree="(\d+)"', page, re.DOTALL)
    assert top == [(row["item"], str(row["out_degree"])) for row in report["top"]["rows"]]
    classes = re.findall(r'<tr data-class="(\w+)">(.*?)</tr>', page, re.DOTALL)
    assert [(name, text_of(re.findall(r"<td[^>]*>(.*?)</td>", row))) for name, row in classes] == [
        (name, [str(n) for n in (c["flows"], c["pairs"], len(c["components"]), len(c["stars"]))])
        for name, c in report["department_network"]["classes"].items()
    ]
    assert page.count("suggested lead") == sum(
        len(c["components"]) for c in report["department_network"]["classes"].values()
    )
    assert page.count("data-cycle") == len(report["cycles"])


def test_the_lorenz_curves_are_drawn_on_the_server() -> None:
    make.city(keys="")
    page = browser().get(NETWORK).text
    curves = re.findall(r'<polyline class="line (\w+)" points="([^"]+)"', page.split('class="legend"', maxsplit=1)[0])
    assert [kind for kind, _ in curves] == ["even", "first", "second"]
    starts = {points.split()[0] for _, points in curves}
    ends = {points.split()[-1] for _, points in curves}
    assert (len(starts), len(ends)) == (1, 1)


def test_the_network_of_a_past_day_and_of_a_version_is_that_of_then(tmp_path: Path) -> None:
    make.city(keys="")
    first = current_version()
    rows = make.sheets()
    rows["items"] = [row for row in rows["items"] if row["code"] != "M4"]
    import_catalogue(read_catalogue(make.write_catalogue(tmp_path, rows)), actor=make.PLATFORM)
    visitor = browser()
    assert figures(visitor.get(NETWORK).text)["items"][0] == "12"
    past = visitor.get(NETWORK, {"version": first})
    assert figures(past.text)["items"][0] == "13"
    assert f'data-version="{first}"' in past.text
    assert f"/overview/network/items/O1/?version={first}" in past.text
    assert visitor.get("/overview/network/items/M4/", {"version": first}).status_code == 200
    assert visitor.get("/overview/network/items/M4/").status_code == 404
    long_ago = visitor.get(NETWORK, {"as_of": "2001-01-01"})
    assert figures(long_ago.text)["items"] == ["0", "0"]
    assert "no catalogue yet" in long_ago.text


@pytest.mark.parametrize("written", ["yesterday", "2026-13-01", "9999-12-31x", "0000-00-00"])
def test_a_day_that_is_none_is_said_so(written: str) -> None:
    make.city(keys="")
    answer = browser().get(NETWORK, {"as_of": written})
    assert answer.status_code == 400
    assert 'id="as-of-fault"' in answer.text


def test_the_last_day_of_all_is_the_current_state() -> None:
    make.city(keys="")
    assert browser().get(NETWORK, {"as_of": "9999-12-31"}).status_code in {200, 400}
    assert browser().get(NETWORK, {"as_of": "2999-12-31"}).status_code == 200


@pytest.mark.parametrize("version", ["99", "-1", "one", "9" * 40])
def test_a_version_that_never_was_is_not_found(version: str) -> None:
    make.city(keys="")
    assert browser().get(NETWORK, {"version": version}).status_code == 404


# --- One item ------------------------------------------------------------------------------------------------------


def test_an_item_shows_what_it_needs_in_the_commands_order_with_alternatives_marked() -> None:
    make.city(keys="")
    steps = printed("network_report", "--item", "O2")["steps"]
    page = browser().get("/overview/network/items/O2/").text
    shown = re.findall(r'data-step="(\w*)" data-required="(\w+)"', page)
    assert shown == [(step["source"], "yes" if step["required"] else "no") for step in steps]
    assert ("D4", "no") in shown
    assert "choice 1" in page


def test_an_item_that_needs_nothing_and_one_that_is_not_there() -> None:
    make.city(keys="")
    assert "needs no licence" in browser().get("/overview/network/items/O1/").text
    assert browser().get("/overview/network/items/Q9/").status_code == 404


def test_items_are_found_by_name_and_code() -> None:
    make.city(keys="")
    visitor = browser()
    assert "/overview/network/items/O2/" in visitor.get("/overview/network/items/", {"q": "建设用地规划许可"}).text
    assert "No item fits" in visitor.get("/overview/network/items/", {"q": "nothing"}).text


# --- Plans ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("budget", "objective"), [(12, "items"), (5, "flows"), (3, "applications")])
def test_a_plan_is_the_one_that_the_command_prints(budget: int, objective: str) -> None:
    shipped()
    plan = printed("plan", make.SHIPPED, "--budget", budget, "--objective", objective)
    page = unescape(browser().get(PLANS, {"budget": str(budget), "objective": objective}).text)
    shown = dict(re.findall(r'data-figure="(\w+)">([\d,]+)<', page))
    assert shown == {
        "value": str(plan["value"]),
        "attainable": str(plan["attainable"]),
        "out_degree": str(plan["baselines"]["out_degree"]["value"]),
        "department_pairs": str(plan["baselines"]["department_pairs"]["value"]),
        "free": str(len(plan["items_free_of_paper"])),
    }
    assert re.findall(r'data-chosen="([^"]+)"', page) == [row["licence"] for row in plan["chosen"]]
    assert 'data-proven="yes"' in page
    assert re.findall(r'data-frontier="([\d ]+)"', page) == [
        f"{p['budget']} {p['value']} {p['out_degree']} {p['department_pairs']}" for p in plan["frontier"]
    ]
    lines = re.findall(r'<polyline class="line (\w+)" points="([^"]+)"', page.split('class="legend"', maxsplit=1)[0])
    assert [(kind, len(points.split())) for kind, points in lines] == [
        (kind, budget) for kind in ("third", "second", "first")
    ]


@pytest.mark.parametrize(
    "asked",
    [
        {"budget": "0"},
        {"budget": "51"},
        {"budget": "-1"},
        {"budget": "1.5"},
        {"budget": "many"},
        {"budget": "5", "objective": "x"},
    ],
)
def test_a_budget_or_an_aim_outside_the_choice_is_said_so(asked: dict[str, str]) -> None:
    make.city(keys="")
    answer = browser().get(PLANS, asked)
    assert (answer.status_code, 'id="budget-fault"' in answer.text) == (400, True)


def test_the_form_alone_computes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    make.city(keys="")

    def fail(*args: object, **values: object) -> None:
        raise AssertionError("a plan was made")

    monkeypatch.setattr("portal.views.plans.plan_of", fail)
    assert 'name="budget"' in browser().get(PLANS).text
