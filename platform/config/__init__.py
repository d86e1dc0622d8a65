"""The Django project: settings, addresses, server, jobs. `platform/` is a source root, not a package."""

from config.jobs import app as celery_app

__all__ = ["celery_app"]
