"""The document of a licence: made once from its signed credential, kept sealed, the same bytes ever after."""

import base64
import datetime as dt
import hashlib

import pytest
from django.db import transaction

from foundation.clock import now
from foundation.context import PLATFORM
from foundation.reasons import Refused
from licences import documents
from licences.documents import check_address, document_of, give_document
from licences.keystore import key_in_force
from licences.lifecycle import State
from licences.models import Document, Licence
from licences.offline import read_code as read_offline
from licences.pdf.checking import check_seal
from licences.verification import verify_found
from registry.defining import define_type
from registry.forms import Form
from registry.models import LicenceTypeVersion
from tests import factories as make
from tests.licences.papers import AUTHORITY, certify_key_of, scanned, text, tool
from tests.licences.test_pdf_layout import check_pdf_a

pytestmark = pytest.mark.django_db


def certified(**values: object) -> Licence:
    """Return a licence whose issuer can seal."""
    make.city()
    licence = make.issued(make.LAND, **values)  # type: ignore[arg-type]
    certify_key_of(licence)
    return licence


def check(pdf: bytes) -> list[str]:
    return [grounds.code for grounds in check_seal(pdf, roots=[AUTHORITY.root], at=now()).reasons]


def test_the_document_says_what_the_credential_says_and_is_sealed_by_the_issuer() -> None:
    own = {
        "area": {"type": "number", "title": "面积", "x-title-en": "Area"},
        "green": {"type": "boolean", "title": "绿色", "x-title-en": "Green"},
    }
    make.city()
    define_type(make.licence_type(make.LAND), Form(schema={"type": "object", "properties": own}), actor=PLATFORM)
    licence = make.issued(make.LAND, content={"projectName": "数控机床改造", "area": 1200, "green": True})
    certify_key_of(licence)
    pdf = document_of(licence, actor=PLATFORM)
    assert check(pdf) == []
    check_pdf_a(pdf)
    claims = verify_found([licence], at=now()).claims
    assert claims
    shown = text(pdf)
    for name in (
        "certificateName",
        "certificateNumber",
        "certificateIdentifier",
        "certificateHolderName",
        "certificateHolderCode",
    ):
        assert claims[name] in shown
    for said in ("数控机床改造", "1200", "是Yes", "项目名称", "国土局", "LandBureau"):
        assert said in shown
    assert f"{make.licence_type(make.LAND).name_en}".replace(" ", "") in shown


def test_the_platforms_own_certificates_seal_it() -> None:
    make.city()
    licence = make.issued(make.LAND)
    key = key_in_force(licence.issuer_id)
    assert key
    pdf = document_of(licence, actor=PLATFORM)
    found = check_seal(pdf, roots=[base64.b64decode(key.chain[-1])], at=now())
    assert found.holds
    assert licence.issuer.name_zh in found.signer
    assert "Signature is Valid" in tool("pdfsig", "PDF", pdf=pdf).decode()


def test_its_codes_lead_to_the_platform_and_hold_without_it() -> None:
    licence = certified()
    pdf = document_of(licence, actor=PLATFORM)
    licence.refresh_from_db()
    code = check_seal(pdf, roots=[AUTHORITY.root], at=now()).code
    assert scanned(pdf) == {code, check_address(licence)}
    assert check_address(licence).endswith(f"/c/{licence.check_code}")
    said = read_offline(code, {licence.signing_key.key_id: licence.signing_key.public_jwk}.get)
    assert (said.identifier, said.number) == (licence.identifier, licence.number)
    assert (said.valid_from, said.valid_until, said.purpose) == (licence.valid_from, licence.valid_until, "")


def test_the_offline_code_masks_the_names_of_people() -> None:
    make.city()
    licence = make.issued(make.DEED, make.citizen().own)
    certify_key_of(licence)
    code = check_seal(document_of(licence, actor=PLATFORM), roots=[AUTHORITY.root], at=now()).code
    said = read_offline(code, {licence.signing_key.key_id: licence.signing_key.public_jwk}.get)
    name = licence.holders.get().name
    assert said.holder == name[0] + "*" * (len(name) - 1)


def test_it_is_made_once_recorded_once_and_the_same_bytes_ever_after() -> None:
    licence = certified()
    with make.recorded() as entries:
        first = document_of(licence, actor=PLATFORM)
        assert document_of(licence, actor=PLATFORM) == first
        make.operate(licence, "suspend", reason="测试", actor=PLATFORM)
        assert document_of(Licence.objects.get(pk=licence.pk), actor=PLATFORM) == first
    assert [e.action for e in entries] == ["make_document", "suspend"]
    assert Document.objects.get().digest == hashlib.sha256(first).digest()


def test_a_credential_signed_anew_gets_a_new_document() -> None:
    licence = certified()
    first = document_of(licence, actor=PLATFORM)
    other = make.issued(make.LAND)
    make.edit(Document.objects.get(), credential_digest=bytes(other.credential_digest))
    second = document_of(licence, actor=PLATFORM)
    assert second != first
    assert Document.objects.filter(licence=licence).count() == 2


