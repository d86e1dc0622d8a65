"""The WSGI application."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django_application = get_wsgi_application()

# The apps must be ready before these.
from config.jobs import start_embedded_runner  # noqa: E402
from exchange.api.fast.door import with_short_way  # noqa: E402

application = with_short_way(django_application)
start_embedded_runner()
