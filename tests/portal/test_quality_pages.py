"""The pages of quality: figures of each type, the rows behind each, the file of them; departments see their own."""

import csv
import io

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from audit.sequencing import keep_up
from exchange.models import QualityFigure
from exchange.quality.checks import FAULTY, Check
from exchange.quality.counting import count_next
from registry.enrolling import grant_role
from tests import factories as make
from tests.portal.issuer_room import browser

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city()
    for number in range(3):
        make.issued(make.LAND, make.company(number + 1), number=f"旧字{number}")
    make.issued(make.LAND, make.company(4))
    make.issued(make.APPROVAL, make.company(4))
    keep_up()
    while count_next():
        pass


def _authority() -> Client:
    made = make.person()
    grant_role(person=made, role="data_authority", department=None, actor=make.PLATFORM)
    return browser(made)


def _issuer(code: str = "L") -> Client:
    return browser(make.clerk(code))


def _rows(figure: str) -> str:
    return f"/quality/{make.licence_type(make.LAND).pk}/{figure}/"


def test_the_authority_sees_every_type_and_a_department_what_it_issued() -> None:
    land, approval = make.licence_type(make.LAND).code, make.licence_type(make.APPROVAL).code
    everything, own = _authority().get("/quality/").text, _issuer().get("/quality/").text
    assert f'data-type="{land}"' in everything
    assert f'data-type="{approval}"' in everything
    assert f'data-type="{land}"' in own
    assert f'data-type="{approval}"' not in own
    assert f'href="{_rows("number_form")}">3</a>' in own
    assert browser(make.citizen(7).person).get("/quality/").status_code == 403


def test_the_rows_behind_a_figure_are_as_many_as_it_says_and_are_recorded() -> None:
    with make.recorded() as entries:
        page = _issuer().get(_rows("number_form")).text
    assert page.count('data-finding="number_form"') == 3
    entry = entries[-1]
    assert (entry.action, entry.fields, entry.licence_type) == (
        "read_quality",
        ["number_form"],
        make.licence_type(make.LAND).code,
    )
    assert make.company_code(1) not in page


def test_rows_of_other_issuers_are_shown_to_nobody_but_the_authority() -> None:
    assert 'data-finding="' not in _issuer("D").get(_rows(FAULTY)).text
    assert _authority().get(_rows(FAULTY)).text.count('data-finding="') == 3


def test_long_lists_come_in_pages_without_a_row_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.views.quality.PAGE", 2)
    page = _issuer().get(_rows("number_form"))
    assert page.text.count('data-finding="') == 2
    onward = page.text.split('rel="next" href="')[1].split('"')[0]
    rest = _issuer().get(f"{_rows('number_form')}{onward}")
    assert rest.text.count('data-finding="') == 1
    assert 'rel="next"' not in rest.text
    assert _issuer().get(f"{_rows('number_form')}?after=x").text.count('data-finding="') == 2


@pytest.mark.parametrize("figure", ["judged", "nothing"])
def test_a_figure_without_rows_is_no_page(figure: str) -> None:
    assert _authority().get(_rows(figure)).status_code == 404


def test_the_file_holds_what_the_page_shows() -> None:
    with make.recorded() as entries:
        answer = _issuer().get("/quality/export/csv/")
        text = b"".join(answer).decode("utf-8-sig")
    (row,) = list(csv.DictReader(io.StringIO(text)))
    assert (row["Code of the issuer"], row["Licences in force"], row["Number off its template"]) == ("L", "4", "3")
    assert (entries[-1].action, entries[-1].fields) == ("export_quality", ["csv"])
    assert _issuer().get("/quality/export/exe/").status_code == 404


def test_the_command_checks_and_makes_the_figures_anew(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("quality", "--check")
    assert "All figures equal a recount." in capsys.readouterr().out
    make.edit(QualityFigure.objects.filter(figure=Check.NUMBER_FORM).first(), count=9)
    with pytest.raises(CommandError, match="1 figures differ"):
        call_command("quality", "--check")
    call_command("quality", "--rebuild")
    call_command("quality", "--check")
    call_command("quality", "--all")
    assert "Looked at 5 licences." in capsys.readouterr().out
