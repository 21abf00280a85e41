"""Site attributes: whatever `attr_K_num` and `attr_K_text` columns the schema offers, of every subject and order."""

from collections.abc import Callable, Mapping

import ibis
import ibis.expr.types as ir

from features.asof import known_before, moments
from features.block import Block, Feature
from features.history import History
from features.outcomes import latest, results
from features.population import among

#: target -> tables whose attributes describe its rows, with the column that names the subject
_SUBJECTS: Mapping[str, Mapping[str, str]] = {
    "need": {"employees": "employee_code", "processes": "process_code"},
    "risk-work": {
        "employees": "employee_code",
        "processes": "process_code",
        "departments": "department_code",
        "work": "work_code",
    },
    "risk-unit": {"departments": "department_code"},
}
#: target -> whose latest inspection speaks where an order does not
_INSPECTED: Mapping[str, tuple[str, ...]] = {
    "need": ("employee_code", "process_code"),
    "risk-work": ("work_code",),
    "risk-unit": ("department_code",),
}
_OWNERS = {"employee": "人员", "process": "流程", "department": "部门", "work": "操作记录", "inspection": "检验"}


def blocks(history: History, target: str) -> tuple[Block, ...]:
    """One block per table with attributes, for the subjects of the target, and one for its inspections."""
    found = [_of_subject(history, table, key) for table, key in _SUBJECTS[target].items() if history.attributes(table)]
    if history.attributes("inspections"):
        found.append(_of_inspection(history, target))
    return tuple(found)


def described(name: str) -> Feature | None:
    """The feature of a column such as `department_attr_K_num` with its generated sentence; none of other names."""
    subject, marked, rest = name.partition("_attr_")
    key, _, kind = rest.rpartition("_")
    if not (marked and key and kind in ("num", "text")) or subject not in _OWNERS:
        return None
    shown = key.replace("_", " ").replace("{", "{{").replace("}", "}}")
    value = "{value:g}" if kind == "num" else "{value}"
    owner = _OWNERS[subject]
    return Feature(
        name,
        f"Site attribute {shown} ({subject}) is {value}.",
        f"自定义属性“{shown}”（{owner}）为{value}。",
        missing=(f"Site attribute {shown} ({subject}) is not known.", f"自定义属性“{shown}”（{owner}）未知。"),
        text=kind == "text",
    )


def _block(
    history: History, table: str, subject: str, on: str, build: Callable[[History, ibis.Table], ibis.Table]
) -> Block:
    features = tuple(
        feature for column in history.attributes(table) if (feature := described(f"{subject}_{column}")) is not None
    )
    return Block(f"attributes of {table}", (on,), build, features, ("Not known.", "未知。"))


def _of_subject(history: History, table: str, key: str) -> Block:
    subject = key.removesuffix("_code")

    def build(history: History, cohort: ibis.Table) -> ibis.Table:
        rows = history[table]
        if "known_at" in rows.columns:
            rows = known_before(rows, cohort, (key,))
        else:
            rows = moments(cohort, (key,)).inner_join(rows, key)
        return rows.select(
            key, "as_of", **{f"{subject}_{column}": rows[column] for column in history.attributes(table)}
        )

    return _block(history, table, subject, key, build)


def _of_inspection(history: History, target: str) -> Block:
    subject = _INSPECTED[target]

    def build(history: History, cohort: ibis.Table) -> ibis.Table:
        columns = history.attributes("inspections")
        inspections = among(history["inspections"], "units") if target == "risk-unit" else history["inspections"]
        ranked = latest(results(inspections), cohort, subject)
        last = ranked.filter(ranked.position == 0)
        last = last.select(*subject, "as_of", **{f"last_{column}": last[column] for column in columns})
        own = [column for column in columns if column in cohort.columns]
        rows = cohort.select("row_code", *subject, "as_of", *own).left_join(
            last, [*subject, "as_of"], rname="{name}__1"
        )
        return rows.select(
            "row_code", "as_of", **{f"inspection_{column}": _own_or_last(rows, column) for column in columns}
        )

    return _block(history, "inspections", "inspection", "row_code", build)


def _own_or_last(rows: ibis.Table, column: str) -> ir.Value:
    """The order's value where the order says anything of this attribute, as a number or a text; else the last known."""
    pair = [
        name for name in (f"{column.rpartition('_')[0]}_{kind}" for kind in ("num", "text")) if name in rows.columns
    ]
    if column not in pair:
        return rows[f"last_{column}"]
    silent = [rows[name].isnull() for name in pair]
    return ibis.ifelse(ibis.and_(*silent), rows[f"last_{column}"], rows[column])
