"""The public page at a licence's short address: state, type and issuer, never the holder, and no oracle."""

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import pytest
import time_machine
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from audit.errors import RecordUnavailable
from audit.queries import personal_values
from foundation.clock import now
from foundation.context import PLATFORM
from licences.composing import frame_of
from licences.drafting import Contents, issue_draft, make_draft, review_draft, seal_draft
from licences.issuing import issue_one
from licences.lifecycle import State
from licences.models import Licence
from licences.numbering import new_check_code, parse_check_code, show_check_code
from licences.operating import operate
from portal.views import public
from tests import factories as make

pytestmark = pytest.mark.django_db
UNKNOWN = "0123456789ABCDEF"


@pytest.fixture(autouse=True)
def _nobody_has_looked_yet(db: None) -> None:
    # In the database what is counted goes with the test's transaction; in Redis it would stay.
    cache.clear()


@pytest.fixture
def browser() -> Client:
    make.city()
    return Client(headers={"accept-language": "en"})


def _address(licence: Licence) -> str:
    return f"/c/{licence.check_code}"


def _renewed() -> Licence:
    old = make.issued(holder=make.someone())
    contents = Contents([make.someone()], {})
    draft = make_draft(
        licence_type=old.licence_type, issuer=old.issuer, contents=contents, actor=PLATFORM, operation="renew",
        replaces=old,
    )  # fmt: skip
    for step in (review_draft, seal_draft, issue_draft):
        draft = step(draft, actor=PLATFORM)
    return Licence.objects.get(pk=old.pk)


Limiting = Callable[..., None]


@pytest.fixture
def at_most(monkeypatch: pytest.MonkeyPatch) -> Limiting:
    """Let so many checks a minute pass."""

    def limit(most: int, which: str = "PER_ADDRESS") -> None:
        monkeypatch.setattr(public, which, replace(getattr(public, which), most=most))

    return limit


STATES: dict[str, tuple[Callable[[], Licence], str, str, str]] = {
    "valid": (lambda: make.issued(holder=make.someone()), "valid", "right", "True"),
    "suspended": (lambda: make.operated("suspend", holder=make.someone()), "suspended", "right", "False"),
    "revoked": (lambda: make.operated("revoke", holder=make.someone()), "no_longer_valid", "right", "False"),
    "annulled": (lambda: make.operated("annul", holder=make.someone()), "no_longer_valid", "right", "False"),
    "expired": (lambda: make.expired(holder=make.someone()), "no_longer_valid", "right", "False"),
    "replaced": (_renewed, "no_longer_valid", "right", "False"),
    "tampered": (lambda: make.tampered(holder=make.someone()), "signature_invalid", "wrong", "None"),
}


@pytest.mark.parametrize(("made", "outcome", "signature", "valid"), STATES.values(), ids=STATES)
def test_the_two_questions_are_answered_apart(
    browser: Client, made: Callable[[], Licence], outcome: str, signature: str, valid: str
) -> None:
    page = browser.get(_address(made()))
    assert page.status_code == 200
    assert f'data-outcome="{outcome}"' in page.text
    assert f'data-signature="{signature}"' in page.text
    assert f'data-valid="{valid}"' in page.text


@pytest.mark.parametrize("state", STATES)
def test_no_page_tells_whose_licence_it_is_nor_its_number(browser: Client, state: str) -> None:
    licence = STATES[state][0]()
    holder = make.someone()
    for language in ("en", "zh-hans"):
        page = browser.get(_address(licence), headers={"accept-language": language}).text
        told = (holder.name, make.identity_number(1), holder.name[0] + "*", licence.number, licence.identifier)
        assert not [secret for secret in told if secret in page]
        assert str(licence.pk) not in page


def test_type_issuer_and_last_day_are_told(browser: Client) -> None:
    licence = make.issued()
    page = browser.get(_address(licence)).text
    assert "Land opinion" in page
    assert "Land Bureau" in page
    assert licence.valid_until
    assert licence.valid_until.strftime("%Y") in page


def test_an_altered_row_is_not_believed_in_what_it_says(browser: Client) -> None:
    licence = make.issued()
    make.edit(licence, valid_until=dt.date(2099, 1, 1))
    page = browser.get(_address(licence)).text
    assert 'data-signature="wrong"' in page
    assert "2099" not in page
    assert "Land opinion" not in page


def test_a_version_that_was_replaced_does_not_name_the_next_one(browser: Client) -> None:
    old = _renewed()
    new = Licence.objects.get(previous=old)
    page = browser.get(_address(old)).text
    assert 'data-reason="replaced"' in page
    assert new.identifier not in page
    assert str(new.check_code) not in page


# --- Codes ---------------------------------------------------------------------------------------------------------


def _sealed() -> Licence:
    wanted = make.licence_type(make.LAND)
    assert wanted.owner
    draft = make.Draft(wanted, wanted.owner, [make.company()])
    frame = frame_of(wanted, wanted.owner, now())
    return issue_one(draft, frame=frame, actor=PLATFORM, state=State.SEALED)


