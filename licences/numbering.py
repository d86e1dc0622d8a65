"""Numbers and identifiers of licences. Pure.

A number (证照编号) is what people type, so it is compared whatever its brackets, width, dashes and spaces. An
identifier (证照标识, GB/T 36904) names one version of one licence for machines.
"""

import re
import secrets
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from foundation.codes import check_uscc, mod_37_36
from foundation.reasons import Both

ROOT = "1.2.156.3005.2"
LONGEST_NUMBER = 120
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CHECK_CODE = re.compile(r"[0-9A-HJKMNP-TV-Z]{16}")
_AS_TYPED = str.maketrans({"I": "1", "L": "1", "O": "0", "-": None, " ": None, "/": None})
_LONGEST_TYPED = 40
_BRACKETS = str.maketrans({**dict.fromkeys("〔〈【［([{（", "["), **dict.fromkeys("〕〉】］)]}）", "]")})
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―－−", "-"))
_INVISIBLE = re.compile(r"[\s​‌‍⁠﻿]+")
_PARTS = (
    (r"[0-9A-Z]{21}", Both("类型代码应为21位数字或大写字母", "the type should have 21 digits or capital letters")),
    (
        r"[0-9A-Z]{18}|[0-9]{6}",
        Both(
            "机构代码应为18位数字或大写字母（旧码为6位数字）",
            "the issuer should have 18 digits or capital letters (old codes: 6 digits)",
        ),
    ),
    (
        r"[0-9A-Z]{1,64}",
        Both("流水号应为1至64位数字或大写字母", "the serial should have 1 to 64 digits or capital letters"),
    ),
    (r"(?!000)[0-9]{3}", Both("版本号应为3位数字，从 001 起", "the version should have 3 digits and count from 001")),
    (r"[0-9A-Z]", Both("校验码应为1位数字或大写字母", "the check should be one digit or capital letter")),
)
"""The parts after the root, in their order: how each reads, and how that is told."""
_IDENTIFIER = re.compile(re.escape(ROOT) + "".join(rf"\.({pattern})" for pattern, _ in _PARTS))
_FORM = Both(
    f"证照标识应形如 {ROOT}.类型.机构.流水号.版本.校验位",
    f"an identifier reads {ROOT}.type.issuer.serial.version.check",
)


@lru_cache(maxsize=4096)
def number_key(text: str) -> str:
    """Return the form in which two writings of one number are equal."""
    folded = unicodedata.normalize("NFKC", text.translate(_BRACKETS)).translate(_BRACKETS).translate(_DASHES)
    return _INVISIBLE.sub("", folded).upper()


@dataclass(frozen=True, slots=True)
class Identifier:
    """The parts of a GB/T 36904 identifier; `issuer` is a USCC, or six digits in imported old ones."""

    type_code: str
    issuer: str
    serial: str
    version: int

    @property
    def check(self) -> str:
        """The ISO 7064 MOD 37,36 check character over type, issuer, serial and version."""
        return mod_37_36(f"{self.type_code}{self.issuer}{self.serial}{self.version:03}")

    @property
    def is_legacy(self) -> bool:
        """Whether the issuer is one of the old six-digit codes."""
        return len(self.issuer) == 6

    @property
    def doubts(self) -> tuple[Both, ...]:
        """What is odd and yet no fault: an old code, or a code inside whose own check character does not hold.

        The standard's check character covers the whole identifier, so one that it confirms was given out as it is.
        """
        defining = check_uscc(self.type_code[:18])
        issuing = None if self.is_legacy else check_uscc(self.issuer)
        return (
            *([Both("机构代码为6位旧码", "the issuer's code is an old one of six digits")] if self.is_legacy else []),
            *([Both(f"类型代码：{defining.zh}", f"the type: {defining.en}")] if defining else []),
            *([Both(f"机构代码：{issuing.zh}", f"the issuer: {issuing.en}")] if issuing else []),
        )

    def __str__(self) -> str:
        return f"{ROOT}.{self.type_code}.{self.issuer}.{self.serial}.{self.version:03}.{self.check}"


def parse_identifier(text: str) -> Identifier | Both:
    """Return the identifier, or what is wrong with it, part by part; see `Identifier.doubts` for what is merely odd."""
    text = unicodedata.normalize("NFKC", text).strip().upper()
    match = _IDENTIFIER.fullmatch(text)
    if not match:
        return _faults_of(text)
    type_code, issuer, serial, version, check = match.groups()
    identifier = Identifier(type_code, issuer, serial, int(version))
    if identifier.check != check:
        return Both(f"校验码应为 {identifier.check}", f"the check character should be {identifier.check}")
    return identifier


def identifier_in(text: str) -> Identifier | None:
    """Return the identifier that a text is, if it is one: quickly for what is none."""
    if ROOT not in number_key(text):
        return None
    parsed = parse_identifier(text)
    return parsed if isinstance(parsed, Identifier) else None


def check_number(number: str) -> Both | None:
    """Return what is wrong with a number from paper, if anything: it must have something to be found by, and fit."""
    key = number_key(number)
    if not key:
        return Both("没有可供查找的字符", "holds nothing by which it could be found")
    if max(len(number), len(key)) > LONGEST_NUMBER:
        return Both(f"超过{LONGEST_NUMBER}个字符", f"has more than {LONGEST_NUMBER} characters")
    return None


def _faults_of(text: str) -> Both:
    parts = text.removeprefix(f"{ROOT}.").split(".")
    if not text.startswith(f"{ROOT}.") or len(parts) != len(_PARTS):
        return _FORM
    told = zip(parts, _PARTS, strict=True)
    wrong = [rule for part, (pattern, rule) in told if not re.fullmatch(pattern, part)]
    return Both("；".join(rule.zh for rule in wrong), "; ".join(rule.en for rule in wrong))


def new_check_code() -> str:
    """Return the random part of a licence's short verification address: 80 bits, Crockford's base 32."""
    random = secrets.randbits(80)
    return "".join([_CROCKFORD[random >> shift & 31] for shift in range(0, 80, 5)])


def parse_check_code(text: str) -> str | None:
    """Return the code that was typed or scanned, as Crockford reads it: any case, hyphens, I and L for 1, O for 0."""
    if len(text) > _LONGEST_TYPED or not text.isascii():
        return None
    code = text.upper().translate(_AS_TYPED)
    return code if _CHECK_CODE.fullmatch(code) else None


def show_check_code(code: str) -> str:
    """Return a code as people read and type it: in groups of four."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def mask_number(number: str) -> str:
    """Return a holder's number with only its ends readable."""
    if len(number) < 12:
        return "*" * (len(number) - 2) + number[-2:] if len(number) > 4 else "*" * len(number)
    return f"{number[:4]}{'*' * (len(number) - 6)}{number[-2:]}"


def mask_name(name: str) -> str:
    """Return a person's name with the given name hidden: 张三丰 -> 张**."""
    return name[:1] + "*" * max(len(name) - 1, 1) if name else ""
