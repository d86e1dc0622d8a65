import datetime as dt
import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from exchange.explaining import Explanation, Inquiry, explain
from exchange.matrix import Row, matrix
from foundation.clock import LEGAL_ZONE, now
from foundation.context import PLATFORM
from foundation.reasons import Both
from registry import queries as registry


class Command(BaseCommand):
    help = (
        "Explain the access decision: what a department or client may see for an item, condition by condition, or with "
        "--matrix what every department may do with every licence type. It is recorded and looks at no licence."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        who = parser.add_mutually_exclusive_group()
        who.add_argument("--department", default="", help="Code of the department that would ask.")
        who.add_argument("--client", default="", help="Client id of the system that would ask.")
        parser.add_argument("--item", default="", help="Code of the item.")
        parser.add_argument("--type", default="", help="Name or code of the licence type.")
        parser.add_argument("--purpose", default="", help="Purpose; the item's name where none is given.")
        parser.add_argument("--case", default="", help="Number of the case.")
        parser.add_argument("--holder", default="", help="Number of the holder whose licence is meant.")
        parser.add_argument("--date", default="", help="Legal day (2026-11-24) asked about, at noon; now by default.")
        parser.add_argument("--presented", action="store_true", help="As if the holder presented the licence.")
        parser.add_argument("--disclose", action="store_true", help="Ask to see fields; otherwise to verify.")
        parser.add_argument("--matrix", action="store_true", help="The whole matrix as lines of JSON, a type each.")
        parser.add_argument("--language", choices=["zh", "en"], default="zh")

    def handle(self, *args: Any, **options: Any) -> None:
        self.language = options["language"]
        at = _instant(options["date"])
        if options["matrix"]:
            self._write_matrix(options["department"], at or now())
            return
        self._write(explain(_inquiry(options, at), actor=PLATFORM))

    def _said(self, text: Any) -> str:
        return str(getattr(text, self.language))

    def _write(self, found: Explanation) -> None:
        for step in found.steps:
            mark = "✓" if step.refusal is None else "✗"
            why = f": {self._said(step.refusal)}" if step.refusal else ""
            self.stdout.write(f"{mark} {self._said(step.asks)}{why}")
        verdict = Both("允许", "permitted") if found.decision.permitted else Both("拒绝", "refused")
        self.stdout.write(
            f"= {self._said(verdict)} [{found.decision.grounds.code}] {self._said(found.decision.grounds)}"
        )
        relied = [
            *(a.reference for a in found.agreements),
            *([str(found.authorisation)] if found.authorisation else []),
        ]
        for line in (*relied, *found.decision.fields):
            self.stdout.write(f"  {line}")

    def _write_matrix(self, department: str, at: dt.datetime) -> None:
        departments = [d for d in registry.departments() if not department or d.code == department]
        for row in matrix(list(registry.types_in_force()), departments, at):
            self.stdout.write(json.dumps(self._row(row), ensure_ascii=False))

    def _row(self, row: Row) -> dict[str, Any]:
        cells = {
            cell.department.code: {
                "item": cell.item.code,
                "permitted": cell.decision.permitted,
                "when_presented": cell.when_presented.permitted,
                "way": cell.decision.way,
                "reason": cell.decision.grounds.code,
                "explanation": self._said(cell.decision.grounds),
            }
            for cell in row.cells
            if cell
        }
        return {"type": row.licence_type.name_zh, "departments": cells}


def _instant(day: str) -> dt.datetime | None:
    if not day:
        return None
    try:
        return dt.datetime.combine(dt.date.fromisoformat(day), dt.time(12), LEGAL_ZONE)
    except ValueError:
        raise CommandError(f"{day!r} is no day such as 2026-11-24") from None


def _inquiry(options: dict[str, Any], at: dt.datetime | None) -> Inquiry:
    client = registry.client_by_id(options["client"]) if options["client"] else None
    department = client.department if client else registry.department_by_code(options["department"])
    if department is None:
        raise CommandError("name a department by its code, or a client of one by its id")
    types = registry.types_named(options["type"]) if options["type"] else []
    if options["type"] and len(types) != 1:
        raise CommandError(f"{options['type']!r} names {len(types)} licence types; name one")
    return Inquiry(
        department=department,
        client=client,
        item=options["item"],
        licence_type=types[0] if types else None,
        purpose=options["purpose"],
        case=options["case"],
        holder_number=options["holder"],
        presented=options["presented"],
        disclose=options["disclose"],
        at=at,
    )
