"""Exports for spreadsheets, written while they are sent; each is an entry before its first byte leaves."""

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

from django.db import transaction
from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.views.decorators.http import require_GET

from audit import figures
from audit import queries as audit
from audit.recording import Subject, record
from foundation.clock import LEGAL_ZONE, legal_day, now
from foundation.reasons import Both
from portal.narrowing import asked_for
from portal.spreadsheets import CONTENT_TYPES, Row, attachment, file_of
from portal.templatetags.portal import plain
from portal.views.administrator import entries_wanted, said_filter
from portal.views.usage import departments_of
from portal.who import Visitor, for_overseers, for_readers_of_figures
from registry import queries as registry

# Who acted stands here by keys only: names and addresses are personal, and may have to be erased.
_ENTRY: Mapping[str, Both] = {
    "index": Both("序号", "Index"),
    "id": Both("记录编号", "Entry"),
    "at": Both("时间", "When"),
    "action": Both("操作", "Action"),
    "actor_department": Both("部门", "Department"),
    "department_name": Both("部门名称", "Name of the department"),
    "actor_role": Both("职责", "Role"),
    "actor_person": Both("人员", "Person"),
    "actor_client": Both("接入系统", "System"),
    "subject_kind": Both("对象类别", "Kind of subject"),
    "subject": Both("对象", "Subject"),
    "licence_type": Both("证照类型代码", "Licence type"),
    "item": Both("事项", "Item"),
    "item_name": Both("事项名称", "Name of the item"),
    "purpose": Both("用途", "Purpose"),
    "case": Both("办件", "Case"),
    "outcome": Both("答复", "Answer"),
    "reason": Both("真实原因", "True reason"),
    "fields": Both("字段", "Fields"),
    "request_id": Both("请求编号", "Request"),
}
_FIGURE: Mapping[str, Both] = {
    "hour": Both("时段", "Hour"),
    "department": Both("部门", "Department"),
    "department_name": Both("部门名称", "Name of the department"),
    "item": Both("事项", "Item"),
    "item_name": Both("事项名称", "Name of the item"),
    "licence_type": Both("证照类型代码", "Licence type"),
    "purpose": Both("用途", "Purpose"),
    "action": Both("操作", "Action"),
    "outcome": Both("答复", "Answer"),
    "reason": Both("真实原因", "True reason"),
    "count": Both("次数", "Count"),
    "first_time": Both("首次", "First-time"),
    "repeated": Both("重复", "Repeated"),
    "papers_saved": Both("减少纸质材料（份）", "Paper copies saved"),
}
_JOINED = ("department_name", "item_name")


@require_GET
@for_overseers
def entries(request: HttpRequest, visitor: Visitor, kind: str) -> StreamingHttpResponse:
    """Hand out the entries that the page of the record shows, all of them."""
    wanted, found = entries_wanted(request)
    columns = [name for name in _ENTRY if name not in (*_JOINED, "index")]
    _note(visitor, "export_record", Subject("entry"), kind, said_filter(wanted))
    return _file(kind, _ENTRY, audit.values_of(found, columns), Both("审计记录", "record"))


@require_GET
@for_readers_of_figures
def figures_of_use(request: HttpRequest, visitor: Visitor, kind: str) -> StreamingHttpResponse:
    """Hand out the figures behind the page of use, hour by hour; a department its own."""
    asked = asked_for(request.GET, now())
    titles = {name: title for name, title in _FIGURE.items() if visitor.oversees or name != "reason"}
    columns = [name for name in titles if name not in _JOINED]
    rows = figures.rows(asked.narrowing(departments_of(visitor)), columns)
    _note(visitor, "export_usage", Subject("usage"), kind, asked.query())
    return _file(kind, titles, (dict(zip(columns, row, strict=True)) for row in rows), Both("使用统计", "usage"))


def _note(visitor: Visitor, action: str, subject: Subject, kind: str, wanted: str) -> None:
    if kind not in CONTENT_TYPES:
        raise Http404
    with transaction.atomic():
        record(
            action=action,
            actor=visitor.actor,
            subject=subject,
            outcome="done",
            fields=[kind],
            personal={"filter": wanted[:200]},
        )


def _file(kind: str, titles: Mapping[str, Both], rows: Iterator[dict[str, Any]], name: Both) -> StreamingHttpResponse:
    # The language is the request's, which has ended when the rows are written.
    heading = [plain(title) for title in titles.values()]
    names = {
        "department": {d.code: plain(d.name) for d in registry.all_departments()},
        "item": {i.code: plain(i.name) for i in registry.all_items()},
    }
    content = file_of(kind, heading, (_row(row, titles, names) for row in rows))
    named = f"{plain(name)}-{legal_day(now()).isoformat()}"
    return StreamingHttpResponse(content, content_type=CONTENT_TYPES[kind], headers=attachment(named, kind))


def _row(row: Mapping[str, Any], titles: Mapping[str, Both], names: Mapping[str, Mapping[str, str]]) -> Row:
    joined = {
        **row,
        "department_name": names["department"].get(row.get("actor_department", row.get("department", "")), ""),
        "item_name": names["item"].get(row["item"], ""),
    }
    return [_cell(joined[name]) for name in titles]


def _cell(value: Any) -> str | int | None:
    if isinstance(value, dt.datetime):
        return value.astimezone(LEGAL_ZONE).isoformat(sep=" ", timespec="seconds")[:19]
    if isinstance(value, list):
        return " ".join(map(str, value))
    return value if value is None or isinstance(value, int) else str(value)
