"""The person behind a call: named in the body of a verification, or by every call in the header `Operator`.

The header holds the account and the name, split by a semicolon, the name percent-encoded in UTF-8 (RFC 3986):
`Operator: zhang.san;%E5%BC%A0%E4%B8%89`.
"""

import unicodedata
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request

from foundation.reasons import Refused, because

HEADER = "Operator"
PARAMETER = OpenApiParameter(
    HEADER,
    {"type": "string", "maxLength": 800, "pattern": r"^[!-:<-~]{1,80};[!-:<-~]{1,700}$"},
    OpenApiParameter.HEADER,
    description="The person behind a call: account, semicolon, percent-encoded name · 经办人：账号;姓名(百分号编码)",
)


class Readable(serializers.CharField):
    """A text of visible characters: nothing that hides in the record or turns the direction of what stands there."""

    default_error_messages = {"invisible": "holds a character that nobody sees"}

    def to_internal_value(self, data: Any) -> str:
        """Return the text without spaces around it."""
        text = super().to_internal_value(data)
        # Controls, formats (bidirectional marks too), surrogates, private use, unassigned; separators but the space.
        if any(unicodedata.category(c)[0] == "C" or (unicodedata.category(c)[0] == "Z" and c != " ") for c in text):
            self.fail("invisible")
        return text


class OperatorSerializer(serializers.Serializer[Any]):
    """The person behind a call."""

    account = Readable(max_length=80)
    name = Readable(max_length=80)


def operator_named(request: Request, given: Mapping[str, str] | None = None) -> str:
    """Return the person behind a call as the record names them, or nothing where nobody is named."""
    person = given or _in_header(request)
    return f"{person['name']} ({person['account']})" if person else ""


def _in_header(request: Request) -> Mapping[str, str] | None:
    value = request.headers.get(HEADER)
    if value is None:
        return None
    account, _, name = value.partition(";")
    try:
        found = OperatorSerializer(data={"account": account, "name": unquote(name, errors="strict")})
        holds = value.isascii() and found.is_valid()
    except UnicodeDecodeError:
        holds = False
    if not holds:
        grounds = because("operator_malformed", header=HEADER)
        raise Refused(because("input_invalid"), fields={HEADER: grounds})
    return dict(found.validated_data)
