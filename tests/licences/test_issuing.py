"""Issuing: numbered, signed, recorded, or nothing at all."""

import datetime as dt

import pytest
import time_machine
from jwcrypto.jwk import JWK
from sd_jwt.verifier import SDJWTVerifier

from audit.models import Entry
from foundation.clock import legal_day, now
from foundation.context import PLATFORM
from foundation.reasons import Refused
from licences.errors import ContentInvalid, NoSigningKey, OperationNotAllowed
from licences.holders import open_number
from licences.issuing import Draft, issue_licence
from licences.keystore import make_key
from licences.lifecycle import State
from licences.models import Licence, NumberSequence
from licences.numbering import Identifier, parse_identifier
from licences.outcomes import Outcome
from licences.queries import find_licences, wallet
from licences.storing import stored_credential
from licences.verification import verify_found
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city()


@time_machine.travel(dt.datetime(2026, 11, 23, 9, tzinfo=dt.UTC), tick=False)
def test_numbers_count_up_for_each_issuer_and_year() -> None:
    assert [make.issued(make.LAND).number for _ in range(2)] == ["成国土局〔2026〕1号", "成国土局〔2026〕2号"]
    assert make.issued(make.DEED).number == "成国土局〔2026〕3号"
    assert make.issued(make.SITE).number == "成规划局〔2026〕1号"


def test_the_year_of_a_number_is_that_of_the_legal_day() -> None:
    new_year_in_shanghai = dt.datetime(2026, 12, 31, 16, 30, tzinfo=dt.UTC)
    assert make.issued(at=new_year_in_shanghai).number == "成国土局〔2027〕1号"
    assert make.issued(at=new_year_in_shanghai - dt.timedelta(hours=1)).number == "成国土局〔2026〕1号"


def test_the_identifier_is_valid_and_names_type_issuer_and_first_version() -> None:
    licence = make.issued()
    identifier = parse_identifier(licence.identifier)
    assert isinstance(identifier, Identifier)
    assert identifier.type_code == licence.licence_type.code
    assert identifier.issuer == make.department("L").uscc
    assert (identifier.serial, identifier.version) == (licence.serial, 1)


def test_an_independent_verifier_accepts_the_stored_credential_under_the_departments_key() -> None:
    holder = make.company()
    licence = make.issued(holder=holder, content={"projectName": "改造"})
    key = JWK(**{k: v for k, v in licence.signing_key.public_jwk.items() if k in ("kty", "crv", "x", "y")})
    payload = SDJWTVerifier(str(stored_credential(licence)), lambda issuer, header: key).get_verified_payload()
    assert payload["certificateNumber"] == licence.number
    assert payload["certificateIdentifier"] == licence.identifier
    assert payload["certificateHolderName"] == holder.name
    assert payload["certificateHolderCode"] == open_number(holder)
    assert payload["projectName"] == "改造"
    assert payload["iss"].endswith("/departments/L")


def test_what_the_platform_says_of_a_licence_cannot_come_from_its_content() -> None:
    with pytest.raises(ContentInvalid) as caught:
        make.issued(content={"certificateNumber": "伪〔2026〕1号", "certificateHolderName": "他人"})
    assert set(caught.value.fields) == {"certificateNumber", "certificateHolderName"}
    assert not Licence.objects.exists()


def test_a_fresh_licence_is_valid_and_stands_in_the_holders_wallet() -> None:
    holder = make.company()
    licence = make.issued(holder=holder)
    assert verify_found([licence], at=now()).outcome is Outcome.VALID
    assert wallet(holder.pk) == [licence]


def test_a_licence_of_several_holders_is_in_the_wallet_of_each() -> None:
    holders = [make.company(1), make.company(2)]
    licence = make.issued(holders=holders)
    assert [wallet(h.pk) for h in holders] == [[licence], [licence]]
    claims = verify_found([licence], at=now()).claims
    assert claims
    assert claims["certificateHolderName"] == f"{holders[0].name}、{holders[1].name}"


def test_issuing_leaves_one_entry_that_names_the_licence() -> None:
    holder = make.company()
    with make.recorded() as entries:
        licence = make.issued(holder=holder)
    assert [(e.action, e.outcome, e.subject) for e in entries] == [("issue", "issued", licence.identifier)]


def test_a_number_from_paper_is_kept() -> None:
    assert make.issued(number="蓉国土〔1998〕7号").number == "蓉国土〔1998〕7号"


