"""A legal erasure takes values and salts from the record and leaves the tree whole."""

import io
import json
import uuid
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import transaction

from audit import erasing, proofs
from audit.erasing import GroundUnfit, erase_of_entries, erase_value
from audit.leaf import commitment
from audit.merkle import leaf_hash, verify_inclusion
from audit.models import Entry, Personal, Sequenced
from audit.queries import openings, personal_values
from audit.recording import Subject, record
from audit.sequencing import keep_up
from foundation.context import PLATFORM, Actor, RequestContext, request_context
from tests.factories import edit, every_byte, recorded

pytestmark = pytest.mark.django_db
NUMBER, GROUND = "51010419800101001X", "个人信息保护法第四十七条"


def looked(number: str = NUMBER, name: str = "李经办") -> uuid.UUID:
    with request_context(RequestContext("request-1", "10.1.2.3")), transaction.atomic():
        return record(
            action="verify",
            actor=Actor(department="O", name=name),
            subject=Subject("licence"),
            outcome="not_found",
            personal={"number": number},
        )


def test_an_erased_value_is_nowhere_and_its_entry_still_proves(monkeypatch: pytest.MonkeyPatch) -> None:
    key = looked()
    keep_up()
    entry, size = Entry.objects.get(pk=key), Sequenced.objects.count()
    root, opening = proofs.root_at(size), openings([key])[key]["number"]
    (committed,) = [json.loads(bytes(entry.leaf))["personal"]["number"]]
    assert commitment(salt=opening.salt, name="number", value=NUMBER) == committed

    assert erase_value(NUMBER, ground=GROUND, actor=PLATFORM) == 1

    assert personal_values([key])[key] == {"actor": "李经办", "address": "10.1.2.3"}
    after = Entry.objects.get(pk=key)
    assert bytes(after.leaf) == bytes(entry.leaf)
    place = Sequenced.objects.get(entry=key)
    proof = proofs.inclusion(place.index, size)
    verify_inclusion(index=place.index, size=size, leaf_hash=leaf_hash(bytes(after.leaf)), proof=proof, root=root)
    # Not in clear, and not behind the seals either.
    opened = json.dumps([{n: c.value for n, c in v.items()} for v in openings(_all()).values()], ensure_ascii=False)
    salts = {c.salt for v in openings(_all()).values() for c in v.values()}
    assert NUMBER not in opened
    assert opening.salt not in salts
    assert NUMBER.encode() not in every_byte()


def _all() -> list[uuid.UUID]:
    return list(Personal.objects.values_list("entry", flat=True))


def test_the_erasure_stands_in_the_record_with_its_ground_and_without_the_value() -> None:
    one, other = looked(), looked()
    with recorded() as entries:
        erase_value(NUMBER, ground=GROUND, actor=PLATFORM)
    (entry,) = entries
    assert (entry.action, entry.purpose, entry.fields) == ("erase_personal", GROUND, ["entries=2"])
    assert NUMBER.encode() not in bytes(entry.leaf)
    assert {one, other} <= set(_all())  # who asked, and from where, is not erased with it


@pytest.mark.parametrize(
    "written", [NUMBER.lower(), f"  {NUMBER} ", NUMBER.replace("5", "５"), f"号码 {NUMBER}，本人", f"证件{NUMBER}有误"]
)
def test_a_value_is_found_however_it_is_written(written: str) -> None:
    key = looked(written)
    assert erase_value(NUMBER, ground=GROUND, actor=PLATFORM) == 1
    assert "number" not in personal_values([key])[key]


@pytest.mark.parametrize("written", [f"{NUMBER}7", f"1{NUMBER}", NUMBER[:-1], "李经办事"])
def test_what_only_resembles_a_value_stays(written: str) -> None:
    key = looked(written, name="李经办人")
    assert erase_value(NUMBER, ground=GROUND, actor=PLATFORM) == 0
    assert erase_value("李经办", ground=GROUND, actor=PLATFORM) == 0
    assert set(personal_values([key])[key]) == {"actor", "address", "number"}


def test_all_values_of_an_entry_can_be_erased_or_those_of_a_name() -> None:
    one, other, third = looked(), looked(), looked()
    assert erase_of_entries([one], ground=GROUND, actor=PLATFORM) == 1
    assert erase_of_entries([other], ground=GROUND, actor=PLATFORM, names=["number"]) == 1
    found = personal_values([one, other, third])
    assert one not in found
    assert set(found[other]) == {"actor", "address"}
    assert set(found[third]) == {"actor", "address", "number"}
    assert erase_of_entries([one, uuid.uuid4()], ground=GROUND, actor=PLATFORM) == 0


@pytest.mark.parametrize(
    ("ground", "code"), [("", "reason_required"), ("  ", "reason_required"), ("法" * 201, "text_too_long")]
)
def test_without_its_ground_nothing_is_erased(ground: str, code: str) -> None:
    key = looked()
    with recorded() as entries:
        for act in (
            lambda: erase_value(NUMBER, ground=ground, actor=PLATFORM),
            lambda: erase_of_entries([key], ground=ground, actor=PLATFORM),
        ):
            with pytest.raises(GroundUnfit) as caught:
                act()
            assert caught.value.grounds.code == code
    assert not entries
    assert personal_values([key])[key]["number"] == NUMBER


def test_a_second_erasure_does_not_bring_back_what_a_first_one_erased_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    key = looked()
    rows = list(Personal.objects.filter(entry=key))
    erase_value(NUMBER, ground=GROUND, actor=PLATFORM)
    # As one that read the rows before the other wrote them.
    monkeypatch.setattr(erasing, "_all", lambda: iter([rows]))
    assert erase_value("李经办", ground=GROUND, actor=PLATFORM) == 1
    assert set(personal_values([key])[key]) == {"address"}


def test_an_altered_row_is_passed_over() -> None:
    one, other = looked(), looked()
    edit(Personal.objects.get(pk=one), values_sealed=bytes(Personal.objects.get(pk=other).values_sealed))
    assert erase_value(NUMBER, ground=GROUND, actor=PLATFORM) == 1


def test_an_empty_value_is_found_nowhere() -> None:
    looked()
    assert erase_value("  ", ground=GROUND, actor=PLATFORM) == 0


def erase(monkeypatch: pytest.MonkeyPatch, given: str, **options: Any) -> str:
    out = io.StringIO()
    monkeypatch.setattr("sys.stdin", io.StringIO(given))
    call_command("erase_personal", stdout=out, **options)
    return out.getvalue()


def test_the_command_reads_the_value_from_its_input(monkeypatch: pytest.MonkeyPatch) -> None:
    key = looked()
    assert "erased from 1 entries" in erase(monkeypatch, f"{NUMBER}\n", ground=GROUND)
    assert "number" not in personal_values([key])[key]
    assert "erased from 1 entries" in erase(monkeypatch, "", ground=GROUND, entry=[key])
    assert personal_values([key]) == {}
    for given, ground in (("", GROUND), (NUMBER, " ")):
        with pytest.raises(CommandError):
            erase(monkeypatch, given, ground=ground)
