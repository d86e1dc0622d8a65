import socket
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from django.db.backends.postgresql.base import DatabaseWrapper
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from config.configuration import note_configuration


def check_port_is_free(host: str, port: int) -> None:
    """Raise a sentence where something else listens there already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CommandError(
                f"{host}:{port} cannot be served on ({error.strerror}). End what listens there, or choose another "
                "port: make run PORT=8001"
            ) from error


def _leave_the_database() -> None:
    # Granian forks its workers, and the threads of a pool that fills itself do not live on in a fork: a worker would
    # have this process's idle connections, wait in vain for more, and share their sockets.
    for connection in connections.all(initialized_only=True):
        connection.close()
        if isinstance(connection, DatabaseWrapper):
            connection.close_pool()


class Command(BaseCommand):
    help = "Serve the platform with granian."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--workers", type=int, default=1)
        parser.add_argument("--threads", type=int, default=4, help="requests that one worker answers at once")

    def handle(self, *args: Any, host: str, port: int, workers: int, threads: int, **options: Any) -> None:
        check_port_is_free(host, port)
        note_configuration("server")
        _leave_the_database()
        Granian(
            "config.wsgi:application",
            address=host,
            port=port,
            interface=Interfaces.WSGI,
            workers=workers,
            blocking_threads=threads,
            log_access=False,
            log_level=LogLevels.warning,
        ).serve()
