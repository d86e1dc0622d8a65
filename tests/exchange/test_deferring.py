"""Deferring notice: by a named law, by whom it is for, until a date, and never longer."""

import datetime as dt
from uuid import UUID

import pytest

from audit.errors import EntryNotFound
from exchange.deferring import can_defer, defer_notice
from exchange.errors import DeferralNotPermitted, InputInvalid, NotDeferrable
from exchange.looking import looks_at, told
from exchange.models import Deferral
from exchange.objecting import object_to
from exchange.verifying import verify_number
from foundation.clock import end_of_day, legal_day, now
from foundation.ids import new_id
from foundation.reasons import Refused
from licences.public_check import check_publicly
from registry.enrolling import grant_role
from registry.models import Person
from tests import factories as make

pytestmark = pytest.mark.django_db

LAW = "《中华人民共和国监察法》第二十五条"


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city()


def _looked(number: str = "") -> UUID:
    licence = make.issued(make.LAND, make.company())
    return verify_number(make.ask(number or licence.number), standing=make.standing("O")).entry


def _in(days: int) -> dt.date:
    return legal_day(now()) + dt.timedelta(days=days)


def _authority() -> Person:
    made = make.person()
    grant_role(person=made, role="data_authority", department=None, actor=make.PLATFORM)
    return made


def _refused(kind: type[Refused], key: UUID, person: Person, **values: object) -> Refused:
    given = {"legal_basis": LAW, "until": _in(30), **values}
    with make.recorded() as entries, pytest.raises(kind) as caught:
        defer_notice(key, person=person, **given)  # type: ignore[arg-type]
    (entry,) = entries
    assert (entry.action, entry.outcome, entry.subject) == ("defer_notice", "refused", str(key))
    assert entry.reason == caught.value.grounds.code
    assert not Deferral.objects.exists()
    return caught.value


def test_until_the_day_has_ended_the_access_is_hidden_and_then_shown_with_the_law() -> None:
    key, holder, head = _looked(), make.company(), make.clerk("O", "department_head")
    with make.recorded() as entries:
        defer_notice(key, person=head, legal_basis=LAW, until=_in(30))
    assert [(e.action, e.outcome, e.purpose, e.fields) for e in entries] == [
        ("defer_notice", "deferred", LAW, [_in(30).isoformat()])
    ]
    ends = end_of_day(_in(30))
    assert not looks_at([holder.pk], at=ends - dt.timedelta(seconds=1)).exists()
    (look,) = told(looks_at([holder.pk], at=ends), person=make.person().pk)
    assert [(d.legal_basis, d.until) for d in look.deferrals] == [(LAW, ends)]


@pytest.mark.parametrize(
    ("days", "reason"), [(91, "deferral_too_long"), (0, "until_not_future"), (-1, "until_not_future")]
)
def test_notice_is_deferred_no_longer_than_is_allowed_at_a_time(days: int, reason: str) -> None:
    refused = _refused(InputInvalid, _looked(), make.clerk("O", "department_head"), until=_in(days))
    assert refused.fields["until"].code == reason


def test_the_longest_time_may_be_granted_and_renewed_by_another_decision() -> None:
    key, head = _looked(), make.clerk("O", "department_head")
    defer_notice(key, person=head, legal_basis=LAW, until=_in(90))
    later = now() + dt.timedelta(days=80)
    defer_notice(key, person=head, legal_basis=LAW, until=_in(170), at=later)
    assert not looks_at([make.company().pk], at=now() + dt.timedelta(days=160)).exists()
    assert looks_at([make.company().pk], at=now() + dt.timedelta(days=172)).count() == 1


@pytest.mark.parametrize("basis", ["", "  ", "上级要求", "监察法第二十五条", "《监察法》", "《》第一条", "x" * 400])
def test_only_a_named_law_with_its_article_will_do(basis: str) -> None:
    refused = _refused(InputInvalid, _looked(), make.clerk("O", "department_head"), legal_basis=basis, until=None)
    assert {"legal_basis", "until"} == refused.fields.keys()


def test_it_is_for_the_head_of_the_department_that_looked_or_the_data_authority() -> None:
    key = _looked()
    for person in (
        make.clerk("O"),
        make.clerk("O", "department_administrator"),
        make.clerk("M", "department_head"),
        make.clerk("L", "department_head"),
        make.citizen(5).person,
    ):
        _refused(DeferralNotPermitted, key, person)
    assert defer_notice(key, person=_authority(), legal_basis=LAW, until=_in(1))


def test_whoever_was_head_once_defers_nothing_more() -> None:
    former = make.clerk("O", "department_head")
    former.memberships.update(until=now() - dt.timedelta(seconds=1))
    _refused(DeferralNotPermitted, _looked(), former)


def test_what_no_department_did_and_what_is_no_look_is_not_deferred() -> None:
    authority = _authority()
    licence = make.issued()
    with make.recorded() as entries:
        check_publicly(licence.check_code or "", at=now())
        verify_number(make.ask(licence.number), standing=make.standing("O"))
        make.submitted(code="O1", choices={})
    public, submitted = (next(e for e in entries if e.action == action) for action in ("public_check", "submit"))
    for key in (public.pk, submitted.pk):
        _refused(NotDeferrable, key, authority)
    _refused(EntryNotFound, new_id(), authority)


def test_each_holder_of_an_ambiguous_number_has_notice_deferred_alike() -> None:
    one, other = make.company(1), make.company(2)
    for name, holder in ((make.APPROVAL, one), (make.STUDY, other)):
        make.issued(name, holder, number="同号〔2026〕1号")
    answers = [verify_number(make.ask("同号〔2026〕1号"), standing=make.standing("O")) for _ in range(2)]
    defer_notice(answers[0].entry, person=_authority(), legal_basis=LAW, until=_in(5))
    for holder in (one, other):
        seen = looks_at([holder.pk], at=now())
        assert [e.fields for e in seen] == [[str(answers[1].entry)]]
        assert not can_defer(seen.get(), _authority(), now())


def test_what_the_person_has_objected_to_is_deferred_no_more() -> None:
    citizen = make.citizen()
    licence = make.issued(make.LAND, citizen.company)
    key = verify_number(make.ask(licence.number), standing=make.standing("O")).entry
    object_to(key, person=citizen.person, cause="not_needed")
    refused = _refused(NotDeferrable, key, make.clerk("O", "department_head"))
    assert refused.grounds.code == "objected_already"
