"""Periodic work: sessions and access tokens past their end are removed."""

from celery import shared_task
from django.core.management import call_command


@shared_task(name="registry.clear_expired")
def clear_expired() -> None:
    """Remove expired sessions and tokens."""
    call_command("clearsessions")
    call_command("cleartokens")
