"""The record as `audit-check` and `audit-witness` see it: changed in the database past its triggers, each is found."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client as Browser

from audit.logkey import log_key, verifier_key
from audit.models import Cosignature, Entry, Sequenced
from audit.queries import checkpoint
from audit.receipts import receipt
from audit.recording import Act, Subject, record_all
from audit.sequencing import keep_up
from audit.witnessing import enrol_witness
from audit_check.checking import Asked, Report, check_log
from audit_check.command import main
from audit_check.findings import OF_ENTRIES, Kind
from audit_check.notes import VerifierKey, parse_key
from audit_check.sources import Folder, Web
from audit_witness.cosigning import AlarmedError, Cosigner
from audit_witness.state import State
from audit_witness.watching import look
from foundation.context import PLATFORM
from foundation.ids import new_id

pytestmark = pytest.mark.django_db
ADDRESS = "http://testserver/audit/log"


class Near(Web):
    """The platform in this very process, so that it sees what the test has written."""

    ahead = 1


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    cache.clear()
    with httpx.Client(transport=httpx.MockTransport(answer)) as client:
        yield client


def answer(request: httpx.Request) -> httpx.Response:
    kind = request.headers.get("content-type", "")
    found = Browser().generic(request.method, request.url.path, request.content, content_type=kind)
    return httpx.Response(found.status_code, content=found.content)


def grow(count: int) -> None:
    with transaction.atomic():
        record_all([Act("verify", PLATFORM, Subject("licence", str(n)), "valid") for n in range(count)])
    keep_up()


def log_vkey() -> VerifierKey:
    return parse_key(str(verifier_key(log_key())), 1)


def exported(folder: Path) -> Report:
    call_command("export_record", str(folder))
    return check_log(Folder(folder), Asked(key=log_vkey()))


def past_triggers(table: str) -> None:
    """Do what the owner of the database can: let the triggers of a table go."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            return
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", [table])
        for (name,) in cursor.fetchall():
            cursor.execute(f"DROP TRIGGER {name}")


def at(index: int) -> Entry:
    return Entry.objects.get(pk=Sequenced.objects.get(index=index).entry)


def alter(index: int) -> None:
    found = at(index)
    Entry.objects.filter(pk=found.pk).update(leaf=bytes(found.leaf).replace(b'"valid"', b'"other"'))


def remove(index: int) -> None:
    Entry.objects.filter(pk=at(index).pk).delete()


def reorder(index: int) -> None:
    one, other = at(index), at(index + 7)
    Entry.objects.filter(pk=one.pk).update(leaf=other.leaf)
    Entry.objects.filter(pk=other.pk).update(leaf=one.leaf)


def insert(index: int) -> None:
    """Put an entry in between: all that follow move on by one place, and the last falls out of the tree."""
    row = {field.attname: getattr(at(0), field.attname) for field in Entry._meta.concrete_fields}
    made = Entry.objects.create(**{**row, "id": new_id(), "leaf": b'{"forged":1}'})
    entries = list(Sequenced.objects.filter(index__gte=index).order_by("index").values_list("entry", flat=True))
    places = dict(zip(range(index, index + len(entries)), [made.pk, *entries[:-1]], strict=True))
    hashes = {s.index: bytes(s.leaf_hash) for s in Sequenced.objects.filter(index__gte=index)}
    Sequenced.objects.filter(index__gte=index).delete()
    Sequenced.objects.bulk_create(Sequenced(index=i, entry=e, leaf_hash=hashes[i]) for i, e in places.items())


@pytest.mark.parametrize(
    ("change", "kind"),
    [(alter, Kind.ALTERED), (remove, Kind.REMOVED), (reorder, Kind.REORDERED), (insert, Kind.INSERTED)],
)
def test_an_entry_changed_in_the_database_is_named(change: Callable[[int], None], kind: Kind, tmp_path: Path) -> None:
    grow(600)
    for table in ("audit_entry", "audit_sequenced"):
        past_triggers(table)
    index = random.Random(kind).randrange(590)
    change(index)
    named = next(found for found in exported(tmp_path).findings if found.kind in OF_ENTRIES)
    assert (named.kind, named.first, named.last) == (kind, index, index)


def test_hashes_changed_in_the_database_are_named(tmp_path: Path) -> None:
    grow(600)
    past_triggers("audit_sequenced")
    Sequenced.objects.filter(index=550).update(leaf_hash=b"x" * 32)  # in a partial tile, which is read from the places
    (found,) = exported(tmp_path).findings
    assert (found.kind, found.first, found.last) == (Kind.TILE, 550, 550)


def test_an_untouched_record_is_proven_as_folder_and_over_http(tmp_path: Path, http: httpx.Client) -> None:
    grow(600)
    report = exported(tmp_path)
    signed = checkpoint()
    assert signed
    assert (report.findings, report.entries) == ([], signed.size)
    report = check_log(Near(ADDRESS, http), Asked(key=log_vkey(), must_open=False))
    assert (report.findings, report.entries) == ([], None)


def witness_of(folder: Path) -> Cosigner:
    state = State(folder)
    enrol_witness(vkey=str(state.make_key("witness.health.example")), department="D2", actor=PLATFORM)
    return Cosigner(state, log_vkey())


def test_a_departments_witness_cosigns_and_its_signature_comes_with_receipts(
    tmp_path: Path, http: httpx.Client, capsys: pytest.CaptureFixture[str]
) -> None:
    cosigner, source = witness_of(tmp_path / "state"), Near(ADDRESS, http)
    for count in (1, 300, 700):
        grow(count)
        look(cosigner, source, http, ADDRESS)
    signed = checkpoint()
    assert signed
    assert Cosignature.objects.count() == 3
    assert Cosignature.objects.order_by("-checkpoint_id")[0].checkpoint_id == signed.size
    path = tmp_path / "receipt.tlog-proof"
    path.write_bytes(receipt(at(signed.size - 1).pk))
    arguments: list[Any] = ["receipt", path, "--key", log_vkey(), "--witness", cosigner.key.public, "--language", "en"]
    assert main([str(one) for one in arguments]) == 0
    assert "Witness witness.health.example cosigned at" in capsys.readouterr().out
    call_command("export_record", str(tmp_path / "log"))
    witnessed = ["--witness", cosigner.key.public, "--key", log_vkey()]
    assert main(["log", str(tmp_path / "log"), *map(str, witnessed)]) == 0
    # The checkpoint that is served bears the cosignature, which a witness with this state takes for its own.
    assert look(cosigner, source, http, ADDRESS).size == signed.size


def test_a_witness_set_back_sees_its_own_cosignature_and_raises_the_alarm(tmp_path: Path, http: httpx.Client) -> None:
    cosigner, source = witness_of(tmp_path / "state"), Near(ADDRESS, http)
    grow(5)
    look(cosigner, source, http, ADDRESS)
    (tmp_path / "state" / "checkpoint").unlink()
    with pytest.raises(AlarmedError, match="restored"):
        look(Cosigner(State(tmp_path / "state"), log_vkey()), source, http, ADDRESS)
