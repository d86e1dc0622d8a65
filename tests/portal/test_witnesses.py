"""POST /audit/log/cosignatures, and the page that shows what witnesses have signed."""

from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client

from audit.models import Cosignature
from audit.queries import checkpoint
from audit.recording import Act, Subject, record_all
from audit.sequencing import keep_up
from audit.witnessing import end_witness
from foundation.context import PLATFORM
from portal.views.witnesses import LARGEST, PER_ADDRESS
from registry.enrolling import grant_role
from tests import factories as make
from tests.audit.witnesses import Cosigner

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _counted_anew() -> None:
    cache.clear()


def grow(count: int = 1) -> None:
    with transaction.atomic():
        record_all([Act("verify", PLATFORM, Subject("licence", str(n)), "valid") for n in range(count)])
    keep_up()


def send(body: bytes, **headers: str) -> Any:
    # As a stranger's program does: no session, no token of a form.
    return Client(enforce_csrf_checks=True).post(
        "/audit/log/cosignatures", body, content_type="text/plain", headers=headers
    )


def overseer() -> Client:
    person = make.person("主管")
    grant_role(person=person, role="data_authority", department=None, actor=make.PLATFORM)
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return browser


def test_a_cosignature_is_taken_and_stands_on_the_checkpoint() -> None:
    grow(3)
    witness = Cosigner()
    witness.enrol()
    answer = send(witness.cosigned())
    assert (answer.status_code, answer.content) == (200, b"1\n")
    served = Client().get("/audit/log/checkpoint").content
    assert served.decode().endswith(Cosignature.objects.get().line)
    assert send(served).content == b"0\n"


@pytest.mark.parametrize(
    ("body", "status", "reason"), [(b"x", 400, "cosignature_malformed"), (None, 403, "witness_unknown")]
)
def test_what_is_not_taken_is_answered_with_its_reason(body: bytes | None, status: int, reason: str) -> None:
    grow()
    answer = send(Cosigner().cosigned() if body is None else body)
    assert answer.status_code == status
    assert answer.json()["reason"] == reason


def test_too_much_is_not_taken() -> None:
    assert send(b"x" * (LARGEST + 1)).json()["reason"] == "cosignature_malformed"


def test_other_methods_are_not_meant() -> None:
    assert Client().get("/audit/log/cosignatures").status_code == 405


def test_whoever_sends_too_often_waits_and_makes_no_entries() -> None:
    grow()
    for _ in range(PER_ADDRESS.most):
        assert send(b"x").status_code == 400
    answer = send(b"x")
    assert (answer.status_code, answer.json()["reason"]) == (429, "rate_exceeded")


def test_the_page_shows_who_signed_what_and_how_far_behind_they_are() -> None:
    make.city()
    witness, ended = Cosigner("witness.health.example"), Cosigner("old.example")
    witness.enrol("D2")
    ended.enrol("D9")
    end_witness(name="old.example", actor=PLATFORM)
    grow(3)
    send(witness.cosigned())
    signed = Cosignature.objects.get().checkpoint_id
    grow(5)
    latest = checkpoint()
    assert latest
    page = overseer().get("/overview/record/witnesses/").content.decode()
    for text in (
        witness.name,
        str(witness.key),
        f">{signed}<",
        f">{latest.size - signed}<",
        "Ended",
        "Nothing signed yet",
    ):
        assert text in page


def test_the_page_speaks_chinese_and_is_reached_from_the_record() -> None:
    browser = overseer()
    assert "/overview/record/witnesses/" in browser.get("/overview/record/").content.decode()
    page = browser.get("/overview/record/witnesses/", headers={"accept-language": "zh-hans"}).content.decode()
    assert "尚未登记见证" in page
