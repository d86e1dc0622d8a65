"""A new key seals: what older keys protected comes under it, beside running servers, and the old key can go."""

import io
import os
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.core.management.base import CommandError
from pytest_django.fixtures import Settings

from audit import logkey
from audit.logkey import log_key, signer_of
from exchange.asking import standing_of_client
from exchange.corrections.answering import answer_report
from exchange.corrections.reporting import report_for
from exchange.corrections.texts import Said
from exchange.subscriptions.subscribing import rotate, subscribe
from exchange.verifying import verify_number
from foundation.clock import now
from foundation.context import PLATFORM, Actor
from foundation.sealing import Ring, SealError
from licences import certifying, keystore
from licences.batch_queries import failed_rows
from licences.batches import issue_chunk, take_in
from licences.documents import give_document
from licences.drafting import Contents, content_of, make_draft
from licences.holders import HOLDER_NUMBER, change_number, open_number
from licences.models import Batch, Draft, Holder, Licence
from licences.operating import operate
from licences.outcomes import Outcome
from licences.queries import find_licences
from licences.resealing import COLUMNS, Column, reseal, still_needed
from licences.verification import verify_found
from portal.demonstration.numbers import company_code
from tests import factories as make

pytestmark = pytest.mark.django_db

K1, K2 = os.urandom(32), os.urandom(32)


@pytest.fixture(autouse=True)
def _under_k1(settings: Settings) -> None:
    settings.SEALING_RING = Ring({"k1": K1})


def rotated(settings: Settings) -> None:
    settings.SEALING_RING = Ring({"k2": K2, "k1": K1})


def run() -> str:
    out = io.StringIO()
    call_command("reseal", stdout=out, stderr=out)
    return out.getvalue()


def outcome_of(licence: Licence) -> Outcome:
    return verify_found(find_licences(licence.number, [licence.licence_type_id]), at=now()).outcome


def filled(folder: Path) -> Licence:
    """Make a row of every table that holds sealed bytes; return a licence."""
    make.city()
    log_key()
    holder = change_number(make.company(1), code_type="001", number=company_code(2), actor=PLATFORM, basis="变更")
    licence = make.issued(make.LAND, holder)
    land = make.department("L")
    wanted = make.licence_type(make.LAND)
    give_document(licence, actor=PLATFORM)
    make_draft(
        licence_type=wanted, issuer=land, contents=Contents([holder], {}), actor=Actor(department="L", role="clerk")
    )
    file = folder / "batch.csv"
    file.write_text(
        "证照编号,持证主体,持证主体代码类型,持证主体代码,证照颁发日期\n旧1号,某,001,1,2001-01-01\n", "utf-8"
    )
    batch = take_in(file, licence_type=wanted, issuer=land, actor=PLATFORM)
    issue_chunk(batch)
    looked = verify_number(make.ask(licence.number), standing=make.standing("O")).entry
    said = Said("有误", "应为无期限")
    report = report_for(looked, standing=make.standing("O"), field="certificateExpiringDate", said=said)
    answer_report(report, person=make.clerk("L", "department_head"), step="reject", finding="无误")
    system = standing_of_client(make.client("O")[0])
    subscription, _ = subscribe(address="https://changes.example.com/", standing=system)
    rotate(subscription, actor=system.actor)
    return licence


def test_every_sealed_column_of_every_table_is_known() -> None:

    sealed = {
        (model, field.name)
        for model in apps.get_models()
        for field in model._meta.fields
        if field.name.endswith("_sealed")
    }
    assert sealed == {(column.model, column.name) for column in COLUMNS if isinstance(column, Column)}


def test_after_the_run_the_old_key_can_go_and_everything_opens_and_verifies(settings: Settings, tmp_path: Path) -> None:
    licence = filled(tmp_path)
    assert all(column.due().count() == 0 for column in COLUMNS)
    rotated(settings)
    assert all(column.due().exists() for column in COLUMNS)
    assert set(still_needed()) == {"k1"}
    said = run()
    assert "all is under k2" in said
    assert "can be taken out of the ring / 可从密钥环移除: k1" in said

    settings.SEALING_RING = Ring({"k2": K2})
    keystore._open.cache_clear()
    certifying._root_key.cache_clear()
    logkey._open.cache_clear()
    assert outcome_of(licence) is Outcome.VALID
    assert open_number(Holder.objects.get()) == company_code(2)
    assert give_document(licence, actor=PLATFORM).startswith(b"%PDF")
    assert content_of(Draft.objects.get()) == {}
    ((_, values, _),) = failed_rows(Batch.objects.get())
    assert values["number"] == "旧1号"
    # Keys of departments and of the root open, and so does the order of the status list.
    assert outcome_of(make.issued(make.LAND)) is Outcome.VALID
    make.keyed(make.department("L"))
    assert signer_of(log_key()).sign(b"tree")


