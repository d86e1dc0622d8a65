"""What actions and outcomes of the record are called on pages."""

from collections.abc import Mapping

from foundation.reasons import Both

ACTIONS: Mapping[str, Both] = {
    "approve": Both("批准", "Approve"),
    "cancel": Both("注销", "Cancel"),
    "change_legal_representative": Both("变更法定代表人", "Change the legal representative"),
    "change_number": Both("变更持证主体号码", "Change a holder's number"),
    "conclude_agreement": Both("签订使用协议", "Conclude an agreement"),
    "define_type": Both("制定证照格式", "Define the form of a licence type"),
    "disclose": Both("读取字段", "Read fields"),
    "end_representation": Both("终止代表关系", "End a representation"),
    "enrol_person": Both("登记人员", "Enrol a person"),
    "note_duty": Both("登记更新责任", "Note an update duty"),
    "extend_duty": Both("延长更新期限", "Extend an update duty"),
    "export_catalogue": Both("导出目录", "Export the catalogue"),
    "expire": Both("到期", "Expire"),
    "grant_role": Both("授予职责", "Grant a role"),
    "import_catalogue": Both("导入目录", "Import the catalogue"),
    "issue": Both("签发证照", "Issue a licence"),
    "import_certificate": Both("导入密钥证书", "Import a key's certificate"),
    "make_authority": Both("生成根证书", "Make the root certificate"),
    "make_copy": Both("制作用途副本", "Make a copy for one use"),
    "make_document": Both("制作文件", "Make a document"),
    "make_key": Both("生成签名密钥", "Make a signing key"),
    "publish_status_list": Both("发布状态列表", "Publish a status list"),
    "report_compromised": Both("报告密钥泄露", "Report a key as compromised"),
    "rename_holder": Both("变更持证主体名称", "Rename a holder"),
    "reseal": Both("以新密钥重新加密", "Seal anew under another key"),
    "resign": Both("重新签发凭证", "Sign a credential anew"),
    "retire_key": Both("停用签名密钥", "Retire a signing key"),
    "open_application": Both("打开办件", "Open an application"),
    "read_record": Both("查看审计记录", "Look at the record"),
    "public_check": Both("公众核验", "Check by the short address"),
    "refuse": Both("不予批准", "Refuse"),
    "register_client": Both("登记接入系统", "Register a client"),
    "register_holder": Both("登记持证主体", "Register a holder"),
    "represent": Both("登记代办关系", "Register a representation"),
    "looks": Both("核验或读取", "Verify or read"),
    "load_scenarios": Both("载入应用场景", "Load scenarios"),
    "renew": Both("延续", "Renew"),
    "change": Both("变更", "Change"),
    "reissue": Both("补发", "Reissue"),
    "transfer": Both("转移", "Transfer"),
    "discard": Both("作废", "Discard"),
    "make_draft": Both("制证", "Make a draft"),
    "amend_draft": Both("修改制证草稿", "Amend a draft"),
    "review_draft": Both("复核制证草稿", "Review a draft"),
    "return_draft": Both("退回制证草稿", "Return a draft"),
    "seal_draft": Both("签章", "Seal a draft"),
    "issue_draft": Both("发放", "Issue a draft"),
    "discard_draft": Both("作废制证草稿", "Discard a draft"),
    "take_in_batch": Both("接收存量证照批次", "Take in a batch"),
    "retry_batch": Both("重试批次", "Retry a batch"),
    "stop_batch": Both("暂停批次", "Stop a batch"),
    "resume": Both("恢复", "Resume"),
    "revoke": Both("吊销", "Revoke"),
    "sign_in": Both("登录", "Sign in"),
    "submit": Both("提交申请", "Submit an application"),
    "suspend": Both("暂停", "Suspend"),
    "take_copy": Both("下载用途副本", "Take a copy for one use"),
    "take_document": Both("下载文件", "Take a document"),
    "verify": Both("核验证照", "Verify a licence"),
    "verify_references": Both("核验全部引用", "Verify all references"),
    "withdraw": Both("撤回", "Withdraw"),
    "annul": Both("撤销", "Annul"),
    "open_licence": Both("查看证照", "Open a licence"),
    "open_draft": Both("查看制证", "Open a draft"),
    "search_holder": Both("按持证主体查找", "Search by a holder's number"),
    "go_on_with_batch": Both("继续批次", "Go on with a batch"),
    "raise_flag": Both("提示异常", "Raise a flag"),
    "open_flag": Both("查看异常提示", "Look at a flag"),
    "clear_flag": Both("办结异常提示", "Clear a flag"),
    "export_usage": Both("导出使用统计", "Export the figures of use"),
    "export_record": Both("导出审计记录", "Export the record"),
    "take_failed_rows": Both("下载未通过的行", "Take the rows that failed"),
}

