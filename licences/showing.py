"""What the document of a licence shows: from the claims of its signed credential to a page, and to its offline code."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings

from foundation.reasons import Both
from licences.fields import FIELDS, field_name
from licences.holders import masked_name
from licences.models import Licence, UseCopy
from licences.offline import OfflineCode
from licences.pdf.layout import Field, Page, Watermark, style_of
from registry.defining import form_of
from registry.forms import Form

# Shown in a place of their own, or for machines only.
_ELSEWHERE = frozenset(FIELDS) - {"certificateHolderCode", "projectName", "applicationNumber", "basis"}
_TECHNICAL = frozenset({"iss", "vct", "iat", "nbf", "exp", "sub", "jti", "cnf", "status", "vct#integrity"})
_NAMES_APART = "、"


def page_of(
    licence: Licence, claims: Mapping[str, Any], *, offline_code: str, address: str, copy: UseCopy | None
) -> Page:
    """Return the page of a licence; what it says is what `claims` say, so that paper and credential are one act."""
    form = form_of(licence.licence_type, licence.issued_at)
    issuer = str(claims["certificateIssuingAuthorityName"])
    return Page(
        title=_with_english(str(claims["certificateName"]), licence.licence_type.name),
        number=str(claims["certificateNumber"]),
        identifier=str(claims["certificateIdentifier"]),
        issuer=_with_english(issuer, licence.issuer.name),
        issuer_code=str(claims["certificateIssuingAuthorityCode"]),
        holders=_holders(licence, str(claims["certificateHolderName"])),
        fields=list(_fields(form, claims)),
        issued_on=dt.date.fromisoformat(claims["certificateIssuedDate"]),
        valid_from=dt.date.fromisoformat(claims["certificateEffectiveDate"]),
        valid_until=_day(claims.get("certificateExpiringDate")),
        offline_code=offline_code,
        address=address,
        style=style_of(form.style),
        watermark=Watermark(copy.purpose, copy.receiver, copy.expires_at) if copy else None,
    )


def code_of(licence: Licence, claims: Mapping[str, Any], copy: UseCopy | None) -> OfflineCode:
    """Return what the licence's offline code says; the holder's name is masked, as whoever scans it sees it."""
    listed = licence.status_list_id is not None and licence.status_index is not None
    return OfflineCode(
        issuer=str(claims["iss"]),
        identifier=str(claims["certificateIdentifier"]),
        number=str(claims["certificateNumber"]),
        type_name=str(claims["certificateName"]),
        holder=_NAMES_APART.join(map(masked_name, licence.holders.all())),
        valid_from=dt.date.fromisoformat(claims["certificateEffectiveDate"]),
        valid_until=_day(claims.get("certificateExpiringDate")),
        issued_at=licence.issued_at.replace(microsecond=0),
        status_uri=f"{settings.PUBLIC_URL}/status-lists/{licence.status_list_id}" if listed else "",
        status_index=licence.status_index if listed else None,
        purpose=copy.purpose if copy else "",
        receiver=copy.receiver if copy else "",
        expires_at=copy.expires_at.replace(microsecond=0) if copy else None,
    )


def _day(text: Any) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None


def _with_english(signed: str, known: Both) -> Both:
    """Return the signed name, with its English one while the catalogue still knows it under that name."""
    return known if known.zh == signed else Both(signed, "")


def _holders(licence: Licence, names: str) -> list[str]:
    # A single holder's name may hold the mark that parts several.
    return names.split(_NAMES_APART) if licence.holders.count() > 1 else [names]


def _fields(form: Form, claims: Mapping[str, Any]) -> Iterable[Field]:
    """Yield the type's own fields in the order of its style or schema, then what else the licence says."""
    described: Mapping[str, Mapping[str, Any]] = form.schema.get("properties", {})
    ordered = dict.fromkeys([*form.style.get("fields", ()), *described, *claims])
    for name in ordered:
        of = described.get(name, {})
        value = said(claims.get(name), of)
        if value and name not in _ELSEWHERE | _TECHNICAL:
            yield Field(_title(name, of), value)


def _title(name: str, of: Mapping[str, Any]) -> Both:
    title = str(of.get("title", ""))
    return Both(title, str(of.get("x-title-en", ""))) if title else field_name(name)


def said(value: Any, of: Mapping[str, Any]) -> str:
    """Return a claim as people read it, by its schema `of`: lists line by line, objects as names and values."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是 Yes" if value else "否 No"
    if isinstance(value, Mapping):
        parts: Mapping[str, Mapping[str, Any]] = of.get("properties", {})
        told = ((_title(name, parts.get(name, {})).zh, said(part, parts.get(name, {}))) for name, part in value.items())
        return "；".join(f"{name}：{text}" for name, text in told if text)
    if isinstance(value, list | tuple):
        return "\n".join(said(part, of.get("items", {})) for part in value)
    return _said_day(value) if of.get("format") == "date" else str(value)


def _said_day(value: Any) -> str:
    try:
        day = dt.date.fromisoformat(str(value))
    except ValueError:
        return str(value)
    return f"{day.year}年{day.month}月{day.day}日"
