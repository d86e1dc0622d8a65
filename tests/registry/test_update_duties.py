"""`manage.py update_duties`: notes, extends, and names who is late."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from tests import factories as make

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    printed = StringIO()
    call_command("update_duties", *arguments, stdout=printed)
    return printed.getvalue()


def test_a_duty_is_noted_named_when_late_and_extended_once() -> None:
    make.city()
    printed = run("--note", "O", "规划许可证换版", "--arose-on", "2026-09-01")
    number = printed.split()[1].rstrip(":")
    assert "due on 2026-09-15" in printed
    assert f"late  {number}  O 规划局  2026-09-15  规划许可证换版" in printed
    # Sunday 20 September is worked in exchange for the National Day holidays.
    assert "due on 2026-09-21" in run("--extend", number)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--note", "ZZ", "x"], "no department ZZ"),
        (["--note", "O", "x", "--arose-on", "soon"], "no day"),
        (["--extend", "999"], "no open duty 999"),
    ],
)
def test_bad_input_is_named(arguments: list[str], words: str) -> None:
    make.city()
    with pytest.raises(CommandError, match=words):
        run(*arguments)
