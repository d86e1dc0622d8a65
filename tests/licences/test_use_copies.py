"""Copies bound to one use: purpose, receiver and end on the paper, in the code and in the record."""

import datetime as dt

import pytest

from foundation.clock import now
from foundation.context import PLATFORM
from foundation.reasons import Refused
from licences.documents import copy_document, document_of, give_copy, make_copy
from licences.models import Document, Licence, UseCopy
from licences.offline import read_code as read_offline
from licences.pdf.checking import check_seal
from tests import factories as make
from tests.licences.papers import AUTHORITY, certify_key_of, scanned, text

pytestmark = pytest.mark.django_db
TOMORROW = dt.timedelta(days=1)


def licence_with_certificate() -> Licence:
    make.city()
    licence = make.issued(make.LAND)
    certify_key_of(licence)
    return licence


def copied(licence: Licence, **values: object) -> UseCopy:
    known = {
        "purpose": "办理银行贷款",
        "receiver": "工商银行天府支行",
        "expires_at": now() + TOMORROW,
        "actor": PLATFORM,
    }
    return make_copy(licence, **{**known, **values})  # type: ignore[arg-type]


def refusal(licence: Licence, **values: object) -> Refused:
    with pytest.raises(Refused) as refused:
        copied(licence, **values)
    assert not UseCopy.objects.exists()
    assert not Document.objects.exists()
    return refused.value


def test_a_copy_says_its_use_on_the_paper_and_in_its_signed_code() -> None:
    licence = licence_with_certificate()
    copy = copied(licence)
    pdf = copy_document(copy)
    found = check_seal(pdf, roots=[AUTHORITY.root], at=now())
    assert found.holds
    assert found.code in scanned(pdf)
    said = read_offline(found.code, {licence.signing_key.key_id: licence.signing_key.public_jwk}.get)
    assert (said.purpose, said.receiver) == ("办理银行贷款", "工商银行天府支行")
    assert said.expires_at == copy.expires_at.replace(microsecond=0)
    assert said.valid_until == licence.valid_until
    shown = text(pdf)
    assert shown.count("办理银行贷款") > 5
    assert "Copyboundtooneuse" in shown


def test_a_copy_is_a_record_of_its_own_and_the_original_stays_as_it_was() -> None:
    licence = licence_with_certificate()
    original = document_of(licence, actor=PLATFORM)
    first, second = copied(licence), copied(licence, receiver="建设银行")
    assert copy_document(first) != copy_document(second)
    assert copy_document(UseCopy.objects.get(pk=first.pk)) == copy_document(first)
    assert document_of(licence, actor=PLATFORM) == original
    assert licence.copies.count() == 2


def test_purpose_and_receiver_enter_the_record_behind_commitments_only() -> None:
    licence = licence_with_certificate()
    with make.recorded() as entries:
        copy = copied(licence)
        give_copy(copy, actor=PLATFORM)
    assert [e.action for e in entries] == ["make_document", "make_copy", "take_copy"]
    made = entries[1]
    assert (made.subject, made.fields) == (licence.identifier, [str(copy.pk)])
    for entry in entries:
        assert "工商银行".encode() not in bytes(entry.leaf)
        assert "办理银行贷款".encode() not in bytes(entry.leaf)


def test_all_faults_are_named_at_once_each_at_its_field() -> None:
    licence = licence_with_certificate()
    refused = refusal(licence, purpose=" ", receiver="甲" * 201, expires_at=now() - TOMORROW)
    assert {name: grounds.code for name, grounds in refused.fields.items()} == {
        "purpose": "field_required",
        "receiver": "text_too_long",
        "expires_at": "expiry_not_future",
    }
    assert refusal(licence, expires_at=None).fields["expires_at"].code == "field_required"


def test_a_purpose_of_two_hundred_characters_fits() -> None:
    licence = licence_with_certificate()
    assert "用" * 50 in text(copy_document(copied(licence, purpose="用" * 200))).replace("\n", "")


@pytest.mark.parametrize("operation", ["suspend", "revoke", "cancel"])
def test_of_a_licence_that_is_not_valid_there_is_no_copy(operation: str) -> None:
    licence = make.operate(licence_with_certificate(), operation, reason="测试", actor=PLATFORM)
    assert refusal(licence).grounds.code == "licence_not_valid"


def test_of_a_licence_past_its_term_there_is_no_copy_although_nothing_has_marked_it_yet() -> None:
    make.city()
    licence = make.expired(make.LAND)
    certify_key_of(licence)
    assert refusal(licence).grounds.code == "licence_not_valid"


def test_of_an_altered_licence_there_is_no_copy() -> None:
    make.city()
    licence = make.tampered(make.LAND)
    certify_key_of(licence)
    licence.refresh_from_db()
    assert refusal(licence).grounds.code == "row_altered"
