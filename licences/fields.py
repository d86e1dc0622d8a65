"""The fields of a licence by GB/T 36903, with their names in both languages: the claims of its credential."""

from collections.abc import Mapping
from typing import Any

from foundation.reasons import Both

FIELDS: Mapping[str, Both] = {
    "certificateName": Both("证照名称", "Licence"),
    "certificateTypeCode": Both("证照类型代码", "Licence type code"),
    "certificateNumber": Both("证照编号", "Licence number"),
    "certificateIdentifier": Both("证照标识", "Licence identifier"),
    "certificateIssuingAuthorityName": Both("证照颁发机构", "Issuing authority"),
    "certificateIssuingAuthorityCode": Both("证照颁发机构代码", "Issuing authority code"),
    "certificateIssuedDate": Both("证照颁发日期", "Issued on"),
    "certificateEffectiveDate": Both("有效期起始日期", "Valid from"),
    "certificateExpiringDate": Both("有效期截止日期", "Valid until"),
    "certificateHolderName": Both("持证主体", "Holder"),
    "certificateHolderCode": Both("持证主体代码", "Holder's number"),
    "certificateHolderType": Both("持证主体代码类型", "Type of the holder's number"),
    "projectName": Both("项目名称", "Project"),
    "applicationNumber": Both("办件编号", "Application"),
    "basis": Both("依据", "Basis"),
}

REQUIRED = (
    "certificateName",
    "certificateNumber",
    "certificateIdentifier",
    "certificateIssuingAuthorityName",
    "certificateIssuedDate",
    "certificateHolderName",
)


def field_name(field: str) -> Both:
    """Return the field's name; an unknown one stands for itself."""
    return FIELDS.get(field, Both(field, field))


def missing_fields(claims: Mapping[str, Any]) -> list[str]:
    """Return the required fields that `claims` lack."""
    return [field for field in REQUIRED if not claims.get(field)]
