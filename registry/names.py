"""Comparing the names of licences (the study's section 2.2): without 《》, white space and width differences."""

import unicodedata

_DROPPED = str.maketrans("", "", "《》〈〉")


def comparable(name: str) -> str:
    """Return `name` in the form in which two names of the same licence are equal."""
    folded = unicodedata.normalize("NFKC", name).translate(_DROPPED)
    return "".join(folded.split()).casefold()
