from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from config.management.commands.serve import check_port_is_free
from portal.demonstration.filling import Demonstration, fill
from registry import queries as registry


class Command(BaseCommand):
    help = "Fill an empty platform with the reference city, print its accounts, and serve it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--no-serve", action="store_true", help="only fill and print")

    def handle(self, *args: Any, host: str, port: int, no_serve: bool, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("The reference city is for a first look only; in production run `prepare` and `serve`.")
        if not no_serve:
            check_port_is_free(host, port)
        call_command("prepare", verbosity=0)
        demonstration = Demonstration.load()
        if registry.catalogue_size()["items"] == 0:
            self.stdout.write("Filling the reference city (about half a minute, once)")
            demonstration = fill()
        if demonstration is None:
            raise CommandError(
                f"{Demonstration.path()} is missing, but the database already holds a catalogue. "
                "Serve it with `manage.py serve`, or set DATABASE_URL and LICENCE_EXCHANGE_DATA_DIR to an empty place."
            )
        self._greet(demonstration, f"http://{host}:{port}/")
        if not no_serve:
            call_command("serve", host=host, port=port)

    def _greet(self, demonstration: Demonstration, address: str) -> None:
        lines = [f"\nLicence Exchange · 证照互通  {address}\n", "Demonstration accounts · 演示账号"]
        lines += [f"  {a['username']:<14} {a['password']}   {a['name']}" for a in demonstration.accounts.values()]
        client = demonstration.client
        lines += [
            f"API client of department {client['department']} · 接口客户端",
            f"  id      {client['id']}",
            f"  secret  {client['secret']}",
            f"API pages {address}api/docs/   Stop with Ctrl-C\n",
        ]
        self.stdout.write("\n".join(lines))
