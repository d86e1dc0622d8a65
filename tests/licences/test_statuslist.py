"""Token Status List: the draft's own vectors, another implementation, and every altered list refused. Pure."""

import base64
import datetime as dt
import itertools
import json
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openvc.status import token_status_list as other

from foundation.keys import new_private_key, software_signer
from licences import jws
from licences.jws import CredentialError
from licences.statuslist import INVALID, LARGEST, SUSPENDED, VALID, decode, encode, position, read_token, sign_token

DER, KEY = new_private_key()
SIGNER = software_signer(DER)
URI = "https://city.example/status-lists/0199"
AT = dt.datetime(2026, 10, 1, 8, tzinfo=dt.UTC)
ENDS = AT + dt.timedelta(days=7)
VALUES = {0: INVALID, 5: SUSPENDED, 999: INVALID}
TOKEN = sign_token(
    uri=URI, values=VALUES, size=1000, at=AT, ttl=dt.timedelta(seconds=60), expires_at=ENDS, signer=SIGNER
)

# draft-ietf-oauth-status-list-21, appendix C.1 and C.2: lists of 2 ** 20 values, compressed.
VECTOR_1 = """
78daeddc010dc0200c0041a88249400ad2903e0f4bba00bd93f002beb7a2a2010000a91e0900000000000000000000000000000080729604000000
000000000000000000000000000000000000000000000000000000000000000000000000005c6f4800000000000000fc2c24000000000000000000
0000be1b12000000000000000000ecaa4b000000000000000000000000000000009b0b0900000000000000000038de9400000000000000002a30cc
010000000080642f0bd8011b"""
VECTOR_2 = """
78daeddb310d00211000412ea1a04004fe5520ed357c28c81d3312b6df68bc65480000000000406e21010000000000000000000000000000000000
000000000000000000000000000040795b020000000000000000000000000000000000000000000000000000000000000000000000000000000000
00000000000000000000000000000000000000000000000000000000000000000000000000000080f4ba0400000000000000000000000000406d76
4a000000000000000000000000000000000000000000e0922101000000000000000000000000000000000000fc1312000000000000000000000000
00000000000000000000000000000000000000c0912e01000000000000000000000000000000000000c07d4b020000000000000000000000000000
00a8614a0000000000000000000000406a1fcd60010c"""
PLACES = (0, 1993, 25460, 159495, 495669, 554353, 645645, 723232, 854545, 934534, 1000345)


def _lst(vector: str) -> str:
    return base64.urlsafe_b64encode(bytes.fromhex("".join(vector.split()))).rstrip(b"=").decode()


def _refused(reason: str, token: str = TOKEN, *, key: Any = KEY, uri: str = URI, at: dt.datetime = AT) -> None:
    with pytest.raises(CredentialError) as caught:
        read_token(token, key, uri=uri, at=at)
    assert caught.value.reason == reason


def _changed(**claims: Any) -> str:
    _, payload = jws.unverified(TOKEN)
    return jws.sign(payload | claims, typ="statuslist+jwt", signer=SIGNER)


@pytest.mark.parametrize(
    ("vector", "bits", "values"),
    [
        (VECTOR_1, 1, dict.fromkeys(PLACES, 1)),
        (VECTOR_2, 2, dict(zip(PLACES, (1, 2, 1, 3, 1, 1, 2, 1, 1, 2, 3), strict=True))),
    ],
)
def test_the_vectors_of_the_draft_hold_both_ways(vector: str, bits: int, values: dict[int, int]) -> None:
    theirs = decode(_lst(vector), bits)
    assert {place: theirs.value(place) for place in PLACES} == values
    # Another zlib may compress to other bytes; what is unpacked must be the same.
    assert decode(encode(values, 1 << 20, bits=bits), bits) == theirs


@pytest.mark.parametrize(
    ("lst", "bits", "values"),
    [
        ("eNrbuRgAAhcBXQ", 1, (1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1)),
        ("eNo76fITAAPfAgc", 2, (1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3)),
    ],
)
def test_the_examples_of_the_draft_are_read_as_it_says(lst: str, bits: int, values: tuple[int, ...]) -> None:
    assert tuple(decode(lst, bits).value(index) for index in range(len(values))) == values


SPARSE = st.dictionaries(st.integers(0, 399), st.integers(0, 3), max_size=30)


@given(SPARSE)
def test_another_implementation_reads_what_is_written_here(values: dict[int, int]) -> None:
    data = other.decode_status_list(encode(values, 400))
    assert [other.get_status(data, index, bits=2) for index in range(400)] == [values.get(n, 0) for n in range(400)]


@given(SPARSE)
def test_what_another_implementation_writes_is_read_here(values: dict[int, int]) -> None:
    data = other.new_status_list(400, bits=2)
    for index, value in values.items():
        other.set_status(data, index, value, bits=2)
    read = decode(other.encode_status_list(bytes(data)), 2)
    assert [read.value(index) for index in range(400)] == [values.get(index, 0) for index in range(400)]


def test_another_implementation_finds_a_credential_in_a_signed_list() -> None:
    claims = {"status": {"status_list": {"uri": URI, "idx": 5}}}
    found = other.check_token_status(claims, resolve_status_list_token=lambda uri: jws.unverified(TOKEN)[1])
    assert found is not None
    assert (found.status, found.suspended, found.revoked) == (SUSPENDED, True, False)


