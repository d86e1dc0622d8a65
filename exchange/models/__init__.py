"""The tables of the exchange."""

from exchange.models.agreements import Agreement
from exchange.models.applications import Application, CaseSequence, Reference
from exchange.models.authorisations import Authorisation
from exchange.models.redress import Deferral, Objection
from exchange.models.sharing import Download
from exchange.models.subscriptions import Delivery, Reliance, Subscription

__all__ = [
    "Agreement",
    "Application",
    "Authorisation",
    "CaseSequence",
    "Deferral",
    "Delivery",
    "Download",
    "Objection",
    "Reference",
    "Reliance",
    "Subscription",
]
