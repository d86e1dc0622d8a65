"""What a witness tells its operator, in Chinese and English."""

from collections.abc import Mapping

_TEXTS: Mapping[str, tuple[str, str]] = {
    "cosigned": ("已会签 {size} 条时的检查点。", "Cosigned the checkpoint at {size} entries."),
    "same": ("日志仍为 {size} 条。", "The log still has {size} entries."),
    "serving": ("见证服务在 {address}，公钥 {key}", "Serving as a witness at {address}, key {key}"),
    "acknowledged": ("警报已确认，证据存于 {path}。", "The alarm is acknowledged; its evidence is in {path}."),
    "nothing": ("没有待确认的警报。", "No alarm stands."),
    "alarm": (
        "警报：{what}。证据存于 {path}。在 `audit-witness acknowledge` 确认之前不再会签。",
        "ALARM: {what}. The evidence is in {path}. Nothing is cosigned until `audit-witness acknowledge`.",
    ),
    "command": ("警报命令未能执行：{error}", "The command for alarms failed: {error}"),
    "fork": ("日志签署了两种历史：条数相同而根不同", "the log signed two histories: as many entries, another root"),
    "shrunk": ("日志变短", "the log shrank"),
    "unproven": (
        "日志不能证明只有增加：它的哈希块与所签的根不符",
        "the log cannot show that it only grew: its tiles do not lead to the roots it signed",
    ),
    "signature": ("检查点不是该日志所签署的检查点", "the checkpoint is none that the log signed"),
    "restored": (
        "检查点已有本见证的会签，而本目录并无记载：目录被恢复为旧状态，或另有见证使用同一密钥",
        "the checkpoint bears this witness's own cosignature, of which this folder knows nothing: the folder was set "
        "back, or another witness uses the key",
    ),
    "damaged": ("警报文件不能读取", "the file of the alarm cannot be read"),
}


def say(name: str, language: str, /, **values: object) -> str:
    """Return one of the texts; `language` is zh or en."""
    zh, en = _TEXTS[name]
    return (zh if language == "zh" else en).format_map(values)


def alarm_text(kind: str, language: str) -> str:
    """Return what kind of alarm it is."""
    return say(kind, language) if kind in _TEXTS else kind
