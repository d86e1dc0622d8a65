"""The pages of use: figures with filters and what leads to their entries, need beside use, ranking, flags."""

import datetime as dt
import re
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from audit.models import Entry, Flag, UsageHour
from audit.tasks import count_usage, watch_use
from exchange.asking import standing_of_person
from exchange.deciding import verify_references
from exchange.errors import AccessRefused
from exchange.quality.counting import count_next as count_quality
from exchange.verifying import verify_number
from foundation.clock import legal_day, now
from foundation.ids import new_id
from registry.enrolling import grant_role
from tests import factories as make
from tests.audit.histories import sequence

pytestmark = pytest.mark.django_db

USE, NEEDS, RANKING, FLAGS = (
    "/overview/usage/", "/overview/usage/needs/", "/overview/usage/ranking/", "/overview/flags/",
)  # fmt: skip
DAY = dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city()
    cache.clear()


def browser(role: str = "auditor", department: str = "", language: str = "en") -> Client:
    person = make.person("审计")
    grant_role(
        person=person, role=role, department=make.department(department) if department else None, actor=make.PLATFORM
    )
    made = Client(headers={"accept-language": language})
    made.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return made


def looks() -> None:
    """Verify what D2 needs for a case, and a land opinion for another item; be refused a deed, twice."""
    verify_references(make.submitted(), person=make.clerk("D"))
    land = make.issued(make.LAND)
    for _ in range(2):
        verify_number(make.ask(land.identifier, purpose="用地核查"), standing=make.standing("O"))
        with pytest.raises(AccessRefused):
            verify_number(make.ask(make.issued(make.DEED).identifier, "O3"), standing=make.standing("O"))
    sequence()
    count_usage()


def figures(page: str) -> dict[str, int]:
    return {name: int(value) for name, value in re.findall(r'data-figure="(\w+)">(\d+)<', page)}


def table(page: str, dimension: str) -> dict[str, int]:
    (part,) = re.findall(rf'data-table="{dimension}".*?</section>', page, re.DOTALL)
    return {value: int(count) for value, count in re.findall(r'data-value="([^"]*)" data-count="(\d+)"', part)}


def test_figures_are_shown_in_total_and_by_what_tells_them_apart() -> None:
    looks()
    page = browser().get(USE).text
    assert figures(page) == {
        "verified": 8, "disclosed": 0, "refused": 2, "first_time": 4, "repeated": 4, "papers_saved": 3,
    }  # fmt: skip
    assert table(page, "department") == {"O": 4, "D": 6}
    assert table(page, "item") == {"D2": 6, "O2": 2, "O3": 2}
    assert table(page, "outcome") == {"valid": 8, "refused": 2}
    assert table(page, "reason") == {"agreement_missing": 2}
    assert table(page, "purpose")["用地核查"] == 2
    assert make.licence_type(make.LAND).name_en in page


@pytest.mark.parametrize(
    ("query", "verified", "refused"),
    [
        ("department=D", 6, 0),
        ("item=O3", 0, 2),
        ("purpose=用地核查", 2, 0),
        ("outcome=valid&department=O", 2, 0),
        ("reason=agreement_missing", 0, 2),
        ("action=disclose", 0, 0),
        ("from=2020-01-01&to=2020-02-01", 0, 0),
        ("item=%27%22%3E%3Cscript%3E", 0, 0),
    ],
)
def test_filters_narrow_every_figure(query: str, verified: int, refused: int) -> None:
    looks()
    page = browser().get(f"{USE}?{query}").text
    found = figures(page)
    assert (found["verified"], found["refused"]) == (verified, refused)
    assert sum(table(page, "outcome").values()) == verified + refused
    assert "<script>" not in page


@pytest.mark.parametrize(
    "query", ["from=2026-13-01", "from=x", "from=2026-11-02&to=2026-11-01", "from=1000-01-01", "to=9999-12-31"]
)
def test_days_that_make_no_sense_are_named_and_the_usual_ones_shown(query: str) -> None:
    for path in (USE, NEEDS, RANKING):
        answer = browser().get(f"{path}?{query}")
        assert answer.status_code == 400
        assert "Give a first and a last day" in answer.text


def test_a_day_is_a_legal_day() -> None:
    land = make.issued(make.LAND)
    for at in ("2026-11-20T15:59:59", "2026-11-20T16:00:00", "2026-11-21T15:59:59", "2026-11-21T16:00:00"):
        verify_number(
            make.ask(land.identifier), standing=make.standing("O"), at=dt.datetime.fromisoformat(f"{at}+00:00")
        )
    sequence()
    count_usage()
    page = browser().get(f"{USE}?from=2026-11-21&to=2026-11-21").text
    assert figures(page)["verified"] == 2
    assert "Hour by hour" in page
    assert re.findall(r'<th scope="row">(2026[^<]*)</th>', page) == ["2026-11-21 00:00", "2026-11-21 23:00"]
    assert "Day by day" in browser().get(f"{USE}?from=2026-11-01&to=2026-11-21").text


def test_a_figure_leads_to_just_its_entries() -> None:
    looks()
    visitor = browser()
    page = visitor.get(f"{USE}?outcome=refused").text
    links = re.findall(r'href="(/overview/record/\?[^"]*)"', page)
    (link,) = [found for found in links if "item=O3" in found]
    shown = visitor.get(link.replace("&amp;", "&")).text
    assert re.findall(r'data-action="(\w+)" data-outcome="(\w+)"', shown) == [("verify", "refused")] * 2
    assert "item=O3" in shown  # said, so that nobody takes it for the whole record


