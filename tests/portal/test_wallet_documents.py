"""The citizen's papers: the PDF of a licence, and copies for one use, for those alone who act for its holder."""

import datetime as dt

import pytest
from django.test import Client

from foundation.clock import end_of_day, legal_day, now
from licences.models import Licence, UseCopy
from licences.pdf.checking import check_seal
from tests import factories as make
from tests.licences.papers import AUTHORITY, certify_key_of, text
from tests.portal.test_citizen import signed_in

pytestmark = pytest.mark.django_db
IN_A_WEEK = legal_day(now()) + dt.timedelta(days=7)
FORM = {"purpose": "办理银行贷款", "receiver": "工商银行天府支行", "expires_on": IN_A_WEEK.isoformat()}


def own_licence(name: str = make.LAND) -> tuple[Client, Licence]:
    """Return a citizen's browser, and a licence of their company."""
    make.city()
    citizen = make.citizen()
    licence = make.issued(name, citizen.company)
    certify_key_of(licence)
    return signed_in(citizen), licence


def test_the_wallet_leads_to_the_document_which_is_saved_and_nowhere_kept() -> None:
    browser, licence = own_licence()
    assert f'href="/wallet/{licence.pk}/document/"' in browser.get("/wallet/").text
    with make.recorded() as entries:
        answer = browser.get(f"/wallet/{licence.pk}/document/")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"].startswith("attachment; ")
    assert "no-store" in answer["Cache-Control"]
    assert check_seal(answer.content, roots=[AUTHORITY.root], at=now()).holds
    assert [(e.action, e.subject, e.actor_role) for e in entries] == [
        ("make_document", licence.identifier, "citizen"),
        ("take_document", licence.identifier, "citizen"),
    ]


def test_nobody_else_gets_it() -> None:
    _, licence = own_licence()
    other = signed_in(make.citizen(2))
    assert other.get(f"/wallet/{licence.pk}/document/").status_code == 404
    assert other.get(f"/wallet/{licence.pk}/copies/").status_code == 404
    assert other.post(f"/wallet/{licence.pk}/copies/", FORM).status_code == 404
    assert Client().get(f"/wallet/{licence.pk}/document/").status_code == 302
    assert not UseCopy.objects.exists()


def test_a_copy_is_made_listed_and_taken() -> None:
    browser, licence = own_licence()
    answer = browser.post(f"/wallet/{licence.pk}/copies/", FORM, follow=True)
    copy = UseCopy.objects.get()
    assert copy.expires_at == end_of_day(IN_A_WEEK)
    assert f'data-copy="{copy.pk}"' in answer.text
    assert "办理银行贷款" in answer.text
    assert copy.maker
    assert copy.maker in answer.text
    with make.recorded() as entries:
        pdf = browser.get(f"/wallet/copies/{copy.pk}/")
    assert "工商银行天府支行" in text(pdf.content)
    assert "no-store" in pdf["Cache-Control"]
    assert [e.action for e in entries] == ["take_copy"]


def test_a_copy_is_for_those_who_act_for_the_holder() -> None:
    browser, licence = own_licence()
    browser.post(f"/wallet/{licence.pk}/copies/", FORM)
    assert signed_in(make.citizen(2)).get(f"/wallet/copies/{UseCopy.objects.get().pk}/").status_code == 404


@pytest.mark.parametrize(
    ("wrong", "shown"),
    [
        ({"purpose": " "}, "This field is required"),
        ({"receiver": "甲" * 201}, "At most 200 characters"),
        ({"expires_on": ""}, "This field is required"),
        ({"expires_on": "2020-01-01"}, "must lie in the future"),
        ({"expires_on": "31.12.2030"}, "is no day"),
        ({"expires_on": "9999-12-31"}, "is no day"),
    ],
)
def test_faults_stand_at_their_fields_and_nothing_entered_is_lost(wrong: dict[str, str], shown: str) -> None:
    browser, licence = own_licence()
    given = {**FORM, **wrong}
    answer = browser.post(f"/wallet/{licence.pk}/copies/", given)
    assert answer.status_code == 400
    assert answer.text.count("is-invalid") == 1
    assert shown in answer.text
    for value in given.values():
        assert f'value="{value}"' in answer.text
    assert not UseCopy.objects.exists()


def test_of_a_licence_that_is_not_valid_no_copy_is_offered_nor_made() -> None:
    browser, licence = own_licence()
    make.operate(licence, "suspend", reason="测试", actor=make.PLATFORM)
    assert "<form" not in browser.get(f"/wallet/{licence.pk}/copies/").text.split("<main")[1]
    answer = browser.post(f"/wallet/{licence.pk}/copies/", FORM)
    assert (answer.status_code, 'data-reason="licence_not_valid"' in answer.text) == (409, True)


def test_a_document_that_cannot_be_made_is_refused_in_words() -> None:
    make.city()
    citizen = make.citizen()
    licence = make.issued(make.LAND, citizen.company)
    make.edit(licence.signing_key, chain=[])
    answer = signed_in(citizen).get(f"/wallet/{licence.pk}/document/")
    assert answer.status_code == 409
    assert "no certificate" in answer.text
