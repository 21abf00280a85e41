"""Whether a process follows its standards: its version in force may still name what a standard has moved on from."""

import ibis

from features.asof import known_before
from features.block import Block, Feature
from features.history import History
from features.measure import count, days, once, with_all

_PROCESS = ("process_code",)
_LISTED = ("process_code", "as_of", "standard_code")


def standards_behind(history: History, cohort: ibis.Table) -> ibis.Table:
    """How many standards moved on without the process version in force, and since how many days the first has.

    Missing where no version of the process in force names a standard.
    """
    changes = known_before(history["standard_changes"], cohort, _PROCESS)
    changes = changes.filter(changes.occurred_at < changes.as_of)
    changes = changes.select(*_LISTED, "occurred_at", standard_version="version")
    listed = once(_listed(history, cohort).inner_join(changes, [*_LISTED, "standard_version"]), "standards_listed")
    newer = changes.select(*_LISTED, moved_at="occurred_at")
    moved = listed.left_join(newer, [*_LISTED, newer.moved_at > listed.occurred_at], rname="{name}__1")
    first = moved.group_by(*_LISTED).aggregate(moved_at=moved.moved_at.min())
    sums = first.group_by(*_PROCESS, "as_of").aggregate(
        standards_behind=count(first, first.moved_at.notnull()),
        standard_days_behind=days(first.as_of, first.moved_at).max(),
    )
    return with_all(cohort, _PROCESS, sums)


def _listed(history: History, cohort: ibis.Table) -> ibis.Table:
    """process_code, as_of, standard_code, standard_version: what the process version in force names."""
    versions = known_before(history["process_changes"], cohort, _PROCESS)
    versions = versions.filter(versions.occurred_at < versions.as_of)
    order = ibis.window(
        group_by=[*_PROCESS, "as_of"],
        order_by=[ibis.desc("occurred_at"), ibis.desc("known_at"), ibis.desc("version")],
    )
    ranked = versions.mutate(position=ibis.row_number().over(order))
    in_force = ranked.filter(ranked.position == 0).select(*_PROCESS, "as_of", "version")
    named = known_before(history["process_standards"], cohort, _PROCESS)
    named = named.select(*_LISTED, "standard_version", "version").distinct()
    return in_force.inner_join(named, [*_PROCESS, "as_of", "version"]).select(*_LISTED, "standard_version")


STANDARDS = Block(
    "standards out of step",
    _PROCESS,
    standards_behind,
    (
        Feature(
            "standards_behind",
            "Standards that moved on while the process did not follow: {value:.0f}.",
            "质量标准已更新而流程尚未同步：{value:.0f}项。",
            cases={0.0: ("The process follows its standards in force.", "该流程已与现行质量标准同步。")},
        ),
        Feature(
            "standard_days_behind",
            "The process has been out of step with a standard for {value:.0f} days.",
            "该流程与质量标准不同步已有{value:.0f}天。",
            missing=("The process is out of step with none of its standards.", "该流程没有与质量标准不同步。"),
        ),
    ),
    ("No standard is named by the process version in force.", "现行流程版本未指明质量标准。"),
)
