"""The offline code: read by another implementation, and codes of that read here; every alteration refused. Pure."""

import dataclasses
import datetime as dt
from typing import Any

import cbor2
import pytest
import segno
from base45 import b45decode, b45encode
from cryptography.hazmat.primitives import serialization
from cwt import COSE, CWT, COSEKey
from hypothesis import given
from hypothesis import strategies as st

from foundation.clock import end_of_day
from foundation.keys import PublicJwk, new_private_key, software_signer
from licences import jws
from licences.jws import CredentialError
from licences.offline import PREFIX, OfflineCode, read_code, write_code

DER, KEY = new_private_key()
SIGNER = software_signer(DER)
LIST = "https://city.example/status-lists/0199f3a2-7c11-7def-8123-456789abcdef"
CODE = OfflineCode(
    issuer="https://city.example/departments/L",
    identifier="1.2.156.3005.2.11100000MB03271699001.11510100MB1234567X.20260000001.001.K",
    number="成国土〔2026〕1号",
    type_name="建设项目用地预审意见",
    holder="张**",
    valid_from=dt.date(2026, 10, 1),
    valid_until=dt.date(2029, 9, 30),
    issued_at=dt.datetime(2026, 10, 1, 1, 2, 3, tzinfo=dt.UTC),
    status_uri=LIST,
    status_index=123456,
)
COPY = dataclasses.replace(
    CODE, purpose="办理施工许可", receiver="住建局", expires_at=dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
)
TEXT = write_code(CODE, SIGNER)


def _trusted(kid: str) -> PublicJwk | None:
    return {KEY["kid"]: KEY}.get(kid)


def _refused(text: str, reason: str) -> None:
    with pytest.raises(CredentialError) as caught:
        read_code(text, _trusted)
    assert caught.value.reason == reason


def _cose(text: str) -> list[Any]:
    return list(cbor2.loads(b45decode(text.removeprefix(PREFIX))).value)


def _text(parts: list[Any], tag: int = 18) -> str:
    return f"{PREFIX}{b45encode(cbor2.dumps(cbor2.CBORTag(tag, parts))).decode()}"


def _signed(claims: Any, header: dict[int, Any] | None = None, unprotected: dict[int, Any] | None = None) -> str:
    protected = cbor2.dumps({1: -7, 4: jws.decode(KEY["kid"])} if header is None else header)
    payload = cbor2.dumps(claims)
    signature = SIGNER.sign(cbor2.dumps(["Signature1", protected, b"", payload]))
    return _text([protected, unprotected or {}, payload, signature])


def _claims(text: str = TEXT) -> dict[int, Any]:
    return dict(cbor2.loads(_cose(text)[2]))


def _cose_key(key: PublicJwk) -> Any:
    # Of a COSE key (RFC 9053 section 7.1): 1 kind, 2 name, 3 algorithm, -1 curve, -2 and -3 the point.
    point = {-2: jws.decode(key["x"]), -3: jws.decode(key["y"])}
    return COSEKey.new({1: 2, 2: jws.decode(KEY["kid"]), 3: -7, -1: 1} | point)


@pytest.mark.parametrize("code", [CODE, COPY], ids=["licence", "copy"])
def test_a_code_is_read_as_it_was_written(code: OfflineCode) -> None:
    assert read_code(write_code(code, SIGNER), _trusted) == code


def test_it_fits_a_qr_code_of_letters_and_digits_that_a_phone_reads_with_ease() -> None:
    qr = segno.make(TEXT, error="m", micro=False, boost_error=False)
    assert qr.mode == "alphanumeric"
    assert isinstance(qr.version, int)
    assert qr.version <= 15
    assert len(b45decode(TEXT.removeprefix(PREFIX))) < 340


def test_another_implementation_checks_its_signature_and_reads_its_claims() -> None:
    header, _, payload = COSE.new().decode_with_headers(b45decode(TEXT.removeprefix(PREFIX)), _cose_key(KEY))
    assert header == {1: -7, 4: jws.decode(KEY["kid"])}
    claims = cbor2.loads(payload)
    assert claims[1] == CODE.issuer
    assert (claims[5], claims[6]) == (1790784000, int(CODE.issued_at.timestamp()))
    assert claims[4] == int(end_of_day(dt.date(2029, 9, 30)).timestamp())
    assert claims[-65537][:4] == [CODE.identifier.removeprefix("1.2.156.3005.2"), CODE.number, CODE.type_name, "张**"]


def test_another_implementation_refuses_it_under_another_key() -> None:
    _, foreign = new_private_key()
    with pytest.raises(Exception, match="verify"):
        COSE.new().decode(b45decode(TEXT.removeprefix(PREFIX)), _cose_key(foreign))


def test_a_code_that_another_implementation_signed_is_read_here() -> None:
    private = serialization.load_der_private_key(DER, None)
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    key = COSEKey.from_pem(pem, alg="ES256", kid=KEY["kid"])
    token = CWT.new().encode(_claims(), key)
    assert read_code(PREFIX + b45encode(token).decode(), _trusted) == CODE


