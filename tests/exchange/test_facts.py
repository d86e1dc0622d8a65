"""What a server keeps in memory of the access decision holds while the facts do: none of them may be forgotten."""

import re
from collections.abc import Callable

import pytest
from django.db import connection, models
from django.test.utils import CaptureQueriesContext

from exchange.asking import Ask, standing_of_client
from exchange.models import PolicyChange
from exchange.surveying import read_facts, survey
from exchange.versioning import VERSION, fact_models, fold
from foundation.clock import now
from registry.models import Client
from tests import factories as make

pytestmark = pytest.mark.django_db

_TABLE = re.compile(r'(?:FROM|JOIN) "(\w+)"')
# That a type has licences stays so: none is ever deleted.
_LASTING = {"licences_licence"}
ASKS: list[Callable[[], Ask]] = [
    lambda: make.ask("X-1"),
    lambda: make.ask("X-1", case="外部-1"),
    lambda: make.ask("X-1", "O3", case="外部-1"),
    lambda: make.ask("X-1", "O4", case="外部-1"),
    lambda: make.ask("X-1", "L1", case="外部-1"),
    lambda: make.ask("X-1", "D2", case="外部-1"),
    lambda: make.ask("X-1", "nothing", case="外部-1"),
    lambda: make.ask("X-1", case="外部-1", licence_type=make.ENVIRONMENT),
    lambda: make.ask("X-1", case="外部-1", licence_type="没有"),
    lambda: make.ask(make.issued(make.LAND).identifier, case="外部-1"),
]


@pytest.mark.parametrize("number", range(len(ASKS)))
@pytest.mark.parametrize("code", ["O", "D"])
def test_whatever_a_survey_reads_is_a_fact(number: int, code: str) -> None:
    make.city()
    make.agreement()
    client, _ = make.client(code)
    ask = ASKS[number]()
    with CaptureQueriesContext(
        connection,
    ) as read:
        standing = standing_of_client(Client.objects.get(pk=client.pk))
        survey(ask, standing, now())
        read_facts("x", now())
    tables = {table for query in read.captured_queries for table in _TABLE.findall(query["sql"])}
    assert tables
    assert tables <= {model._meta.db_table for model in fact_models()} | _LASTING


@pytest.mark.about("postgresql")
def test_a_change_of_any_fact_is_another_version() -> None:
    make.city()
    make.agreement()
    make.client()
    for model in fact_models():
        before = _version()
        _touch(model)
        assert _version() != before, model


def _version() -> str:
    with connection.cursor() as cursor:
        cursor.execute(VERSION)
        return str(cursor.fetchone()[0])


@pytest.mark.about("postgresql")
def test_many_changes_are_folded_into_one_row_which_is_another_version() -> None:
    make.city()
    for _ in range(101):
        _touch(Client)
    before, rows = _version(), PolicyChange.objects.count()
    assert fold() == rows
    assert PolicyChange.objects.count() == 1
    assert _version() != before
    assert fold() == 0


def _touch(model: type[models.Model]) -> None:
    column = next(c for c in model._meta.concrete_fields if not c.primary_key).attname
    model._default_manager.update(**{column: models.F(column)})


@pytest.mark.about("postgresql")
def test_what_is_no_fact_leaves_the_version() -> None:
    make.city()
    before = _version()
    make.issued(make.LAND)
    make.person()
    assert _version() == before
