"""The settings of how often departments' systems may call."""

from dataclasses import dataclass

from config.environment import Environment


@dataclass(frozen=True, slots=True)
class Rates:
    """Looks a second: of one client, of all clients of a department, of a department at one type; 0 is no limit.

    `burst_seconds` are those whose worth may come at once after a rest. `sign_in` counts attempts to get a token from
    one address, a minute.
    """

    client: int
    department: int
    licence_type: int
    burst_seconds: int
    sign_in: int


def rates(environment: Environment) -> Rates:
    """Read the limits of the API."""

    def number(name: str, default: int, meaning: str) -> int:
        return environment.number(f"LICENCE_EXCHANGE_RATE_{name}", default=default, meaning=meaning)

    return Rates(
        client=number(
            "CLIENT", 200, "Looks a second of one department's system, unless it was given its own rate; 0: no limit."
        ),
        department=number("DEPARTMENT", 500, "Looks a second of all systems of a department; 0: no limit."),
        licence_type=number(
            "TYPE", 300, "Looks a second of a department's systems at licences of one type; 0: no limit."
        ),
        burst_seconds=number("BURST_SECONDS", 10, "So many seconds' worth of looks may come at once after a rest."),
        sign_in=number("SIGN_IN", 120, "Attempts a minute from one address to get a token; 0: no limit."),
    )
