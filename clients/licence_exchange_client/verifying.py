"""Verifying licences, and reading their permitted fields."""

from typing import Any, cast
from urllib.parse import quote

from licence_exchange_client.answers import Disclosure, Operator, Verification
from licence_exchange_client.connection import Connection


class Verifying(Connection):
    """The calls of a department that relies on others' licences."""

    def verify(
        self,
        number: str,
        *,
        item: str,
        purpose: str,
        case: str = "",
        licence_type: str = "",
        holder_code: str = "",
        operator: Operator | None = None,
    ) -> Verification:
        """Verify a licence by number for an item; name the case, or else the operator: then it is yes or no only.

        Raise `Problem` where the platform refuses, `httpx.HTTPError` where it cannot be reached.
        """
        body: dict[str, Any] = {"number": number, "item": item, "purpose": purpose, "case": case}
        body |= {"licence_type": licence_type, "holder_code": holder_code}
        if operator:
            body["operator"] = operator
        return cast("Verification", self.call("POST", "/api/v1/verifications/", again=True, json=body))

    def fields(
        self, identifier: str, *, item: str, purpose: str, case: str, operator: Operator | None = None
    ) -> Disclosure:
        """Read the permitted fields of a licence for a case; raises as `verify` does."""
        why = {"item": item, "purpose": purpose, "case": case}
        headers = {"Operator": f"{operator['account']};{quote(operator['name'])}"} if operator else {}
        path = f"/api/v1/licences/{quote(identifier, safe='')}/"
        return cast("Disclosure", self.call("GET", path, again=True, params=why, headers=headers))
