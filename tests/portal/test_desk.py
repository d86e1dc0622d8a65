"""The clerk's desk: checking numbers, and applications of one's own department only."""

import pytest
from django.test import Client

from licences.models import Licence
from tests import factories as make


def desk(code: str = "D") -> Client:
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(make.clerk(code), backend="django.contrib.auth.backends.ModelBackend")
    return browser


def check(browser: Client, number: str, item: str = "D2", **more: str) -> str:
    return browser.post("/desk/check/", {"number": number, "item": item, **more}).text


@pytest.mark.django_db
def test_a_number_is_answered_with_a_verdict_issuer_and_term() -> None:
    make.city()
    licence = make.issued(make.SITE)
    page = check(desk(), licence.number)
    assert 'data-outcome="valid"' in page
    assert licence.licence_type.name_en in page
    assert licence.issuer.name_en in page


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("made", "outcome", "reason"),
    [
        (lambda: make.expired(make.SITE), "no_longer_valid", "expired"),
        (lambda: make.operated("suspend", make.SITE), "suspended", "suspended"),
        (lambda: make.operated("revoke", make.SITE), "no_longer_valid", "revoked"),
        (lambda: make.tampered(make.SITE), "signature_invalid", "signature_invalid"),
        (lambda: make.issued(make.DEED), "not_found", "not_found"),
    ],
)
def test_what_does_not_hold_says_why(made, outcome: str, reason: str) -> None:
    make.city()
    page = check(desk(), made().number)
    assert f'data-outcome="{outcome}"' in page
    assert f'data-reason="{reason}"' in page


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("made", "signature", "valid"),
    [
        (lambda: make.issued(make.SITE), "right", "Yes"),
        (lambda: make.expired(make.SITE), "right", "No"),
        (lambda: make.tampered(make.SITE), "wrong", "Not known"),
        (lambda: make.issued(make.DEED), "not_checked", "Not known"),
    ],
    ids=["valid", "expired", "tampered", "absent"],
)
def test_the_card_says_apart_whether_the_signature_is_right_and_the_licence_valid(
    made, signature: str, valid: str
) -> None:
    make.city()
    page = check(desk(), made().number)
    assert f'data-signature="{signature}"' in page
    assert f"Is the licence valid now?</dt><dd>{valid}</dd>" in page


@pytest.mark.django_db
def test_the_card_names_the_version_that_took_the_place_of_the_holders_licence() -> None:
    make.city()
    applicant = make.citizen()
    choices = make.wallet_for_d2(applicant.company)
    case = make.submitted(applicant, choices).number
    old = Licence.objects.get(references__need_group=1)
    new = make.issued(make.SITE, applicant.company, replaces=old)
    assert new.identifier in check(desk(), old.identifier, case=case)
    assert new.identifier not in check(desk(), old.identifier)


@pytest.mark.django_db
def test_an_item_of_another_department_is_refused_and_recorded() -> None:
    make.city()
    licence, browser = make.issued(make.SITE), desk()
    with make.recorded() as entries:
        page = check(browser, licence.number, item="O2")
    assert 'data-reason="item_of_other_department"' in page
    (entry,) = entries
    assert (entry.action, entry.outcome, entry.reason) == ("verify", "refused", "item_of_other_department")


@pytest.mark.django_db
def test_without_a_case_the_holder_is_not_shown() -> None:
    make.city()
    licence = make.issued(make.SITE, make.company(7, "演示机密有限公司"))
    assert "演示机密" not in check(desk(), licence.number)


@pytest.mark.django_db
def test_with_htmx_only_the_card_comes_back() -> None:
    make.city()
    licence = make.issued(make.SITE)
    answer = desk().post("/desk/check/", {"number": licence.number, "item": "D2"}, headers={"hx-request": "true"})
    assert answer.text.lstrip().startswith("<section")


@pytest.mark.django_db
def test_an_application_of_another_department_cannot_be_opened_and_the_attempt_is_recorded() -> None:
    make.city()
    application, browser = make.submitted(), desk("O")
    with make.recorded() as entries:
        answer = browser.get(f"/desk/{application.number}/")
    assert answer.status_code == 403
    assert 'data-reason="role_missing"' in answer.text
    (entry,) = entries
    assert (entry.action, entry.outcome, entry.actor_department) == ("open_application", "refused", "O")


@pytest.mark.django_db
def test_a_refusal_without_a_reason_keeps_the_application_open() -> None:
    make.city()
    application, browser = make.submitted(), desk()
    answer = browser.post(f"/desk/{application.number}/decide/", {"decision": "refuse", "reason": " "})
    assert answer.status_code == 400
    application.refresh_from_db()
    assert application.state == "accepted"


@pytest.mark.django_db
def test_approval_stops_where_a_licence_was_revoked_in_between() -> None:
    make.city()
    application, browser = make.submitted(), desk()
    browser.post(f"/desk/{application.number}/verify/")
    revoked = application.references.get(need_group=1).licence
    assert revoked is not None
    make.operate(revoked, "revoke", reason="测试", actor=make.PLATFORM)
    answer = browser.post(f"/desk/{application.number}/decide/", {"decision": "approve"})
    assert answer.status_code == 409
    assert 'data-reason="references_not_valid"' in answer.text
    application.refresh_from_db()
    assert application.state == "in_review"
