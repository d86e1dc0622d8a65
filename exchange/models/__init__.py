"""The tables of the exchange."""

from exchange.models.agreements import Agreement, AgreementStep, QuotaUse, StaffNotice
from exchange.models.applications import Application, CaseSequence, Reference
from exchange.models.authorisations import Authorisation, AuthorisationCode, AuthorisationUse, Duty
from exchange.models.casework import Assistance, CaseFile, ItemLoad, PaperFallback, Review, Standstill
from exchange.models.corrections import Correction
from exchange.models.policy import PolicyChange
from exchange.models.quality import Assessment, Finding, QualityFigure, QualitySweep, TypeChange
from exchange.models.redress import Deferral, Objection
from exchange.models.sharing import Download
from exchange.models.subscriptions import Delivery, Reliance, Subscription
from exchange.models.traffic import RateBucket, UsedOnce

__all__ = [
    "Agreement",
    "AgreementStep",
    "Application",
    "Assessment",
    "Assistance",
    "Authorisation",
    "AuthorisationCode",
    "AuthorisationUse",
    "CaseFile",
    "CaseSequence",
    "Correction",
    "Deferral",
    "Delivery",
    "Download",
    "Duty",
    "Finding",
    "ItemLoad",
    "Objection",
    "PaperFallback",
    "PolicyChange",
    "QualityFigure",
    "QualitySweep",
    "QuotaUse",
    "RateBucket",
    "Reference",
    "Reliance",
    "Review",
    "StaffNotice",
    "Standstill",
    "Subscription",
    "TypeChange",
    "UsedOnce",
]
