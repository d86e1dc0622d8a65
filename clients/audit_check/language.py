"""Which language people are spoken to in."""

import locale
import os
from typing import Literal

Language = Literal["zh", "en"]


def default_language() -> Language:
    """Return the language of the environment."""
    named = os.environ.get("LC_ALL") or os.environ.get("LANG") or locale.getlocale()[0] or ""
    return "zh" if named.lower().startswith(("zh", "chinese")) else "en"
