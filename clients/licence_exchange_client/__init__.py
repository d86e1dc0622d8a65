"""A small client of the exchange API for a department's own system. Needs httpx only, no Django."""

from licence_exchange_client.client import LicenceExchange
from licence_exchange_client.errors import Problem

__all__ = ["LicenceExchange", "Problem"]
