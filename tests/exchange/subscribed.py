"""What tests of messages share: an active subscription, licences on which a department relies, and changes of them."""

import datetime as dt
import ipaddress

from audit.sequencing import keep_up
from config.sharing import Sharing
from exchange.asking import Standing
from exchange.models import Delivery, Subscription
from exchange.subscriptions.delivering import deliver_due
from exchange.subscriptions.following import follow_changes
from exchange.subscriptions.subscribing import subscribe, verify_endpoint
from exchange.verifying import verify_number
from licences.models import Licence
from licences.operating import operate
from tests import factories as make
from tests.exchange.receiving import Endpoint

LOOPBACK = Sharing("head_data", frozenset(), (ipaddress.ip_network("127.0.0.0/8"),), plain_http=True)
CASE = "O2-外部-1"


class Subscribed:
    """An active subscription of the planning bureau, and its secret."""

    def __init__(self, receiver: Endpoint, standing: Standing) -> None:
        self.receiver, self.standing = receiver, standing
        self.row, self.secret = subscribe(address=receiver.address, standing=standing)
        verify_endpoint(self.row, actor=standing.actor)

    def refreshed(self) -> Subscription:
        self.row.refresh_from_db()
        return self.row

    def delivery(self) -> Delivery:
        return Delivery.objects.get(subscription=self.row)


def relied(standing: Standing, licence: Licence | None = None, item: str = "O2", **values: str) -> Licence:
    """Let the department find the licence valid for a case."""
    licence = licence or make.issued()
    verify_number(make.ask(licence.number, item, **{"case": CASE, **values}), standing=standing)
    return licence


def change(licence: Licence, operation: str = "suspend") -> None:
    """Change the licence's state."""
    operate(licence, operation, reason="测试", actor=make.PLATFORM)


def tell(at: dt.datetime | None = None) -> int:
    """Do what the job does; return how many messages were sent."""
    keep_up()
    follow_changes()
    return deliver_due(at=at)
