"""The registry's tables."""

from registry.models.catalogue import Alias, Department, ExternalSource, Item, LicenceType, Need, Yield
from registry.models.forms import LicenceTypeVersion
from registry.models.history import CatalogueChange, CatalogueVersion, Succession, UpdateDuty
from registry.models.people import Client, ClientKey, Membership, Person

__all__ = [
    "Alias",
    "CatalogueChange",
    "CatalogueVersion",
    "Client",
    "ClientKey",
    "Department",
    "ExternalSource",
    "Item",
    "LicenceType",
    "LicenceTypeVersion",
    "Membership",
    "Need",
    "Person",
    "Succession",
    "UpdateDuty",
    "Yield",
]
