"""Which version of the facts behind the access decision is in force."""

from django.db import models


class PolicyChange(models.Model):
    """A change of any fact behind the access decision: triggers write one, on PostgreSQL, in the change's transaction.

    Servers that keep decided facts in memory keep them for one version: the exclusive or of all numbers, which are
    random, so that a change which commits late counts too, and a database put back to an earlier state shows no version
    that stood for another one. Rows are only added, so that those who change facts never wait for each other here.
    """

    number = models.BigIntegerField()

    class Meta:
        verbose_name = "policy change"

    def __str__(self) -> str:
        return f"change {self.pk}"
