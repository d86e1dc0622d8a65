"""What every page's frame shows."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from foundation.reasons import Both
from portal.who import visitor_of


def platform(request: HttpRequest) -> dict[str, Any]:
    """Return the city's name and who is signed in."""
    return {"city": Both(settings.CITY_ZH, settings.CITY_EN), "visitor": visitor_of(request)}
