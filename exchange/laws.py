"""How a law is named: its title in Chinese marks, and the article (《…》第…条). Pure."""

import re

_LAW = re.compile(r"《[^《》]{2,100}》.{0,40}?第[〇零一二三四五六七八九十百千0-9]{1,8}条")


def names_law(text: str) -> bool:
    """Say whether a text names a law and an article of it."""
    return bool(_LAW.search(text))
