"""What the record says of a look, in the words of the person whose licence it was."""

from collections.abc import Mapping

from foundation.reasons import Both

ROLES: Mapping[str, Both] = {
    "client": Both("业务系统", "by its system"),
    "clerk": Both("经办人", "a clerk"),
    "department_head": Both("负责人", "its head"),
    "department_administrator": Both("管理员", "an administrator of it"),
    "data_authority": Both("数据主管部门", "the data authority"),
    "auditor": Both("审计人员", "an auditor"),
    "operator": Both("运维人员", "an operator"),
    "public": Both("扫码的人", "Somebody with the code on it"),
    "citizen": Both("同为代办的人", "Somebody else who acts for the holder"),
    "platform": Both("平台", "The platform itself"),
}
DONE: Mapping[str, Both] = {
    "verify": Both("核对证照是否真实有效", "Asked whether it is genuine and valid"),
    "disclose": Both("读取证照内容", "Asked to read what it says"),
    "considered": Both("查询的编号与您的证照相同", "Asked for a number that yours and another licence bear"),
    "public_check": Both("按证照上的核验码核验", "Checked it by the code printed on it"),
    "open_licence": Both("颁发机构打开了这份证照", "Opened it among the licences it issued"),
    "search_holder": Both("按您的号码查找证照", "Searched for licences by your number"),
    "take_document": Both("取走了证照文件", "Took the document of it"),
    "make_copy": Both("制作了用途副本", "Made a copy bound to one use"),
    "take_copy": Both("取走了用途副本", "Took a copy bound to one use"),
    "find_licence": Both("按您的号码查到了这份证照", "Found it by your number"),
    "take_credential": Both("取走了证照凭证（仅含许可字段）", "Took its credential, with the permitted fields only"),
    "issue_download": Both("取得了用途副本的一次性下载地址", "Got an address to fetch a copy once"),
    "verify_document": Both("核对证照文件是否真实", "Asked whether a document of it is genuine"),
    "tell_change": Both("因其依据此证办件，收到状态变化通知", "Was told of its change, as it relied on it for a case"),
}
_NOTHING = Both("没有看到任何内容。", "Nothing was shown.")
TOLD: Mapping[str, Both] = {
    "valid": Both("得知证照真实有效。", "It was told that the licence is genuine and valid."),
    "not_yet_valid": Both("得知证照尚未生效。", "It was told that the licence is not yet valid."),
    "suspended": Both("得知证照已暂停。", "It was told that the licence is suspended."),
    "no_longer_valid": Both("得知证照已失效。", "It was told that the licence is no longer valid."),
    "incomplete": Both("得知证照信息不全。", "It was told that information is missing from the licence."),
    "not_found": Both("答复为“未查到”，未透露您有此证。", "It was told that there is none: not even that you have it."),
    "not_collected": Both(
        "答复为“未归集”，未透露您有此证。", "It was told that none are kept here: not even that you have it."
    ),
    "mismatch": Both(
        "得知编号不属于其查询的人，未透露属于谁。", "It was told that it is somebody else's, and not whose."
    ),
    "signature_invalid": Both("得知证照签名不符。", "It was told that the signature does not hold."),
    "ambiguous": Both(
        "得知该编号对应多份证照，未透露是谁的。", "It was told that several bear the number, and not whose."
    ),
    "expired": Both("得知证照已届满。", "It was told that the licence has expired."),
    "replaced": Both("得知证照已被新版本取代。", "It was told that a newer version took its place."),
    "transferred": Both("得知证照已转移。", "It was told that the licence was transferred."),
    "cancelled": Both("得知证照已注销。", "It was told that the licence was cancelled."),
    "revoked": Both("得知证照已被吊销。", "It was told that the licence was revoked."),
    "withdrawn": Both("得知证照已被撤回。", "It was told that the licence was withdrawn."),
    "annulled": Both("得知证照已被撤销。", "It was told that the licence was annulled."),
    "source_unreachable": Both("来源不可达。没有看到任何内容。", "The source could not be reached. Nothing was shown."),
}
WHY_REFUSED: Mapping[str, Both] = {
    "client_inactive": Both("该系统已停用", "its system is not active any more"),
    "purpose_missing": Both("没有写明用途", "it stated no purpose"),
    "case_or_operator_missing": Both("没有写明办件或经办人", "it named neither a case nor who asks"),
    "case_missing": Both("没有写明办件", "it named no case"),
    "case_of_other_item": Both("办件与事项不符", "the case is one of another item"),
    "item_unknown": Both("没有这个事项", "there is no such item"),
    "item_not_in_force": Both("该事项未施行", "the item is not in force"),
    "item_of_other_department": Both("该事项不由其办理", "the item is not for this department to handle"),
    "type_unknown": Both("没有这类证照", "there is no such type of licence"),
    "type_not_needed": Both("该事项不需要这类证照", "the item does not need this licence"),
    "agreement_missing": Both("没有使用该类证照的权利", "it has no right to use licences of this type"),
    "agreement_suspended": Both("其使用权已被暂停或终止", "its right to use them was suspended or ended"),
    "agreement_way_missing": Both("其使用权不含查看内容", "its right to use them does not include reading"),
    "daily_quota_used": Both("已达当日限额", "it had used up the quota of the day"),
    "total_quota_used": Both("已达使用限额", "it had used up its quota"),
    "not_shared": Both("该类证照不共享", "licences of this type are not shared"),
    "authorisation_missing": Both("没有您的授权", "you have not authorised it"),
    "agreement_ended": Both("其使用协议已终止", "its agreement to use licences of this type has ended"),
    "agreement_not_yet": Both("其使用协议尚未生效", "its agreement to use licences of this type is not in force yet"),
    "agreement_other_purpose": Both("其使用协议只限其他用途", "its agreement is for another purpose"),
    "agreement_other_fields": Both("其使用协议不含该类证照的字段", "its agreement covers no field of this licence"),
    "authorisation_ended": Both("您的授权已到期", "your authorisation has ended"),
    "authorisation_used": Both("您的一次性授权已使用", "your authorisation for a single use was used up"),
    "authorisation_revoked": Both("您已收回授权", "you took your authorisation back"),
    "authorisation_not_yet": Both("您的授权尚未生效", "your authorisation is not in force yet"),
    "authorisation_other_item": Both("您的授权是为其他事项给予的", "you authorised it for another item"),
    "authorisation_other_purpose": Both("您的授权只限其他用途", "you authorised it for another purpose"),
    "authorisation_not_found": Both("没有您的授权", "you have not authorised it"),
    "download_used": Both("下载地址已被使用", "the address had been used"),
    "download_expired": Both("下载地址已过期", "the address had expired"),
    "whole_not_permitted": Both("不得查看全部内容", "it may not see all that the licence says"),
    "rate_exceeded": Both("查询过于频繁", "it asked too often"),
    "outside_needs": Both("该事项不需要这份证照", "the item does not need this licence"),
    "holder_mismatch": Both("证照不属于其查询的人", "the licence is not that of whom it asked about"),
}


def role_name(role: str) -> Both:
    """Return who looked, by their role."""
    return ROLES.get(role, Both(role, role))


def what_was_done(action: str) -> Both:
    """Return what somebody did with a licence."""
    return DONE.get(action, Both(action, action))


def what_was_told(outcome: str, reason: str) -> Both:
    """Return what came of a look, before any field that was shown; nothing where the act says it all."""
    if outcome == "refused":
        why = WHY_REFUSED.get(reason)
        if why is None:
            return Both(f"已拒绝。{_NOTHING.zh}", f"It was refused. {_NOTHING.en}")
        return Both(f"已拒绝：{why.zh}。{_NOTHING.zh}", f"It was refused: {why.en}. {_NOTHING.en}")
    return TOLD.get(outcome, Both("", ""))
