"""Which state of the facts behind the access decision is in force."""

from uuid import UUID

from django.db import models


class PolicyVersion(models.Model):
    """The one row that a change of any fact behind the access decision replaces: triggers do, on PostgreSQL.

    Servers that keep decided facts in memory keep them for one version. It is random, so that a database put back to an
    earlier state shows no version that stood for another one.
    """

    ONLY = 1

    id = models.SmallIntegerField(primary_key=True, default=ONLY)
    version = models.UUIDField(default=UUID(int=0))

    class Meta:
        verbose_name_plural = "policy version"

    def __str__(self) -> str:
        return str(self.version)
