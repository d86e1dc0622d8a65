"""Codes shown at a counter: for 60 seconds, once, for one department; guessed, replayed, late and foreign ones."""

import datetime as dt
import re

import pytest
import time_machine
from django.core.cache import cache

from exchange.asking import Standing, standing_of_client
from exchange.authorising.codes import MAKING, TRYING, OfferedCode, offer_code, read_code, redeem
from exchange.authorising.errors import CodeInvalid, TooManyAttempts
from exchange.disclosing import disclose
from exchange.errors import AccessRefused, InputInvalid, NotRepresented
from exchange.models import Authorisation, AuthorisationCode
from foundation.clock import now
from foundation.context import PLATFORM
from licences.representing import end_representation, represent
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _city() -> None:
    cache.clear()
    make.city()


@pytest.fixture
def citizen() -> make.Citizen:
    return make.citizen()


@pytest.fixture
def planning() -> Standing:
    return make.standing("O")


def _offer(citizen: make.Citizen, days: int = 0) -> OfferedCode:
    wanted = make.licence_type(make.DEED)
    return offer_code(person=citizen.person, holder=citizen.company.pk, licence_type=wanted, days=days)


def _invalid(code: str, standing: Standing, item: str = "O3") -> None:
    with make.recorded() as entries, pytest.raises(CodeInvalid):
        redeem(code, item=item, standing=standing)
    (entry,) = entries
    assert (entry.action, entry.outcome, entry.reason) == (
        "redeem_authorisation",
        "refused",
        "authorisation_code_invalid",
    )
    assert len(read_code(code)) < 6 or read_code(code).encode() not in bytes(entry.leaf)


def test_a_code_becomes_an_authorisation_for_the_department_the_item_and_the_purpose(
    citizen: make.Citizen, planning: Standing
) -> None:
    deed = make.issued(make.DEED, citizen.company)
    with make.recorded() as entries:
        code = _offer(citizen)
        given = redeem(code.code.lower().replace("-", " "), item="O3", purpose="规划许可", standing=planning)
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){2}", code.code)
    assert [e.action for e in entries] == ["offer_authorisation", "redeem_authorisation"]
    assert (given.department.code, given.item, given.purpose, given.once) == ("O", make.item("O3"), "规划许可", True)
    assert (given.holder_id, given.granted_by) == (citizen.company.pk, citizen.person)
    ask = make.ask(deed.identifier, "O3", case="柜台-1", authorisation=str(given.pk))
    assert disclose(ask, standing=planning).fields


def test_a_code_is_kept_as_a_digest_only(citizen: make.Citizen) -> None:
    code = read_code(_offer(citizen).code)
    stored = make.every_byte()
    assert code.encode() not in stored
    assert AuthorisationCode.objects.count() == 1


def test_a_code_is_redeemed_once(citizen: make.Citizen, planning: Standing) -> None:
    code = _offer(citizen).code
    redeem(code, item="O3", standing=planning)
    _invalid(code, planning)
    _invalid(code, standing_of_client(make.client("O")[0], operator="另一人"))
    assert Authorisation.objects.count() == 1


@pytest.mark.parametrize(("seconds", "living"), [(59.9, True), (60, False), (61, False)])
def test_a_code_lives_for_60_seconds(citizen: make.Citizen, planning: Standing, seconds: float, living: bool) -> None:
    made = now()
    with time_machine.travel(made, tick=False):
        code = _offer(citizen).code
    with time_machine.travel(made + dt.timedelta(seconds=seconds), tick=False):
        if living:
            assert redeem(code, item="O3", standing=planning)
        else:
            _invalid(code, planning)


def test_a_department_whose_item_does_not_need_the_type_redeems_nothing_and_the_code_lives_on(
    citizen: make.Citizen, planning: Standing
) -> None:
    code = _offer(citizen).code
    for item, standing, reason in (
        ("O3", make.standing("M"), "item_of_other_department"),
        ("M1", make.standing("M"), "type_not_needed"),
        ("Z9", planning, "item_unknown"),
    ):
        with pytest.raises(AccessRefused) as caught:
            redeem(code, item=item, standing=standing)
        assert caught.value.grounds.code == reason
    assert not Authorisation.objects.exists()
    assert redeem(code, item="O3", standing=planning)


