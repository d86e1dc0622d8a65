#!/usr/bin/env python
"""Django's command line for Licence Exchange."""

import os
import sys


def main() -> None:
    """Run a management command; settings that are not usable end with their list, not with a traceback."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"licence-exchange: {error}")


if __name__ == "__main__":
    main()
