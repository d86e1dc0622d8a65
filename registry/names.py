"""Comparing the names of licences (the study's section 2.2): without 《》, white space and width differences."""

import re
import unicodedata
from collections.abc import Iterable, Iterator

_DROPPED = str.maketrans("", "", "《》〈〉")


_WILDCARD = re.compile("×{2,}")


def comparable(name: str) -> str:
    """Return `name` in the form in which two names of the same licence are equal."""
    folded = unicodedata.normalize("NFKC", name).translate(_DROPPED)
    return "".join(folded.split()).casefold()


class NameIndex:
    """Finds names that mean the same: `××` in a name stands for any text."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = {comparable(name): name for name in names}
        self._patterns = [(_pattern(key), name) for key, name in self._names.items() if _WILDCARD.search(key)]

    def find(self, name: str) -> Iterator[str]:
        """Yield the indexed names that `name` may mean: the same, else those whose `××` it fills or that fill its."""
        key = comparable(name)
        if key in self._names:
            yield self._names[key]
            return
        for pattern, known in self._patterns:
            if pattern.fullmatch(key):
                yield known
        if _WILDCARD.search(key):
            wanted = _pattern(key)
            yield from (known for known_key, known in self._names.items() if wanted.fullmatch(known_key))


def _pattern(key: str) -> re.Pattern[str]:
    return re.compile(".+".join(map(re.escape, _WILDCARD.split(key))))