def test_without_the_run_the_old_key_cannot_go(settings: Settings, tmp_path: Path) -> None:
    licence = filled(tmp_path)
    settings.SEALING_RING = Ring({"k2": K2})
    assert outcome_of(licence) is Outcome.SIGNATURE_INVALID
    with pytest.raises(SealError):
        open_number(Holder.objects.get())


def test_an_altered_row_is_reported_and_not_made_good(settings: Settings, tmp_path: Path) -> None:
    make.city()
    sound, moved = make.issued(make.LAND), make.issued(make.SITE)
    moved_holder, other = make.someone(7), make.someone(8)
    make.edit(moved, valid_until="2999-01-01")
    make.edit(moved_holder, number_sealed=bytes(other.number_sealed))
    rotated(settings)
    out = io.StringIO()
    with pytest.raises(CommandError, match="2 rows were altered"):
        call_command("reseal", stdout=out, stderr=out)
    assert f"licence.mac {moved.pk}" in out.getvalue()
    assert f"holder.number_sealed {moved_holder.pk}" in out.getvalue()
    assert "still needed / 仍需保留: k1 (holder.number_sealed: 1, licence.mac: 1)" in out.getvalue()
    assert "taken out" not in out.getvalue()
    assert str(sound.pk) not in out.getvalue()
    assert outcome_of(sound) is Outcome.VALID
    assert outcome_of(moved) is Outcome.SIGNATURE_INVALID


def test_a_row_whose_key_is_not_in_the_ring_is_named(settings: Settings) -> None:
    holder = make.someone(7)
    settings.SEALING_RING = Ring({"k3": K2})
    out = io.StringIO()
    with pytest.raises(CommandError):
        call_command("reseal", stdout=out, stderr=out)
    assert f"holder.number_sealed {holder.pk}" in out.getvalue()
    assert "still needed / 仍需保留: k1" in out.getvalue()


def test_a_run_that_stopped_goes_on_and_a_second_one_touches_nothing(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("licences.resealing.BATCH", 2)
    for n in range(5):
        make.someone(n)
    rotated(settings)
    (numbers,) = (c for c in COLUMNS if isinstance(c, Column) and c.label == "holder.number_sealed")

    def stop(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        reseal(numbers, progress=stop)
    assert numbers.due().count() == 3
    seen: list[int] = []
    assert reseal(numbers, progress=seen.append) == []
    assert seen == [2, 1]
    before = make.every_byte().count(b"k2\0")
    assert reseal(numbers) == []
    assert make.every_byte().count(b"k2\0") == before


def test_what_a_server_wrote_meanwhile_stays(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    make.city()
    licence, holder = make.issued(make.LAND), make.someone(7)
    rotated(settings)
    seal = Ring.seal

    def slowly(ring: Ring, plain: bytes, **how: Any) -> bytes:
        if how["purpose"] == HOLDER_NUMBER:
            # Between reading the old value and writing the new one, a server gives the holder another number.
            monkeypatch.setattr(Ring, "seal", seal)
            change_number(holder, code_type="414", number="E12345678", actor=PLATFORM, basis="换证")
        return seal(ring, plain, **how)

    monkeypatch.setattr(Ring, "seal", slowly)
    operate(licence, "suspend", reason="核查", actor=PLATFORM)
    run()
    assert open_number(Holder.objects.get(pk=holder.pk)) == "E12345678"
    assert outcome_of(licence) is Outcome.SUSPENDED
    assert still_needed() == {}


def test_the_run_is_recorded(settings: Settings) -> None:
    make.someone(7)
    rotated(settings)
    with make.recorded() as entries:
        run()
    assert [(e.action, e.subject, e.outcome, e.reason) for e in entries] == [("reseal", "k2", "done", "")]
