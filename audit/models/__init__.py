"""The tables of the record, and of what is kept from it: figures of use and flags of odd use."""

from audit.models.flags import Flag, Window
from audit.models.record import Entry, Pending, Personal, Sequenced
from audit.models.usage import Cursor, Seen, UsageHour

__all__ = ["Cursor", "Entry", "Flag", "Pending", "Personal", "Seen", "Sequenced", "UsageHour", "Window"]
