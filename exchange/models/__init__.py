"""The tables of the exchange."""

from exchange.models.agreements import Agreement
from exchange.models.applications import Application, CaseSequence, Reference
from exchange.models.authorisations import Authorisation
from exchange.models.casework import Assistance, CaseFile, ItemLoad, PaperFallback, Review, Standstill
from exchange.models.redress import Deferral, Objection

__all__ = [
    "Agreement",
    "Application",
    "Assistance",
    "Authorisation",
    "CaseFile",
    "CaseSequence",
    "Deferral",
    "ItemLoad",
    "Objection",
    "PaperFallback",
    "Reference",
    "Review",
    "Standstill",
]
