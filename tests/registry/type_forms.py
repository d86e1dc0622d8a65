"""A form of a licence type to test with: one field of each kind."""

from typing import Any

from registry.forms import Form

NAME = {"type": "string", "title": "权利人", "x-title-en": "Right holder", "maxLength": 20}
UNTIL = {"type": "string", "format": "date", "title": "截止日期", "x-title-en": "Until"}
AREA = {"type": "number", "minimum": 0, "maximum": 1000, "title": "面积", "x-title-en": "Area"}
CODE = {
    "type": "string", "pattern": "^[0-9]{6}$", "title": "代码", "x-title-en": "Code",
    "description": "六位数字", "x-description-en": "six digits",
}  # fmt: skip
SCHEMA = {
    "type": "object",
    "properties": {
        "holderOfRight": NAME,
        "until": UNTIL,
        "area": AREA,
        "code": CODE,
        "use": {"enum": ["住宅", "厂房"], "title": "用途", "x-title-en": "Use"},
        "investors": {
            "type": "array", "maxItems": 2, "title": "投资者", "x-title-en": "Investors",
            "items": {"type": "object", "required": ["name"], "properties": {"name": NAME}},
        },
    },
    "required": ["holderOfRight"],
    "x-expected": ["area", "projectName"],
}  # fmt: skip
FORM = Form(schema=SCHEMA)


def with_fields(**properties: Any) -> dict[str, Any]:
    """Return the form's schema with these fields added or changed."""
    return {**SCHEMA, "properties": {**SCHEMA["properties"], **properties}}  # type: ignore[dict-item]