def test_a_signed_list_gives_its_values_and_times() -> None:
    read = read_token(TOKEN, KEY, uri=URI, at=AT)
    assert [read.value(index) for index in (0, 1, 5, 999)] == [INVALID, VALID, SUSPENDED, INVALID]
    assert (read.issued_at, read.expires_at) == (AT, ENDS)


def test_a_signed_list_says_what_the_draft_asks_for() -> None:
    header, payload = jws.unverified(TOKEN)
    assert header == {"alg": "ES256", "typ": "statuslist+jwt", "kid": KEY["kid"]}
    lst = payload.pop("status_list")
    assert payload == {"sub": URI, "iat": int(AT.timestamp()), "exp": int(ENDS.timestamp()), "ttl": 60}
    assert lst["bits"] == 2


@pytest.mark.parametrize("index", [1000, 10**12, -1, -1000])
def test_an_index_outside_the_list_is_refused(index: int) -> None:
    with pytest.raises(CredentialError) as caught:
        read_token(TOKEN, KEY, uri=URI, at=AT).value(index)
    assert caught.value.reason == "status_index_outside"


@pytest.mark.parametrize(("index", "value"), [(10, 1), (-1, 1), (0, 4), (0, -1)])
def test_what_has_no_place_in_a_list_is_not_written(index: int, value: int) -> None:
    with pytest.raises(ValueError, match="no place"):
        encode({index: value}, 10)


def test_an_expired_list_is_refused_from_the_second_it_ends() -> None:
    assert read_token(TOKEN, KEY, uri=URI, at=ENDS - dt.timedelta(seconds=1)).value(0) == INVALID
    _refused("status_list_expired", at=ENDS)


def test_the_list_of_another_address_is_refused() -> None:
    _refused("status_list_other", uri=URI + "0")


def test_a_list_re_signed_by_a_foreign_key_is_refused() -> None:
    der, foreign = new_private_key()
    _, payload = jws.unverified(TOKEN)
    _refused("key_not_trusted", jws.sign(payload, typ="statuslist+jwt", signer=software_signer(der)))
    _refused("signature_invalid", key=foreign | {"kid": KEY["kid"]})


def test_another_kind_of_token_is_no_list() -> None:
    _, payload = jws.unverified(TOKEN)
    _refused("token_kind_wrong", jws.sign(payload, typ="dc+sd-jwt", signer=SIGNER))


@pytest.mark.parametrize(("algorithm", "reason"), [("none", "unsigned"), ("HS256", "algorithm_refused")])
def test_a_list_signed_by_no_accepted_algorithm_is_refused(algorithm: str, reason: str) -> None:
    header, payload = jws.unverified(TOKEN)
    parts = [jws.encode(json.dumps(part).encode()) for part in (header | {"alg": algorithm}, payload)]
    _refused(reason, ".".join((*parts, "")))


def test_a_list_that_unpacks_without_end_is_refused_before_it_fills_the_memory() -> None:
    bomb = zlib.compress(bytes(LARGEST + 1), 9)
    assert len(bomb) < LARGEST / 900
    _refused("status_list_too_large", _changed(status_list={"bits": 2, "lst": jws.encode(bomb)}))


@pytest.mark.parametrize(
    "lst",
    [
        None,
        [],
        {},
        {"bits": 2},
        {"bits": 3, "lst": "eNrbuRgAAhcBXQ"},
        {"bits": True, "lst": "eNrbuRgAAhcBXQ"},
        {"bits": [2], "lst": "eNrbuRgAAhcBXQ"},
        {"bits": 2, "lst": 7},
        {"bits": 2, "lst": "eNrbuRgAAh"},
        {"bits": 2, "lst": "not zlib"},
        {"bits": 2, "lst": "证照"},
    ],
)
def test_a_malformed_list_is_refused_though_it_is_signed(lst: Any) -> None:
    _refused("status_list_malformed", _changed(status_list=lst))


@pytest.mark.parametrize(("claim", "value"), [("exp", "soon"), ("iat", True), ("exp", 1e300), ("iat", float("nan"))])
def test_a_time_that_is_none_is_refused(claim: str, value: Any) -> None:
    _refused("credential_malformed", _changed(**{claim: value}))


@given(st.integers(1, 300), st.binary(min_size=16, max_size=64))
def test_positions_are_a_permutation_of_any_size(size: int, key: bytes) -> None:
    assert sorted(position(key, count, size) for count in range(size)) == list(range(size))


def test_positions_of_another_key_are_another_order() -> None:
    orders = {tuple(position(bytes([n]) * 32, count, 1000) for count in range(1000)) for n in range(20)}
    assert len(orders) == 20


def test_positions_do_not_follow_the_order_in_which_they_are_given() -> None:
    places = [position(b"k" * 32, count, 1 << 20) for count in range(2000)]
    rising = sum(a < b for a, b in itertools.pairwise(places))
    assert 900 < rising < 1100
    assert min(abs(a - b) for a, b in itertools.pairwise(places)) > 1


@pytest.mark.parametrize(("count", "size"), [(5, 5), (-1, 5), (0, 0)])
def test_there_is_no_place_outside_the_list(count: int, size: int) -> None:
    with pytest.raises(ValueError, match="place"):
        position(b"k" * 32, count, size)
