"""The leaf: exact canonical bytes, personal values only as commitments. Pure."""

import datetime as dt
import json

import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from audit.leaf import commitment, leaf_bytes, new_salt

AT = dt.datetime(2026, 11, 23, 1, 2, 3, 4, tzinfo=dt.UTC)


def test_the_leaf_of_an_entry_is_just_these_bytes() -> None:
    values: dict[str, object] = {"item": "D2", "action": "verify", "case": "", "actor_person": None, "fields": []}
    leaf = leaf_bytes(at=AT, values=values, commitments={"number": "ab"})
    assert leaf == (
        b'{"action":"verify","at":"2026-11-23T01:02:03.000004Z","item":"D2","personal":{"number":"ab"},"v":1}'
    )


def test_times_are_written_in_utc() -> None:
    shanghai = AT.astimezone(dt.timezone(dt.timedelta(hours=8)))
    assert leaf_bytes(at=shanghai, values={}, commitments={}) == leaf_bytes(at=AT, values={}, commitments={})


NAMES = st.text("abcdefgh_", min_size=2, max_size=8).filter(lambda n: n not in ("at", "v", "personal"))
TEXTS = st.text(max_size=30)


@given(st.dictionaries(NAMES, TEXTS | st.lists(TEXTS, max_size=3) | st.none(), max_size=6))
def test_the_leaf_is_canonical_and_does_not_depend_on_the_order_of_values(values: dict[str, object]) -> None:
    leaf = leaf_bytes(at=AT, values=values, commitments={})
    assert rfc8785.dumps(json.loads(leaf)) == leaf
    assert leaf_bytes(at=AT, values=dict(reversed(values.items())), commitments={}) == leaf
    assert {k: v for k, v in json.loads(leaf).items() if k not in ("v", "at")} == {
        k: v for k, v in values.items() if v not in ("", None, [])
    }


@given(TEXTS, TEXTS)
def test_a_commitment_binds_to_its_value_name_and_salt(value: str, other: str) -> None:
    salt = bytes(16)
    bound = commitment(salt=salt, name="number", value=value)
    assert (bound == commitment(salt=salt, name="number", value=other)) == (value == other)
    assert bound != commitment(salt=salt, name="actor", value=value)
    assert bound != commitment(salt=bytes(15) + b"\1", name="number", value=value)


def test_name_and_value_do_not_run_into_each_other() -> None:
    assert commitment(salt=b"", name="ab", value="c") != commitment(salt=b"", name="a", value="bc")


def test_salts_are_sixteen_random_bytes() -> None:
    salts = {new_salt() for _ in range(50)}
    assert len(salts) == 50
    assert {len(s) for s in salts} == {16}
