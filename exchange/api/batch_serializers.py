"""What the calls for batches take and give."""

import re
from typing import TYPE_CHECKING, Any

from rest_framework import serializers

from exchange.api.serializers import TypeSerializer
from licences.batch_queries import RowState, Stage, progress_of, stage_of
from registry.api.paging import PageQuery
from registry.api.problems import FieldFaultSerializer

if TYPE_CHECKING:
    from licences.models import Batch, BatchRow

STAGES = [str(stage) for stage in Stage]
ROW_STATES = [str(state) for state in RowState]
_UNSEEN = re.compile(r"[\0-\x1f\x7f\ud800-\udfff]")


class BatchRequest(serializers.Serializer[Any]):
    """A file of licences that exist on paper."""

    file = serializers.FileField(help_text="CSV (UTF-8 or GB 18030) or XLSX, at most 64 MiB.")
    licence_type = serializers.CharField(max_length=200, help_text="Name, alias or 21-character code of the type.")


def file_name(name: str) -> str:
    """Return the name that was sent with a file as it can be kept and shown."""
    return _UNSEEN.sub("", name)[:200]


class BatchAnswer(serializers.Serializer[Any]):
    """A batch, and how far it is."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    licence_type = TypeSerializer()
    state = serializers.ChoiceField(choices=STAGES)
    rows = serializers.IntegerField(min_value=0)
    issued = serializers.IntegerField(min_value=0)
    failed = serializers.IntegerField(min_value=0)
    waiting = serializers.IntegerField(min_value=0)
    made_at = serializers.DateTimeField()


def batch_answer(batch: "Batch") -> dict[str, Any]:
    """Return the body that tells of a batch."""
    progress, of_type = progress_of(batch), batch.licence_type
    body = {
        "id": batch.pk,
        "name": batch.name,
        "licence_type": {"code": of_type.code, "name": {"zh": of_type.name.zh, "en": of_type.name.en}},
        "state": str(stage_of(batch, progress)),
        "rows": progress.rows,
        "issued": progress.issued,
        "failed": progress.failed,
        "waiting": progress.waiting,
        "made_at": batch.made_at,
    }
    return BatchAnswer(body).data


class RowQuery(PageQuery):
    """Which rows of a batch."""

    state = serializers.ChoiceField(
        choices=ROW_STATES,
        default=str(RowState.FAILED),
        help_text="Those that failed, where not given.",
    )


class RowAnswer(serializers.Serializer[Any]):
    """A row of the file; the heading is row 1. `faults` are those of its last attempt, by column."""

    row = serializers.IntegerField(min_value=2)
    state = serializers.ChoiceField(choices=ROW_STATES)
    attempts = serializers.IntegerField(min_value=0)
    identifier = serializers.CharField(allow_null=True)
    number = serializers.CharField(allow_null=True)
    faults = FieldFaultSerializer(many=True)


def row_answer(row: "BatchRow", state: RowState) -> dict[str, Any]:
    """Return what is told of a row; never what it says, which may be personal."""
    faults = [
        {"field": f["field"], "reason": f["reason"], "message": {"zh": f["zh"], "en": f["en"]}} for f in row.faults
    ]
    body = {
        "row": row.number,
        "state": str(state),
        "attempts": row.attempts,
        "identifier": row.licence.identifier if row.licence else None,
        "number": row.licence.number if row.licence else None,
        "faults": faults,
    }
    return RowAnswer(body).data
