"""A record whose old months are archived, as `audit-check` sees it: export and archives prove each entry once."""

import io
from pathlib import Path

import pytest
from django.core.management import call_command

from audit.logkey import log_key, verifier_key
from audit.models import Sequenced
from audit.sequencing import keep_up
from audit_check.archives import check_archive, find_archives, open_archive
from audit_check.checking import Asked, Report, check_log
from audit_check.findings import Kind
from audit_check.notes import parse_key
from audit_check.sources import Folder
from tests.audit.months import NOW, OLD, written_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def archives(tmp_path: Path) -> Path:
    """Archive two old months, whose entries got their places in turns with each other and with new ones."""
    for n in range(120):
        for month in (OLD[0], OLD[1], NOW):
            written_in(month, f"{month}-{n}")
        if n % 40 == 0:
            keep_up()
    keep_up()
    folder = tmp_path / "archives"
    folder.mkdir()
    call_command("archive_record", to=folder, stdout=io.StringIO(), stderr=io.StringIO())
    keep_up()
    return folder


def check(tmp_path: Path, archives: Path) -> Report:
    key = parse_key(str(verifier_key(log_key())), 1)
    call_command("export_record", str(tmp_path / "log"), stdout=io.StringIO())
    return check_log(Folder(tmp_path / "log"), Asked(key=key, archives=find_archives(archives, key)))


def test_export_and_archives_together_prove_the_record(tmp_path: Path, archives: Path) -> None:
    report = check(tmp_path, archives)
    assert (report.findings, report.entries) == ([], report.checkpoint.size)
    key = parse_key(str(verifier_key(log_key())), 1)
    found = sorted(archives.glob("*.parquet"))
    assert len(found) == 2
    for path in found:
        assert list(check_archive(open_archive(path, key))) == []


@pytest.mark.about("postgresql")
def test_an_archive_that_is_not_there_leaves_its_entries_unproven(tmp_path: Path, archives: Path) -> None:
    lost = min(archives.glob("*.parquet"))
    for path in archives.glob(f"{lost.name}*"):
        path.unlink()
    first = check(tmp_path, archives).findings[0]
    assert first.kind in {Kind.MISSING, Kind.REMOVED}
    assert first.first == min(Sequenced.objects.values_list("index", flat=True))