RESULTS: Mapping[str, Both] = {
    "done": Both("已完成", "Done"),
    "issued": Both("已签发", "Issued"),
    "opened": Both("已打开", "Opened"),
    "submitted": Both("已提交", "Submitted"),
    "withdrawn": Both("已撤回", "Withdrawn"),
    "replaced": Both("已取代", "Replaced"),
    "transferred": Both("已转移", "Transferred"),
    "discarded": Both("已作废", "Discarded"),
    "sealed": Both("已签章", "Sealed"),
    "made": Both("已制作", "Made"),
    "reviewed": Both("已复核", "Reviewed"),
    "returned": Both("已退回", "Returned"),
    "taken_in": Both("已接收", "Taken in"),
    "stopped": Both("已暂停", "Stopped"),
    "expired": Both("已届满", "Expired"),
    "cancelled": Both("已注销", "Cancelled"),
    "revoked": Both("已吊销", "Revoked"),
    "annulled": Both("已撤销", "Annulled"),
    "raised": Both("已提示", "Raised"),
    "cleared": Both("已办结", "Cleared"),
}
"""Outcomes of acts; those of verifications are in `OUTCOMES`."""

OUTCOMES: Mapping[str, tuple[Both, str, str]] = {
    "valid": (Both("有效", "Valid"), "good", "check"),
    "not_yet_valid": (Both("尚未生效", "Not yet valid"), "waiting", "clock"),
    "suspended": (Both("已暂停", "Suspended"), "waiting", "pause"),
    "no_longer_valid": (Both("已失效", "No longer valid"), "bad", "cross"),
    "incomplete": (Both("信息不全", "Incomplete"), "waiting", "alert"),
    "not_found": (Both("未查到", "Not found"), "none", "question"),
    "mismatch": (Both("持证主体不符", "Other holder"), "bad", "cross"),
    "signature_invalid": (Both("签名不符", "Signature invalid"), "bad", "alert"),
    "not_collected": (Both("未归集", "Not collected"), "none", "question"),
    "ambiguous": (Both("编号不唯一", "Ambiguous"), "waiting", "question"),
    "source_unreachable": (Both("来源不可达", "Source unreachable"), "waiting", "alert"),
    "refused": (Both("不予受理", "Refused"), "bad", "stop"),
    "": (Both("待核验", "Not verified yet"), "none", "clock"),
}
"""Outcomes of verifications: word, kind of badge, shape."""


SIGNATURES: Mapping[str, Both] = {
    "right": Both("正确：与颁发机构签发的一致", "Yes: it is as its issuer signed it"),
    "wrong": Both("不正确：不能证明由颁发机构签发", "No: it does not prove to be its issuer's"),
    "not_checked": Both("未检查：未能确定是哪一份证照", "Not checked: no single licence was found"),
}
VALIDITIES: Mapping[bool | None, Both] = {
    True: Both("有效", "Yes"),
    False: Both("无效", "No"),
    None: Both("无从得知", "Not known"),
}
"""The two answers of a verification, in words."""


def action_name(action: str) -> Both:
    """Return what an action is called."""
    return ACTIONS.get(action, Both(action, action))
