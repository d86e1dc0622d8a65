"""A request to issue that is sent twice takes effect once."""

from typing import Any

import pytest

from audit.models import Entry
from foundation.context import PLATFORM
from foundation.reasons import Refused
from licences.errors import IdempotencyKeyReused
from licences.issuing import Draft, Once, issue_once
from licences.models import IssueRequest, Licence
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city(keys="L")


def draft(**values: Any) -> Draft:
    wanted = make.licence_type(make.LAND)
    assert wanted.owner
    return Draft(licence_type=wanted, issuer=wanted.owner, holders=[make.company()], **values)


def once(key: str = "key", *, scope: str = "client", content: bytes = b"request", **values: Any) -> Once:
    return issue_once(lambda: draft(**values), scope=scope, key=key, content=content, actor=PLATFORM)


def test_the_second_sending_gets_the_licence_of_the_first() -> None:
    first, second = once(), once()
    assert second.licence == first.licence
    assert (first.is_replayed, second.is_replayed) == (False, True)
    assert Licence.objects.count() == Entry.objects.filter(action="issue").count() == 1


def test_what_the_draft_looks_at_is_not_looked_at_again() -> None:
    first = once()

    def fail() -> Draft:
        raise AssertionError

    again = issue_once(fail, scope="client", key="key", content=b"request", actor=PLATFORM)
    assert again.licence == first.licence


def test_another_content_under_the_same_key_is_refused() -> None:
    once()
    with pytest.raises(IdempotencyKeyReused) as caught:
        once(content=b"another request")
    assert caught.value.grounds.reason.status == 409
    assert Licence.objects.count() == 1


@pytest.mark.parametrize("values", [{"key": "other"}, {"scope": "other"}])
def test_another_key_or_another_caller_is_another_request(values: dict[str, Any]) -> None:
    assert once().licence != once(**values).licence


def test_a_refused_request_leaves_its_key_free() -> None:
    with pytest.raises(Refused):
        once(content=b"with a fault", number="1", valid_from=None, replaces=make.operated("revoke"))
    assert not IssueRequest.objects.exists()
    assert not once().is_replayed


def test_only_a_digest_of_the_request_is_kept() -> None:
    once(content="张三丰 990000195001011234".encode())
    assert "张三丰 990000195001011234".encode() not in make.every_byte()
