"""The settings from which use of licences counts as odd."""

from audit.oddity import Limits
from config.environment import Environment


def odd_use(environment: Environment) -> Limits:
    """Read the limits of the rules in `audit.oddity`."""

    def number(name: str, default: int, meaning: str) -> int:
        return environment.number(f"LICENCE_EXCHANGE_ODD_{name}", default=default, meaning=meaning)

    opens, closes = environment.read(
        "LICENCE_EXCHANGE_OFFICE_HOURS",
        _office_hours,
        default="8-19",
        meaning="Whole hours (Asia/Shanghai) in which offices work on working days; looks outside of them are odd.",
    )
    return Limits(
        opens=opens,
        closes=closes,
        off_hours=number("OFF_HOURS", 3, "A flag is raised from so many looks outside of office hours on one day on."),
        bulk=number(
            "BULK", 60, "A flag is raised from so many looks within an hour on, if they are unusual for who looks."
        ),
        bulk_factor=number("BULK_FACTOR", 4, "So many times one's own mean hour is unusual."),
        same_licence=number(
            "SAME_LICENCE", 10, "A flag is raised from so many looks by one person at one licence in a week on."
        ),
        without_case=number("WITHOUT_CASE", 20, "A flag is raised from so many looks without a case on one day on."),
        guessing=number(
            "GUESSING", 10, "A flag is raised from so many looks within an hour that found nothing or another's on."
        ),
        consecutive=number(
            "CONSECUTIVE", 8, "A flag is raised from so many numbers next to each other within an hour on."
        ),
        system_factor=number("SYSTEM_FACTOR", 50, "A department's system may do so many times as much as a person."),
    )


def _office_hours(text: str) -> tuple[int, int]:
    opens, _, closes = text.partition("-")
    if not (opens.isdigit() and closes.isdigit() and 0 <= int(opens) < int(closes) <= 24):
        raise ValueError(f"is {text!r}, not two hours such as 8-19")
    return int(opens), int(closes)
