"""Reports of difficulty and quality issues: they attach to a process or a department, never to their author."""

from collections.abc import Callable

import ibis

from features.asof import known_before
from features.block import Block, Feature
from features.history import History
from features.measure import count, share, total, with_all, within

_PROCESS = ("process_code",)
_DEPARTMENT = ("department_code",)
_ZERO = ibis.literal(0.0, "float64")


def _reports(history: History, cohort: ibis.Table, on: str) -> ibis.Table:
    """Reports and issues on a subject: counts in 90 and 365 days, mean severity, and the change between quarters."""
    prefix = on.removesuffix("_code")
    parts, zeros = [], []
    for name, plural in (("difficulty", "difficulties"), ("issue", "issues")):
        known = known_before(history[plural], cohort, (on,))
        quarter, before, year = within(known, 90), within(known, 90, skip=90), within(known, 365)
        rated = year & known.severity.notnull()
        columns = {
            f"{prefix}_{name}_90": count(known, quarter),
            f"{prefix}_{name}_365": count(known, year),
            f"{prefix}_{name}_trend": count(known, quarter) - count(known, before),
        }
        zeros += list(columns)
        columns[f"{prefix}_{name}_severity"] = share(total(known.severity, where=rated), count(known, rated))
        parts.append(known.group_by(on, "as_of").aggregate(**columns))
    t = with_all(cohort, (on,), *parts)
    return t.mutate(**{name: t[name].fill_null(_ZERO) for name in zeros})


def on_process(history: History, cohort: ibis.Table) -> ibis.Table:
    """Reports and issues on a process."""
    return _reports(history, cohort, "process_code")


def on_department(history: History, cohort: ibis.Table) -> ibis.Table:
    """Reports and issues on a department."""
    return _reports(history, cohort, "department_code")


def on_home_department(history: History, cohort: ibis.Table) -> ibis.Table:
    """Reports and issues on the department a process belongs to."""
    homes = history["processes"].select("process_code", "department_code")
    t = with_all(cohort, _PROCESS).left_join(homes, "process_code", rname="{name}__1")
    t = t.select("process_code", "as_of", "department_code")
    joined = t.left_join(on_department(history, t), ["department_code", "as_of"], rname="{name}__2")
    return joined.drop("department_code", "department_code__2", "as_of__2")


def _features(prefix: str, en: str, zh: str) -> tuple[Feature, ...]:
    words = (("difficulty", "difficulty reports", "操作难点"), ("issue", "quality issues", "质量问题"))
    return tuple(
        feature
        for name, reports, reports_zh in words
        for feature in (
            *(
                Feature(
                    f"{prefix}_{name}_{length}",
                    f"In the last {length} days, {reports} on this {en}: {{value:.0f}}.",
                    f"过去{length}天关于该{zh}的{reports_zh}：{{value:.0f}}条。",
                )
                for length in (90, 365)
            ),
            Feature(
                f"{prefix}_{name}_trend",
                f"Change from the 90 days before in {reports} on this {en}: {{value:+.0f}}.",
                f"与之前90天相比，关于该{zh}的{reports_zh}增减：{{value:+.0f}}条。",
            ),
            Feature(
                f"{prefix}_{name}_severity",
                f"Mean severity of the last year's {reports} on this {en}: {{value:.1f}} of 5.",
                f"过去一年关于该{zh}的{reports_zh}平均严重程度：{{value:.1f}}（满分5）。",
                missing=(
                    f"In the last year there were no {reports} on this {en}.",
                    f"过去一年没有关于该{zh}的{reports_zh}。",
                ),
            ),
        )
    )


def _block(on: tuple[str, ...], build: Callable[[History, ibis.Table], ibis.Table], department: bool) -> Block:
    prefix, en, zh = ("department", "department", "部门") if department else ("process", "process", "流程")
    missing = (f"No {en} is named.", f"未指明{zh}。")
    return Block(f"reports on a {en}", on, build, _features(prefix, en, zh), missing)


PROCESS = _block(_PROCESS, on_process, department=False)
DEPARTMENT = _block(_DEPARTMENT, on_department, department=True)
HOME_DEPARTMENT = _block(_PROCESS, on_home_department, department=True)
