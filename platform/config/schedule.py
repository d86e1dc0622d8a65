"""What runs periodically, by Celery's beat or, without Redis, by the embedded runner."""

import datetime as dt
from typing import Any

BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "expire-licences": {"task": "licences.expire_due", "schedule": dt.timedelta(minutes=1)},
    "resign-compromised": {"task": "licences.resign_compromised", "schedule": dt.timedelta(minutes=1)},
    # A list may be kept for a minute, so a change is known everywhere within little more than one.
    "publish-status-lists": {"task": "licences.publish_status_lists", "schedule": dt.timedelta(seconds=15)},
    "issue-batches": {"task": "licences.issue_batches", "schedule": dt.timedelta(seconds=10)},
    # Where no `manage.py sequence` runs. A message that waited is of no use: the next one does its work.
    "sequence-record": {"task": "audit.sequence", "schedule": dt.timedelta(seconds=1), "options": {"expires": 2}},
    "escalate-objections": {"task": "exchange.escalate_objections", "schedule": dt.timedelta(minutes=10)},
    "forget-used": {"task": "exchange.forget_used", "schedule": dt.timedelta(minutes=5)},
    "count-usage": {"task": "audit.count_usage", "schedule": dt.timedelta(seconds=10)},
    "watch-use": {"task": "audit.watch_use", "schedule": dt.timedelta(seconds=30)},
    "clear-sessions": {"task": "registry.clear_expired", "schedule": dt.timedelta(hours=6)},
}
