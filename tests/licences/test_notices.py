"""What holders are told about their licences, and what they have seen of it."""

import datetime as dt

import pytest

from foundation.clock import now
from licences.models import Holder, Licence, Notice
from licences.notices import mark_read, notices_for, notify, unread_for
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def told() -> tuple[Licence, Holder, Holder]:
    make.city()
    one, other = make.company(1), make.company(2)
    licence = make.issued(holder=one)
    notify([one, other], licence, reason="key_compromised", at=now())
    return licence, one, other


def test_each_holder_is_told_once(told: tuple[Licence, Holder, Holder]) -> None:
    licence, one, other = told
    for holder in (one, other):
        (notice,) = notices_for([holder.pk])
        assert (notice.holder, notice.licence, notice.reason) == (holder, licence, "key_compromised")
    assert notices_for([make.company(3).pk]).count() == 0


def test_what_was_seen_is_no_longer_unread_and_keeps_its_first_time(told: tuple[Licence, Holder, Holder]) -> None:
    _, one, other = told
    first, later = now(), now() + dt.timedelta(hours=1)
    mark_read(unread_for([one.pk]), at=first)
    mark_read(notices_for([one.pk]), at=later)
    assert unread_for([one.pk]).count() == 0
    assert unread_for([other.pk]).count() == 1
    assert notices_for([one.pk]).get().read_at == first


def test_the_newest_comes_first(told: tuple[Licence, Holder, Holder]) -> None:
    licence, one, _ = told
    notify([one], licence, reason="revoked", at=now() + dt.timedelta(minutes=1))
    assert [notice.reason for notice in notices_for([one.pk])] == ["revoked", "key_compromised"]


def test_a_reason_that_is_not_in_the_list_is_told_to_nobody(told: tuple[Licence, Holder, Holder]) -> None:
    licence, one, _ = told
    with pytest.raises(KeyError):
        notify([one], licence, reason="because", at=now())
    assert Notice.objects.count() == 2
