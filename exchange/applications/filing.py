"""The file of a decided case for archive and appeal, frozen with the decision: a zip whose bytes never change.

At the decision it keeps, as text, the application, each licence with its status and signed credential, how each need
was met, and the exact leaves of all entries of the case. The receipts of these come as soon as the tree covers them,
and are kept too. Names and numbers of people stand in no leaf; the file names the holder as pages do, masked.
"""

import datetime as dt
import hashlib
import io
import json
import zipfile
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction

from audit.errors import NotSequencedYet
from audit.queries import entries
from audit.receipts import receipt
from exchange.applications.errors import FileNotMade
from exchange.applications.stepping import note
from exchange.models import Application, CaseFile
from exchange.procedure import REMEDIES, STATE_NAMES, WAY_NAMES, State, Way
from foundation.clock import now
from foundation.context import Actor
from licences.holders import masked_name, masked_number
from registry import queries as registry

if TYPE_CHECKING:
    from audit.queries import Entry
    from exchange.models import Reference
    from foundation.reasons import Both
    from licences.models import Licence

VERSION = 1
# A zip has no time zone; its members all bear the earliest time that it can (APPNOTE 4.4.6), so that its bytes are the
# same whenever it is written.
_EPOCH = (1980, 1, 1, 0, 0, 0)


# --- Frozen with the decision ---------------------------------------------------------------------------------------


def freeze(application: Application, at: dt.datetime) -> CaseFile:
    """Keep what the decision rests on, in the transaction of the decision, after its entry was written."""
    own = list(reversed(entries(case=application.number)))
    content = json.dumps(_content(application, own, at), ensure_ascii=False, sort_keys=True, indent=1)
    return CaseFile.objects.create(
        application=application,
        made_at=at,
        content=content,
        digest=hashlib.sha256(content.encode()).hexdigest(),
        entries=[str(entry.pk) for entry in own],
    )


def _content(application: Application, own: "list[Entry]", at: dt.datetime) -> dict[str, Any]:
    groups = {group.number: group.name for group in registry.need_groups(application.item)}
    causes = {f.need_group: f for f in application.fallbacks.all()}
    references = application.references.select_related("licence__licence_type", "licence__issuer")
    return {
        "version": VERSION,
        "made_at": at.isoformat(),
        "case": {
            "number": application.number,
            "item": {"code": application.item.code, **_both(application.item.name)},
            "department": {"code": application.item.department.code, **_both(application.item.department.name)},
            "holder": {"name": masked_name(application.holder), "number": masked_number(application.holder)},
            "project": application.project,
            "submitted_at": application.submitted_at.isoformat(),
            "accepted_at": _time(application.accepted_at),
            "deemed_accepted": application.deemed_accepted,
            "missing_listed_at": _time(application.missing_at),
            "extended_at": _time(application.extended_at),
            "standstills": [
                [s.kind, s.since.isoformat(), s.until and s.until.isoformat()] for s in application.standstills.all()
            ],
            "decide_by": application.decide_by.isoformat(),
            "decided_at": _time(application.decided_at),
            "working_days": application.working_days,
            "state": {"code": str(application.state), **_both(STATE_NAMES[State(application.state)])},
            "reason": application.decision_reason,
            "remedies": _both(REMEDIES),
        },
        "needs": [_need(r, groups, causes.get(r.need_group)) for r in references],
        "results": [_licence(one) for one in application.results.select_related("licence_type", "issuer")],
        "entries": [{"id": str(entry.pk), "leaf": bytes(entry.leaf).decode()} for entry in own],
    }


def _need(reference: "Reference", groups: "dict[int, Both]", fallback: Any) -> dict[str, Any]:
    name = groups.get(reference.need_group)
    return {
        "need": reference.need_group,
        "name": _both(name) if name else None,
        "way": {"code": reference.way, **_both(WAY_NAMES[Way(reference.way)])},
        "number": reference.number,
        "outcome": reference.outcome,
        "reason": reference.reason,
        "explanation": _both(reference.explanation),
        "verified_at": _time(reference.verified_at),
        "entry": reference.entry and str(reference.entry),
        "cause_for_paper": fallback and {"proposed": fallback.proposed, "confirmed": fallback.cause},
        "licence": _licence(reference.licence) if reference.licence else None,
    }


def _licence(licence: "Licence") -> dict[str, Any]:
    # The signed part holds digests only; what would reveal its claims stays with the licence.
    return {
        "identifier": licence.identifier,
        "number": licence.number,
        "type": {"code": licence.licence_type.code, **_both(licence.licence_type.name)},
        "issuer": {"code": licence.issuer.code, **_both(licence.issuer.name)},
        "state": str(licence.state),
        "valid_from": licence.valid_from.isoformat(),
        "valid_until": licence.valid_until and licence.valid_until.isoformat(),
        "credential": licence.credential,
    }


def _both(text: "Both") -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}


def _time(at: dt.datetime | None) -> str | None:
    return at.isoformat() if at else None


# --- Receipts, once the tree covers the entries ----------------------------------------------------------------------


def complete_files(*, most: int = 200) -> int:
    """Add the receipts to at most `most` files whose entries have their places by now; return how many."""
    waiting = CaseFile.objects.filter(receipts__isnull=True).order_by("made_at")
    return sum(_complete(file) for file in waiting[:most])


def _complete(file: CaseFile) -> bool:
    try:
        found = {entry: receipt(UUID(entry)).decode() for entry in file.entries}
    except NotSequencedYet:
        return False
    # Whoever completes it first says which receipts it holds.
    return bool(CaseFile.objects.filter(pk=file.pk, receipts__isnull=True).update(receipts=found))


# --- Handed over -----------------------------------------------------------------------------------------------------


def take_file(application: Application, *, actor: Actor, at: dt.datetime | None = None) -> bytes:
    """Return the case's file as a zip, and record who took it; always the same bytes.

    Raises `FileNotMade` before a decision, and `NotSequencedYet` within the seconds before its receipts are there.
    """
    file = CaseFile.objects.filter(application=application).first()
    if file is None:
        raise FileNotMade
    if file.receipts is None:
        _complete(file)
        file.refresh_from_db()
    if file.receipts is None:
        raise NotSequencedYet
    with transaction.atomic():
        note("take_case_file", application, actor, at or now(), outcome="done", fields=[file.digest])
    return zipped(file)


def zipped(file: CaseFile) -> bytes:
    """Return the file's members with a manifest of their SHA-256, each in the order of its name."""
    members = {"case.json": file.content.encode()}
    for name, text in (file.receipts or {}).items():
        members[f"receipts/{name}.tlog-proof"] = text.encode()
    for entry in json.loads(file.content)["entries"]:
        members[f"entries/{entry['id']}.json"] = entry["leaf"].encode()
    lines = [f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in sorted(members.items())]
    members["SHA256SUMS"] = "".join(lines).encode()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name, content in sorted(members.items()):
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), content)
    return packed.getvalue()
