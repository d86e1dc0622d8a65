"""The tables of a licence's life."""

from licences.models.batches import Batch, BatchChunk, BatchRow
from licences.models.documents import Document, UseCopy
from licences.models.drafts import Draft, IssueRequest
from licences.models.holders import Holder, HolderNumber, Notice, Representation, RepresentationKind
from licences.models.keys import CertificateAuthority, SigningKey
from licences.models.licences import Licence, NumberSequence
from licences.models.status import RevokedCredential, StatusList

__all__ = [
    "Batch",
    "BatchChunk",
    "BatchRow",
    "CertificateAuthority",
    "Document",
    "Draft",
    "Holder",
    "HolderNumber",
    "IssueRequest",
    "Licence",
    "Notice",
    "NumberSequence",
    "Representation",
    "RepresentationKind",
    "RevokedCredential",
    "SigningKey",
    "StatusList",
    "UseCopy",
]
