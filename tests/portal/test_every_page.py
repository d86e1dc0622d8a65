"""Every page on which somebody's data stand leaves one entry each time it is opened, by whom and of what."""

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from audit.models import Flag
from audit.sequencing import keep_up
from exchange.applications.assisting import ask_issuer
from exchange.asking import standing_of_client
from exchange.corrections.reporting import report_own
from exchange.corrections.texts import Said
from exchange.deciding import approve
from exchange.objecting import object_to
from exchange.subscriptions.subscribing import subscribe
from exchange.verifying import verify_number
from foundation.clock import now
from foundation.context import PLATFORM, Actor
from foundation.ids import new_id
from licences.batches import issue_chunk, take_in
from licences.documents import give_document, make_copy
from licences.drafting import Contents, make_draft
from licences.models import Batch, Draft, Licence, UseCopy
from portal.noting import IMPERSONAL
from registry.versions import current_version
from tests import factories as make
from tests.exchange.agreed import People, drafted
from tests.licences.papers import certify_key_of
from tests.portal import issuer_room as room
from tests.portal.test_pages import authority

pytestmark = pytest.mark.django_db
NAME = "演示企业1有限公司"  # whose data stand on the pages
# What takes forms only; the acts behind leave entries of their own.
POSTED = {"access-defer", "application-complete", "authorisation-revoke", "case-step", "check", "cosignatures"}
POSTED |= {"decide", "desk-authorisation-read", "draft-step", "duty-end", "entry-defer", "gbt-token"}
POSTED |= {"issuing-batch-step", "kept-subscription-step", "object", "revoke-token", "token", "verify-all"}
POSTED |= {"withdraw"}
# Calls of departments' systems, and what everybody may read without signing in.
CALLS = {"api-agreement", "api-agreement-steps", "api-agreements", "api-application", "api-application-steps"}
CALLS |= {"api-applications", "api-departments", "api-flows", "api-items", "api-licence-types", "api-network"}
CALLS |= {"api-plans", "authorisation-redeem", "authorisations-given", "batch", "batch-retry", "batch-rows"}
CALLS |= {"batch-stop", "batches", "correction-report", "correction-reports", "download", "gbt", "licence-copies"}
CALLS |= {"licence-copy-downloads", "licence-credential", "licence-fields", "licence-operations", "licences"}
CALLS |= {"log-checkpoint", "log-entries", "log-key", "log-tile", "receipt", "search", "subscription"}
CALLS |= {"subscription-deliveries", "subscription-resend", "subscription-rotate", "subscription-verify"}
CALLS |= {"subscriptions", "verifications", "verifications-batch"}


@dataclasses.dataclass
class City:
    """What the pages show, and who opens them."""

    citizen: Client
    clerk: Client  # of the department that issues
    desk: Client  # of the department that decides
    planner: Client  # of the department that decided
    overseer: Client
    head: Client  # of a department that looked
    look: str
    objection: str
    agreement: str  # a draft
    system: UUID  # of the department that looked
    report: str
    licence: Licence
    copy: UseCopy
    draft: Draft
    batch: Batch
    application: str
    authorisation: str
    entry: str
    subscription: str
    decided: str
    assistance: str


