"""Played in a process and a database of its own: accesses and steps of agreements at the same instant.

Prints one JSON object with what each race left behind; test_agreement_races.py asserts about it.
"""

import json
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).resolve().parents[2])]

from tests.exchange.races import at_once  # noqa: E402, I001 - it sets Django up for what follows

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from audit.models import Entry  # noqa: E402
from exchange.agreements.requesting import Request, request_for  # noqa: E402
from exchange.agreements.stepping import take_step  # noqa: E402
from exchange.agreements.watching import keep_clocks  # noqa: E402
from exchange.disclosing import disclose  # noqa: E402
from exchange.models import Agreement, QuotaUse, StaffNotice  # noqa: E402
from exchange.verifying import verify_number  # noqa: E402
from foundation.clock import legal_day  # noqa: E402
from tests import factories as make  # noqa: E402
from tests.exchange.agreed import People, agreement_in, asked  # noqa: E402

THREADS, ROUNDS, QUOTA = 8, 3, 7


def _counted(agreement: Agreement) -> list[int]:
    return list(QuotaUse.objects.filter(agreement=agreement).values_list("used", flat=True))


def _quota(per: str, look: Callable[[], Any]) -> dict[str, Any]:
    agreement = agreement_in("in_force", People(), quota=QUOTA, quota_per=per)
    before = Entry.objects.count()
    answers = [str(answer) for _ in range(ROUNDS) for answer in at_once(*[look] * THREADS)]
    used = _counted(agreement)
    Agreement.objects.filter(pk=agreement.pk).update(state="withdrawn")
    return {"answers": Counter(answers), "used": used, "entries": Entry.objects.count() - before}


def verifying() -> dict[str, Any]:
    deed, planning = make.issued(make.DEED, make.company(11)), make.standing("O")
    ask = make.ask(deed.number, "O3")
    return _quota("day", lambda: verify_number(ask, standing=planning).verification.outcome.label)


def reading() -> dict[str, Any]:
    deed, planning = make.issued(make.DEED, make.company(12)), make.standing("O")
    ask = make.ask(deed.identifier, "O3", case="外部-1")
    return _quota("total", lambda: sorted(disclose(ask, standing=planning).fields)[0])


def deciding() -> dict[str, Any]:
    """Two heads of the provider, one who consents and one who refuses."""
    people = People()
    agreement = agreement_in("in_review", people)
    other = make.clerk("L", "department_head")
    answers = at_once(
        lambda: str(take_step(agreement, "consent", person=people.provider_head).state),
        lambda: str(take_step(agreement, "refuse", person=other, text="理由").state),
    )
    steps = list(agreement.steps.filter(step__in=["consent", "refuse"]).values_list("state", flat=True))
    return {"answers": sorted(answers), "state": Agreement.objects.get(pk=agreement.pk).state, "steps": steps}


def asking() -> dict[str, Any]:
    """One request, sent several times at once with its key."""
    planning = make.standing("O")
    request = Request("O3", make.DEED, asked(), "key-of-the-race")
    answers = at_once(*[lambda: request_for(request, standing=planning).agreement.reference] * 4)
    found = Agreement.objects.filter(request_key__isnull=False)
    return {"answers": answers, "states": [a.state for a in found]}


def watching() -> dict[str, Any]:
    """Two workers that keep the clocks."""
    agreement = agreement_in("in_review", People())
    Agreement.objects.filter(pk=agreement.pk).update(answer_by=legal_day(agreement.steps.latest("at").at))
    StaffNotice.objects.all().delete()
    done = at_once(keep_clocks, keep_clocks)
    return {"done": sum(done), "notices": StaffNotice.objects.filter(reason="agreement_due_soon").count()}


def main() -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    make.city()
    found = {race.__name__: race() for race in (verifying, reading, deciding, asking, watching)}
    json.dump(found, sys.stdout, ensure_ascii=False)
    connection.close()


if __name__ == "__main__":
    main()