def _without_moment(page: str) -> str:
    moment = (
        r'name="csrfmiddlewaretoken" value="\w+"|name="next" value="[^"]*"|<span class="number">[0-9a-f-]{36}</span>'
    )
    return re.sub(moment, "", page)


def test_every_code_that_is_none_is_answered_as_an_unknown_one(browser: Client) -> None:
    sealed = _sealed()
    discarded = operate(_sealed(), "discard", reason="测试", actor=PLATFORM)
    unknown = browser.get(f"/c/{UNKNOWN}")
    assert unknown.status_code == 404
    wrong = ["x", "U" * 16, "0" * 15, "0" * 17, "../../etc/passwd", "壹" * 16, "9" * 10_000, "%25%27--"]
    for code in (str(sealed.check_code), str(discarded.check_code), *wrong):
        page = browser.get(f"/c/{code}")
        assert page.status_code == 404, code
        assert _without_moment(page.text) == _without_moment(unknown.text)
        assert page.headers["Cache-Control"] == unknown.headers["Cache-Control"]


def test_every_code_that_is_none_takes_the_same_queries(browser: Client) -> None:
    codes = (UNKNOWN, str(_sealed().check_code), "x", "9" * 10_000)
    # The first look of a minute makes its counters.
    browser.get(f"/c/{UNKNOWN}")
    taken = []
    for code in codes:
        with CaptureQueriesContext(connection) as queries:
            browser.get(f"/c/{code}")
        taken.append([re.sub(r"'[^']*'|\d+", "?", query["sql"]) for query in queries])
    assert taken[0] == taken[1] == taken[2] == taken[3]
    assert any("check_code" in query for query in taken[2])


def test_a_sealed_licence_is_known_once_it_is_issued(browser: Client) -> None:
    licence = _sealed()
    operate(licence, "issue", actor=PLATFORM)
    assert browser.get(_address(licence)).status_code == 200


def test_a_nul_is_refused_as_everywhere(browser: Client) -> None:
    assert browser.get("/c/%00").status_code == 400


def test_codes_are_read_as_people_type_them(browser: Client) -> None:
    licence = make.issued()
    code = str(licence.check_code)
    for typed in (code.lower(), show_check_code(code), code.replace("1", "l").replace("0", "o"), f"{code}/"):
        assert browser.get(f"/c/{typed}").status_code == 200, typed


@given(code=st.builds(new_check_code), letters=st.sampled_from(["iI", "lL"]))
def test_what_is_shown_or_misread_leads_back_to_the_code(code: str, letters: str) -> None:
    assert parse_check_code(show_check_code(code)) == code
    assert parse_check_code(code.lower()) == code
    assert parse_check_code(code.replace("1", letters[0]).replace("0", "o")) == code


@given(text=st.text(max_size=60))
def test_whatever_is_typed_is_a_code_or_none(text: str) -> None:
    code = parse_check_code(text)
    assert code is None or re.fullmatch("[0-9A-HJKMNP-TV-Z]{16}", code)


def test_codes_are_random_and_do_not_follow_each_other(browser: Client) -> None:
    codes = {str(make.issued().check_code) for _ in range(5)}
    assert len(codes) == 5
    assert len({code[:4] for code in codes}) > 1
    assert len({code[-4:] for code in codes}) > 1


# --- The form ------------------------------------------------------------------------------------------------------


def test_the_form_leads_a_typed_code_to_its_address(browser: Client) -> None:
    code = str(make.issued().check_code)
    answer = browser.get("/c/", {"code": f" {show_check_code(code).lower()} "})
    assert answer["Location"] == f"/c/{code}"


def test_the_form_says_what_is_wrong_and_looks_nothing_up(browser: Client) -> None:
    with make.recorded() as entries:
        page = browser.get("/c/", {"code": "abc"})
    assert page.status_code == 400
    assert 'data-reason="check_code_malformed"' in page.text
    assert 'value="abc"' in page.text
    assert entries == []


# --- The record ----------------------------------------------------------------------------------------------------


def test_each_look_stands_in_the_record(browser: Client) -> None:
    licence = make.issued()
    with make.recorded() as entries:
        browser.get(_address(licence))
        browser.get(f"/c/{UNKNOWN}")
    assert [(e.action, e.actor_role, e.subject, e.outcome) for e in entries] == [
        ("public_check", "public", licence.identifier, "valid"),
        ("public_check", "public", "", "not_found"),
    ]
    assert all(e.actor_person is None and e.actor_client is None for e in entries)
    known, unknown = (personal_values([e.pk])[e.pk] for e in entries)
    assert known == {"address": "127.0.0.1"}
    assert unknown == {"address": "127.0.0.1", "code": UNKNOWN}
    assert b"127.0.0.1" not in bytes(entries[0].leaf)


def test_without_an_entry_there_is_no_answer(browser: Client) -> None:
    licence = make.issued()
    with patch("licences.public_check.record", side_effect=RecordUnavailable("full")):
        page = browser.get(_address(licence))
    assert page.status_code == 503
    assert "Land opinion" not in page.text
    with patch("audit.recording.insert_all", side_effect=DatabaseError):
        assert browser.get(_address(licence)).status_code == 503


