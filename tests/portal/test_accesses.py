"""A department's part of the record: its own accesses, those to the licences it issued, and no more."""

import datetime as dt
from uuid import UUID

import pytest
from django.test import Client

from audit.models import Entry
from audit.sequencing import keep_up
from exchange.deferring import defer_notice
from exchange.disclosing import disclose
from exchange.models import Deferral
from exchange.verifying import verify_number
from foundation.clock import legal_day, now
from foundation.context import PLATFORM
from licences.models import Licence
from registry.enrolling import grant_role
from tests import factories as make
from tests.portal.issuer_room import browser

pytestmark = pytest.mark.django_db

LAW = "《中华人民共和国监察法》第二十五条"


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city()


def _keeper(code: str = "O", role: str = "department_head") -> Client:
    return browser(make.clerk(code, role))


def _listed(page: Client, query: str = "") -> list[str]:
    text = page.get(f"/accesses/{query}").text
    return [part[:36] for part in text.split('data-entry="')[1:]]


def _asked(licence: Licence, code: str = "O", item: str = "O2") -> UUID:
    return verify_number(
        make.ask(licence.number, item, case="C-1"), standing=make.standing(code, operator="李经办")
    ).entry


def test_a_department_sees_its_own_accesses_and_those_to_the_licences_it_issued() -> None:
    land, site = make.issued(make.LAND), make.issued(make.SITE)
    by_o, by_l = str(_asked(land)), str(_asked(site, "L", "L1"))
    planning, land_bureau = _keeper("O"), _keeper("L", "department_administrator")
    assert (_listed(planning), _listed(planning, "?side=issued")) == ([by_o], [by_l])
    assert (_listed(land_bureau), _listed(land_bureau, "?side=issued")) == ([by_l], [by_o])
    assert _listed(_keeper("M")) == _listed(_keeper("M"), "?side=issued") == []


def test_it_is_for_heads_and_administrators_alone() -> None:
    key = _asked(make.issued())
    for page in (browser(make.clerk("O")), browser(make.citizen(4).person)):
        assert page.get("/accesses/").status_code == page.get(f"/accesses/{key}/").status_code == 403
    assert Client().get("/accesses/").status_code == 302
    foreign = _keeper("M")
    for address in (f"/accesses/{key}/", f"/accesses/{key}/receipt/"):
        assert foreign.get(address).status_code == 404


def test_looking_here_is_an_entry() -> None:
    key, page = _asked(make.issued()), _keeper()
    with make.recorded() as entries:
        page.get("/accesses/?side=own&case=C-1")
        page.get(f"/accesses/{key}/")
    assert [(e.action, e.subject_kind, e.subject) for e in entries] == [
        ("read_record", "department", "O"),
        ("read_record", "entry", str(key)),
    ]


def test_of_its_own_accesses_a_department_is_told_what_the_answers_said_and_no_more() -> None:
    outside = make.issued(make.SITE, make.company(3))
    hidden = verify_number(make.ask(outside.number, "D2", case="C-1"), standing=make.standing("D"))
    refused_type = make.issued(make.DEED)
    asked = verify_number(make.ask(refused_type.number, "D2", case="C-1"), standing=make.standing("D"))
    absent = verify_number(make.ask("某〔1990〕1号", "D2", case="C-1"), standing=make.standing("D"))
    assert hidden.verification.licence
    assert Entry.objects.get(pk=asked.entry).reason == "outside_needs"
    page = _keeper("D")
    listing = page.get("/accesses/").text
    assert outside.number in listing
    assert refused_type.number not in listing
    pages = [page.get(f"/accesses/{key}/").text for key in (asked.entry, absent.entry)]
    for text in pages:
        assert refused_type.number not in text
        assert refused_type.identifier not in text
        assert "outside_needs" not in text
    assert _listed(page, f"?number={refused_type.number}") == _listed(page)


def test_the_entries_beside_an_ambiguous_answer_are_not_for_whoever_asked() -> None:
    for name in (make.APPROVAL, make.STUDY):
        make.issued(name, number="同号〔2026〕1号")
    answer = verify_number(make.ask("同号〔2026〕1号"), standing=make.standing("O"))
    page = _keeper("O")
    assert _listed(page) == [str(answer.entry)]
    beside = Entry.objects.filter(action="considered").first()
    assert beside
    assert page.get(f"/accesses/{beside.pk}/").status_code == 404
    assert page.get(f"/accesses/{beside.pk}/receipt/").status_code == 404
    assert len(_listed(_keeper("D"), "?side=issued")) == 2


def test_another_departments_people_and_the_holder_are_not_named() -> None:
    licence = make.issued(make.LAND, make.company(3))
    disclose(make.ask(licence.identifier, case="C-1"), standing=make.standing("O", operator="李经办"))
    own, issued = _keeper("O").get("/accesses/").text, _keeper("L").get("/accesses/?side=issued").text
    assert "李经办" in own
    assert "李经办" not in issued
    for page in (own, issued):
        assert make.company(3).name not in page


