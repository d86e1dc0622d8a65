"""The tables of the exchange."""

from exchange.models.agreements import Agreement
from exchange.models.applications import Application, CaseSequence, Reference
from exchange.models.authorisations import Authorisation
from exchange.models.corrections import Correction
from exchange.models.quality import Assessment, Finding, QualityFigure, QualitySweep, TypeChange
from exchange.models.redress import Deferral, Objection

__all__ = [
    "Agreement",
    "Application",
    "Assessment",
    "Authorisation",
    "CaseSequence",
    "Correction",
    "Deferral",
    "Finding",
    "Objection",
    "QualityFigure",
    "QualitySweep",
    "Reference",
    "TypeChange",
]
