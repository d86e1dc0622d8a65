from typing import Any

from celery.signals import beat_init, worker_ready
from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "config"
    verbose_name = "Deployment"

    def ready(self) -> None:
        worker_ready.connect(_note_worker)
        beat_init.connect(_note_beat)


def _note_worker(**_: Any) -> None:
    _note("worker")


def _note_beat(**_: Any) -> None:
    _note("beat")


def _note(part: str) -> None:
    from config.configuration import note_configuration

    note_configuration(part)