def test_the_holder_sees_that_somebody_looked(browser: Client) -> None:
    citizen = make.citizen()
    browser.get(_address(make.issued(holder=citizen.own)))
    browser.force_login(citizen.person, backend="django.contrib.auth.backends.ModelBackend")
    assert "Somebody with the code on it" in browser.get("/looks/").text


@pytest.mark.parametrize(
    "fetch",
    [
        lambda browser, address: browser.head(address),
        lambda browser, address: browser.get(address, headers={"Sec-Purpose": "prefetch;prerender"}),
        lambda browser, address: browser.get(address, headers={"Purpose": "prefetch"}),
    ],
    ids=["head", "prerender", "prefetch"],
)
def test_what_no_person_looks_at_is_neither_counted_nor_recorded(
    browser: Client, fetch: Callable[[Client, str], Any], at_most: Limiting
) -> None:
    at_most(1)
    address = _address(make.issued())
    with make.recorded() as entries:
        told = [fetch(browser, address) for _ in range(3)]
        absent = fetch(browser, f"/c/{UNKNOWN}")
    assert entries == []
    assert {(answer.status_code, answer.content) for answer in [*told, absent]} == {(told[0].status_code, b"")}
    assert browser.get(address).status_code == 200


# --- How often -----------------------------------------------------------------------------------------------------

NOON = dt.datetime(2026, 11, 24, 4, 0, 10, tzinfo=dt.UTC)


def test_too_many_looks_from_one_address_are_told_when_to_come_back(browser: Client, at_most: Limiting) -> None:
    at_most(3)
    address = _address(make.issued())
    with time_machine.travel(NOON, tick=False) as clock:
        assert [browser.get(address).status_code for _ in range(4)] == [200, 200, 200, 429]
        with make.recorded() as entries:
            refused = browser.get(address)
        assert entries == []
        assert refused["Retry-After"] == "50"
        assert "Come back in 50 seconds" in refused.text
        assert "Land opinion" not in refused.text
        assert browser.get(address, REMOTE_ADDR="203.0.113.9").status_code == 200
        clock.shift(50)
        assert browser.get(address).status_code == 200


def test_wrong_codes_count_as_well(browser: Client, at_most: Limiting) -> None:
    at_most(2)
    with time_machine.travel(NOON, tick=False):
        assert [browser.get(f"/c/{code}").status_code for code in ("x", UNKNOWN, "y")] == [404, 404, 429]


def test_all_addresses_together_are_braked(browser: Client, at_most: Limiting) -> None:
    at_most(3, "IN_ALL")
    with time_machine.travel(NOON, tick=False):
        told = [browser.get(f"/c/{UNKNOWN}", REMOTE_ADDR=f"203.0.113.{n}").status_code for n in range(4)]
    assert told == [404, 404, 404, 429]


def test_an_address_cannot_be_made_up_where_no_proxy_is_trusted(
    browser: Client, settings: Any, at_most: Limiting
) -> None:
    settings.PROXY_HOPS = 0
    at_most(2)
    with time_machine.travel(NOON, tick=False):
        forged = [browser.get(f"/c/{UNKNOWN}", headers={"X-Forwarded-For": f"198.51.100.{n}"}) for n in range(3)]
    assert [answer.status_code for answer in forged] == [404, 404, 429]


def test_behind_a_proxy_each_client_counts_by_itself(browser: Client, settings: Any, at_most: Limiting) -> None:
    settings.PROXY_HOPS = 1
    at_most(1)
    with time_machine.travel(NOON, tick=False):
        first = [browser.get(f"/c/{UNKNOWN}", headers={"X-Forwarded-For": f"9.9.9.{n}, 198.51.100.1"}) for n in (1, 2)]
        other = browser.get(f"/c/{UNKNOWN}", headers={"X-Forwarded-For": "198.51.100.2"})
    assert [answer.status_code for answer in (*first, other)] == [404, 429, 404]


def test_a_whole_network_of_ipv6_counts_as_one(browser: Client, at_most: Limiting) -> None:
    at_most(2)
    with time_machine.travel(NOON, tick=False):
        one = [browser.get(f"/c/{UNKNOWN}", REMOTE_ADDR=f"2001:db8:0:7::{n}").status_code for n in range(3)]
        other = browser.get(f"/c/{UNKNOWN}", REMOTE_ADDR="2001:db8:0:8::1").status_code
    assert [*one, other] == [404, 404, 429, 404]


def test_the_page_is_kept_nowhere_and_found_by_no_search(browser: Client) -> None:
    for address in ("/c/", _address(make.issued()), f"/c/{UNKNOWN}"):
        page = browser.get(address)
        assert page["Cache-Control"] == "no-store"
        assert page["Referrer-Policy"] == "no-referrer"
        assert page["X-Robots-Tag"] == "noindex, nofollow"
        assert 'name="robots" content="noindex, nofollow"' in page.text


def test_the_page_reads_in_chinese(browser: Client) -> None:
    page = browser.get(_address(make.issued()), headers={"accept-language": "zh-hans"}).text
    assert "签名是否正确" in page or "签名正确吗" in page
    assert make.LAND in page
