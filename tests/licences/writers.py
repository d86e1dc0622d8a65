"""Played in a process and a database of its own: many writers issue at once through both doors of issuing.

Prints one JSON object with what they left behind; test_concurrent_issuing.py asserts about it.
"""

import json
import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import Barrier
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "platform")]
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
WRITERS, LICENCES = int(sys.argv[1]), int(sys.argv[2])
# Of each writer's licences this many by themselves, the others in groups.
SINGLES, GROUP = 24, 36
SENDERS = 8

import django  # noqa: E402

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402

from audit.models import Entry  # noqa: E402
from foundation.clock import legal_day, now  # noqa: E402
from foundation.context import PLATFORM  # noqa: E402
from foundation.reasons import Refused  # noqa: E402
from licences.composing import frame_of  # noqa: E402
from licences.issuing import Draft, issue_all, issue_licence, issue_once  # noqa: E402
from licences.models import Holder, Licence, StatusList  # noqa: E402
from licences.numbering import number_key  # noqa: E402
from tests import factories as make  # noqa: E402


def at_once(acts: list[Callable[[], Any]]) -> list[Any]:
    """Run the acts in threads that start together, each with its own connection."""
    start = Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        try:
            start.wait()
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def draft(holder: Holder, **values: Any) -> Draft:
    wanted = make.licence_type(make.LAND)
    assert wanted.owner
    return Draft(licence_type=wanted, issuer=wanted.owner, holders=[holder], **values)


def write(holder: Holder, count: int) -> int:
    """Issue `count` licences; be refused once, and undo one issuing after it was done."""
    with suppress(Refused):
        issue_licence(draft(holder, content={"unknown": 1}), actor=PLATFORM)
    with transaction.atomic():
        issue_licence(draft(holder), actor=PLATFORM)
        transaction.set_rollback(True)
    singles = min(SINGLES, count)
    done = sum(bool(issue_licence(draft(holder), actor=PLATFORM)) for _ in range(singles))
    while done < count:
        group = [draft(holder) for _ in range(min(GROUP, count - done))]
        frame = frame_of(group[0].licence_type, group[0].issuer, now())
        done += len(issue_all(group, frame=frame, actor=PLATFORM))
    return done


def send(holder: Holder, key: str, content: bytes) -> str:
    """Send one request; return the licence's identifier, or the refusal's reason."""
    try:
        once = issue_once(lambda: draft(holder), scope="race", key=key, content=content, actor=PLATFORM)
    except Refused as refused:
        return refused.grounds.code
    return f"{once.licence.identifier} {'replayed' if once.is_replayed else 'issued'}"


def main() -> None:
    call_command("migrate", verbosity=0)
    make.city(keys="L")
    holder = make.company(1)
    year = legal_day(now()).year
    reached = f"成国土局〔{year}〕{LICENCES // 2}号"
    issue_licence(draft(holder, number=reached), actor=PLATFORM)
    share = [LICENCES // WRITERS + (number < LICENCES % WRITERS) for number in range(WRITERS)]
    written = at_once([partial(write, holder, count) for count in share])
    licences = list(Licence.objects.all())
    entries = Entry.objects.filter(action="issue", outcome="issued").values_list("subject", flat=True)
    found = {
        "written": sum(written),
        "serials": sorted(int(licence.serial[4:]) for licence in licences),
        "numbers": sorted(licence.number_key for licence in licences),
        "reached": number_key(reached),
        "identifiers": sorted(licence.identifier for licence in licences),
        "entries": sorted(entries),
        "versions": sorted({licence.version for licence in licences}),
        "places": sorted([str(licence.status_list_id), licence.status_index] for licence in licences),
        "taken": sum(StatusList.objects.values_list("taken", flat=True)),
        "lists": StatusList.objects.count(),
        "check_codes": len({licence.check_code for licence in licences}),
        "same": at_once([partial(send, holder, "same-key", b"same")] * SENDERS),
        "others": at_once([partial(send, holder, "others-key", bytes([n])) for n in range(SENDERS)]),
    }
    json.dump(found, sys.stdout, ensure_ascii=False)


if __name__ == "__main__":
    main()
