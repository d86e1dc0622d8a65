import re
import textwrap
from argparse import ArgumentParser
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from foundation.context import PLATFORM
from foundation.keys import ES256
from foundation.reasons import Refused
from licences import keystore, recovering
from licences.certifying import certificate_request, import_chain
from licences.errors import DepartmentNotFound
from licences.models import SigningKey
from registry import queries as registry

_KEY_ID = re.compile(r"[A-Za-z0-9_-]{43}")  # an RFC 7638 thumbprint


class _Parser(CommandParser):
    """Takes a key's id for what it is: one in 64 of these begins with a hyphen, as options do."""

    def _parse_optional(self, arg_string: str) -> Any:
        return None if _KEY_ID.fullmatch(arg_string) else super()._parse_optional(arg_string)


class Command(BaseCommand):
    help = "Departments' signing keys: list, make, rotate, retire, report as compromised, certify. 部门签名密钥管理"

    def add_arguments(self, parser: ArgumentParser) -> None:
        what = parser.add_subparsers(dest="what", required=True, metavar="WHAT", parser_class=_Parser)
        listing = what.add_parser("list", help="all keys, or a department's / 列出密钥")
        listing.add_argument("department", nargs="?", metavar="DEPARTMENT", help="the department's code")
        for name, text in (
            ("make", "a new key, which signs from now on / 生成密钥"),
            ("rotate", "a new key, and the older ones retire / 轮换密钥"),
        ):
            making = what.add_parser(name, help=text)
            making.add_argument("department", metavar="DEPARTMENT", help="the department's code")
            making.add_argument("--store", choices=keystore.STORES, help="software, or the PKCS#11 token")
            making.add_argument("--algorithm", choices=keystore.ALGORITHMS)
        for name, text in (
            ("retire", "the key signs no more; what it signed stays good / 停用密钥"),
            ("compromised", "nothing it signed is trusted any more; all is signed anew / 报告密钥泄露并重新签发"),
            ("request", "print a certificate request (PKCS#10) for a licensed authority / 证书申请"),
            ("certificate", "print the key's certificates, or import a licensed authority's / 密钥证书"),
        ):
            what.add_parser(name, help=text).add_argument("key", metavar="KEY_ID")
        what.choices["compromised"].add_argument("--reason", required=True, help="what happened; it is recorded")
        what.choices["certificate"].add_argument("--import", dest="file", type=Path, metavar="FILE", help="a PEM file")

    def handle(self, *args: Any, what: str, **options: Any) -> None:
        acts: Mapping[str, Callable[[dict[str, Any]], None]] = {
            "list": self._list,
            "make": self._make,
            "rotate": self._rotate,
            "retire": self._retire,
            "compromised": self._compromised,
            "request": self._request,
            "certificate": self._certificate,
        }
        try:
            acts[what](options)
        except Refused as refused:
            raise CommandError(f"{refused.grounds.en} / {refused.grounds.zh}") from refused

    def _list(self, options: dict[str, Any]) -> None:
        keys = SigningKey.objects.select_related("department").order_by("department__code", "made_at")
        if options["department"]:
            keys = keys.filter(department=_department(options["department"]))
        for key in keys:
            self.stdout.write(
                f"{key.department.code:<4} {key.key_id}  {key.algorithm:<7} {key.store:<8}  {key.made_at:%Y-%m-%d}  "
                f"{_state(key):<11} {key.department}"
            )

    def _make(self, options: dict[str, Any]) -> None:
        store, algorithm = options["store"] or keystore.SOFTWARE, options["algorithm"] or ES256
        department = _department(options["department"])
        self._made(keystore.make_key(department=department, actor=PLATFORM, store=store, algorithm=algorithm))

    def _rotate(self, options: dict[str, Any]) -> None:
        department, how = _department(options["department"]), {name: options[name] for name in ("store", "algorithm")}
        self._made(keystore.rotate_key(department, actor=PLATFORM, **how))

    def _made(self, key: SigningKey) -> None:
        self.stdout.write(f"made {key.key_id}: {key.algorithm}, {key.store}")
        if not key.chain:
            self.stdout.write(f"{key.algorithm} keys have no X.509 certificate here, so they seal no documents.")

    def _retire(self, options: dict[str, Any]) -> None:
        key = keystore.retire_key(options["key"], actor=PLATFORM)
        self.stdout.write(f"retired {key.key_id}")
        if keystore.key_in_force(key.department_id) is None:
            self.stdout.write("The department has no key in force now: it can issue nothing / 该部门已无可用密钥")

    def _compromised(self, options: dict[str, Any]) -> None:
        key = recovering.report_compromised(options["key"], actor=PLATFORM, reason=options["reason"])
        done = 0
        with tqdm(total=recovering.left_by(key).count(), desc="Signing anew", unit="", disable=None) as bar:
            while count := recovering.resign_batch(key, recovering.BATCH):
                done += count
                bar.update(count)
        altered = recovering.altered_under(key)
        self.stdout.write(f"{done} credentials revoked; not signed anew: {altered.count()}")
        for licence in altered:
            self.stderr.write(
                f"not signed anew, for its row was altered / 登记信息被改动，未重新签发: {licence.identifier}"
            )

    def _request(self, options: dict[str, Any]) -> None:
        key = keystore.find_key(options["key"])
        self.stdout.write(certificate_request(key, keystore.signer_of(key)), ending="")

    def _certificate(self, options: dict[str, Any]) -> None:
        key = keystore.find_key(options["key"])
        if options["file"]:
            key = import_chain(key, _read(options["file"]), actor=PLATFORM)
            self.stdout.write(f"imported {len(key.chain)} certificates for {key.key_id}")
            return
        for certificate in key.chain:
            lines = textwrap.wrap(certificate, 64)
            self.stdout.write("\n".join(["-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----"]))


def _department(code: str) -> Any:
    department = registry.department_by_code(code)
    if department is None:
        raise DepartmentNotFound
    return department.pk


def _state(key: SigningKey) -> str:
    if key.compromised_at:
        return "compromised"
    return "retired" if key.retired_at else "in force"


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror} / 无法读取文件") from error
