"""Who enters the issuer's room in tests, and what they find there."""

from typing import Any

from django.test import Client

from foundation.context import PLATFORM
from registry.defining import define_type
from registry.forms import Form
from registry.models import Person
from tests import factories as make

SCHEMA = {
    "type": "object",
    "properties": {
        "location": {"type": "string", "title": "坐落", "x-title-en": "Location", "maxLength": 300},
        "area": {"type": "number", "minimum": 0, "title": "面积", "x-title-en": "Area"},
        "until": {"type": "string", "format": "date", "title": "使用期限至", "x-title-en": "Used until"},
        "use": {"enum": ["工业", "住宅"], "title": "用途", "x-title-en": "Use"},
        "new": {"type": "boolean", "title": "新增", "x-title-en": "New land"},
        "plots": {
            "type": "array",
            "title": "地块",
            "x-title-en": "Plots",
            "items": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}},
        },
    },
    "required": ["location"],
}
NUMBER = make.company_code(1)


def browser(person: Person, language: str = "en") -> Client:
    """Return a browser signed in as the person."""
    made = Client(headers={"accept-language": language})
    made.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return made


def staff(role: str = "clerk", code: str = "L", language: str = "en") -> Client:
    """Return a browser of somebody with this role in the Land Bureau."""
    return browser(make.clerk(code, role), language)


def land_form(**values: Any) -> None:
    """Give the Land Bureau's opinion a form with one field of each kind."""
    define_type(make.licence_type(make.LAND), Form(schema=SCHEMA, **values), actor=PLATFORM)


def filled(**changed: str) -> dict[str, str]:
    """Return a form of the page that holds."""
    return {
        "holder-0-name": "演示企业1有限公司",
        "holder-0-code_type": "001",
        "holder-0-number": NUMBER,
        "field-location": "高新区天府大道",
        "field-area": "12.5",
        "field-use": "工业",
        **changed,
    }