def test_by_which_law_and_by_whom_notice_is_deferred_the_issuing_department_does_not_read() -> None:
    entry, law = _asked(make.issued(make.LAND)), "《中华人民共和国监察法》第二十五条"
    head = make.clerk("O", "department_head")
    defer_notice(entry, person=head, legal_basis=law, until=legal_day(now()) + dt.timedelta(days=9))
    assert law in browser(head).get(f"/accesses/{entry}/").text
    page = _keeper("L").get(f"/accesses/{entry}/")
    assert page.status_code == 200
    assert law not in page.text
    assert head.get_full_name() not in page.text


def test_filters_and_days_narrow_and_paging_goes_on() -> None:
    land = make.issued(make.LAND)
    first = str(_asked(land))
    last = [str(_asked(land)) for _ in range(51)][-1]
    page = _keeper("O")
    listed = _listed(page)
    assert (len(listed), listed[0]) == (50, last)
    older = _listed(page, f"?before={listed[-1]}")
    assert older[-1] == first
    assert len(older) == 2
    today = legal_day(now())
    assert len(_listed(page, f"?since={today}&until={today}")) == 50
    assert _listed(page, f"?until={today - dt.timedelta(days=1)}") == []
    for query in ("?case=C-2", "?item=O1", "?outcome=refused", "?action=disclose"):
        assert _listed(page, query) == []
    assert len(_listed(_keeper("L"), f"?side=issued&number={land.number}")) == 50
    assert _listed(_keeper("L"), "?side=issued&number=某") == []
    for nonsense in ("?since=x&until=0001-01-01&before=y", "?until=9999-12-31", "?side=z"):
        assert page.get(f"/accesses/{nonsense}").status_code == 200


def test_the_head_defers_notice_by_a_law_and_faults_are_named() -> None:
    key, head = _asked(make.issued()), _keeper("O")
    until = legal_day(now()) + dt.timedelta(days=9)
    faulty = head.post(f"/accesses/{key}/defer/", {"legal_basis": "上级要求", "until": "x"})
    assert faulty.status_code == 400
    assert 'id="basis-fault"' in faulty.text
    assert 'id="until-fault"' in faulty.text
    assert 'value="上级要求"' in faulty.text
    assert head.post(f"/accesses/{key}/defer/", {"legal_basis": LAW, "until": until}).status_code == 302
    assert LAW in head.get(f"/accesses/{key}/").text
    assert "notice deferred" in head.get("/accesses/").text


def test_an_administrator_of_the_department_is_offered_no_deferral_and_refused_one() -> None:
    key, page = _asked(make.issued()), _keeper("O", "department_administrator")
    assert 'name="legal_basis"' not in page.get(f"/accesses/{key}/").text
    until = legal_day(now()) + dt.timedelta(days=9)
    assert page.post(f"/accesses/{key}/defer/", {"legal_basis": LAW, "until": until}).status_code == 403
    assert not Deferral.objects.exists()


def test_the_data_authority_defers_on_the_entrys_page_and_an_auditor_does_not() -> None:
    key = _asked(make.issued())
    until = legal_day(now()) + dt.timedelta(days=9)
    form = {"legal_basis": LAW, "until": until}
    pages = {}
    for role in ("auditor", "data_authority"):
        person = make.person()
        grant_role(person=person, role=role, department=None, actor=PLATFORM)
        pages[role] = browser(person)
    assert pages["auditor"].post(f"/overview/record/{key}/defer/", form).status_code == 403
    assert pages["data_authority"].post(f"/overview/record/{key}/defer/", form).status_code == 302
    assert LAW in pages["data_authority"].get(f"/overview/record/{key}/").text


def test_keepers_holders_and_overseers_download_the_same_receipt() -> None:
    citizen = make.citizen()
    key = _asked(make.issued(make.LAND, citizen.company))
    authority = make.person()
    grant_role(person=authority, role="data_authority", department=None, actor=PLATFORM)
    pages = {
        f"/accesses/{key}/receipt/": _keeper("O"),
        f"/looks/{key}/receipt/": browser(citizen.person),
        f"/overview/record/{key}/receipt/": browser(authority),
    }
    early = [page.get(address) for address, page in pages.items()]
    assert {(answer.status_code, "entry_not_sequenced" in answer.text) for answer in early} == {(409, True)}
    keep_up()
    found = [page.get(address) for address, page in pages.items()]
    assert {answer["Content-Disposition"] for answer in found} == {f'attachment; filename="{key}.tlog-proof"'}
    # Each look in between may have moved the tree on, so that proofs may differ; the entry is the same.
    assert len({answer.content.split(b"\n")[1] for answer in found}) == 1
    assert _keeper("L").get(f"/accesses/{key}/receipt/").status_code == 200