def test_a_type_that_is_not_shared_is_not_opened_by_a_code(citizen: make.Citizen, planning: Standing) -> None:
    wanted = make.licence_type(make.EXPLOSIVES)
    code = offer_code(person=citizen.person, holder=citizen.company.pk, licence_type=wanted).code
    with pytest.raises(AccessRefused) as caught:
        redeem(code, item="O4", standing=planning)
    assert caught.value.grounds.code == "not_shared"


def test_the_purpose_stated_when_it_was_redeemed_is_the_only_one(citizen: make.Citizen, planning: Standing) -> None:
    deed = make.issued(make.DEED, citizen.company)
    given = redeem(_offer(citizen, days=1).code, item="O3", purpose="规划许可", standing=planning)
    ask = make.ask(deed.identifier, "O3", case="1", authorisation=str(given.pk), purpose="办理贷款")
    with pytest.raises(AccessRefused) as caught:
        disclose(ask, standing=planning)
    assert caught.value.grounds.code == "authorisation_other_purpose"


def test_guessing_is_limited_and_a_right_code_does_not_help_then(citizen: make.Citizen, planning: Standing) -> None:
    with time_machine.travel(now(), tick=False):
        for number in range(TRYING.most):
            _invalid(f"0000-0000-{number:04}", planning)
        code = _offer(citizen).code
        with pytest.raises(TooManyAttempts) as caught:
            redeem(code, item="O3", standing=planning)
        assert caught.value.grounds.reason.status == 429
        assert redeem(code, item="O3", standing=make.standing("O"))


@pytest.mark.parametrize("code", ["", "0", "不是码", "\0", "A" * 5000, "0000-0000-0000"])
def test_what_is_no_code_is_refused_like_a_wrong_one(planning: Standing, code: str) -> None:
    _invalid(code, planning)


def test_letters_that_look_like_digits_are_read_as_those() -> None:
    assert read_code("il0o-abcd") == read_code("1100ABCD")


def test_who_does_not_act_for_the_holder_makes_no_code(citizen: make.Citizen) -> None:
    stranger = make.citizen(2)
    with make.recorded() as entries, pytest.raises(NotRepresented):
        offer_code(person=stranger.person, holder=citizen.company.pk, licence_type=make.licence_type(make.DEED))
    assert [(e.action, e.outcome) for e in entries] == [("offer_authorisation", "refused")]


def test_a_code_dies_with_the_power_under_which_it_was_made(citizen: make.Citizen, planning: Standing) -> None:
    code = _offer(citizen).code
    end_representation(citizen.company.representations.get(), actor=PLATFORM)
    _invalid(code, planning)


def test_a_childs_code_gives_nothing_beyond_its_coming_of_age(planning: Standing) -> None:
    parent, child = make.citizen(), make.child(days_left=3)
    end = represent(person=parent.person.pk, holder=child, kind="child", actor=PLATFORM).until
    code = offer_code(person=parent.person, holder=child.pk, licence_type=make.licence_type(make.DEED), days=30).code
    assert redeem(code, item="O3", standing=planning).until == end


@pytest.mark.parametrize("days", [-1, 367])
def test_a_code_for_too_long_is_not_made(citizen: make.Citizen, days: int) -> None:
    with pytest.raises(InputInvalid):
        _offer(citizen, days=days)


def test_codes_that_died_are_thrown_away_when_the_next_is_made(citizen: make.Citizen) -> None:
    made = now()
    for minutes in range(3):
        with time_machine.travel(made + dt.timedelta(minutes=minutes), tick=False):
            _offer(citizen)
    assert AuthorisationCode.objects.count() == 1


def test_codes_are_not_made_faster_than_people_show_them(citizen: make.Citizen) -> None:
    with time_machine.travel(now(), tick=False):
        for _ in range(MAKING.most):
            _offer(citizen)
        with pytest.raises(TooManyAttempts):
            _offer(citizen)
