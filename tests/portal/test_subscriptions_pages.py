"""The pages of a department's subscriptions: what waits, what did not arrive, and sending it again."""

import ipaddress
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from audit.sequencing import keep_up
from config.sharing import Sharing
from exchange.asking import standing_of_client
from exchange.delivery import Progress, State
from exchange.models import Delivery, Subscription
from exchange.subscriptions.delivering import deliver_due
from exchange.subscriptions.following import follow_changes
from exchange.subscriptions.subscribing import subscribe, verify_endpoint
from exchange.verifying import verify_number
from licences.operating import operate
from tests import factories as make
from tests.exchange.receiving import Answering, Endpoint, echoing, endpoint
from tests.portal.issuer_room import browser

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _city(settings: "Settings") -> None:
    settings.SHARING = Sharing("head_data", frozenset(), (ipaddress.ip_network("127.0.0.0/8"),), plain_http=True)
    make.city()


@pytest.fixture
def receiver() -> Iterator[Endpoint]:
    with endpoint() as here:
        yield here


def _head(code: str = "O") -> Client:
    return browser(make.clerk(code, "department_head"))


def _dead_letter(receiver: Endpoint) -> tuple[Subscription, str]:
    """Subscribe, rely on a licence, change it, and let the endpoint be gone."""
    standing = standing_of_client(make.client("O")[0])
    made, _ = subscribe(address=receiver.address, standing=standing)
    verify_endpoint(made, actor=standing.actor)
    licence = make.issued()
    verify_number(make.ask(licence.number, case="O2-外部-1"), standing=standing)
    operate(licence, "suspend", reason="测试", actor=make.PLATFORM)
    receiver.answer = Answering(410)
    keep_up()
    follow_changes()
    deliver_due()
    Subscription.objects.update(challenged_at=None)
    return made, licence.identifier


def test_a_disabled_endpoint_is_told_at_the_top_and_its_dead_letters_are_sent_again(receiver: Endpoint) -> None:
    made, identifier = _dead_letter(receiver)
    head, page = _head(), f"/subscriptions/{made.pk}/"
    assert 'data-subscriptions="disabled"' in head.get("/accesses/").text
    assert f'data-disabled="{made.pk}"' in head.get("/subscriptions/").text
    assert identifier in head.get(page).text
    receiver.answer = Answering(body=echoing)
    assert head.post(f"{page}verify/")["Location"] == page
    delivery = Delivery.objects.get()
    head.post(f"{page}resend/", {"delivery": str(delivery.pk)})
    deliver_due()
    delivery.refresh_from_db()
    assert delivery.progress == Progress.DELIVERED
    assert f'data-progress="{Progress.DELIVERED}"' in head.get(f"{page}?progress=delivered").text
    assert f'data-delivery="{delivery.pk}"' not in head.get(f"{page}?progress=dead").text


def test_an_endpoint_that_does_not_answer_its_challenge_says_why(receiver: Endpoint) -> None:
    made, _ = _dead_letter(receiver)
    answer = _head().post(f"/subscriptions/{made.pk}/verify/")
    assert answer.status_code == 409
    assert 'data-reason="endpoint_not_proven"' in answer.text


def test_it_is_ended_by_the_head(receiver: Endpoint) -> None:
    made, _ = _dead_letter(receiver)
    assert _head().post(f"/subscriptions/{made.pk}/end/")["Location"] == "/subscriptions/"
    made.refresh_from_db()
    assert made.state == State.ENDED


def test_another_departments_head_a_clerk_and_a_citizen_see_nothing_of_it(receiver: Endpoint) -> None:
    made, _ = _dead_letter(receiver)
    others: dict[str, tuple[Any, int]] = {
        "head of another": (_head("D"), 404),
        "clerk": (browser(make.clerk("O")), 403),
        "citizen": (browser(make.citizen(9).person), 403),
    }
    for page, status in others.values():
        assert page.get(f"/subscriptions/{made.pk}/").status_code == status
        assert page.post(f"/subscriptions/{made.pk}/end/").status_code == status
    made.refresh_from_db()
    assert made.state == State.DISABLED
    assert receiver.address not in _head("D").get("/subscriptions/").text


def test_a_list_takes_the_same_number_of_queries_however_long_it_is(
    receiver: Endpoint, django_assert_max_num_queries: Any
) -> None:
    standing = standing_of_client(make.client("O")[0])
    head = _head()
    for number in range(5):
        subscribe(address=f"{receiver.address}/{number}", standing=standing)
    with django_assert_max_num_queries(14):
        head.get("/subscriptions/")
