"""Who looked: every access to a holder's licences, refused ones too, in the view of the person concerned."""

import datetime as dt

import pytest

from exchange.applying import Choice
from exchange.deciding import approve, verify_references
from exchange.disclosing import disclose
from exchange.errors import AccessRefused, LicenceNotFound
from exchange.looking import Look, look_at, looks_at, own_openings, told
from exchange.verifying import verify_number
from foundation.clock import now
from licences.models import Holder
from licences.public_check import check_publicly
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city()


def _seen(holder: Holder, at: dt.datetime | None = None) -> list[tuple[str, str]]:
    return [(e.action, e.outcome) for e in looks_at([holder.pk], at=at or now())]


def _one(holder: Holder) -> Look:
    (look,) = told(looks_at([holder.pk], at=now()), person=make.person().pk)
    return look


def test_a_holder_sees_who_looked_at_their_licences() -> None:
    applicant = make.citizen()
    application = make.submitted(applicant)
    verify_references(application, person=make.clerk("D"))
    seen = looks_at([applicant.company.pk], at=now())
    # The platform's own, as it was handed in, and the clerk's.
    assert [e.actor_role for e in seen] == ["clerk"] * 3 + ["platform"] * 3
    assert {(e.action, e.actor_department, e.case) for e in seen} == {("verify", "D", application.number)}
    assert not looks_at([applicant.own.pk], at=now()).exists()
    assert not looks_at([], at=now()).exists()


def test_a_look_at_a_version_that_was_replaced_since_is_still_seen() -> None:
    applicant = make.citizen()
    old = make.issued(make.APPROVAL, applicant.company)
    answer = verify_number(make.ask(old.number), standing=make.standing("O"))
    approve(make.submitted(applicant, {1: Choice(licence=old.pk)}, "D3"), person=make.clerk("D"))
    assert answer.entry in {e.pk for e in looks_at([applicant.company.pk], at=now())}


def test_attempts_that_were_refused_or_found_nothing_are_seen_by_the_holder_who_was_meant() -> None:
    mine, other = make.company(1), make.company(2)
    licence = make.issued(make.SITE, mine)
    planning = make.standing("O")
    verify_number(make.ask(licence.number), standing=planning)
    verify_number(make.ask(make.issued(make.LAND, mine).number, holder_number="x"), standing=planning)
    for refused in (make.ask(licence.number, "ZZ9"), make.ask(licence.number, "L1")):
        with pytest.raises(AccessRefused):
            verify_number(refused, standing=planning)
    with pytest.raises(LicenceNotFound):
        disclose(make.ask(licence.identifier, case="C-1"), standing=planning)
    assert _seen(mine) == [
        ("disclose", "refused"),
        ("verify", "refused"),
        ("verify", "refused"),
        ("verify", "mismatch"),
        ("verify", "not_found"),
    ]
    assert _seen(other) == []


def test_both_holders_of_an_ambiguous_number_see_that_it_was_asked_for() -> None:
    one, other = make.company(1), make.company(2)
    for name, holder in ((make.APPROVAL, one), (make.STUDY, other)):
        make.issued(name, holder, number="同号〔2026〕1号")
    verify_number(make.ask("同号〔2026〕1号"), standing=make.standing("O"))
    assert _seen(one) == _seen(other) == [("considered", "ambiguous")]
    assert _one(one).entry.pk != _one(other).entry.pk
    assert _one(one).licence != _one(other).licence


def test_both_see_it_where_the_asking_was_refused_or_found_nothing() -> None:
    one, other = make.company(1), make.company(2)
    for name, holder in ((make.SITE, one), (make.DEED, other)):
        make.issued(name, holder, number="同号〔2026〕1号")
    verify_number(make.ask("同号〔2026〕1号"), standing=make.standing("O"))
    with pytest.raises(AccessRefused):
        verify_number(make.ask("同号〔2026〕1号", "ZZ9"), standing=make.standing("O"))
    assert _seen(one) == _seen(other) == [("considered", "refused"), ("considered", "not_found")]


def test_a_number_that_very_many_bear_points_at_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("licences.queries.BEARING_AT_MOST", 1)
    for name in (make.SITE, make.DEED):
        make.issued(name, make.company(), number="同号〔2026〕1号")
    with make.recorded() as entries:
        verify_number(make.ask("同号〔2026〕1号"), standing=make.standing("O"))
    assert [(e.action, e.subject) for e in entries if e.subject_kind == "licence"] == [("verify", "")]


def test_a_check_by_the_code_on_the_licence_is_seen_too() -> None:
    licence = make.issued()
    check_publicly(licence.check_code or "", at=now())
    assert _seen(make.company()) == [("public_check", "valid")]


def test_what_was_shown_is_said_in_the_words_of_the_types_form() -> None:
    holder = make.company()
    licence = make.issued(make.LAND, holder)
    shown = disclose(make.ask(licence.identifier, case="C-1"), standing=make.standing("O"))
    look = _one(holder)
    assert len(look.shown) == len(shown.fields) > 3
    assert "证照编号" in {name.zh for name in look.shown}
    assert (look.department.en, look.item.zh, look.licence) == ("Planning Bureau", "建设用地规划许可", licence)


def test_looks_are_narrowed_to_one_licence_in_all_its_versions() -> None:
    applicant = make.citizen()
    old, other = make.issued(make.APPROVAL, applicant.company), make.issued(make.LAND, applicant.company)
    planning = make.standing("O")
    for licence in (old, other):
        verify_number(make.ask(licence.number), standing=planning)
    approve(make.submitted(applicant, {1: Choice(licence=old.pk)}, "D3"), person=make.clerk("D"))
    new = type(old).objects.get(previous=old)
    subjects = {e.subject for e in looks_at([applicant.company.pk], at=now(), licence=new.pk)}
    assert subjects == {old.identifier}
    foreign = make.issued(make.LAND, make.company(9))
    assert not looks_at([applicant.company.pk], at=now(), licence=foreign.pk).exists()


def test_an_entry_that_is_no_look_at_their_licence_is_not_theirs() -> None:
    holder = make.company()
    licence = make.issued(make.LAND, holder)
    answer = verify_number(make.ask(licence.number), standing=make.standing("O"))
    assert look_at(answer.entry, [holder.pk], at=now())
    assert look_at(answer.entry, [make.company(2).pk], at=now()) is None
    with make.recorded() as entries:
        issued = make.issued(make.SITE, holder)
    (entry,) = (e for e in entries if e.subject == issued.identifier)
    assert look_at(entry.pk, [holder.pk], at=now()) is None


def test_the_holder_may_open_what_is_theirs_and_not_the_clerks_name() -> None:
    holder = make.company()
    licence = make.issued(make.SITE, holder)
    hidden = verify_number(make.ask(licence.number), standing=make.standing("O"))
    entry = look_at(hidden.entry, [holder.pk], at=now())
    assert entry
    opened = own_openings(entry)
    assert {name: c.value for name, c in opened.items()} == {
        "number": licence.number,
        "subject": licence.identifier,
        "reason": "outside_needs",
    }