def test_a_department_sees_its_own_figures_and_asking_for_anothers_shows_none() -> None:
    looks()
    clerk = browser("clerk", "O")
    assert table(clerk.get(USE).text, "department") == {"O": 4}
    assert set(table(browser("department_administrator", "D").get(USE).text, "department")) == {"D"}
    assert figures(clerk.get(f"{USE}?department=D").text)["verified"] == 0
    assert "/overview/record/" not in clerk.get(USE).text
    needs = clerk.get(NEEDS).text
    assert set(re.findall(r'data-paper="(\w+)"', needs)) == {"O"}
    assert {code[0] for code in re.findall(r'data-unused="(\w+) ', needs)} == {"O"}
    assert re.findall(r'data-refused="(\w+)"', browser("clerk", "D").get(NEEDS).text) == []
    for path in (RANKING, FLAGS):
        assert clerk.get(path).status_code == 403


def test_a_department_is_told_no_reasons_which_its_answers_may_have_kept_back() -> None:
    looks()
    assert 'data-table="reason"' in browser().get(USE).text
    clerk = browser("clerk", "O")
    assert 'data-table="reason"' not in clerk.get(USE).text
    assert figures(clerk.get(f"{USE}?reason=outside_needs").text)["verified"] == 0
    assert figures(clerk.get(f"{USE}?action=considered").text)["verified"] == 0


def test_need_stands_beside_use_with_what_is_refused_most_and_who_asks_for_paper() -> None:
    looks()
    page = browser().get(NEEDS).text
    # The environment's reply is needed by D2 as well, whose case referred to all three.
    assert figures(page) == {"shared": 11, "exercised": 4, "unused": 7}
    assert ("O3", "1") in re.findall(r'data-unused="(\w+) (\d)"', page)
    assert re.findall(r'data-refused="(\w+)"', page) == ["agreement_missing"]
    assert re.findall(r'data-paper="(\w+)"', page) == ["O", "M", "D", "L"]
    assert figures(browser().get(f"{NEEDS}?department=M").text)["unused"] == 2


def test_departments_are_ranked_by_the_mean_or_by_one_share() -> None:
    looks()
    while count_quality():
        pass
    visitor = browser()

    def order(by: str) -> list[str]:
        return re.findall(r'data-ranked="(\w+)"', visitor.get(f"{RANKING}?by={by}").text)

    # Of the Land Bureau two licences say the same of one holder.
    assert order("score") == ["O", "M", "D", "L"]
    assert order("use") == ["D", "O", "L", "M"]
    assert order("quality")[-1] == "D"  # of whose types there is no licence
    assert visitor.get(f"{RANKING}?by=nonsense").status_code == 200


def test_pages_of_figures_take_few_queries_and_none_of_the_entries(
    django_assert_max_num_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks()
    visitor = browser()
    monkeypatch.setattr("audit.queries.Entry.objects", None)
    for path, most in ((USE, 30), (NEEDS, 30), (RANKING, 30)):
        with django_assert_max_num_queries(most):
            assert visitor.get(path).status_code == 200


def flagged() -> Flag:
    land = make.issued(make.LAND)
    standing = standing_of_person(make.clerk("O"), make.department("O"), "clerk")
    for _ in range(10):
        verify_number(make.ask(land.identifier), standing=standing, at=dt.datetime(2026, 11, 24, 2, tzinfo=dt.UTC))
    sequence()
    watch_use()
    return Flag.objects.get(reason="odd_same_licence")


def test_a_flag_says_who_why_and_which_entries_and_each_look_at_it_is_recorded() -> None:
    flag = flagged()
    visitor = browser()
    listed = visitor.get(FLAGS).text
    assert "O经办人" in listed
    assert "10 times within a week" in listed
    page = visitor.get(f"{FLAGS}{flag.pk}/").text
    assert len(re.findall('data-action="verify"', page)) == 10
    looked = Entry.objects.filter(action="open_flag")
    assert [(e.subject, e.actor_role) for e in looked] == [(str(flag.pk), "auditor")]
    assert visitor.get(f"{FLAGS}{new_id()}/").status_code == 404


def test_a_flag_is_cleared_with_a_note_once() -> None:
    flag = flagged()
    visitor = browser(language="zh-CN")
    address = f"{FLAGS}{flag.pk}/"
    empty = visitor.post(address, {"note": " "})
    assert empty.status_code == 400
    assert 'data-reason="note_required"' in empty.text
    assert visitor.post(address, {"note": "电话核实，系培训"})["Location"] == address
    assert "电话核实，系培训" in visitor.get(address).text
    assert visitor.post(address, {"note": "再次"}).status_code == 409
    assert 'data-flag="odd_same_licence"' not in visitor.get(FLAGS).text
    assert 'data-flag="odd_same_licence"' in visitor.get(f"{FLAGS}?cleared=1").text


def test_nobody_but_an_overseer_clears_a_flag() -> None:
    flag = flagged()
    for visitor in (browser("clerk", "O"), Client()):
        assert visitor.post(f"{FLAGS}{flag.pk}/", {"note": "没事"}).status_code in {302, 403}
    flag.refresh_from_db()
    assert flag.cleared_at is None


def test_the_overview_shows_figures_and_open_flags_without_counting_the_record() -> None:
    looks()
    flagged()
    count_usage()
    page = browser().get("/overview/").text
    counted = sum(UsageHour.objects.values_list("count", flat=True))
    assert f"<b>{counted}</b>" in page
    assert f"{Flag.objects.count()} open flag" in page
    assert f'href="{FLAGS}"' in page
    assert f'href="{USE}?department=O"' in page


def test_the_page_speaks_both_languages() -> None:
    looks()
    for path in (USE, NEEDS, RANKING, FLAGS):
        assert "使用情况" in browser(language="zh-CN").get(path).text
    assert legal_day(now()).isoformat() in browser().get(USE).text
