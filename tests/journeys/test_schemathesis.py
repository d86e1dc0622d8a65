"""The whole OpenAPI document against a running server: no answer that it does not describe, and no fault of ours."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import CHECKS

if TYPE_CHECKING:
    from tests.journeys.conftest import City

# With these as many calls are made as fit into a minute; the same ones in each run.
EXAMPLES = 20
MANY = "/api/v1/verifications/batch/"
# The committed file is what the server says: tests/exchange/test_openapi_file.py.
schema = schemathesis.openapi.from_path(Path(__file__).resolve().parents[2] / "docs" / "openapi.yaml")


@pytest.fixture(scope="session")
def token(city: "City") -> str:
    client = city.demonstration["client"]
    form = {"grant_type": "client_credentials", "scope": "verify disclose issue"}
    answer = httpx.post(f"{city.address}/oauth/token/", data=form, auth=(client["id"], client["secret"]))
    return str(answer.json()["access_token"])


@schema.parametrize()
@settings(max_examples=EXAMPLES, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_call_answers_as_it_is_described(case: schemathesis.Case, city: "City", token: str) -> None:
    # A value of the right form may still name nothing that there is: that 400 is described too.
    without: Any = [CHECKS.get_one("positive_data_acceptance")]
    if case.path == MANY:
        # A faulty row is answered by a problem of its own, beside the answers of the others.
        without.append(CHECKS.get_one("negative_data_rejection"))
    headers = {"Authorization": f"Bearer {token}"}
    case.call_and_validate(city.address, headers=headers, excluded_checks=without, timeout=30)
