"""The sealing ring: what is sealed opens again, only here, only unaltered, and across a rotation of keys."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.sealing import Ring, SealError, key_name, keyed_index, parse_key, parse_ring

OLD, NEW = bytes(range(32)), bytes(range(32, 64))
RING = Ring({"new": NEW, "old": OLD})


@given(plain=st.binary(max_size=300), bound_to=st.binary(max_size=40))
def test_what_was_sealed_opens_as_it_was(plain: bytes, bound_to: bytes) -> None:
    sealed = RING.seal(plain, purpose="p", bound_to=bound_to)
    assert RING.open(sealed, purpose="p", bound_to=bound_to) == plain


@given(plain=st.binary(min_size=12, max_size=60))
def test_the_sealed_bytes_do_not_show_what_they_hold(plain: bytes) -> None:
    assert plain not in RING.seal(plain, purpose="p")


@given(data=st.data(), plain=st.binary(max_size=40))
def test_no_altered_bit_passes(data: st.DataObject, plain: bytes) -> None:
    sealed = bytearray(RING.seal(plain, purpose="p"))
    place = data.draw(st.integers(0, len(sealed) - 1))
    sealed[place] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(SealError):
        RING.open(bytes(sealed), purpose="p")


@given(cut=st.integers(0, 40))
def test_shortened_bytes_are_refused_as_sealed_bytes_that_do_not_open(cut: int) -> None:
    sealed = RING.seal(b"0123456789", purpose="p")
    with pytest.raises(SealError):
        RING.open(sealed[: min(cut, len(sealed) - 1)], purpose="p")


def test_bytes_moved_to_another_row_do_not_open() -> None:
    sealed = RING.seal(b"secret", purpose="p", bound_to=b"row 1")
    with pytest.raises(SealError):
        RING.open(sealed, purpose="p", bound_to=b"row 2")


def test_bytes_of_another_purpose_do_not_open() -> None:
    sealed = RING.seal(b"secret", purpose="holder-number")
    with pytest.raises(SealError):
        RING.open(sealed, purpose="signing-key")


def test_two_seals_of_one_text_differ() -> None:
    assert RING.seal(b"same", purpose="p") != RING.seal(b"same", purpose="p")


def test_after_a_rotation_old_bytes_open_and_new_bytes_are_sealed_by_the_new_key() -> None:
    before = Ring({"old": OLD})
    sealed = before.seal(b"secret", purpose="p")
    assert RING.open(sealed, purpose="p") == b"secret"
    assert RING.seal(b"secret", purpose="p").startswith(b"new\0")
    with pytest.raises(SealError):
        before.open(RING.seal(b"secret", purpose="p"), purpose="p")


def test_a_key_taken_out_of_the_ring_opens_nothing_more() -> None:
    sealed = RING.seal(b"secret", purpose="p")
    with pytest.raises(SealError, match="no key named"):
        Ring({"old": OLD}).open(sealed, purpose="p")


def test_another_key_under_the_same_name_opens_nothing() -> None:
    with pytest.raises(SealError):
        Ring({"new": OLD}).open(RING.seal(b"secret", purpose="p"), purpose="p")


def test_a_ring_does_not_print_its_keys() -> None:
    assert str(list(NEW)) not in repr(RING)
    assert repr(NEW) not in repr(RING)


@given(message=st.binary(max_size=60), other=st.binary(max_size=60))
def test_a_mac_authenticates_its_message_and_no_other(message: bytes, other: bytes) -> None:
    key, mac = RING.authenticate(message, purpose="p")
    assert RING.is_authentic(message, key=key, mac=mac, purpose="p")
    assert RING.is_authentic(other, key=key, mac=mac, purpose="p") == (other == message)
    assert not RING.is_authentic(message, key=key, mac=mac, purpose="q")


def test_a_mac_of_an_older_key_still_holds_and_one_of_an_unknown_key_does_not() -> None:
    key, mac = Ring({"old": OLD}).authenticate(b"row", purpose="p")
    assert RING.is_authentic(b"row", key=key, mac=mac, purpose="p")
    assert not RING.is_authentic(b"row", key="new", mac=mac, purpose="p")
    assert not RING.is_authentic(b"row", key="gone", mac=mac, purpose="p")
    assert not RING.is_authentic(b"row", key=key, mac=b"", purpose="p")


def test_an_index_finds_equal_values_and_differs_by_key_and_purpose() -> None:
    index = keyed_index(OLD, "510", purpose="p")
    assert index == keyed_index(OLD, "510", purpose="p")
    assert len({index, keyed_index(NEW, "510", purpose="p"), keyed_index(OLD, "510", purpose="q")}) == 3


def _encoded(key: bytes) -> str:
    return base64.b64encode(key).decode()


def test_a_ring_is_read_from_names_and_base64_the_first_in_use() -> None:
    ring = parse_ring(f" b2026:{_encoded(NEW)} , a2025:{_encoded(OLD)},")
    assert ring.active == "b2026"
    assert ring.keys == {"b2026": NEW, "a2025": OLD}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "holds no key"),
        (" , ", "holds no key"),
        (_encoded(OLD), "name:base64key"),
        (f"na me:{_encoded(OLD)}", "name:base64key"),
        (f"名:{_encoded(OLD)}", "name:base64key"),
        ("a:!!!", "not base64"),
        (f"a:{_encoded(OLD[:16])}", "has 16 bytes instead of 32"),
    ],
)
def test_a_malformed_ring_says_what_is_wrong(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse_ring(text)


def test_a_key_is_32_bytes_of_base64() -> None:
    assert parse_key(f" {_encoded(OLD)}\n") == OLD


def test_sealed_bytes_name_their_key_and_its_first_bytes_are_enough() -> None:
    sealed = RING.seal(b"secret", purpose="p")
    assert key_name(sealed) == key_name(sealed[:20]) == RING.active
