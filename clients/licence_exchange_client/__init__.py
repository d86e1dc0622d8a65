"""A client of the exchange API for a department's own system. It runs without Django and without the platform."""

from licence_exchange_client.client import LicenceExchange
from licence_exchange_client.errors import Problem
from licence_exchange_client.keys import PrivateKey

__all__ = ["LicenceExchange", "PrivateKey", "Problem"]
