"""Counting in the shared cache; that many who count at once are all counted, `exchange/races.py` shows."""

import pytest
from django.core.cache import cache

from foundation.clock import now
from portal.limiting import Limit, counted_as


@pytest.mark.django_db
def test_a_count_thrown_out_of_a_full_cache_refuses_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "add", lambda *_: False)
    assert Limit("test", 1).wait("somebody", now()) == 0


@pytest.mark.django_db
def test_adding_to_what_is_not_there_is_an_error_as_in_redis() -> None:
    with pytest.raises(ValueError, match="not found"):
        cache.incr("nothing")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("203.0.113.1", "203.0.113.1", True),
        ("203.0.113.1", "203.0.113.2", False),
        ("::ffff:203.0.113.1", "203.0.113.1", True),
        ("2001:db8::1", "2001:db8::2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("no address", "another", False),
        ("", "", True),
    ],
)
def test_addresses_are_counted_by_who_has_them(one: str, other: str, same: bool) -> None:
    assert (counted_as(one) == counted_as(other)) is same
