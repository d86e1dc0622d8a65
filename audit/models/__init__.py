"""The tables of the record, and of what is kept from it: figures of use and flags of odd use."""

from audit.models.flags import Flag, Window
from audit.models.record import Archive, Checkpoint, Entry, LogKey, Pending, Personal, Sequenced, Tile, Tree
from audit.models.usage import Cursor, Seen, UsageHour
from audit.models.witnesses import Cosignature, Witness

__all__ = [
    "Archive",
    "Checkpoint",
    "Cosignature",
    "Cursor",
    "Entry",
    "Flag",
    "LogKey",
    "Pending",
    "Personal",
    "Seen",
    "Sequenced",
    "Tile",
    "Tree",
    "UsageHour",
    "Window",
    "Witness",
]
