"""Typed reading of environment variables that fails loudly: every fault at once, each with what to set.

Each variable is named once, where settings read it; the settings reference is generated from those calls.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from django.core.exceptions import ImproperlyConfigured

Value = TypeVar("Value")
PRODUCTION, DEVELOPMENT = "production", "development"


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable of the settings reference; `hidden` where its value may hold a secret."""

    name: str
    default: str
    meaning: str
    required: bool
    hidden: bool = False


@dataclass(slots=True)
class Environment:
    """Reads `values` and collects faults until `finish`."""

    values: Mapping[str, str]
    variables: list[Variable] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    production: bool = False

    def mode(self) -> bool:
        """Read LICENCE_EXCHANGE_ENV; return whether this is production."""
        name = "LICENCE_EXCHANGE_ENV"
        meaning = "`development`, or `production` which demands real secrets."
        mode = self.text(name, default=DEVELOPMENT, meaning=meaning)
        if mode not in (DEVELOPMENT, PRODUCTION):
            self.faults.append(f"{name} is {mode!r}: set it to {DEVELOPMENT} or {PRODUCTION}.")
        self.production = mode == PRODUCTION
        return self.production

    def read(
        self,
        name: str,
        parse: Callable[[str], Value],
        *,
        default: str,
        meaning: str,
        secret: bool = False,
        demanded: bool = False,
        hidden: bool = False,
    ) -> Value:
        """Read and parse one variable. One that is `demanded`, as every `secret` is, has no default in production.

        What is `hidden`, as every `secret` is, is shown nowhere.
        """
        shown = "" if secret else default
        self.variables.append(Variable(name, shown, meaning, secret or demanded, hidden=secret or hidden))
        given = self.values.get(name, "").strip()
        if (secret or demanded) and self.production and given in ("", default):
            state = "missing" if not given else "the published development value"
            self.faults.append(f"{name} is {state}: set it. {meaning}")
        try:
            return parse(given or default)
        except ValueError as error:
            self.faults.append(f"{name} {error}: set it right. {meaning}")
            return parse(default)

    def text(self, name: str, *, default: str = "", meaning: str, secret: bool = False, hidden: bool = False) -> str:
        """Read a text."""
        return self.read(name, str, default=default, meaning=meaning, secret=secret, hidden=hidden)

    def choice(self, name: str, choices: tuple[str, ...], *, meaning: str) -> str:
        """Read one of `choices`; the first is the default."""

        def parse(text: str) -> str:
            if text not in choices:
                raise ValueError(f"is {text!r}, which is none of {', '.join(choices)}")
            return text

        return self.read(name, parse, default=choices[0], meaning=meaning)

    def flag(self, name: str, *, default: bool, meaning: str) -> bool:
        """Read yes or no (1/0, true/false, yes/no, on/off)."""
        return self.read(name, _flag, default="1" if default else "0", meaning=meaning)

    def number(self, name: str, *, default: int, meaning: str, least: int = 0) -> int:
        """Read a whole number that is not below `least`."""

        def parse(text: str) -> int:
            number = _number(text)
            if number < least:
                raise ValueError(f"is {number}, which is less than {least}")
            return number

        return self.read(name, parse, default=str(default), meaning=meaning)

    def names(self, name: str, *, default: str = "", meaning: str) -> list[str]:
        """Read a list split by commas."""
        return self.read(name, _names, default=default, meaning=meaning)

    def demand(self, holds: bool, sentence: str) -> None:  # noqa: FBT001 - reads like an assertion
        """Note a fault where something does not hold."""
        if not holds:
            self.faults.append(sentence)

    def effective(self) -> dict[str, str]:
        """Return every variable's value as it is in force; of what is hidden only whether it is set."""
        found = {}
        for variable in self.variables:
            given = self.values.get(variable.name, "").strip()
            found[variable.name] = ("set" if given else "") if variable.hidden else given or variable.default
        return found

    def finish(self) -> None:
        """Raise all faults together."""
        if self.faults:
            raise ImproperlyConfigured("The settings are not usable:\n- " + "\n- ".join(self.faults))


def _flag(text: str) -> bool:
    if text.lower() in ("1", "true", "yes", "on"):
        return True
    if text.lower() in ("0", "false", "no", "off"):
        return False
    raise ValueError(f"is {text!r}, which is neither yes nor no")


def _names(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"is {text!r}, which is no whole number")
    return int(text)