def test_a_number_from_paper_that_was_reached_by_the_count_does_not_stop_issuing() -> None:
    year = legal_day(now()).year
    make.issued(number=f"成国土局〔{year}〕2号")
    assert make.issued().number != f"成国土局〔{year}〕2号"


# --- Validity ----------------------------------------------------------------------------------------------------


def test_a_type_with_a_term_is_valid_for_its_months() -> None:
    licence = make.issued(make.SITE, at=dt.datetime(2026, 11, 23, 4, tzinfo=dt.UTC))
    assert (licence.valid_from, licence.valid_until) == (dt.date(2026, 11, 23), dt.date(2028, 11, 22))


def test_a_type_without_a_term_has_no_end() -> None:
    assert make.issued(make.REPORT).valid_until is None


def test_dates_given_by_the_draft_come_first() -> None:
    start, end = dt.date(2026, 1, 1), dt.date(2026, 6, 30)
    licence = make.issued(make.SITE, valid_from=start, valid_until=end)
    assert (licence.valid_from, licence.valid_until) == (start, end)


# --- Refusals ----------------------------------------------------------------------------------------------------


def test_without_a_key_in_force_nothing_is_issued_and_nothing_is_left() -> None:
    for field in ("retired_at", "compromised_at"):
        key = make_key(department=make.department("M").pk, actor=PLATFORM)
        make.department("M").signing_keys.exclude(pk=key.pk).update(retired_at=now())
        make.edit(key, **{field: now()})
        holder = make.company()
        before = (Licence.objects.count(), Entry.objects.count(), NumberSequence.objects.count())
        with pytest.raises(NoSigningKey) as caught:
            make.issued(make.REPORT, holder)
        assert caught.value.grounds.code == "item_not_issuing"
        assert "环保局" in caught.value.grounds.zh
        assert "Environment Bureau" in caught.value.grounds.en
        assert (Licence.objects.count(), Entry.objects.count(), NumberSequence.objects.count()) == before


def test_the_newest_key_signs() -> None:
    key = make_key(department=make.department("L").pk, actor=PLATFORM)
    assert make.issued().signing_key == key


def test_nothing_is_issued_of_a_type_that_no_body_with_a_uscc_defines() -> None:
    assert make.licence_type(make.PAWN).code == ""
    before = Licence.objects.count()
    with pytest.raises(Refused):
        make.issued(make.PAWN, issuer=make.department("O"))
    assert Licence.objects.count() == before


# --- Replacing ---------------------------------------------------------------------------------------------------


def test_replacing_keeps_the_number_raises_the_version_and_ends_the_old_one() -> None:
    old = make.issued()
    new = make.issued(replaces=old)
    assert (new.number, new.serial, new.version, new.previous) == (old.number, old.serial, 2, old)
    assert isinstance(parse_identifier(new.identifier), Identifier)
    old.refresh_from_db()
    assert old.state == State.REPLACED
    found = verify_found([old], at=now())
    assert (found.outcome, found.grounds.code) == (Outcome.NO_LONGER_VALID, "replaced")
    assert verify_found([new], at=now()).outcome is Outcome.VALID


def test_the_number_then_finds_the_new_version_only_and_each_identifier_its_own() -> None:
    old = make.issued()
    new = make.issued(replaces=old)
    types = [new.licence_type_id]
    assert find_licences(new.number, types) == [new]
    assert find_licences(old.identifier, types) == [old]
    assert find_licences(new.identifier, types) == [new]


def test_a_wallet_shows_the_newest_version_only() -> None:
    new = make.issued(replaces=make.issued())
    assert wallet(make.company().pk) == [new]


@pytest.mark.parametrize("operation", ["revoke", "cancel", "withdraw", "annul"])
def test_a_licence_that_has_ended_is_not_replaced(operation: str) -> None:
    old = make.operated(operation)
    before = Licence.objects.count()
    with pytest.raises(OperationNotAllowed):
        make.issued(replaces=old)
    assert Licence.objects.count() == before


def test_a_licence_is_replaced_once() -> None:
    old = make.issued()
    make.issued(replaces=old)
    with pytest.raises(OperationNotAllowed):
        make.issued(replaces=old)


def test_a_licence_needs_a_holder() -> None:
    wanted = make.licence_type(make.LAND)
    with pytest.raises((Refused, IndexError, ValueError)):
        issue_licence(Draft(licence_type=wanted, issuer=make.department("L"), holders=[]), actor=PLATFORM)
    assert not Licence.objects.exists()