TEXTS = st.text(max_size=12)
INSTANTS = st.integers(946684800, 4102444800).map(lambda seconds: dt.datetime.fromtimestamp(seconds, dt.UTC))
DAYS = st.dates(dt.date(1990, 1, 1), dt.date(2200, 1, 1))
CODES = st.builds(
    OfflineCode,
    issuer=st.just(CODE.issuer) | TEXTS,
    identifier=st.just(CODE.identifier) | TEXTS.filter(lambda text: not text.startswith(".")),
    number=TEXTS,
    type_name=TEXTS,
    holder=TEXTS,
    valid_from=DAYS,
    valid_until=st.none() | DAYS,
    issued_at=INSTANTS,
    purpose=TEXTS,
    receiver=TEXTS,
    expires_at=st.none() | INSTANTS,
)
STATUSES = st.tuples(st.just(LIST) | st.uuids().map(str) | TEXTS, st.integers(0, 2**32))


@given(CODES, st.none() | STATUSES)
def test_whatever_is_written_is_read(code: OfflineCode, status: tuple[str, int] | None) -> None:
    if status:
        code = dataclasses.replace(code, status_uri=status[0], status_index=status[1])
    assert read_code(write_code(code, SIGNER), _trusted) == code


def test_a_foreign_key_is_not_trusted() -> None:
    der, _ = new_private_key()
    _refused(write_code(CODE, software_signer(der)), "key_not_trusted")


def test_changed_claims_are_refused() -> None:
    parts = _cose(TEXT)
    parts[2] = parts[2].replace("张".encode(), "李".encode())
    _refused(_text(parts), "signature_invalid")


def test_a_trusted_name_on_a_foreign_signature_is_refused() -> None:
    der, _ = new_private_key()
    foreign = _cose(write_code(CODE, software_signer(der)))
    _refused(_text([_cose(TEXT)[0], *foreign[1:]]), "signature_invalid")


@pytest.mark.parametrize("algorithm", [-35, -8, 5, None, "ES256", -65535])
def test_another_algorithm_is_refused(algorithm: Any) -> None:
    _refused(_signed(_claims(), {1: algorithm, 4: jws.decode(KEY["kid"])}), "algorithm_refused")


def test_a_code_that_names_no_algorithm_is_refused() -> None:
    _refused(_signed(_claims(), {4: jws.decode(KEY["kid"])}), "algorithm_refused")


def test_an_algorithm_outside_the_signed_header_does_not_count() -> None:
    _refused(_signed(_claims(), {4: jws.decode(KEY["kid"])}, {1: -7}), "algorithm_refused")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "LX1",
        "LX1:",
        "LX2:" + TEXT[4:],
        TEXT[4:],
        TEXT.lower(),
        TEXT + "证",
        TEXT + "000",
        TEXT[:-3],
        TEXT + "0" * 5000,
        "HC1:6BF",
        _text(_cose(TEXT), tag=17),
        _text(_cose(TEXT)[:3]),
        _text([1, 2, 3, 4]),
        _signed({}, {1: -7}),
        _signed({}, {1: -7, 4: 5}),
        _signed(_claims(), {1: -7, 2: [99], 4: jws.decode(KEY["kid"])}),
        PREFIX + b45encode(b"\x9f" * 1200).decode(),
        PREFIX + b45encode(b"\xd8\x1c\x9f\xd8\x1d\x00").decode(),
    ],
)
def test_what_is_no_code_is_refused_as_malformed(text: str) -> None:
    _refused(text, "code_malformed")


@pytest.mark.parametrize(
    "claims",
    [
        7,
        [],
        {},
        _claims() | {1: 5},
        _claims() | {5: "x"},
        _claims() | {6: 1e300},
        _claims() | {6: 10**30},
        _claims() | {-65537: []},
        _claims() | {-65537: [1, 2, 3, 4]},
        _claims() | {-65537: [*_claims()[-65537][:4], 5]},
        _claims() | {-65537: [*_claims()[-65537][:4], [b"short", 1]]},
        _claims() | {-65537: [*_claims()[-65537][:4], None, ["a", "b", 10**9, None]]},
    ],
)
def test_malformed_claims_are_refused_though_they_are_signed(claims: Any) -> None:
    _refused(_signed(claims), "code_malformed")


@given(st.binary(max_size=200) | st.text(max_size=40).map(str.encode))
def test_no_rubbish_is_read_or_fails_in_any_other_way(data: bytes) -> None:
    _refused(PREFIX + b45encode(data).decode(), "code_malformed")


@given(st.data())
def test_no_changed_byte_passes(data: st.DataObject) -> None:
    raw = bytearray(b45decode(TEXT.removeprefix(PREFIX)))
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(CredentialError):
        read_code(PREFIX + b45encode(bytes(raw)).decode(), _trusted)


def test_a_signer_without_a_cose_algorithm_writes_no_code() -> None:
    class Other:
        key_id = "k"
        algorithm = "SM2-SM3"

        def sign(self, message: bytes) -> bytes:
            return b""

    with pytest.raises(ValueError, match="SM2-SM3"):
        write_code(CODE, Other())
