"""Verifies licences without network: credentials, offline codes and sealed documents. Needs no Django.

>>> checker = Checker(load(Path("saved")), at=datetime.now(UTC))
>>> checker.check(text).signature.holds
True
"""

from licence_verify.checking import Answer, Checker, Finding
from licence_verify.saved import Saved, SavedError, load

__all__ = ["Answer", "Checker", "Finding", "Saved", "SavedError", "load"]
