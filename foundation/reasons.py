"""The only list of reason codes: stable, in both languages, with the HTTP status of a refusal that carries them.

A code never changes its meaning; the API's documentation is generated from `REASONS`. Texts may name values in
braces, which whoever gives the reason supplies.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Language = Literal["zh", "en"]


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason: `status` is 200 where it explains an outcome, else the status of the refusal."""

    code: str
    status: int
    zh: str
    en: str

    def text(self, language: Language, values: Mapping[str, str] | None = None) -> str:
        """Return the explanation in `language`, with `values` filled in (a value may be a `Both`)."""
        template = self.zh if language == "zh" else self.en
        return template if "{" not in template else template.format_map(_Values(values or {}))


class _Values(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "…"


@dataclass(frozen=True, slots=True)
class Grounds:
    """A reason with the values of its text, in each language: what a decision or an outcome rests on."""

    reason: Reason
    values_zh: Mapping[str, str] = field(default_factory=dict)
    values_en: Mapping[str, str] = field(default_factory=dict)

    @property
    def code(self) -> str:
        """The reason's code."""
        return self.reason.code

    @property
    def zh(self) -> str:
        """The explanation in Chinese."""
        return self.reason.text("zh", self.values_zh)

    @property
    def en(self) -> str:
        """The explanation in English."""
        return self.reason.text("en", self.values_en)


class Refused(Exception):
    """An act refused for a reason; `fields` names what to mend in bad input, `entry` the refusal's record entry."""

    def __init__(self, grounds: Grounds, *, fields: Mapping[str, Grounds] | None = None, entry: str = "") -> None:
        super().__init__(grounds.en)
        self.grounds = grounds
        self.fields = dict(fields or {})
        self.entry = entry


def because(code: str, **values: "str | Both") -> Grounds:
    """Return the grounds for `code`; a value is a text, or a `Both` where the languages differ."""
    reason = REASONS[code]
    return Grounds(
        reason,
        {k: v.zh if isinstance(v, Both) else v for k, v in values.items()},
        {k: v.en if isinstance(v, Both) else v for k, v in values.items()},
    )


@dataclass(frozen=True, slots=True)
class Both:
    """A name in both languages; where there is no English one the Chinese stands for it."""

    zh: str
    en: str


# fmt: off
_TABLE = (
    # What a verification found.
    ("valid", 200, "证照真实有效。", "The licence is genuine and valid."),
    ("not_yet_valid", 200, "证照自{date}起生效。", "The licence is valid from {date} only."),
    ("suspended", 200, "证照已暂停使用。", "The licence is suspended."),
    ("expired", 200, "证照有效期已于{date}届满。", "The licence expired on {date}."),
    ("revoked", 200, "证照已被吊销。", "The licence was revoked."),
    ("cancelled", 200, "证照已注销。", "The licence was cancelled."),
    ("withdrawn", 200, "证照已被撤回。", "The licence was withdrawn."),
    ("annulled", 200, "证照已被撤销，自始无效。", "The licence was annulled from the start."),
    ("replaced", 200, "证照已被新版本取代。", "The licence was replaced by a newer version."),
    ("transferred", 200, "证照已转移给他人，本证不再有效。", "The licence was transferred to another holder: this one is no longer valid."),
    ("discarded", 200, "证照在发放前已作废。", "The licence was discarded before it was issued."),
    ("sealed_not_issued", 200, "证照已签章，尚未发放。", "The licence is sealed but has not been issued yet."),
    ("incomplete", 200, "证照缺少必填信息：{fields}。", "The licence lacks required information: {fields}."),
    ("not_found", 200, "在该事项所需的证照中没有这个编号。", "Among the licences this item needs there is none with this number."),
    ("holder_mismatch", 200, "该编号的证照不属于所述持证主体。", "The licence with this number belongs to another holder."),
    ("signature_invalid", 200, "签名不符：证照内容可能被改动。", "The signature does not match: the licence may have been altered."),
    ("row_altered", 409, "登记信息与签发时不符，可能被改动。", "The registered data differ from what was issued and may have been altered."),
    ("key_not_trusted", 200, "签名密钥不在信任名单内。", "The signing key is not on the trust list."),
    ("not_collected", 200, "该证照尚未电子化归集。", "Licences of this type are not collected electronically yet."),
    ("ambiguous", 200, "该编号对应多份证照，请写明证照类型。", "Several licences bear this number: name the licence type."),
    ("source_unreachable", 200, "证照来源系统暂时无法访问。", "The source of this licence cannot be reached at present."),
    ("outside_needs", 200, "编号存在，但该事项不需要此类证照。", "The number exists, but the item does not need licences of its type."),
    # What the access decision answers.
    ("permitted", 200, "允许访问：{ground}。", "Access is permitted: {ground}."),
    ("client_inactive", 403, "接入系统已停用，请联系数据主管部门。", "The client is not active: ask the data authority."),
    ("purpose_missing", 403, "请写明用途。", "State the purpose."),
    ("case_or_operator_missing", 403, "请提供办件编号，或写明经办人。", "Give the case, or name the operator."),
    ("case_missing", 403, "查看证照字段须提供办件编号；没有办件只能核验真伪。", "Fields are shown for a case only; without one the answer is yes or no."),
    ("case_of_other_item", 403, "办件 {case} 不属于事项 {item}。", "The case {case} is not one of item {item}."),
    ("item_unknown", 403, "没有编号为 {item} 的审批事项。", "There is no item with the code {item}."),
    ("item_not_in_force", 403, "事项 {item} 当前未施行。", "Item {item} is not in force."),
    ("item_of_other_department", 403, "事项 {item} 由{department}办理，贵单位无权以此查询。", "Item {item} belongs to {department}: your department cannot ask on its behalf."),
    ("type_unknown", 403, "没有名为“{type}”的证照类型。", "There is no licence type named “{type}”."),
    ("type_not_needed", 403, "事项 {item} 不需要{type}。需要它的事项：{items}。", "Item {item} does not need {type}. Items that do: {items}."),
    ("agreement_missing", 403, "{type}为有条件共享，{department}尚无有效的使用协议，也没有持证人出示。请向{owner}申请。", "{type} is shared conditionally; {department} has no agreement in force and the holder has not presented it. Ask {owner}."),
    ("not_shared", 403, "{type}不予共享，依据：{basis}。", "{type} is not shared. Legal basis: {basis}."),
    ("authorisation_missing", 403, "使用{type}须经持证人授权。", "The use of {type} needs the holder's authorisation."),
    ("rate_exceeded", 429, "请求过于频繁，请在 {seconds} 秒后重试。", "Too many requests: try again in {seconds} seconds."),
    # Sign-in and roles.
    ("not_signed_in", 401, "请先登录或提供有效的访问令牌。", "Sign in, or give a valid access token."),
    ("role_missing", 403, "您在{department}没有办理此事的职责。", "You have no role in {department} that allows this."),
    ("not_permitted", 403, "您没有查看此页面的权限。", "You have no permission to see this page."),
    ("scope_missing", 403, "访问令牌缺少权限范围 {scope}。", "The access token lacks the scope {scope}."),
    ("csrf_failed", 403, "页面已过期，请刷新后重试。", "The page has expired: reload it and try again."),
    # Bad input.
    ("input_invalid", 400, "输入有误，请按提示更正。", "The input has errors: mend the fields named."),
    ("field_required", 400, "此项必填。", "This field is required."),
    ("field_invalid", 400, "{why}。", "The value {why}."),
    ("method_not_allowed", 405, "不支持此请求方式。", "This method is not supported here."),
    ("media_type_not_supported", 415, "请以 {types} 提交。", "Send the request as {types}."),
    ("not_acceptable", 406, "只能以 application/json 应答。", "Answers are given as application/json only."),
    ("page_not_found", 404, "没有这个地址。", "There is nothing at this address."),
    ("licence_not_found", 404, "在该事项所需的证照中没有这个标识。", "Among the licences this item needs there is none with this identifier."),
    ("sign_in_locked", 429, "该用户名在此地址登录失败次数过多，已暂时锁定。", "Signing in with this name from this address is locked for a while after too many failures."),
    ("entry_not_found", 404, "没有这条记录。", "There is no such entry."),
    ("entry_not_sequenced", 409, "这条记录尚未编入日志树，请稍后重试。", "The entry has no place in the log's signed tree yet: try again in a second."),
    ("entries_archived", 410, "该记录已归档，见归档文件 {file}。", "The entries are archived: see the archive file {file}."),
    ("witness_key_invalid", 400, "这不是见证的公钥。", "This is no public key of a witness."),
    ("witness_known", 409, "该见证已登记。", "This witness is enrolled already."),
    ("witness_unknown", 403, "没有登记这样的见证。", "No such witness is enrolled."),
    ("cosignature_malformed", 400, "这不是会签的检查点。", "This is no cosigned checkpoint."),
    ("cosignature_wrong", 403, "见证的会签不成立。", "The witness's signature does not hold."),
    ("checkpoint_unknown", 409, "平台从未签署过这个检查点。", "The platform never signed this checkpoint."),
    ("internal_error", 500, "系统内部错误，请凭请求编号 {request} 联系运维。", "Internal error: give the request id {request} to the operators."),
    ("record_unavailable", 503, "审计记录暂不可写，因此不能应答。请稍后重试。", "The record cannot be written at present, so nothing is answered. Try again later."),
    # Applications.
    ("needs_missing", 400, "尚缺：{needs}。", "Still missing: {needs}."),
    ("not_represented", 403, "您不能代表该持证主体办理。", "You cannot act for this holder."),
    ("reference_not_own", 400, "所选证照不属于申请人或与所需不符。", "The licence chosen is not the applicant's or does not meet the need."),
    ("own_application", 403, "不得办理本人的申请。", "Nobody decides their own application."),
    ("wrong_state", 409, "办件当前为“{state}”，不能执行此操作。", "The application is “{state}”, which does not allow this."),
    ("references_not_valid", 409, "以下证照核验未通过：{needs}。", "These references do not hold: {needs}."),
    ("application_not_found", 404, "没有这个办件。", "There is no such application."),
    ("item_not_issuing", 409, "{department}没有可用的签名密钥，无法签发。", "{department} has no signing key in force, so nothing can be issued."),
    ("type_not_issuable", 409, "{type}没有具备统一社会信用代码的制发机构，无法签发。", "No body with a unified social credit code defines or issues {type}, so it cannot be issued."),
    ("operation_not_allowed", 409, "证照当前为“{state}”，不能{operation}。", "The licence is {state}, which does not allow: {operation}."),
    ("reason_required", 400, "请写明理由。", "State the reason."),
    # Types and their forms.
    ("content_invalid", 400, "证照内容与该类型的格式不符，请按提示更正。", "The content does not fit the form of this type: mend the fields named."),
    ("number_taken", 409, "编号 {number} 已用于另一份同类证照。", "The number {number} is already that of another licence of this type."),
    ("holder_kind_wrong", 400, "该类证照的持证主体代码类型应为：{kinds}。", "Holders of this type are identified by: {kinds}."),
    ("holder_missing", 400, "请写明持证主体。", "Name a holder."),
    ("dates_reversed", 400, "有效期止不得早于有效期起。", "The last day of validity must not lie before the first."),
    ("content_field_missing", 400, "缺少“{field}”，请填写。", "“{field}” is missing: fill it in."),
    ("content_field_unknown", 400, "该类型没有“{field}”字段，请删去或写入备注。", "This type has no field “{field}”: leave it out, or put it into the remarks."),
    ("content_field_invalid", 400, "字段“{field}”{why}。", "The field “{field}” {why}."),
    ("form_invalid", 400, "证照类型的格式有误，请按提示更正。", "The form of this licence type has faults: mend the fields named."),
    ("form_not_permitted", 403, "{type}的格式只能由{owner}的负责人、管理员或数据主管部门制定。", "The form of {type} is for the head or an administrator of {owner}, or for the data authority, to define."),
    ("type_code_unknown", 404, "没有代码为 {type} 的证照类型。", "There is no licence type with the code {type}."),
    # Licences in the making and their operations.
    ("operation_not_permitted", 403, "“{operation}”须由以下人员执行：{who}。", "Only these may {operation} a licence: {who}."),
    ("not_the_issuer", 403, "此事须由颁发机构{issuer}办理。", "This is for {issuer}, which issues the licence."),
    ("draft_not_allowed", 409, "制证当前为“{state}”，不能{step}。", "The draft is “{state}”, which does not allow: {step}."),
    ("second_person_needed", 403, "该类证照须由两人办理：制证人不得复核或签章。", "Licences of this type take two persons: whoever made the draft neither reviews nor seals it."),
    ("draft_not_found", 404, "没有这份制证草稿。", "There is no such draft."),
    # Holders and those who act for them.
    ("holder_number_taken", 409, "该号码已属于另一持证主体。", "This number already belongs to another holder."),
    ("holder_name_differs", 409, "该号码以另一名称登记；如名称已变更，请先登记变更。", "This number is registered under another name; where the name has changed, register the change first."),
    ("holder_number_invalid", 400, "号码有误：{why}。", "The number is wrong: {why}."),
    ("code_type_unknown", 400, "没有证件类型代码“{given}”，可用：{codes}。", "There is no code type “{given}”; those known: {codes}."),
    ("holder_kind_fixed", 400, "自然人的证件与组织的证件不能互换。", "A person's number never becomes an organisation's, nor an organisation's a person's."),
    ("before_present_number", 400, "新号码的生效时间不得早于现用号码。", "The new number cannot be in force before the present one was."),
    ("persons_only", 400, "只有自然人可由本人或监护人代表。", "Only a natural person acts for themselves, or is somebody's child."),
    ("organisations_only", 400, "只有组织有法定代表人和受托人。", "Only an organisation has a legal representative and people whom it appointed."),
    ("child_birth_unknown", 409, "出生日期只能从居民身份号码得知，请以居民身份证登记该未成年人。", "Only a citizen identity number tells when a child comes of age: register the child by it."),
    ("child_of_age", 409, "此人已年满十八周岁，不再由监护人代表。", "This person has come of age: nobody acts for them as for a child."),
    ("represents_already", 409, "此人已可代表该持证主体。", "This person may act for the holder already."),
    ("legal_representative_present", 409, "该组织已有法定代表人，请办理变更。", "The organisation has a legal representative: register the change of it."),
    ("appointing_not_permitted", 403, "代办人只能由现任法定代表人委托。", "Only the present legal representative appoints who acts for the organisation."),
    ("representing_not_permitted", 403, "代表关系须由登记机关登记。", "Only the registering authority registers who may act for a holder."),
    ("until_not_future", 400, "截止时间须晚于起始时间。", "The end must lie after the beginning."),
    # Keys and trust.
    ("key_not_found", 404, "没有这个密钥。", "There is no such key."),
    ("department_not_found", 404, "没有这个部门。", "There is no such department."),
    ("key_not_in_force", 409, "密钥已退役或已泄露，不能再用于签名。", "The key is retired or compromised: it signs no more."),
    ("key_kind_unknown", 400, "{store}中不能生成{algorithm}密钥。", "No {algorithm} key can be made in the store {store}."),
    ("key_not_certifiable", 409, "{algorithm}密钥没有数字证书。", "{algorithm} keys have no X.509 certificate here."),
    ("chain_invalid", 400, "证书链不符：{why}。", "The certificate chain does not hold: {why}."),
    ("algorithm_unavailable", 409, "未安装 {algorithm} 算法组件。", "What computes {algorithm} is not installed."),
    ("token_unavailable", 503, "密码设备无法使用：{why}。", "The PKCS#11 token cannot be used: {why}."),
    ("key_compromised", 200, "签发此证照的密钥已泄露，证照凭证已用新密钥重新签发，证照本身的效力不变。", "The key that signed this licence was compromised; the credential was signed anew, and the licence itself is as valid as before."),
    # Credentials, statuses, codes.
    ("credential_malformed", 200, "凭证格式有误，无法读取。", "The credential is malformed and cannot be read."),
    ("unsigned", 200, "内容没有签名。", "The content is not signed at all."),
    ("algorithm_refused", 200, "签名算法不被接受。", "The signature algorithm is not accepted."),
    ("token_kind_wrong", 200, "签名内容属于其他类别。", "What was signed is of another kind."),
    ("digest_algorithm_refused", 200, "凭证的摘要算法不被接受。", "The credential's digest algorithm is not accepted."),
    ("digest_doubled", 200, "凭证中同一摘要出现两次。", "The credential names a digest twice."),
    ("disclosure_malformed", 200, "披露项格式有误，无法读取。", "A disclosure is malformed and cannot be read."),
    ("disclosure_foreign", 200, "披露项不是该凭证制发机构所签。", "A disclosure is not one that the issuer signed for this credential."),
    ("disclosure_doubled", 200, "同一内容被披露两次。", "The same claim is disclosed twice."),
    ("disclosure_reserved", 200, "披露项使用了保留名称。", "A disclosure uses a reserved name."),
    ("disclosure_missing", 200, "须披露的内容没有披露。", "A claim that must be disclosed is not."),
    ("binding_missing", 200, "未证明出示人持有该凭证的密钥。", "The presenter did not prove to hold the credential's key."),
    ("binding_foreign", 200, "出示证明不是由持证人密钥所签。", "The proof of possession is not signed by the holder's key."),
    ("binding_audience", 200, "出示证明是向他人出具的。", "The proof of possession was made for another verifier."),
    ("binding_replayed", 200, "出示证明不是针对本次核验的，可能被重放。", "The proof of possession answers another request and may be replayed."),
    ("binding_stale", 200, "出示证明的时间不在允许范围内。", "The proof of possession is too old, or from the future."),
    ("binding_altered", 200, "出示证明与所出示内容不符。", "The proof of possession does not cover what is presented."),
    ("status_invalid", 200, "证照已失效。", "The licence is no longer valid."),
    ("status_unknown", 200, "没有可用的状态列表，无法得知证照当前是否有效。", "There is no usable status list, so whether the licence is valid now is not known."),
    ("status_list_malformed", 200, "状态列表格式有误，无法读取。", "The status list is malformed and cannot be read."),
    ("status_list_other", 200, "状态列表不是证照所指的那一份。", "The status list is not the one that the licence names."),
    ("status_list_expired", 200, "状态列表已过期，请重新获取。", "The status list has expired: fetch it anew."),
    ("status_list_too_large", 200, "状态列表过大，不予展开。", "The status list is too large to be unpacked."),
    ("status_index_outside", 200, "状态列表中没有该证照的位置。", "The status list has no place for this licence."),
    ("status_list_not_found", 404, "没有这份状态列表。", "There is no such status list."),
    ("signature_right", 200, "签名正确，由信任名单内的密钥所签。", "The signature is right and by a key on the trust list."),
    ("key_retired", 200, "签名时该密钥已停用。", "The key had been retired when this was signed."),
    ("key_of_other_issuer", 200, "签名密钥不属于所称的制发机构。", "The signing key is not that of the issuer named."),
    ("trust_list_expired", 200, "信任名单已过期，请重新获取。", "The trust list has expired: fetch it anew."),
    ("network_needed", 200, "这是核验网址，须联网核验。", "This is a verification address, which needs the network."),
    ("copy_expired", 200, "该加注件已过使用期限。", "This copy's time of use has ended."),
    ("code_missing", 200, "文件未载有离线核验码。", "The document carries no offline code."),
    ("code_malformed", 200, "二维码内容有误，无法读取。", "The code is malformed and cannot be read."),
    ("check_code_malformed", 400, "核验码应为16位数字和字母，可含连字符。", "A code has 16 letters and digits, with or without hyphens."),
    # Documents and copies.
    ("expiry_not_future", 400, "有效期须晚于当前时间。", "The expiry must lie in the future."),
    ("text_too_long", 400, "最多{count}个字。", "At most {count} characters."),
    ("licence_not_valid", 409, "证照当前为“{state}”，不能制作副本。", "The licence is {state}: no copy is made of it."),
    ("document_not_given", 409, "证照当前为“{state}”，没有可提供的文件。", "The licence is {state}: there is no document to give."),
    ("document_not_sealable", 409, "{department}的密钥没有可用于电子签章的证书，无法制作文件。", "The key of {department} has no certificate to seal documents with."),
    ("time_stamp_unavailable", 503, "时间戳服务暂时无法使用，文件未制作。请稍后重试。", "The time-stamp server does not answer, so no document was made. Try again later."),
    ("document_unreadable", 200, "文件无法读取，可能已损坏。", "The document cannot be read and may be damaged."),
    ("seal_missing", 200, "文件没有电子印章。", "The document has no seal."),
    ("seal_stripped", 200, "文件的电子印章已被移除。", "The document's seal was removed."),
    ("seal_broken", 200, "文件在盖章后被改动，或印章本身被改动。", "The document, or the seal itself, was changed after sealing."),
    ("seal_extended", 200, "文件在盖章后被添加了内容。", "Something was added to the document after it was sealed."),
    ("seal_not_trusted", 200, "印章的证书不在信任名单内。", "The seal's certificate comes from no trusted root."),
    ("seal_out_of_date", 200, "印章的证书在核验时点不在有效期内。", "The seal's certificate is not in force at the time of the check."),
    ("time_stamp_broken", 200, "文件的时间戳不符。", "The document's time stamp does not hold."),
    # The person concerned: objections, and notice that is deferred by law.
    ("entry_not_objectable", 409, "此次访问不是由某个部门作出的，没有部门可以答复异议。", "No department made this access, so there is none to answer an objection."),
    ("objection_open", 409, "您对此次访问的异议正在处理中。", "Your objection to this access is still open."),
    ("objection_wrong_state", 409, "异议当前为“{state}”，不能执行此操作。", "The objection is “{state}”, which does not allow this."),
    ("objection_not_found", 404, "没有这件异议。", "There is no such objection."),
    ("objection_not_yours", 403, "异议由{department}的负责人或管理员答复，逾期后由数据主管部门答复。", "The head or an administrator of {department} answers; once it is overdue, the data authority does."),
    ("own_look", 403, "不得答复针对本人访问的异议。", "Nobody answers an objection to an access of their own."),
    ("objection_escalated", 200, "部门未在期限内答复您的异议，已转交数据主管部门。", "The department did not answer your objection in time: it was passed on to the data authority."),
    ("objection_upheld", 200, "您的异议成立：该次访问不当，部门已说明所采取的措施。", "Your objection was upheld: the access was wrong, and the department says what it has done about it."),
    ("objection_rejected", 200, "您的异议不成立：部门已说明该次访问的依据。", "Your objection was rejected: the department says on what ground the access was made."),
    ("entry_not_deferrable", 409, "只有部门对证照的访问才能延迟告知。", "Notice can be deferred of a department's access to a licence only."),
    ("deferral_not_permitted", 403, "延迟告知只能由访问部门的负责人或数据主管部门决定。", "Notice is deferred by the head of the department that looked, or by the data authority, only."),
    ("law_not_named", 400, "请写明法律名称和条款，例如《中华人民共和国监察法》第二十五条。", "Name the law in its Chinese marks for titles, and the article, both in Chinese."),
    ("deferral_too_long", 400, "一次最多延迟{days}日，到期须重新决定。", "Notice is deferred by at most {days} days at a time; after that it takes a new decision."),
    ("objected_already", 409, "当事人已就此次访问提出异议，无从延迟告知。", "The person concerned has objected to this access, so that there is no notice left to defer."),
    # Odd use, and the flags raised for it.
    ("odd_off_hours", 200, "在办公时间以外查询 {count} 次。", "{count} looks outside of office hours on one day."),
    ("odd_bulk", 200, "一小时内查询 {count} 次，平时每小时约 {usual} 次。", "{count} looks within an hour, where about {usual} an hour are usual."),
    ("odd_same_licence", 200, "同一人一周内反复查询同一证照 {count} 次。", "One person looked at the same licence {count} times within a week."),
    ("odd_without_case", 200, "一天内未注明办件的查询 {count} 次。", "{count} looks without a case on one day."),
    ("odd_guessing", 200, "一小时内 {count} 次查询未查到、不符或不唯一，可能在试探编号。", "{count} looks within an hour found nothing or another holder's licence: numbers may be guessed."),
    ("odd_consecutive", 200, "一小时内查询了 {count} 个相邻编号，可能在逐号查询。", "{count} numbers next to each other were looked up within an hour: they may be enumerated."),
    ("own_flag", 403, "不得办理针对本人的异常提示。", "Nobody clears a flag of their own use."),
    ("flag_cleared", 409, "该异常提示已办结。", "The flag was cleared before."),
    ("note_required", 400, "请写明核查结果。", "Write down what was found."),
    # Agreements between departments (right of use).
    ("agreement_not_needed", 409, "使用{type}无需申请：{ground}，可直接查询。", "No agreement is needed to use {type}: {ground}. Ask for it at once."),
    ("agreement_no_provider", 409, "{type}没有提供部门，无从申请。", "{type} has no providing department that could be asked."),
    ("agreement_incomplete", 400, "申请尚缺或有误：{fields}。草稿：{reference}。补齐后重新提交。", "Missing or faulty in the request: {fields}. Draft kept: {reference}. Mend them and send it again."),
    ("agreement_not_found", 404, "没有这份使用协议。", "There is no such agreement."),
    ("agreement_wrong_state", 409, "使用协议当前为“{state}”，不能执行此操作。", "The agreement is “{state}”, which does not allow this."),
    ("agreement_not_yours", 403, "此步骤由以下人员办理：{who}。", "Only these take this step: {who}."),
    ("agreement_both_sides", 403, "您已代表另一方办理过此协议，不得再代表本方。须由他人办理。", "You have acted for another side of this agreement: somebody else must take this step."),
    ("agreement_own_request", 403, "您提出的申请须由本部门其他负责人同意。", "Another head of the department approves what you have asked for."),
    ("agreement_begins_late", 400, "开始日期须在今日至{day}之间（同意后20个工作日内提供）。", "The first day lies between today and {day}: delivery follows consent within 20 working days."),
    ("agreement_suspended", 403, "使用协议 {agreement} 已被数据主管部门停用，暂不能使用{type}。请联系数据主管部门。", "Agreement {agreement} was suspended or ended by the data authority: {type} cannot be used. Ask the data authority."),
    ("agreement_way_missing", 403, "使用协议 {agreement} 只允许核验{type}，不含查看字段。需要查看的，请向{owner}申请。", "Agreement {agreement} allows verifying {type}, not reading its fields. Ask {owner} for that."),
    ("daily_quota_used", 429, "使用协议 {agreement} 当日限额 {quota} 次已用完，{day} 起可继续。需要增加的，请向{owner}申请。", "The day's quota of {quota} under agreement {agreement} is used up; it goes on from {day}. For more, ask {owner}."),
    ("total_quota_used", 403, "使用协议 {agreement} 的总限额 {quota} 次已用完。请向{owner}申请新的协议。", "The whole quota of {quota} under agreement {agreement} is used up. Ask {owner} for a new agreement."),
    ("agreement_moved", 200, "使用协议 {agreement}：{state}。", "Agreement {agreement}: {state}."),
    ("agreement_due_soon", 200, "使用协议 {agreement} 须在{day}前答复。", "Agreement {agreement} must be answered by {day}."),
    ("agreement_overdue", 200, "使用协议 {agreement} 应于{day}前答复，已逾期。", "Agreement {agreement} was to be answered by {day} and is overdue."),
    ("agreement_ends_soon", 200, "使用协议 {agreement} 将于{day}到期。需要继续使用的，请申请续期。", "Agreement {agreement} ends on {day}. Who needs it further asks for its renewal."),
    # Rights that do not hold (any more), the holder's authorisations (授权), duties named by law.
    ("agreement_ended", 403, "{type}的使用协议 {agreement} 已于{date}终止。请向{owner}续签。", "Agreement {agreement} on {type} ended on {date}: ask {owner} to renew it."),
    ("agreement_not_yet", 403, "{type}的使用协议 {agreement} 自{date}起生效。", "Agreement {agreement} on {type} is in force from {date} only."),
    ("agreement_other_purpose", 403, "{type}的使用协议 {agreement} 只限用于“{purpose}”。如须用于其他用途，请向{owner}申请。", "Agreement {agreement} on {type} is for the purpose “{purpose}” only: for another, ask {owner}."),
    ("agreement_other_fields", 403, "{type}的使用协议 {agreement} 不含该类证照的任何字段，只能核验真伪。如须查看字段，请向{owner}申请。", "Agreement {agreement} on {type} covers none of its fields, so the answer is yes or no only: to see fields, ask {owner}."),
    ("authorisation_ended", 403, "持证人对使用{type}的授权已于{date}到期，请持证人重新授权。", "The holder's authorisation to use {type} ended on {date}: ask the holder for a new one."),
    ("authorisation_used", 403, "持证人对使用{type}的一次性授权已于{date}使用，请持证人重新授权。", "The holder's authorisation to use {type} once was used up on {date}: ask the holder for a new one."),
    ("authorisation_revoked", 403, "持证人已于{date}收回对使用{type}的授权。", "The holder took the authorisation to use {type} back on {date}."),
    ("authorisation_not_yet", 403, "持证人对使用{type}的授权自{date}起生效。", "The holder's authorisation to use {type} is in force from {date} only."),
    ("authorisation_other_item", 403, "持证人对使用{type}的授权是为其他事项给予的，不适用于事项 {item}。", "The holder authorised the use of {type} for another item, not for {item}."),
    ("authorisation_other_purpose", 403, "持证人对使用{type}的授权只限用于“{purpose}”。", "The holder authorised the use of {type} for the purpose “{purpose}” only."),
    ("authorisation_not_found", 404, "没有这份授权。", "There is no such authorisation."),
    ("authorisation_over", 409, "该授权已用完、到期或收回。", "The authorisation is used up, has ended or was taken back already."),
    ("authorisation_too_long", 400, "授权最长{days}日。", "An authorisation lasts for {days} days at most."),
    ("authorisation_code_invalid", 404, "授权码不正确、已使用，或已超过60秒。请持证人出示新的授权码。", "The code is wrong, was used, or is older than 60 seconds: ask the holder to show a new one."),
    ("mandate_missing", 400, "委托须写明委托书编号。", "A mandate names the document by which it was given."),
    ("department_not_handling", 400, "{department}不办理事项 {item}。", "{department} does not handle item {item}."),
    ("duty_not_permitted", 403, "法定职责由数据主管部门登记。", "Duties named by law are registered by the data authority."),
    ("duty_known", 409, "该项法定职责已登记。", "This duty is registered already."),
    ("duty_not_found", 404, "没有登记这项法定职责。", "No such duty is registered."),
    ("explaining_not_permitted", 403, "您只能查询本部门的访问判定。", "You may ask about the access decisions of your own department only."),
    # Systems of departments: their secrets and keys, assertions (RFC 7523), signed calls (RFC 9421).
    ("client_not_found", 404, "没有这个业务系统。", "There is no such system."),
    ("clients_not_yours", 403, "业务系统由所属部门的负责人或管理员管理。", "The systems of a department are managed by its head or its administrators."),
    ("client_deactivated", 409, "该业务系统已停用，请重新登记。", "The system was deactivated: register it anew."),
    ("overlap_too_long", 400, "新旧密钥最多并行{days}日。", "Two secrets hold beside each other for at most {days} days."),
    ("client_key_malformed", 400, "应为一个公钥（{format}格式），且不含私钥。", "Give one public key as {format}, without its private part."),
    ("client_key_weak", 400, "不接受此类密钥，可用：{algorithms}。", "Keys of this kind are not accepted; these are: {algorithms}."),
    ("client_key_present", 409, "该业务系统已登记名为“{kid}”的公钥。", "The system has a key with the id “{kid}” already."),
    ("client_key_not_found", 404, "没有这个公钥。", "There is no such key."),
    ("role_not_held", 409, "此人已不具有该角色。", "The person does not hold this role any more."),
    ("client_key_unknown", 401, "签名密钥未登记、未生效或已停用。", "The signing key is not registered for this system, or not in force."),
    ("client_algorithm_refused", 401, "签名算法与登记的密钥不符，或不被接受。", "The algorithm is not that of the registered key, or is not accepted."),
    ("assertion_malformed", 401, "断言格式有误，或缺少必备声明：{claims}。", "The assertion is malformed, or lacks one of {claims}."),
    ("assertion_wrong", 401, "断言的签名不符。", "The assertion's signature does not hold."),
    ("assertion_audience", 401, "断言不是向本平台出具的，接收方应为 {audience}。", "The assertion was made for somebody else: its audience must be {audience}."),
    ("assertion_stale", 401, "断言已过期、尚未生效，或有效期超过{seconds_most}秒。", "The assertion has ended, has not begun, or holds for more than {seconds_most} seconds."),
    ("assertion_replayed", 401, "该断言已用过一次。", "This assertion has been used before."),
    ("signature_missing", 401, "该业务系统的调用须签名。", "This system must sign its calls (RFC 9421)."),
    ("signature_malformed", 401, "请求签名格式有误，或多于一个。", "The call's signature is malformed, or there is more than one."),
    ("signature_incomplete", 401, "请求签名缺少：{parts}。", "The call's signature lacks: {parts}."),
    ("signature_stale", 401, "请求签名已过期、来自未来，或有效期超过{seconds_most}秒。请校准时钟。", "The call's signature has ended, is from the future, or holds for more than {seconds_most} seconds: check the clock."),
    ("signature_wrong", 401, "请求签名与请求不符。", "The signature does not match the call."),
    ("digest_wrong", 401, "请求内容与签名的摘要不符。", "The body does not match the digest that was signed."),
    ("signature_replayed", 401, "该请求签名已用过一次。", "This signature has been used before."),
    ("operator_malformed", 400, "请在请求头 {header} 中写明经办人：账号，必要时加姓名（百分号编码），以分号分隔。", "Name the operator in the header {header}: the account and, where there is one, after a semicolon the name in percent-encoding."),
    # Sharing: searches by holder, credentials, use-bound copies, download addresses, subscriptions, GB/T calls.
    ("whole_not_permitted", 403, "文件载有证照全部内容，贵单位的使用权未覆盖：{fields}。请只读取许可字段，或请制发部门扩大协议范围；缺少持证主体代码的，请在请求中写明持证主体。", "A document shows all that the licence says, and the right of use does not cover: {fields}. Read the permitted fields, or ask the provider for a wider agreement; where the holder's number is missing, name the holder in the request."),
    ("credential_not_given", 409, "凭证未通过核验，不提供：{why}。", "The credential does not verify and is not given: {why}."),
    ("download_gone", 404, "下载地址无效、已使用或已过期。地址只能使用一次，有效十分钟，请重新申请。", "This download address is unknown, used or expired. It works once, within ten minutes: ask for a new one."),
    ("download_used", 200, "下载地址已被使用。", "The download address had been used."),
    ("download_expired", 200, "下载地址已过期。", "The download address had expired."),
    ("copy_not_found", 404, "贵单位没有这份加注件。", "Your department has no such copy."),
    ("purpose_differs", 409, "事由、事项或办件与制作加注件时不同，请为新的用途另制一份。", "Item, purpose or case differ from those for which the copy was made: make another copy for another use."),
    ("subscription_not_found", 404, "贵单位没有这项订阅。", "Your department has no such subscription."),
    ("subscription_exists", 409, "贵单位已有发往该地址的订阅。", "Your department has a subscription to this address already."),
    ("subscription_wrong_state", 409, "订阅当前为“{state}”，不能执行此操作。", "The subscription is {state}, which does not allow this."),
    ("address_not_allowed", 400, "不能向该地址推送：{why}。", "Nothing is sent to this address: {why}."),
    ("endpoint_not_proven", 409, "接收端未能证明可以接收推送：{why}。", "The endpoint did not prove that it takes messages: {why}."),
    ("challenge_not_echoed", 200, "应答中没有原样返回验证值。", "The answer did not return the challenge."),
    ("delivery_answered", 200, "接收端应答状态码 {status}。", "The endpoint answered HTTP {status}."),
    ("delivery_unreachable", 200, "无法连接接收端。", "The endpoint cannot be reached."),
    ("delivery_timed_out", 200, "接收端未在时限内应答。", "The endpoint did not answer in time."),
    ("delivery_blocked", 200, "接收端地址解析到不允许访问的网络。", "The endpoint's name leads to a network to which nothing is sent."),
    ("endpoint_gone", 200, "接收端应答状态码 410（已不存在），订阅已停用。", "The endpoint answered HTTP 410: the subscription was disabled."),
    ("endpoint_failing", 200, "接收端持续失败，订阅已停用；修复后请重新验证并重发。", "The endpoint failed for too long: the subscription was disabled. Mend it, verify it anew and resend."),
    ("account_differs", 403, "账号与访问令牌不符。", "The account is not that of the access token."),
    ("code_names_nothing", 404, "二维码内容不是本平台证照的标识、核验地址或离线码。", "What the QR code says is no identifier, check address or offline code of a licence here."),
    # Wrong fields of licences, reported and mended.
    ("licence_not_held", 404, "您代办的持证主体名下没有这份证照。", "None of those for whom you act holds such a licence."),
    ("field_not_seen", 400, "该次查看没有显示这个字段，请从所示字段中选择。", "The look did not show this field: choose one of those that it showed."),
    ("correction_open", 409, "您对该字段的报错正在处理中，答复后可再次报错。", "Your report of this field is still open: once it is answered you may report it again."),
    ("correction_not_found", 404, "没有这件报错。", "There is no such report."),
    ("correction_not_yours", 403, "报错由{department}核查和更正，不予更正须由其负责人或管理员决定；逾期后由数据主管部门处理。", "{department} checks and mends; its head or an administrator rejects; once overdue the data authority may answer."),
    ("own_report", 403, "不得办理本人的报错，请由他人办理。", "Nobody answers a report of their own: somebody else does."),
    ("correction_wrong_state", 409, "报错当前为“{state}”，不能执行此操作。", "The report is “{state}”, which does not allow this."),
    ("not_mended", 409, "该证照还没有更正此字段的新版本：请先办理变更或补发，再确认属实。", "No newer version of the licence says this field in another way: change or reissue it first."),
    ("correction_upheld", 200, "报错属实，证照已由新版本更正。", "The report was right: a new version of the licence mends it."),
    ("correction_rejected", 200, "您的报错未予采纳，制发部门已说明理由。", "Your report was rejected: the issuer says why."),
    ("correction_escalated", 200, "制发部门未在期限内处理您的报错，已转交数据主管部门。", "The issuer did not answer your report in time: it was passed on to the data authority."),
    ("holder_not_yours", 403, "持证主体的号码和名称由数据主管部门，或向其制发过证照的部门的负责人、管理员变更。", "A holder's number and name are changed by the data authority, or by the head or an administrator of a department that issued a licence to them."),
    # Applications on their way: acceptance, terms, paper, assistance, files, reviews.
    ("missing_listed_before", 409, "补正内容只能一次告知，此前已告知。请受理，或不予受理并说明理由。", "What is missing is listed once, and was: accept the application, or decline it with a reason."),
    ("still_missing", 400, "仍缺：{needs}。请逐项补齐。", "Still missing of what was listed: {needs}."),
    ("extended_before", 409, "审批期限只能延长一次，此前已延长。", "The term is extended once only, and was."),
    ("term_over", 409, "审批期限已届满，不能再延长，请尽快作出决定。", "The term is over and can be extended no more: decide."),
    ("head_needed", 403, "延长期限须由{department}的负责人批准。", "The head of {department} alone approves an extension."),
    ("clock_stands_still", 409, "期限已中止计算，请先恢复。", "The clock stands still already: let it run again first."),
    ("clock_runs", 409, "期限正在计算，没有可恢复的中止。", "The clock runs: there is no standstill to end."),
    ("paper_no_use", 409, "数据显示该证照不在有效状态或不属于该持证主体，纸质证照不能代替。请告知申请人。", "The data say that the licence is not in force or another holder's: paper does not take its place. Tell the applicant."),
    ("need_unknown", 400, "该事项没有这项所需证照。", "The item has no such need."),
    ("issuer_outside", 409, "{type}的颁发机构不在本平台，无法在线协查。", "Nobody on this platform issues {type}, so that nobody can be asked here."),
    ("assistance_open", 409, "该项证照的协查尚未答复。", "The issuer was asked about this need, and has not answered yet."),
    ("assistance_not_found", 404, "没有这件协查。", "There is no such request for assistance."),
    ("assistance_answered", 409, "该协查已答复。", "The request was answered before."),
    ("file_not_made", 409, "办件尚未作出决定，还没有案卷。", "The case is not decided yet, so that it has no file."),
    ("review_closed", 409, "该复查已办结，或不存在。", "The review was closed before, or there is none."),
    ("application_accepted", 200, "您的申请已受理，办理期限从受理之日起计算。", "Your application was accepted; the term to decide it runs from that day."),
    ("application_missing", 200, "您的申请材料需要补正，请在办件页面一次补齐。", "Something is missing from your application: its page lists all of it."),
    ("application_not_accepted", 200, "您的申请不予受理，理由和救济途径见办件页面。", "Your application was not accepted; its page gives the reason and the remedies."),
    ("application_deemed_accepted", 200, "部门未在五个工作日内告知补正，您的申请自收到之日起视为受理。", "The department did not say within five working days what is missing: your application counts as accepted from the day it was received."),
    ("application_extended", 200, "您的办件经部门负责人批准延长十个工作日，理由见办件页面。", "The term of your application was extended by ten working days with the head's approval; its page gives the reason."),
    ("application_paused", 200, "您的办件正在听证、检验、检测、鉴定或专家评审，所需时间不计入办理期限。", "Your application waits for a hearing, an inspection, a test or experts; that time does not count."),
    ("application_overdue", 200, "您的办件已超过法定期限仍未决定，您可以投诉、申请行政复议或提起诉讼。", "Your application was not decided in time: you may complain, ask for reconsideration or sue."),
    ("application_moved_on", 200, "您的申请所需的证照已齐，申请已自动受理。", "The licences that your application waited for are there: it was accepted by itself."),
    ("application_refused", 200, "您的申请不予批准，理由和救济途径见办件页面。", "Your application was refused; its page gives the reason and the remedies."),
    # Requests and batches.
    ("file_unreadable", 400, "文件无法读取（{why}）。请另存为 CSV（UTF-8）或 XLSX。", "The file cannot be read ({why}): save it as CSV in UTF-8, or as XLSX."),
    ("columns_missing", 400, "表头缺少：{columns}。", "The heading lacks: {columns}."),
    ("field_too_long", 400, "不得超过{most}个字符。", "At most {most} characters are allowed."),
    ("date_invalid", 400, "“{value}”不是日期，请写成 2026-11-24。", "“{value}” is no date: write it as 2026-11-24."),
    ("holders_unequal", 400, "持证主体有{names}个，代码有{codes}个，须一一对应，以顿号分隔。", "There are {names} holders and {codes} codes: give one code for each, split by the Chinese enumeration comma."),
    ("number_twice", 400, "同一文件中编号 {number} 出现多次。", "The number {number} stands more than once in the file."),
    ("batch_not_found", 404, "没有这个批次。", "There is no such batch."),
    ("type_of_other_department", 403, "{type}由{owner}制发，贵单位不能签发。", "{type} is issued by {owner}: your department cannot issue it."),
    ("holder_twice", 400, "同一持证主体出现多次。", "The same holder is named more than once."),
    ("file_too_large", 413, "文件超过 {most}，请分成几个文件。", "The file is larger than {most}: split it into several."),
    ("two_persons_needed", 409, "该类证照须由两人办理，不能一次签发：请先制证，由另一人复核、签章后再发放。", "Licences of this type take two persons, so that one call does not issue them: make a draft, which another person reviews and seals."),
    ("no_such_licence", 404, "贵单位没有颁发此标识的证照。", "Your department has issued no licence with this identifier."),
    ("idempotency_key_missing", 400, "请在请求头 {header} 中给出幂等键：8至120个可见字符，重发同一请求时保持不变。", "Give an idempotency key in the header {header}: 8 to 120 visible ASCII characters, the same one whenever the same request is sent again."),
    ("idempotency_key_reused", 409, "该幂等键已用于内容不同的请求。", "This idempotency key was used for a request with another content."),
)
# fmt: on

REASONS: Mapping[str, Reason] = {code: Reason(code, status, zh, en) for code, status, zh, en in _TABLE}
