"""Seals: confirmed by poppler and pyHanko, stamped by a time-stamp server, and everything done to them is found."""

import datetime as dt
import io
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from asn1crypto import keys, tsp, x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko.sign.timestamps.common_utils import TimestampRequestError
from pyhanko_certvalidator.registry import SimpleCertificateStore

from foundation.clock import now
from foundation.keys import SoftwareSigner
from licences.pdf.checking import SealCheck, check_seal, read_code
from licences.pdf.layout import render
from licences.pdf.sealing import HttpTimeStamper, Sealable
from tests.licences.papers import AUTHORITY, CODE, ISSUER, Authority, department, page, scanned, sealed, tool
from tests.licences.test_pdf_layout import check_pdf_a

UNSEALED = render(page())
SEALED = sealed(UNSEALED)
STAMPS = Authority("时间戳根证书")


def check(pdf: bytes, *, roots: tuple[bytes, ...] = (AUTHORITY.root,), at: dt.datetime | None = None) -> SealCheck:
    return check_seal(pdf, roots=roots, at=at or now(), stamp_roots=[STAMPS.root])


def reasons(pdf: bytes, **values: object) -> list[str]:
    return [grounds.code for grounds in check(pdf, **values).reasons]  # type: ignore[arg-type]


def stamping(authority: Authority = STAMPS, at: dt.datetime | None = None) -> DummyTimeStamper:
    """Return a time-stamp authority in this process."""
    # Another kind of key than ours: pyHanko's own authority for tests has RSA alone.
    key = rsa.generate_private_key(65537, 2048)
    own = x509.Certificate.load(authority.certify("时间戳服务", key.public_key(), stamps=True))
    private = keys.PrivateKeyInfo.load(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))
    certificates = SimpleCertificateStore()
    certificates.register(x509.Certificate.load(authority.root))
    return DummyTimeStamper(own, private, certs_to_embed=certificates, fixed_dt=at)


def test_a_seal_holds_and_says_whose_it_is_and_what_the_document_carries() -> None:
    found = check(SEALED)
    assert found.holds
    assert (found.intact, found.whole, found.trusted) == (True, True, True)
    assert (found.signer, found.code, found.stamped_at) == (ISSUER.zh, CODE, None)
    assert found.signed_at
    assert abs(found.signed_at - now()) < dt.timedelta(hours=2)


def test_poppler_confirms_it() -> None:
    said = tool("pdfsig", "PDF", pdf=SEALED).decode()
    assert "Signature Validation: Signature is Valid." in said
    assert "Total document signed" in said
    assert "Signature Type: ETSI.CAdES.detached" in said
    assert f"Signer Certificate Common Name: {ISSUER.zh}" in said


def test_poppler_finds_a_changed_byte_too() -> None:
    changed = bytearray(SEALED)
    changed[1000] ^= 1
    assert "Signature is Valid" not in tool("pdfsig", "PDF", pdf=bytes(changed)).decode()


def test_sealing_leaves_the_document_as_it_was_and_pdf_a() -> None:
    assert SEALED.startswith(UNSEALED.pdf)
    check_pdf_a(SEALED)
    assert b"/Version" not in SEALED
    assert scanned(SEALED) == scanned(UNSEALED.pdf)


def test_the_seals_field_lies_over_the_visible_seal_and_permits_no_change() -> None:
    update = SEALED[len(UNSEALED.pdf) :]
    assert "/Rect [ {} {} {} {} ]".format(*UNSEALED.seal_box).encode() in update
    assert b"/TransformMethod /DocMDP" in update
    assert b"/P 1" in update


