from argparse import ArgumentParser
from typing import Any

import httpx
from django.core.management.base import BaseCommand, CommandError

from portal.demonstration.filling import Demonstration
from portal.walking.walk import STEPS, Walk, take


class Command(BaseCommand):
    help = "Play the whole chain against the running server over HTTP, as citizen, clerk, administrator and system."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--address", default="http://127.0.0.1:8000")

    def handle(self, *args: Any, address: str, **options: Any) -> None:
        demonstration = Demonstration.load()
        if demonstration is None:
            raise CommandError("There are no demonstration accounts here: start `make run` first, in another window.")
        walk = Walk(address.rstrip("/"), demonstration)
        try:
            for number, (name, held, found) in enumerate(take(walk), start=1):
                mark = self.style.SUCCESS("holds") if held else self.style.ERROR("FAILS")
                self.stdout.write(f"{number:>2}/{len(STEPS)} {mark}  {name}\n             {found}")
                if not held:
                    raise CommandError(f"Step {number} does not hold: {found}")
        except httpx.TransportError as error:
            raise CommandError(f"No server answers at {address} ({error}). Start it with `make run`.") from error
        finally:
            walk.close()
        self.stdout.write(self.style.SUCCESS("The whole chain holds."))
