"""What was found, in words for people, in Chinese and English."""

from collections.abc import Mapping

from audit_check.findings import Finding, Kind
from audit_check.language import Language

Both = tuple[str, str]

_TEXTS: Mapping[str, Both] = {
    "proven": ("已证实：以下各项均成立。", "Proven: all of the following holds."),
    "not_proven": ("未证实：", "Not proven:"),
    "log": ("日志 {origin}，共 {size} 条，根 {root}", "Log {origin}: {size} entries, root {root}"),
    "own_key": (
        "注意：未以 --key 给出公钥，所用公钥取自日志本身，只能说明日志前后一致，不能证明由谁签名：{key}",
        "CAUTION: no --key was given, so the key is the log's own word: this shows that the log agrees with itself, "
        "not whose it is. {key}",
    ),
    "seen": ("已逐条核对 {count} 条记录。", "Every one of {count} entries was compared."),
    "unseen": (
        "未查看记录本身：只核对了检查点和哈希块。",
        "No entries were seen: only the checkpoint and the tiles were checked.",
    ),
    "continued": ("与所留存的 {size} 条时的检查点一致。", "It continues the checkpoint kept at {size} entries."),
    "witness": ("见证 {name} 于 {at} 会签。", "Witness {name} cosigned at {at}."),
    "archive": ("归档 {name}：第 {first} 至 {last} 条", "Archive {name}: entries {first} to {last}"),
    "entry": ("第 {index} 条记录在 {size} 条的日志中。", "This is entry {index} of a log of {size}."),
    "unreadable_entry": (
        "这条记录确在日志中，但本工具不能解读其内容。",
        "It stands in the log, but this tool cannot read what it says.",
    ),
    "opened": ("{name}：所给的值与承诺相符", "{name}: the value given is the one committed to"),
    "first": ("从上往下第一处受影响的是第 {index} 条。", "The first entry affected is number {index}."),
    "more": ("另有 {count} 处。", "And {count} more."),
}

_FINDINGS: Mapping[Kind, Both] = {
    Kind.ALTERED: ("{entries}被改动", "{entries} was altered"),
    Kind.REMOVED: ("{entries}被删除", "{entries} was removed"),
    Kind.INSERTED: ("{entries}处被插入记录", "at {entries} something was inserted"),
    Kind.REORDERED: ("{entries}处记录的次序被改动", "from {entries} on the order was changed"),
    Kind.MISSING: ("{entries}既未提供，也不在归档中", "{entries}: neither served nor archived"),
    Kind.UNPROVEN: (
        "{entries}中至少有一条与其哈希一同不符（{where}）",
        "{entries}: at least one of them and its hash are not what was signed ({where})",
    ),
    Kind.TWICE: ("{entries}在归档中重复", "{entries}: archived twice"),
    Kind.TILE: (
        "哈希块 {where} 被改动，涉及{entries}；可由其余部分还原",
        "tile {where} was altered at {entries}; the rest shows what it was",
    ),
    Kind.TILE_MISSING: (
        "缺少哈希块 {where}，涉及{entries}；可由其余部分还原",
        "tile {where} is missing, for {entries}; the rest shows what it was",
    ),
    Kind.CHECKPOINT: ("检查点不成立：{where}", "the checkpoint does not hold: {where}"),
    Kind.SHRUNK: ("日志变短：{entries}不复存在", "the log shrank: {entries} no longer exist"),
    Kind.REWRITTEN: (
        "日志不再延续所留存的检查点：{entries}中至少有一条被改写",
        "the log does not continue a checkpoint that was kept: at least one of {entries} was rewritten",
    ),
    Kind.ARCHIVE: ("归档不成立：{where}", "the archive does not hold: {where}"),
    Kind.RECEIPT: ("凭据不成立：{where}", "the receipt does not hold: {where}"),
    Kind.COMMITMENT: ("所给的值不是记录所承诺的值：{where}", "the value given is not the one committed to: {where}"),
    Kind.WITNESSES: ("会签的见证不足：{where}", "too few witnesses cosigned: {where}"),
}

_FIELDS: Mapping[str, Both] = {
    "at": ("时间", "Time"),
    "actor_department": ("部门", "Department"),
    "actor_role": ("职责", "Role"),
    "action": ("行为", "Action"),
    "outcome": ("结果", "Outcome"),
    "reason": ("理由", "Reason"),
    "subject_kind": ("对象类别", "Kind of subject"),
    "subject": ("对象", "Subject"),
    "item": ("事项", "Item"),
    "purpose": ("用途", "Purpose"),
    "case": ("办件", "Case"),
    "fields": ("所示字段", "Fields shown"),
    "actor_person": ("人员编号", "Person, by key"),
    "actor_client": ("系统编号", "Client, by key"),
    "request_id": ("请求编号", "Request"),
    "id": ("记录编号", "Entry, by key"),
}
"""What the values of an entry are called, in the order in which they are told."""

_VALUES: Mapping[str, Both] = {
    "verify": ("核验证照", "verify a licence"),
    "verify_references": ("核验全部引用", "verify all references"),
    "disclose": ("读取字段", "read fields"),
    "public_check": ("公众核验", "check by the short address"),
    "read_record": ("查看审计记录", "look at the record"),
    "issue": ("签发证照", "issue a licence"),
    "take_document": ("下载文件", "take a document"),
    "make_copy": ("制作用途副本", "make a copy for one use"),
    "take_copy": ("下载用途副本", "take a copy for one use"),
    "search_holder": ("按持证主体查找", "search by a holder's number"),
    "refused": ("不予受理", "refused"),
    "valid": ("有效", "valid"),
    "not_found": ("未查到", "not found"),
    "done": ("已完成", "done"),
}


def _pick(both: Both, language: Language) -> str:
    return both[0] if language == "zh" else both[1]


def say(name: str, language: Language, /, **values: object) -> str:
    """Return one of the tool's own texts."""
    return _pick(_TEXTS[name], language).format_map(values)


def _entries(finding: Finding, language: Language) -> str:
    if finding.first is None:
        return ""
    if finding.first == finding.last:
        return f"第 {finding.first} 条记录" if language == "zh" else f"entry {finding.first}"
    first, last = finding.first, finding.last
    return f"第 {first} 至 {last} 条记录" if language == "zh" else f"entries {first} to {last}"


def tell(finding: Finding, language: Language) -> str:
    """Return a finding as a sentence."""
    text = _pick(_FINDINGS[finding.kind], language)
    return text.format(entries=_entries(finding, language), where=finding.where)


def describe(values: Mapping[str, object], language: Language) -> list[str]:
    """Return what an entry says, a line for each value, with what this tool has no word for under its own name."""
    lines = []
    for name in [*_FIELDS, *sorted(values.keys() - _FIELDS.keys() - {"v", "personal"})]:
        value = values.get(name)
        if not value:
            continue
        shown = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        word = _VALUES.get(shown) if name in {"action", "outcome"} else None
        label = _pick(_FIELDS.get(name, (name, name)), language)
        lines.append(f"{label}{'：' if language == 'zh' else ': '}{_pick(word, language) if word else shown}")
    return lines
