import os
from contextlib import suppress
from importlib.util import find_spec, module_from_spec
from typing import Any
from unittest.mock import patch

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand

from config.environment import DEVELOPMENT, PRODUCTION, Environment, Variable

_HEAD = """\
# Settings

Every variable that the settings read, made from `platform/config/settings.py` by `make reference`. A variable that is
empty counts as not set. Paths are relative to the folder of the code. Without what production demands
(`LICENCE_EXCHANGE_ENV=production`) nothing starts, and all faults are named at once.

| Variable | Default | Meaning | Production demands it |
| --- | --- | --- | --- |
"""


class Command(BaseCommand):
    help = "Print the settings reference (docs/settings.md)."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        development, production = _read(DEVELOPMENT), _read(PRODUCTION)
        in_production = {variable.name: variable for variable in production.variables}
        rows = [
            _row(variable, in_production[variable.name], demanded=_is_demanded(variable, production))
            for variable in development.variables
        ]
        self.stdout.write(_HEAD + "\n".join(rows))


def _read(mode: str) -> Environment:
    """Read the settings anew in `mode` with nothing else set, whatever this process's environment holds."""
    spec = find_spec("config.settings")
    if spec is None or spec.loader is None:
        raise ImportError("config.settings cannot be found")
    module = module_from_spec(spec)
    # Production demands more than the mode: what exactly is read from its faults.
    with patch.dict(os.environ, {"LICENCE_EXCHANGE_ENV": mode}, clear=True), suppress(ImproperlyConfigured):
        spec.loader.exec_module(module)
    environment: Environment = module.ENVIRONMENT
    return environment


def _is_demanded(variable: Variable, production: Environment) -> bool:
    return any(fault.startswith(f"{variable.name} ") for fault in production.faults)


def _row(variable: Variable, in_production: Variable, *, demanded: bool) -> str:
    default = _shown(variable.default)
    if not demanded and in_production.default != variable.default:
        default += f"; in production {_shown(in_production.default)}"
    cells = (f"`{variable.name}`", default, variable.meaning, "yes" if demanded else "")
    return f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"


def _shown(default: str) -> str:
    text = default.replace(f"{settings.BASE_DIR}{os.sep}", "")
    return f"`{text}`" if text else ""
