"""The committed OpenAPI file is what the code says."""

from io import StringIO
from pathlib import Path

from django.core.management import call_command

FILE = Path(__file__).resolve().parents[2] / "docs" / "openapi.yaml"


def test_the_file_is_up_to_date() -> None:
    made = StringIO()
    call_command("spectacular", "--api-version", "v1", stdout=made)
    assert FILE.read_text("utf-8") == made.getvalue(), "run `make reference`"