@pytest.fixture
def city(tmp_path: Path) -> City:
    make.city()
    citizen = make.citizen()
    application = make.submitted(citizen)
    licence = Licence.objects.get(licence_type__name_zh=make.LAND)
    certify_key_of(licence)
    actor = Actor(person=citizen.person.pk, name="市民")
    give_document(licence, actor=actor)
    until = licence.issued_at.replace(year=licence.issued_at.year + 1)
    copy = make_copy(licence, purpose="贷款", receiver="银行", expires_at=until, actor=actor)
    land, of_type = make.department("L"), make.licence_type(make.LAND)
    draft = make_draft(
        licence_type=of_type,
        issuer=land,
        contents=Contents([citizen.company], {}),
        actor=Actor(department="L", role="clerk"),
    )
    file = tmp_path / "batch.csv"
    file.write_text(
        f"证照编号,持证主体,持证主体代码类型,持证主体代码,证照颁发日期\n旧1号,{NAME},001,1,2001-01-01\n", "utf-8"
    )
    batch = take_in(file, licence_type=of_type, issuer=land, actor=PLATFORM)
    issue_chunk(batch)
    looked = verify_number(make.ask(licence.number), standing=make.standing("O")).entry
    decided = approve(make.submitted(citizen, {}, "O1"), person=make.clerk("O"))
    asked = ask_issuer(application, need=2, number="国土旧字1号", person=make.clerk("D"))
    objection = object_to(looked, person=citizen.person, cause="too_much")
    said = Said("有误", "2031-01-01")
    report = report_own(licence.pk, person=citizen.person, field="certificateExpiringDate", said=said)
    entry = str(make.Entry.objects.latest("id").pk)
    given = make.authorisation(citizen.company, citizen.person)
    keep_up()
    standing = standing_of_client(make.client("O")[0])
    return City(
        citizen=room.browser(citizen.person),
        clerk=room.staff("clerk", "L"),
        desk=room.staff("clerk", "D"),
        planner=room.staff("clerk", "O"),
        overseer=room.browser(authority()),
        licence=licence,
        copy=copy,
        draft=draft,
        batch=batch,
        application=application.number,
        authorisation=str(given.pk),
        entry=entry,
        head=room.staff("department_head", "O"),
        look=str(looked),
        objection=objection.number,
        agreement=drafted(People()).reference,
        subscription=str(subscribe(address="https://hooks.example.cn/", standing=standing)[0].pk),
        system=make.client("O")[0].pk,
        report=report.number,
        decided=decided.number,
        assistance=asked.number,
    )


