"""What tests of messages to endpoints start from; nothing of it runs where it is not asked for."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from exchange.asking import Standing, standing_of_client
from tests import factories as make
from tests.exchange.receiving import Endpoint, endpoint
from tests.exchange.subscribed import LOOPBACK, Subscribed

if TYPE_CHECKING:
    from pytest_django import Settings


@pytest.fixture
def loopback_city(settings: "Settings") -> None:
    """A small city whose settings let messages go to this machine."""
    settings.SHARING = LOOPBACK
    make.city()


@pytest.fixture
def receiver() -> Iterator[Endpoint]:
    with endpoint() as here:
        yield here


@pytest.fixture
def planning_system(loopback_city: None) -> Standing:
    return standing_of_client(make.client("O")[0])


@pytest.fixture
def subscribed(receiver: Endpoint, planning_system: Standing) -> Subscribed:
    return Subscribed(receiver, planning_system)