def test_of_two_made_at_once_one_is_kept_and_both_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    licence = certified()
    draw = documents._draw
    made: list[bytes] = []

    def overtaken(*arguments: object) -> bytes:
        # While this one is drawn, another request comes, draws and keeps.
        if not made:
            made.append(b"")
            made[0] = document_of(licence, actor=PLATFORM)
        return draw(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(documents, "_draw", overtaken)
    with make.recorded() as entries:
        assert document_of(licence, actor=PLATFORM) == made[0]
    assert [e.action for e in entries] == ["make_document"]
    assert Document.objects.count() == 1


def test_it_is_sealed_at_rest() -> None:
    licence = certified()
    pdf = document_of(licence, actor=PLATFORM)
    stored = make.every_byte()
    assert pdf[:2000] not in stored
    assert b"%PDF" not in stored


@pytest.mark.parametrize("state", [State.SEALED, State.DISCARDED])
def test_what_is_not_issued_has_no_document(state: State) -> None:
    licence = certified()
    licence.state = state
    with pytest.raises(Refused) as refused:
        document_of(licence, actor=PLATFORM)
    assert refused.value.grounds.code == "document_not_given"


@pytest.mark.parametrize("operation", ["suspend", "revoke", "cancel", "annul", "withdraw"])
def test_a_licence_that_is_no_longer_valid_still_has_its_document(operation: str) -> None:
    licence = certified()
    licence = make.operate(licence, operation, reason="测试", actor=PLATFORM)
    assert check(document_of(licence, actor=PLATFORM)) == []


def test_an_altered_licence_gets_no_seal() -> None:
    make.city()
    licence = make.tampered(make.LAND)
    certify_key_of(licence)
    licence.refresh_from_db()
    with pytest.raises(Refused) as refused:
        document_of(licence, actor=PLATFORM)
    assert refused.value.grounds.code == "row_altered"
    assert not Document.objects.exists()


def test_a_key_without_a_certificate_seals_nothing() -> None:
    licence = certified()
    key = key_in_force(licence.issuer_id)
    assert key
    make.edit(key, chain=[])
    with pytest.raises(Refused) as refused:
        document_of(licence, actor=PLATFORM)
    assert refused.value.grounds.code == "document_not_sealable"


def test_while_the_time_stamp_server_is_away_nothing_is_made(settings: object) -> None:
    licence = certified()
    settings.TIME_STAMP_URL = "http://127.0.0.1:9/"  # type: ignore[attr-defined]
    with pytest.raises(Refused) as refused:
        document_of(licence, actor=PLATFORM)
    assert refused.value.grounds.code == "time_stamp_unavailable"
    assert not Document.objects.exists()


def test_giving_it_is_recorded_each_time() -> None:
    licence = certified()
    with make.recorded() as entries:
        assert give_document(licence, actor=PLATFORM) == give_document(licence, actor=PLATFORM)
    assert [(e.action, e.subject) for e in entries] == [
        ("make_document", licence.identifier),
        ("take_document", licence.identifier),
        ("take_document", licence.identifier),
    ]


def test_where_the_record_cannot_be_written_there_is_no_document(monkeypatch: pytest.MonkeyPatch) -> None:
    licence = certified()

    def unavailable(**_: object) -> None:
        raise RuntimeError("no record")

    monkeypatch.setattr(documents, "record", unavailable)
    with pytest.raises(RuntimeError), transaction.atomic():
        document_of(licence, actor=PLATFORM)
    assert not Document.objects.exists()


def test_an_old_licence_gets_its_check_code_once() -> None:
    licence = certified()
    make.edit(licence, check_code=None)
    licence.refresh_from_db()
    twin = Licence.objects.get(pk=licence.pk)
    address = check_address(licence)
    assert check_address(twin) == check_address(licence) == address
    assert len(address.rpartition("/")[2]) == 16


def test_several_holders_stand_on_one_document() -> None:
    make.city()
    holders = [make.company(7), make.company(8)]
    licence = make.issued(make.LAND, holders=holders)
    certify_key_of(licence)
    shown = text(document_of(licence, actor=PLATFORM))
    assert all(holder.name in shown for holder in holders)


def test_the_types_own_form_gives_titles_order_and_look() -> None:
    make.city()
    wanted = make.licence_type(make.LAND)
    LicenceTypeVersion.objects.create(
        licence_type=wanted,
        number=1,
        in_force_from=now() - dt.timedelta(days=1),
        made_at=now(),
        schema={
            "properties": {
                "area": {"title": "用地面积", "x-title-en": "Area"},
                "use": {"title": "用途", "x-title-en": "Use"},
                "since": {"title": "启用日期", "format": "date"},
                "plots": {
                    "title": "地块",
                    "items": {"properties": {"code": {"title": "地块号"}, "size": {"title": "面积"}}},
                },
            }
        },
        style={
            "layout": "permit",
            "accent": "green",
            "heading_zh": "用地预审意见书",
            "heading_en": "Opinion",
            "fields": ["use", "area"],
        },
    )
    plots = [{"code": "A-1", "size": 800}, {"code": "A-2", "size": 400}]
    content = {"area": "1200 平方米", "use": "工业", "since": "2024-03-05", "plots": plots}
    licence = make.issued(make.LAND, content=content)
    certify_key_of(licence)
    shown = text(document_of(licence, actor=PLATFORM))
    assert "用地预审意见书" in shown
    assert -1 < shown.index("工业") < shown.index("1200平方米")
    for said in ("Area", "启用日期2024年3月5日", "地块号：A-1；面积：800", "地块号：A-2；面积：400"):
        assert said in shown, said
