"""How entries of the record name what this app keeps: licences, drafts and batches, each with its type's code."""

from typing import TYPE_CHECKING, Any, Protocol

from audit.recording import Subject

if TYPE_CHECKING:
    from licences.models import Batch, Draft


class Identified(Protocol):
    """A licence, by its identifier."""

    @property
    def identifier(self) -> Any:
        """The identifier by GB/T 36904."""


def subject_of(licence: Identified | None) -> Subject:
    """Return a licence as entries name it; where there is none, that a licence was meant."""
    if licence is None:
        return Subject("licence")
    # The identifier holds the type's code, so that the type's row is not needed.
    return Subject("licence", licence.identifier, licence.identifier.split(".")[-5])


def draft_subject(draft: "Draft") -> Subject:
    """Return a draft as entries name it."""
    return Subject("draft", str(draft.pk), draft.licence_type.code)


def batch_subject(batch: "Batch") -> Subject:
    """Return a batch as entries name it."""
    return Subject("batch", str(batch.pk), batch.licence_type.code)
