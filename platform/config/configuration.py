"""The configuration in the record: an entry at each start of a part whose settings are not those last noted for it."""

from importlib.metadata import version

from django.conf import settings
from django.db import transaction

from audit.queries import entries_about
from audit.recording import Subject, record
from foundation.context import PLATFORM

KIND = "configuration"


def effective_settings() -> list[str]:
    """Return the settings in force as `NAME=value`, in the order of the reference.

    Of a secret, and of an address that may hold a password, only whether it is set; of the sealing keys their names.
    """
    found = {"VERSION": version("licence-exchange"), **settings.ENVIRONMENT.effective()}
    found["LICENCE_EXCHANGE_SEALING_KEYS"] = ",".join(settings.SEALING_RING.keys)
    return [f"{name}={value}" for name, value in found.items()]


@transaction.atomic
def note_configuration(part: str) -> None:
    """Record the settings of a part (server, worker, beat, prepare) where they are not those last recorded for it."""
    wanted = effective_settings()
    last = entries_about(KIND, [part]).first()
    if last is None or last.fields != wanted:
        record(action="configure", actor=PLATFORM, subject=Subject(KIND, part), outcome="done", fields=wanted)
