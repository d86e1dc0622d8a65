"""The tables of the exchange."""

from exchange.models.agreements import Agreement, AgreementStep, QuotaUse, StaffNotice
from exchange.models.applications import Application, CaseSequence, Reference
from exchange.models.authorisations import Authorisation, AuthorisationCode, AuthorisationUse, Duty
from exchange.models.redress import Deferral, Objection
from exchange.models.sharing import Download
from exchange.models.subscriptions import Delivery, Reliance, Subscription
from exchange.models.traffic import RateBucket, UsedOnce

__all__ = [
    "Agreement",
    "AgreementStep",
    "Application",
    "Authorisation",
    "AuthorisationCode",
    "AuthorisationUse",
    "CaseSequence",
    "Deferral",
    "Delivery",
    "Download",
    "Duty",
    "Objection",
    "QuotaUse",
    "RateBucket",
    "Reference",
    "Reliance",
    "StaffNotice",
    "Subscription",
    "UsedOnce",
]