# Each page with who opens it, what its address holds, and the action of the entry that must come.
Opened = tuple[str, Callable[[City], dict[str, Any]], str]
PAGES: Mapping[str, Opened] = {
    "wallet": ("citizen", lambda c: {}, "open_page"),
    "document": ("citizen", lambda c: {"key": c.licence.pk}, "take_document"),
    "copies": ("citizen", lambda c: {"key": c.licence.pk}, "open_page"),
    "copy": ("citizen", lambda c: {"key": c.copy.pk}, "take_copy"),
    "authorisations": ("citizen", lambda c: {}, "open_page"),
    "authorisation-new": ("citizen", lambda c: {}, "open_page"),
    "authorisation-code": ("citizen", lambda c: {}, "open_page"),
    "authorisation": ("citizen", lambda c: {"key": c.authorisation}, "open_page"),
    "desk-authorisations": ("head", lambda c: {}, "list_authorisations"),
    "desk-authorisation": ("head", lambda c: {"key": c.authorisation}, "open_authorisation"),
    "access-explain": ("overseer", lambda c: {}, "open_page"),
    "access-matrix": ("overseer", lambda c: {}, "open_page"),
    "duties": ("overseer", lambda c: {}, "open_page"),
    "looks": ("citizen", lambda c: {}, "open_page"),
    "look": ("citizen", lambda c: {"key": c.look}, "open_page"),
    "look-receipt": ("citizen", lambda c: {"key": c.look}, "open_page"),
    "objection": ("citizen", lambda c: {"number": c.objection}, "open_page"),
    "reports": ("citizen", lambda c: {}, "open_page"),
    "report": ("citizen", lambda c: {"number": c.report}, "open_page"),
    "report-licence": ("citizen", lambda c: {"key": c.licence.pk}, "open_page"),
    "report-look": ("head", lambda c: {"key": c.look}, "open_page"),
    "corrections": ("clerk", lambda c: {}, "open_page"),
    "correction": ("clerk", lambda c: {"number": c.report}, "open_correction"),
    "quality": ("clerk", lambda c: {}, "read_quality"),
    "quality-rows": ("clerk", lambda c: {"key": c.licence.licence_type_id, "figure": "faulty"}, "read_quality"),
    "quality-export": ("overseer", lambda c: {"kind": "xlsx"}, "export_quality"),
    "holder": ("overseer", lambda c: {"key": c.licence.holders.get().pk}, "open_holder"),
    "accesses": ("head", lambda c: {}, "read_record"),
    "access": ("head", lambda c: {"key": c.look}, "read_record"),
    "access-receipt": ("head", lambda c: {"key": c.look}, "open_page"),
    "agreements": ("head", lambda c: {}, "open_page"),
    "agreement-new": ("head", lambda c: {}, "open_page"),
    "agreement": ("head", lambda c: {"reference": c.agreement}, "open_page"),
    "agreement-draft": ("head", lambda c: {"reference": c.agreement}, "open_page"),
    "objections": ("head", lambda c: {}, "open_page"),
    "systems": ("head", lambda c: {}, "open_page"),
    "system": ("head", lambda c: {"key": c.system}, "open_page"),
    "objection-answer": ("head", lambda c: {"number": c.objection}, "open_objection"),
    "kept-subscriptions": ("head", lambda c: {}, "open_page"),
    "kept-subscription": ("head", lambda c: {"key": c.subscription}, "open_subscription"),
    "apply": ("citizen", lambda c: {"code": "D2"}, "open_page"),
    "applications": ("citizen", lambda c: {}, "open_page"),
    "application-file": ("citizen", lambda c: {"number": c.decided}, "take_case_file"),
    "application": ("citizen", lambda c: {"number": c.application}, "open_page"),
    "desk": ("desk", lambda c: {}, "open_page"),
    "case": ("desk", lambda c: {"number": c.application}, "open_application"),
    "assistances": ("clerk", lambda c: {}, "open_page"),
    "assistance": ("clerk", lambda c: {"number": c.assistance}, "open_assistance"),
    "case-file": ("planner", lambda c: {"number": c.decided}, "take_case_file"),
    "issuing": ("clerk", lambda c: {}, "open_page"),
    "issuing-licence": ("clerk", lambda c: {"key": c.licence.pk}, "open_licence"),
    "issuing-document": ("clerk", lambda c: {"key": c.licence.pk}, "take_document"),
    "issuing-operation": ("clerk", lambda c: {"key": c.licence.pk, "name": "suspend"}, "open_licence"),
    "issuing-version": ("clerk", lambda c: {"key": c.licence.pk, "name": "change"}, "open_licence"),
    "drafts": ("clerk", lambda c: {}, "open_page"),
    "draft": ("clerk", lambda c: {"key": c.draft.pk}, "open_draft"),
    "amend-draft": ("clerk", lambda c: {"key": c.draft.pk}, "open_draft"),
    "issuing-batches": ("clerk", lambda c: {}, "open_page"),
    "issuing-batch": ("clerk", lambda c: {"key": c.batch.pk}, "open_page"),
    "issuing-batch-failed": ("clerk", lambda c: {"key": c.batch.pk}, "take_failed_rows"),
    "overview": ("overseer", lambda c: {}, "open_page"),
    "entries": ("overseer", lambda c: {}, "read_record"),
    "entry": ("overseer", lambda c: {"key": c.entry}, "read_record"),
    "entry-receipt": ("overseer", lambda c: {"key": c.entry}, "read_record"),
    "entries-export": ("overseer", lambda c: {"kind": "xlsx"}, "export_record"),
    "usage": ("overseer", lambda c: {}, "open_page"),
    "usage-needs": ("overseer", lambda c: {}, "open_page"),
    "usage-ranking": ("overseer", lambda c: {}, "open_page"),
    "usage-export": ("overseer", lambda c: {"kind": "csv"}, "export_usage"),
    "load": ("overseer", lambda c: {}, "open_page"),
    "flags": ("overseer", lambda c: {}, "open_page"),
    "witnesses": ("overseer", lambda c: {}, "read_record"),
    "flag": ("overseer", lambda c: {"key": flagged().pk}, "open_flag"),
    "catalogue-export": ("overseer", lambda c: {}, "export_catalogue"),
    "public-check": ("anybody", lambda c: {"code": c.licence.check_code}, "public_check"),
}


def flagged() -> Flag:
    """Raise a flag of odd use."""
    since = now()
    return Flag.objects.create(
        reason="odd_bulk",
        actor=f"client:{new_id()}",
        since=since,
        until=since,
        count=9,
        raised_at=since,
        department="D",
    )


