"""A network report as Markdown, headed in Chinese and English, in the order of the study's section 3."""

from collections.abc import Iterable, Mapping, Sequence

from registry.networks.figures import DepartmentNetwork, Report
from registry.networks.needing import Step
from registry.networks.reporting import Reports

CLASS_NAMES = {"high": "高 High", "middle": "中 Middle", "low": "低 Low"}
STEP_KINDS = {
    "item": "办理事项 Apply for",
    "external": "向其他层级办理 From another level",
    "conventional": "常规证照 Conventional licence",
    "unresolved": "来源未明 Source unknown",
}


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """Return the lines of a Markdown table and a blank one after it."""
    lines = [heads, ["---"] * len(heads), *rows]
    return ["| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines] + [""]


def report_markdown(reports: Reports, names: Mapping[str, str]) -> str:
    """Return both reports as one page; `names` gives the Chinese names of items and departments by code."""
    named = {code: f"{code} {name}" for code, name in names.items()}
    lines = ["# 证照流动网络报告 Network of licence flows", "", *_flows(reports), *_networks(reports.all_rows, named)]
    lines += ["# 不含合成行 Without synthetic rows", "", *_networks(reports.without_synthetic, named)]
    return "\n".join(lines)


def _networks(report: Report, named: Mapping[str, str]) -> list[str]:
    return [*_items(report, named), *_departments(report.department_network, named), *_circles(report, named)]


def _flows(reports: Reports) -> list[str]:
    both = reports.all_rows, reports.without_synthetic
    figures: list[tuple[str, list[object]]] = [
        ("事项 Items", [r.items for r in both]),
        ("其中第三步新增 Added in step 3", [r.added_items for r in both]),
        ("部门 Departments", [r.departments for r in both]),
        ("证照流动 Flows", [r.flows.total for r in both]),
        ("市本级 In the city", [r.flows.city for r in both]),
        ("部门内部 Inside departments", [r.flows.internal for r in both]),
        ("跨部门 Across departments", [r.flows.cross_department for r in both]),
        ("跨层级 Across levels", [r.flows.cross_level for r in both]),
        ("县级 County", [r.flows.county for r in both]),
        ("省级 Province", [r.flows.province for r in both]),
        ("国家级 Nation", [r.flows.nation for r in both]),
        ("来源未明 Unresolved needs", [r.unresolved for r in both]),
        ("常规证照需求 Needs of conventional licences", [r.conventional for r in both]),
        ("被跨部门使用的事项 Items used by other departments", [r.sources_used for r in both]),
        ("前列事项的流动 Flows of the top items", [r.top.flows for r in both]),
        ("前列事项占比 Their share", [f"{r.top.share:.2%}" for r in both]),
        ("出度基尼系数 Gini of out-degree", [f"{r.concentration.gini:.4f}" for r in both]),
        ("部门对 Department pairs", [r.department_network.pairs for r in both]),
        ("循环前置的事项 Items in circles", [r.circles.items for r in both]),
        ("最长证照链 Longest chain", [r.longest_chain.length for r in both]),
    ]
    heads = ("指标 Figure", "全部 All rows", "不含合成行 Without synthetic rows")
    return ["## 基本情况 Flows", "", *table(heads, ([name, *values] for name, values in figures))]


def _items(report: Report, named: Mapping[str, str]) -> list[str]:
    top = report.top
    lines = [f"## 出度前 {top.k} 的事项 Top {top.k} items by out-degree", ""]
    lines += table(
        ("排名 Rank", "事项 Item", "证照 Licence", "部门 Department", "出度 Out-degree"),
        ((r.rank, named.get(r.item, r.item), r.licence, named.get(r.department, r.department), r.out_degree)
         for r in top.rows),
    )  # fmt: skip
    lines += [f"## 入度前 {top.k} 的事项 Top {top.k} items by in-degree", ""]
    heads = ("排名 Rank", "事项 Item", "部门 Department", "流动 Flows", "证照种类 Distinct licences")
    for name, rows in (
        ("按流动 By flows", report.in_degree.by_flows),
        ("按证照种类 By distinct licences", report.in_degree.by_licences),
    ):
        cells = ((r.rank, named.get(r.item, r.item), named.get(r.department, r.department), r.flows, r.licences)
                 for r in rows)  # fmt: skip
        lines += [f"### {name}", "", *table(heads, cells)]
    return lines


def _departments(network: DepartmentNetwork, named: Mapping[str, str]) -> list[str]:
    lines = ["## 部门间网络 Network of departments", ""]
    heads = ("关联度 Class", "流动 Flows", "部门对 Pairs", "成分 Components", "星型 Stars")
    lines += table(
        heads,
        ((CLASS_NAMES[n], c.flows, c.pairs, len(c.components), len(c.stars)) for n, c in network.classes.items()),
    )
    for name, members in network.classes.items():
        lines += [f"### {CLASS_NAMES[name]}", ""]
        for component in members.components:
            lead = f"建议牵头 suggested lead: **{named.get(component.lead, component.lead)}**"
            lines.append(f"- 成分 Component: {_list(component.departments, named)}; {lead}")
        for star in members.stars:
            centre = named.get(star.centre, star.centre)
            lines.append(f"- 星型 Star: **{centre}** — {_list(star.leaves, named)}")
        lines.append("")
    return lines


def _circles(report: Report, named: Mapping[str, str]) -> list[str]:
    lines = ["## 循环前置 Circular needs", ""]
    lines += [f"{n}. " + " → ".join(named.get(i, i) for i in (*c, c[0])) for n, c in enumerate(report.cycles, start=1)]
    lines += [] if report.cycles else ["无 None"]
    lines += ["", "## 最长证照链 Longest chain of licences", ""]
    for number, step in enumerate(report.longest_chain.steps, start=1):
        received = f"（凭 with {step.licence}）" if step.licence else ""
        lines.append(f"{number}. {_list(step.items, named)}{received}")
    return [*lines, ""]


def _list(codes: Iterable[str], named: Mapping[str, str]) -> str:
    return "、".join(named.get(code, code) for code in codes)


def steps_markdown(item: str, steps: Sequence[Step], names: Mapping[str, str]) -> str:
    """Return what `item` needs, in order, as one page."""
    lines = [f"# {item} {names.get(item, '')}：办理前须先取得 What must be had before", ""]
    rows = []
    for step in steps:
        licences = "；".join(dict.fromkeys(reason.licence for reason in step.reasons))
        users = "；".join(
            dict.fromkeys(f"{r.user}{f'（选 choice {r.choice}）' if r.choice else ''}" for r in step.reasons)
        )
        must = "必需 required" if step.required else "可选 alternative"
        source = f"{step.source} {names.get(step.source, '')}".strip()
        rows.append((step.position, STEP_KINDS[step.kind], source, licences, users, must, "、".join(step.circle)))
    heads = ("序 No.", "方式 How", "来源 Source", "证照 Licence", "用于 For", "必要性 Need", "循环 Circle")
    return "\n".join([*lines, *table(heads, rows)])
