"""Concluding an agreement."""

import pytest
from django.db import IntegrityError, transaction

from exchange.models import Agreement
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city(keys="")


def test_an_agreement_is_recorded_with_item_purpose_and_fields() -> None:
    with make.recorded() as entries:
        made = make.agreement(fields=["certificateNumber"], purpose="规划许可")
    (entry,) = entries
    assert (entry.action, entry.subject, entry.item) == ("conclude_agreement", made.reference, "O3")
    assert (entry.purpose, entry.fields) == ("规划许可", ["certificateNumber"])


def test_a_reference_is_given_once_and_a_second_one_leaves_no_entry() -> None:
    make.agreement(reference="2026-001")
    with make.recorded() as entries, pytest.raises(IntegrityError), transaction.atomic():
        make.agreement(reference="2026-001")
    assert not entries
    assert Agreement.objects.count() == 1
