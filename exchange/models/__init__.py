"""The tables of the exchange."""

from exchange.models.agreements import Agreement
from exchange.models.applications import Application, CaseSequence, Reference
from exchange.models.authorisations import Authorisation
from exchange.models.policy import PolicyVersion
from exchange.models.redress import Deferral, Objection
from exchange.models.traffic import RateBucket, UsedOnce

__all__ = [
    "Agreement",
    "Application",
    "Authorisation",
    "CaseSequence",
    "Deferral",
    "Objection",
    "PolicyVersion",
    "RateBucket",
    "Reference",
    "UsedOnce",
]
