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
    # Access ends with the instant of an agreement's end; this only says so in its state, and reminds.
    "keep-agreement-clocks": {"task": "exchange.keep_agreement_clocks", "schedule": dt.timedelta(minutes=5)},
    "forget-used": {"task": "exchange.forget_used", "schedule": dt.timedelta(minutes=5)},
    "tell-subscribers": {"task": "exchange.tell_subscribers", "schedule": dt.timedelta(seconds=5)},
    "escalate-reports": {"task": "exchange.escalate_reports", "schedule": dt.timedelta(minutes=10)},
    "count-quality": {"task": "exchange.count_quality", "schedule": dt.timedelta(seconds=30)},
    "keep-terms": {"task": "exchange.keep_terms", "schedule": dt.timedelta(minutes=10)},
    "follow-licences": {"task": "exchange.follow_licences", "schedule": dt.timedelta(seconds=10)},
    "count-load": {"task": "exchange.count_load", "schedule": dt.timedelta(minutes=15)},
    "count-usage": {"task": "audit.count_usage", "schedule": dt.timedelta(seconds=10)},
    "watch-use": {"task": "audit.watch_use", "schedule": dt.timedelta(seconds=30)},
    "fold-policy-changes": {"task": "exchange.fold_policy_changes", "schedule": dt.timedelta(seconds=30)},
    "clear-sessions": {"task": "registry.clear_expired", "schedule": dt.timedelta(hours=6)},
}
