"""The receipt of an entry over the API: for a party to it, in the second after it was written, and for nobody else."""

import base64
import json
from typing import Any
from uuid import UUID

import pytest
from rest_framework.test import APIClient

from audit.logkey import log_key, verifier_key
from audit.merkle import leaf_hash, verify_inclusion
from audit.models import Entry
from audit.notes import parse_checkpoint, parse_note, verify_note
from audit.sequencing import keep_up
from exchange.verifying import verify_number
from foundation.ids import new_id
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city()


def _get(caller: APIClient, key: object, **headers: str) -> Any:
    return caller.get(f"/api/v1/record/{key}/receipt/", headers=headers)


def _verified(caller: APIClient, number: str, item: str = "O2") -> dict[str, Any]:
    body = {"number": number, "item": item, "purpose": "规划许可", "case": "C-1"}
    answer: dict[str, Any] = caller.post("/api/v1/verifications/", body, format="json").json()
    return answer


def _leaf(content: bytes) -> dict[str, Any]:
    """Check the proof as anybody may, with the log's key alone, and return the leaf that it holds."""
    head, extra, index, *rest = content.decode().split("\n")
    assert head == "c2sp.org/tlog-proof@v1"
    gap = rest.index("")
    leaf = base64.b64decode(extra.removeprefix("extra "), validate=True)
    note = parse_note("\n".join(rest[gap + 1 :]))
    assert verify_note(note, [verifier_key(log_key())])
    signed = parse_checkpoint(note.text)
    verify_inclusion(
        index=int(index.removeprefix("index ")),
        size=signed.size,
        leaf_hash=leaf_hash(leaf),
        proof=[base64.b64decode(step, validate=True) for step in rest[:gap]],
        root=signed.root,
    )
    found: dict[str, Any] = json.loads(leaf)
    return found


def test_the_department_that_asked_gets_the_receipt_of_the_entry_that_its_answer_names() -> None:
    caller = make.api("O")
    licence = make.issued()
    key = _verified(caller, licence.number)["record"]
    keep_up()
    answer = _get(caller, key)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer["Content-Disposition"] == f'attachment; filename="{key}.tlog-proof"'
    leaf = _leaf(answer.content)
    assert (leaf["id"], leaf["subject"], leaf["outcome"]) == (key, licence.identifier, "valid")


def test_a_refusals_answer_names_its_entry_which_has_a_receipt_too() -> None:
    caller = make.api("O")
    refused = _verified(caller, make.issued().number, "D2")
    assert refused["reason"] == "item_of_other_department"
    keep_up()
    leaf = _leaf(_get(caller, refused["record"]).content)
    assert (leaf["id"], leaf["outcome"], leaf["reason"]) == (refused["record"], "refused", "item_of_other_department")


def test_the_issuing_department_gets_it_too() -> None:
    key = _verified(make.api("O"), make.issued(make.LAND).number)["record"]
    keep_up()
    assert _leaf(_get(make.api("L"), key).content)["id"] == key


def test_to_all_others_the_entry_does_not_exist_and_that_they_asked_is_recorded() -> None:
    key = _verified(make.api("O"), make.issued(make.LAND).number)["record"]
    keep_up()
    caller = make.api("M")
    bodies = []
    for asked in (key, str(new_id())):
        with make.recorded() as entries:
            answer = _get(caller, asked)
        assert answer.status_code == 404
        bodies.append({k: v for k, v in answer.json().items() if k not in ("instance", "record")})
        assert [(e.action, e.outcome, e.reason, e.subject) for e in entries] == [
            ("take_receipt", "refused", "entry_not_found", asked)
        ]
        assert answer.json()["record"] == str(entries[0].pk)
    assert bodies[0] == bodies[1]


def test_no_receipt_tells_whether_a_number_that_was_not_found_exists() -> None:
    caller, outside = make.api("O"), make.issued(make.SITE)
    keys = [_verified(caller, number)["record"] for number in (outside.number, "某〔1990〕1号")]
    keep_up()
    hidden, absent = (_leaf(_get(caller, key).content) for key in keys)
    assert hidden.keys() == absent.keys()
    assert hidden["personal"].keys() == absent["personal"].keys()
    own = ("id", "at", "request_id", "personal")
    assert {k: v for k, v in hidden.items() if k not in own} == {k: v for k, v in absent.items() if k not in own}


def test_without_a_case_neither_answer_nor_receipt_names_the_licence() -> None:
    licence = make.issued()
    caller = make.api("O")
    body = {
        "number": licence.number,
        "item": "O2",
        "purpose": "规划许可",
        "operator": {"account": "a", "name": "李经办"},
    }
    answer = caller.post("/api/v1/verifications/", body, format="json").json()
    assert answer["outcome"] == "valid"
    keep_up()
    assert licence.identifier not in json.dumps(answer) + json.dumps(_leaf(_get(caller, answer["record"]).content))
    assert Entry.objects.get(pk=answer["record"]).subject == licence.identifier  # which its holder sees


def test_the_entries_beside_an_ambiguous_answer_have_no_receipt_for_whoever_asked() -> None:
    for name in (make.APPROVAL, make.STUDY):
        make.issued(name, number="同号〔2026〕1号")
    answer = verify_number(make.ask("同号〔2026〕1号"), standing=make.standing("O"))
    keep_up()
    beside = Entry.objects.filter(action="considered")
    assert [_get(make.api("O"), e.pk).status_code for e in beside] == [404, 404]
    assert [_get(make.api("D"), e.pk).status_code for e in beside] == [200, 200]
    assert _get(make.api("O"), answer.entry).status_code == 200


def test_until_the_log_has_signed_the_entry_the_answer_says_when_to_ask_again() -> None:
    caller = make.api("O")
    key = _verified(caller, make.issued().number)["record"]
    early = _get(caller, key, accept="text/plain")
    assert (early.status_code, early["Retry-After"]) == (409, "1")
    assert early["Content-Type"] == "application/problem+json"
    assert early.json()["reason"] == "entry_not_sequenced"
    keep_up()
    assert _get(caller, key, accept="text/plain").status_code == 200


def test_handing_a_receipt_out_is_no_entry_of_its_own() -> None:
    caller = make.api("O")
    key = _verified(caller, make.issued().number)["record"]
    keep_up()
    with make.recorded() as entries:
        assert _get(caller, key).status_code == 200
    assert entries == []


def test_it_takes_a_token_of_an_active_client_with_the_scope() -> None:
    key = _verified(make.api("O"), make.issued().number)["record"]
    keep_up()
    assert _get(APIClient(), key).status_code == 401
    assert _get(make.api("O", "disclose"), key).status_code == 403
    client, secret = make.client("O")
    caller = APIClient()
    caller.credentials(HTTP_AUTHORIZATION=f"Bearer {make.token(client, secret)}")
    make.edit(client, active=False)
    answer = _get(caller, key)
    assert (answer.status_code, answer.json()["reason"]) == (403, "client_inactive")


def test_an_address_that_names_no_entry_is_none() -> None:
    assert _get(make.api("O"), "x").status_code == 404
    assert _get(make.api("O"), UUID(int=0)).status_code == 404
