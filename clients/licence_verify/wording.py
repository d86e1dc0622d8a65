"""What was found, as JSON for machines and as sentences for people."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from foundation.reasons import Both, Language
from licence_verify.checking import Answer, Finding
from licence_verify.saved import Saved

_TEXTS: Mapping[str, Both] = {
    "signature": Both("签名：", "Signature: "),
    "validity": Both("证照：", "Licence: "),
    "issuer": Both("制发机构：{name}", "Issued by {name}"),
    "trust_list": Both("信任名单签发于{age}前。", "The trust list was signed {age} ago."),
    "status_list": Both("状态列表签发于{age}前。", "The status list was signed {age} ago."),
    "minutes": Both("{count}分钟", "{count} min"),
    "hours": Both("{count}小时", "{count} h"),
    "days": Both("{count}天", "{count} d"),
    "root": Both(
        "首次保存的根证书，SHA-256 指纹：{print}。请与平台公布的指纹核对。",
        "A root was taken on trust. Compare its SHA-256 fingerprint with the one that the platform publishes: {print}",
    ),
    "fetched": Both("已保存信任名单和{count}份状态列表。", "Saved the trust list and {count} status lists."),
    "counted": Both("{count}行：{signature}{validity}", "{count} lines: {signature} {validity}"),
}


def say(name: str, language: Language, /, **values: object) -> str:
    """Return one of the tool's own texts."""
    text = _TEXTS[name]
    return (text.zh if language == "zh" else text.en).format_map(values)


def age(delta: dt.timedelta, language: Language) -> str:
    """Return a length of time in the unit that people would take."""
    minutes = max(int(delta.total_seconds()) // 60, 0)
    if minutes < 120:
        return say("minutes", language, count=minutes)
    return (
        say("hours", language, count=minutes // 60) if minutes < 2880 else say("days", language, count=minutes // 1440)
    )


def _answer(answer: Answer | None) -> dict[str, Any] | None:
    if answer is None:
        return None
    explanation = {"zh": answer.grounds.zh, "en": answer.grounds.en}
    return {"holds": answer.holds, "reason": answer.grounds.code, "explanation": explanation}


def as_json(finding: Finding) -> dict[str, Any]:
    """Return what was found: each of the two answers is true, false or null, with its reason in both languages."""
    return {
        "kind": finding.kind,
        "signature": _answer(finding.signature),
        "validity": _answer(finding.validity),
        "issuer": {"zh": finding.department.zh, "en": finding.department.en} if finding.department else None,
        "content": dict(finding.content),
        "status_list_at": finding.status_list_at.isoformat() if finding.status_list_at else None,
    }


def lists_json(saved: Saved) -> dict[str, Any]:
    """Return how old the trust list is that everything was checked against."""
    trust = saved.trust
    return {"issued_at": trust.issued_at.isoformat(), "expires_at": trust.expires_at.isoformat()}


def sentences(finding: Finding, saved: Saved, at: dt.datetime, language: Language) -> str:
    """Return what was found, a line for each answer, and how old that is which it rests on."""
    lines = []
    if finding.department:
        lines.append(_heading(finding.content))
        name = finding.department.zh if language == "zh" else finding.department.en or finding.department.zh
        lines.append(say("issuer", language, name=name))
    for part, answer in (("signature", finding.signature), ("validity", finding.validity)):
        if answer:
            text = answer.grounds.zh if language == "zh" else answer.grounds.en
            lines.append(say(part, language) + text)
    lines.append(say("trust_list", language, age=age(at - saved.trust.issued_at, language)))
    if finding.status_list_at:
        lines.append(say("status_list", language, age=age(at - finding.status_list_at, language)))
    return "\n".join(line for line in lines if line)


def _heading(content: Mapping[str, Any]) -> str:
    """Return what the licence is called, and its number."""
    pairs = (("certificateName", "certificateNumber"), ("type_name", "number"))
    return next((f"{content[a]} {content.get(b, '')}".strip() for a, b in pairs if a in content), "")