@pytest.mark.parametrize(
    ("act", "found"),
    [
        (lambda pdf: pdf + b"\n% more", "seal_extended"),
        (lambda pdf: pdf[: pdf.index(b"%%EOF") + 5], "seal_stripped"),
        (lambda _: UNSEALED.pdf, "seal_stripped"),
        (lambda _: render(page(offline_code="no code")).pdf, "seal_missing"),
        (lambda pdf: pdf[: len(pdf) // 2], "document_unreadable"),
        (lambda _: b"", "document_unreadable"),
        (lambda _: b"%PDF-1.7\nnonsense", "document_unreadable"),
        (lambda pdf: pdf.replace("成".encode("utf-16-be").hex().upper().encode(), b"6E1D"), "seal_broken"),
    ],
)
def test_what_was_done_to_a_document_is_found_with_its_own_reason(act: Callable[[bytes], bytes], found: str) -> None:
    assert found in reasons(act(SEALED))


def test_an_update_appended_after_the_seal_is_found_even_when_it_is_a_well_formed_one() -> None:
    writer = IncrementalPdfFileWriter(io.BytesIO(SEALED))
    writer.root["/Lang"] = writer.root["/Lang"]
    writer.update_root()
    changed = io.BytesIO()
    writer.write(changed)
    assert reasons(changed.getvalue()) == ["seal_extended"]


def test_a_foreign_root_is_not_trusted_whatever_name_it_bears() -> None:
    other, key = Authority(AUTHORITY.name), ec.generate_private_key(ec.SECP256R1())
    forged = sealed(signer=SoftwareSigner(key), chain=[other.certify(ISSUER.zh, key.public_key()), other.root])
    assert reasons(forged) == ["seal_not_trusted"]
    assert check(forged).intact
    assert reasons(SEALED, roots=()) == ["seal_not_trusted"]


def test_a_certificate_for_another_key_does_not_make_a_seal() -> None:
    _, chain = department()
    forged = sealed(signer=SoftwareSigner(ec.generate_private_key(ec.SECP256R1())), chain=chain)
    assert "seal_broken" in reasons(forged)


def test_a_seal_is_out_of_date_once_its_certificate_ends_unless_it_was_stamped_before() -> None:
    later = now() + dt.timedelta(days=1000)
    assert reasons(SEALED, at=later) == ["seal_out_of_date"]
    key = ec.generate_private_key(ec.SECP256R1())
    short: dict[str, Any] = {
        "signer": SoftwareSigner(key),
        "chain": [AUTHORITY.certify(ISSUER.zh, key.public_key(), days=30)],
    }
    stamped = sealed(time_stamper=stamping(), **short)
    assert reasons(stamped, at=now() + dt.timedelta(days=60)) == []
    assert reasons(sealed(**short), at=now() + dt.timedelta(days=60)) == ["seal_out_of_date"]


def test_a_time_stamp_is_told_only_where_its_authority_is_trusted() -> None:
    at = now().replace(microsecond=0)
    assert check(sealed(time_stamper=stamping(at=at))).stamped_at == at
    foreign = check(sealed(time_stamper=stamping(Authority("外来时间戳"), at)))
    assert (foreign.stamped_at, foreign.holds) == (None, True)


def test_the_stamp_is_fetched_by_http() -> None:
    authority, asked = stamping(), []

    async def served(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers["content-type"])
        answer = await authority.async_request_tsa_response(tsp.TimeStampReq.load(request.content))
        return httpx.Response(200, content=answer.dump())

    stamper = HttpTimeStamper("https://tsa.example.cn/", transport=httpx.MockTransport(served))
    assert check(sealed(time_stamper=stamper)).stamped_at
    assert asked == ["application/timestamp-query"]


@pytest.mark.parametrize("answer", [httpx.Response(503), httpx.Response(200, content=b"<html>")])
def test_nothing_is_sealed_while_the_time_stamp_server_does_not_answer(answer: httpx.Response) -> None:
    stamper = HttpTimeStamper("https://tsa.example.cn/", transport=httpx.MockTransport(lambda _: answer))
    with pytest.raises(TimestampRequestError):
        sealed(time_stamper=stamper)


def test_a_key_of_another_kind_or_without_a_certificate_seals_nothing() -> None:
    with pytest.raises(ValueError, match="ES256"):
        sealed(chain=[])


def _parts(pdf: bytes) -> tuple[int, int]:
    """Return where the signature's value begins and ends."""
    start = pdf.index(b"/Contents <") + 11
    return start, pdf.index(b">", start)


@settings(max_examples=60)
@given(st.data())
def test_a_changed_byte_is_found_wherever_it_stands(data: st.DataObject) -> None:
    start, end = _parts(SEALED)
    where = st.one_of(st.integers(0, start - 1), st.integers(start, end), st.integers(end, len(SEALED) - 1))
    position = data.draw(where)
    changed = bytearray(SEALED)
    changed[position] ^= data.draw(st.integers(1, 255))
    assert not check(bytes(changed)).holds


def test_a_changed_byte_is_found_in_every_part_of_the_signature_that_nobody_signs() -> None:
    start, end = _parts(SEALED)
    signature = bytes.fromhex(SEALED[start:end].decode())
    # The beginning names versions and digest algorithms; the signer's own part has both again.
    signer = signature.index(bytes.fromhex("0201013032"))
    algorithm = signature.index(bytes.fromhex("0609608648016503040201"), signer)
    unsigned = [*range(60), *range(signer, signer + 3), *range(algorithm, algorithm + 13)]
    for position in unsigned:
        changed = bytearray(signature)
        changed[position] ^= 1
        assert not check(SEALED[:start] + bytes(changed).hex().upper().encode() + SEALED[end:]).holds, position


STAMPED_AT = now()
STAMPED = sealed(time_stamper=stamping(at=STAMPED_AT))


@settings(max_examples=60)
@given(st.data())
def test_a_changed_byte_is_found_in_a_time_stamp_and_its_certificates_too(data: st.DataObject) -> None:
    start, end = _parts(STAMPED)
    signature = bytearray.fromhex(STAMPED[start:end].decode())
    signature[data.draw(st.integers(0, len(signature.rstrip(b"\0")) - 1))] ^= data.draw(st.integers(1, 255))
    assert not check(STAMPED[:start] + signature.hex().upper().encode() + STAMPED[end:]).holds


@settings(max_examples=30)
@given(st.binary(max_size=300), st.integers(0, len(SEALED)))
def test_no_hostile_file_brings_the_check_down(junk: bytes, position: int) -> None:
    assert not check(SEALED[:position] + junk + SEALED[position + 7 :]).holds
    read_code(SEALED[:position] + junk)


def test_the_place_of_the_seal_is_what_sealing_needs() -> None:
    document: Sealable = UNSEALED
    assert document.seal_page == 0
