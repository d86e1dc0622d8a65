"""Jobs: Celery on Redis, or without Redis an embedded runner that works the same schedule inside the server."""

import logging
import os
import threading
import time

from celery import Celery
from django.conf import settings
from django.core.cache import cache
from django.db import close_old_connections

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("licence_exchange")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

log = logging.getLogger(__name__)
_started = threading.Lock()


def run_due(at: float) -> list[str]:
    """Run each scheduled task whose slot of time nobody has claimed yet; return the names of those run.

    A slot is claimed in the cache, which without Redis is the database: several server processes share one schedule.
    """
    app.loader.import_default_modules()
    ran = []
    for name, entry in settings.CELERY_BEAT_SCHEDULE.items():
        seconds = entry["schedule"].total_seconds()
        if cache.add(f"job:{name}:{int(at // seconds)}", 1, timeout=int(seconds) + 60):
            try:
                app.tasks[entry["task"]]()
                ran.append(name)
            except Exception:
                # One failing job must not end the runner; the next slot tries again.
                log.exception("job %s failed", name)
    return ran


def _run_forever() -> None:
    while True:
        try:
            close_old_connections()
            run_due(time.time())
        except Exception:
            log.exception("the embedded runner could not reach the database")
        time.sleep(5)


def _sequence_forever() -> None:
    # Its tables can be imported only when the apps are ready, which is after this module.
    from audit.sequencing import sequence_until

    sequence_until(threading.Event())


def start_embedded_runner() -> bool:
    """Start the runner in this process, once, where there is no Redis; return whether it was started.

    Beside it runs a sequencer, so that the record's tree is at most a second behind here too.
    """
    if settings.REDIS_URL or not _started.acquire(blocking=False):
        return False
    for name, work in (("embedded-jobs", _run_forever), ("embedded-sequencer", _sequence_forever)):
        threading.Thread(target=work, name=name, daemon=True).start()
    return True