def names(patterns: Any) -> Iterator[str]:
    """Yield the names of all addresses."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from names(pattern.url_patterns)
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield pattern.name


def test_every_address_is_known_as_one_that_leaves_an_entry_or_as_one_that_need_not() -> None:
    every = set(names(get_resolver().url_patterns))
    assert every == set(PAGES) | IMPERSONAL | POSTED | CALLS
    assert not set(PAGES) & IMPERSONAL


@pytest.mark.parametrize("name", PAGES)
def test_opening_a_page_leaves_one_entry(city: City, name: str) -> None:
    who, address, action = PAGES[name]
    browser = Client() if who == "anybody" else getattr(city, who)
    with make.recorded() as entries:
        answer = browser.get(reverse(name, kwargs=dict(address(city))))
        assert answer.status_code == 200
        b"".join(answer) if answer.streaming else answer.content  # as far as it goes
    (entry,) = entries
    assert (entry.action, entry.outcome in ("done", "opened", "valid")) == (action, True)
    assert who == "anybody" or str(entry.actor_person) == browser.session["_auth_user_id"]
    assert not entry.actor_department or who in ("clerk", "desk", "head", "planner")
    assert NAME.encode() not in bytes(entry.leaf)


IMPERSONAL_PAGES: Mapping[str, dict[str, Any]] = {
    "holders": {},
    "reasons": {}, "items": {}, "new-draft": {}, "licence-types": {}, "catalogue": {}, "catalogue-import": {},
    "network": {}, "network-items": {}, "network-item": {"code": "D2"}, "plans": {},
    "catalogue-version": {"number": None}, "public-check-form": {},
}  # fmt: skip


@pytest.mark.parametrize("name", IMPERSONAL_PAGES)
def test_a_page_that_leaves_no_entry_shows_nobodys_data(city: City, name: str) -> None:
    browser = {"items": city.citizen, "new-draft": city.clerk}.get(name, city.overseer)
    holds = {key: value or current_version() for key, value in IMPERSONAL_PAGES[name].items()}
    with make.recorded() as entries:
        answer = browser.get(reverse(name, kwargs=holds))
    assert answer.status_code == 200
    assert entries == []
    for told in (NAME, make.company_code(1), city.licence.number, city.application):
        assert told not in answer.text


def test_batch_progress_tells_counts_alone_and_asks_again_and_again_without_entries(city: City) -> None:
    with make.recorded() as entries:
        page = city.clerk.get(reverse("issuing-batch-progress", args=[city.batch.pk])).text
    assert entries == []
    assert NAME not in page


@pytest.mark.parametrize(
    ("who", "name", "kwargs"),
    [
        ("citizen", "overview", lambda c: {}),
        ("desk", "issuing-licence", lambda c: {"key": c.licence.pk}),
        ("clerk", "document", lambda c: {"key": c.licence.pk}),
    ],
)
def test_a_page_that_is_refused_leaves_an_entry_too(
    city: City, who: str, name: str, kwargs: Callable[[City], dict[str, Any]]
) -> None:
    browser: Client = getattr(city, who)
    with make.recorded() as entries:
        answer = browser.get(reverse(name, kwargs=dict(kwargs(city))))
    assert answer.status_code in (403, 404)
    (entry,) = entries
    assert (entry.action, entry.outcome) == ("open_page", "refused")
    assert entry.reason == {403: "not_permitted", 404: "page_not_found"}[answer.status_code]
    assert entry.subject.split()[0] == name
    assert str(entry.actor_person) == browser.session["_auth_user_id"]


def test_what_somebody_typed_into_an_address_is_a_personal_value(city: City) -> None:
    typed = make.identity_number(7)
    with make.recorded() as entries:
        city.citizen.get(f"/applications/{typed}/")
        city.citizen.get(f"/wallet/?q={typed}")
        assert city.head.get(f"/objections/{typed}/").status_code == 404
    assert len(entries) == 3
    assert not any(typed.encode() in bytes(entry.leaf) for entry in entries)
    assert typed.encode() not in make.every_byte()
