"""Played in a process and a database of its own: one address fetched at once, and one message due for many workers.

Prints one JSON object with what each race left behind; test_sharing_races.py asserts about it.
"""

import ipaddress
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "platform"), str(ROOT / "clients")]

from tests.exchange.races import THREADS, at_once  # noqa: E402, I001 - it prepares Django

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from audit.models import Entry  # noqa: E402
from audit.sequencing import keep_up  # noqa: E402
from config.sharing import Sharing  # noqa: E402
from exchange.asking import standing_of_client  # noqa: E402
from exchange.models import Delivery  # noqa: E402
from exchange.sharing.copying import copy_for_case, fetch  # noqa: E402
from exchange.subscriptions.delivering import deliver_due  # noqa: E402
from exchange.subscriptions.following import follow_changes  # noqa: E402
from exchange.subscriptions.subscribing import subscribe, verify_endpoint  # noqa: E402
from exchange.verifying import verify_number  # noqa: E402
from licences.operating import operate  # noqa: E402
from portal.demonstration.numbers import company_code  # noqa: E402
from tests import factories as make  # noqa: E402
from tests.exchange.receiving import endpoint  # noqa: E402


def fetching() -> dict[str, Any]:
    """Everybody comes with the same address at the same instant."""
    standing = standing_of_client(make.client("O")[0])
    ask = make.ask(make.issued().identifier, case="1", holder_number=company_code(1))
    secret = copy_for_case(ask, standing=standing).secret
    found = at_once(*(lambda: fetch(secret)[:4].decode() for _ in range(THREADS)))
    taken = Entry.objects.filter(action="take_copy")
    return {"answers": Counter(found), "entries": Counter(taken.values_list("outcome", flat=True))}


def delivering() -> dict[str, Any]:
    """Workers that follow the record and deliver, all at the same time."""
    standing = standing_of_client(make.client("O")[0])
    with endpoint() as here:
        made, _ = subscribe(address=here.address, standing=standing)
        verify_endpoint(made, actor=standing.actor)
        licences = [make.issued() for _ in range(4)]
        for licence in licences:
            verify_number(make.ask(licence.number, case="1"), standing=standing)
            operate(licence, "suspend", reason="测试", actor=make.PLATFORM)
        keep_up()
        at_once(*(follow_changes for _ in range(THREADS)))
        sent = at_once(*(deliver_due for _ in range(THREADS)))
        return {
            "rows": Delivery.objects.count(),
            "faults": [one for one in sent if not isinstance(one, int)],
            "sent": sum(one for one in sent if isinstance(one, int)),
            "ids": len({one.headers["webhook-id"] for one in here.changes}),
            "came": len(here.changes),
            "told": Entry.objects.filter(action="tell_change").count(),
        }


def main() -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.SHARING = Sharing("head_data", frozenset(), (ipaddress.ip_network("127.0.0.0/8"),), plain_http=True)
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    make.city()
    json.dump({race.__name__: race() for race in (fetching, delivering)}, sys.stdout, ensure_ascii=False)
    connection.close()


if __name__ == "__main__":
    main()
