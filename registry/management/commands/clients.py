import datetime as dt
import json
from argparse import ArgumentParser
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from foundation.clock import now
from foundation.context import PLATFORM
from foundation.reasons import Refused
from registry import queries as registry
from registry.enrolling import register_client
from registry.errors import ClientRefused
from registry.models import Client
from registry.systems import add_client_key, change_client, deactivate_client, end_client_key, rotate_secret


class Command(BaseCommand):
    help = "Departments' systems: register, list, rotate secrets, keys, deactivate. 部门业务系统管理"

    def add_arguments(self, parser: ArgumentParser) -> None:
        what = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
        making = what.add_parser("register", help="register a system; its secret is shown only now / 登记业务系统")
        making.add_argument("department", metavar="DEPARTMENT", help="the department's code")
        making.add_argument("name", metavar="NAME")
        making.add_argument("--reads-record", action="store_true", help="may read the record's entries")
        listing = what.add_parser("list", help="all systems, or a department's / 列出业务系统")
        listing.add_argument("department", nargs="?", metavar="DEPARTMENT")
        for name, text in (
            ("rotate", "a new secret; the present one holds beside it for some days / 更换密钥"),
            ("change", "whether it must sign its calls, and its own rate / 变更"),
            ("keys", "list its public keys, add or end one / 公钥"),
            ("deactivate", "end it and its tokens at once / 停用"),
        ):
            what.add_parser(name, help=text).add_argument("client", metavar="CLIENT_ID")
        what.choices["rotate"].add_argument("--days", type=int, default=7, help="0 where the secret leaked; 7")
        for name in ("register", "change"):
            what.choices[name].add_argument("--rate", type=_count, metavar="N", help="looks a second agreed with it")
        what.choices["register"].add_argument("--must-sign", action="store_true", help="must sign its calls")
        what.choices["change"].add_argument("--must-sign", choices=["yes", "no"])
        what.choices["keys"].add_argument("--add", type=Path, metavar="FILE", help="a file with the public key's JWK")
        what.choices["keys"].add_argument("--days", type=int, metavar="N", help="the key added holds for so long")
        what.choices["keys"].add_argument("--end", metavar="KEY_ID")

    def handle(self, *args: Any, what: str, **options: Any) -> None:
        acts: Mapping[str, Callable[[dict[str, Any]], None]] = {
            "register": self._register,
            "list": self._list,
            "rotate": self._rotate,
            "change": self._change,
            "keys": self._keys,
            "deactivate": self._deactivate,
        }
        try:
            acts[what](options)
        except Refused as refused:
            raise CommandError(f"{refused.grounds.en} / {refused.grounds.zh}") from refused

    def _register(self, options: dict[str, Any]) -> None:
        department = registry.department_by_code(options["department"])
        if department is None:
            raise ClientRefused("department_not_found")
        given = {name: options[name] for name in ("name", "reads_record", "must_sign", "rate")}
        client, secret = register_client(department=department, actor=PLATFORM, **given)
        self._secret(client, secret)

    def _secret(self, client: Client, secret: str) -> None:
        self.stdout.write(f"client_id      {client.client_id}\nclient_secret  {secret}")
        self.stdout.write("The secret is kept hashed and shown only now / 密钥仅显示这一次")

    def _list(self, options: dict[str, Any]) -> None:
        found = Client.objects.select_related("department").order_by("department__code", "name")
        for client in found.filter(department__code=options["department"]) if options["department"] else found:
            state = "active" if client.active else "ended"
            signs = "signs" if client.must_sign else "-"
            code = client.department.code if client.department else ""
            self.stdout.write(f"{code:<4} {client.client_id}  {state:<6}  {signs:<5}  {client.name}")

    def _rotate(self, options: dict[str, Any]) -> None:
        client = _client(options)
        self._secret(client, rotate_secret(client, actor=PLATFORM, overlap=dt.timedelta(days=options["days"])))

    def _change(self, options: dict[str, Any]) -> None:
        signing = options["must_sign"]
        change_client(
            _client(options), actor=PLATFORM, must_sign=signing == "yes" if signing else None, rate=options["rate"]
        )

    def _keys(self, options: dict[str, Any]) -> None:
        client, days = _client(options), options["days"]
        if options["add"]:
            until = now() + dt.timedelta(days=days) if days else None
            add_client_key(client, _read(options["add"]), actor=PLATFORM, until=until)
        if options["end"]:
            end_client_key(client, options["end"], actor=PLATFORM)
        for key in client.keys.order_by("since"):
            ends = f"{key.until:%Y-%m-%d %H:%M}" if key.until else "-"
            self.stdout.write(f"{key.kid}  {key.algorithm:<8} since {key.since:%Y-%m-%d %H:%M}  until {ends}")

    def _deactivate(self, options: dict[str, Any]) -> None:
        deactivate_client(_client(options), actor=PLATFORM)


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise ValueError
    return number


def _client(options: dict[str, Any]) -> Client:
    found = registry.client_by_id(options["client"])
    if found is None:
        raise ClientRefused("client_not_found")
    return found


def _read(file: Path) -> object:
    try:
        return json.loads(file.read_text("utf-8"))
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror} / 无法读取文件") from error
    except ValueError as error:
        raise ClientRefused("client_key_malformed", format="JWK") from error
