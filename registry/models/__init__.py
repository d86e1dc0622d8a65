"""The registry's tables."""

from registry.models.catalogue import Alias, Department, Item, LicenceType, Need, Yield
from registry.models.people import Client, Membership, Person

__all__ = ["Alias", "Client", "Department", "Item", "LicenceType", "Membership", "Need", "Person", "Yield"]
