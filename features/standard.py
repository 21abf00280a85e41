"""How standards and processes moved, and whether a person's training followed."""

import ibis
import ibis.expr.types as ir

from features.asof import known_before, moments
from features.block import Block, Feature
from features.history import History
from features.measure import count, days, flag, with_all, within

_PROCESS = ("process_code",)
_PAIR = ("employee_code", "process_code")
_ZERO = ibis.literal(0.0, "float64")


def _effective(changes: ibis.Table, cohort: ibis.Table) -> ibis.Table:
    """Versions known before `as_of` that had taken effect by then."""
    known = known_before(changes, cohort, _PROCESS)
    return known.filter(known.occurred_at < known.as_of)


def changes(history: History, cohort: ibis.Table) -> ibis.Table:
    """Days since a standard of the process, or the process itself, last changed; changes within 365 days; to come."""
    parts = []
    for name in ("standard", "process"):
        effective = _effective(history[f"{name}_changes"], cohort)
        parts.append(
            effective.group_by(*_PROCESS, "as_of").aggregate(
                **{
                    f"{name}_days_since_change": days(effective.as_of, effective.occurred_at).min(),
                    f"{name}_changes_365": count(effective, within(effective, 365)),
                }
            )
        )
    known = known_before(history["standard_changes"], cohort, _PROCESS)
    coming = known.filter(known.occurred_at >= known.as_of)
    next_change = days(coming.occurred_at, coming.as_of).min()
    parts.append(coming.group_by(*_PROCESS, "as_of").aggregate(standard_days_until_change=next_change))
    t = with_all(cohort, _PROCESS, *parts)
    return t.mutate(**{f"{n}_changes_365": t[f"{n}_changes_365"].fill_null(_ZERO) for n in ("standard", "process")})


def _in_force(history: History, cohort: ibis.Table) -> ibis.Table:
    """process_code, as_of, code, version: of each standard of the process the version in force."""
    effective = _effective(history["standard_changes"], cohort)
    order = ibis.window(
        group_by=["process_code", "as_of", "standard_code"],
        order_by=[ibis.desc("occurred_at"), ibis.desc("known_at"), ibis.desc("version")],
    )
    ranked = effective.mutate(position=ibis.row_number().over(order))
    return ranked.filter(ranked.position == 0).select("process_code", "as_of", "standard_code", "version")


def training_version(history: History, cohort: ibis.Table) -> ibis.Table:
    """Whether the person's passed training taught the version in force, and whether anything changed since it."""
    records = history["retraining"]
    passed = known_before(records.filter(records.result == "passed"), cohort, _PAIR)
    last = passed.group_by(*_PAIR, "as_of").aggregate(trained_at=passed.occurred_at.max())
    versions = passed.select(*_PAIR, "as_of", "standard_version").distinct()
    due = moments(cohort, _PAIR).inner_join(_in_force(history, cohort), ["process_code", "as_of"])
    # A record names its version as `3` or, where a course teaches several standards, as `STD@3`.
    taught = due.left_join(
        versions,
        [
            due.employee_code == versions.employee_code,
            due.process_code == versions.process_code,
            due.as_of == versions.as_of,
            (versions.standard_version == due.version)
            | (versions.standard_version == due.standard_code + "@" + due.version),
        ],
        rname="{name}__1",
    )
    covered = taught.group_by(*_PAIR, "as_of").aggregate(
        current=flag(taught.standard_version.notnull()).max(),
    )
    changed = _last_change(history, cohort)
    t = with_all(cohort, _PAIR, last, covered, changed)
    return t.select(
        *_PAIR,
        "as_of",
        training_current_version=t.current,
        changed_since_training=_since_training(t.changed_at, t.trained_at),
        standard_changed_since_training=_since_training(t.standard_changed_at, t.trained_at),
        training_days_after_change=days(t.trained_at, t.standard_changed_at),
    )


def _since_training(changed_at: ir.TimestampValue, trained_at: ir.TimestampValue) -> ir.FloatingValue:
    """1.0 where something changed after the training, 0.0 where nothing did, missing where there was no training."""
    untouched = ibis.ifelse(trained_at.notnull(), _ZERO, ibis.null("float64"))
    return flag(changed_at > trained_at).fill_null(untouched)


def _last_change(history: History, cohort: ibis.Table) -> ibis.Table:
    """process_code, as_of -> when standard or process last changed, and when the standard did."""
    parts = [
        _effective(history[f"{name}_changes"], cohort).select(
            *_PROCESS, "as_of", "occurred_at", of_standard=ibis.literal(name == "standard")
        )
        for name in ("standard", "process")
    ]
    both = ibis.union(*parts)
    return both.group_by(*_PROCESS, "as_of").aggregate(
        changed_at=both.occurred_at.max(), standard_changed_at=both.occurred_at.max(where=both.of_standard)
    )


CHANGES = Block(
    "changes of standard and process",
    _PROCESS,
    changes,
    (
        Feature(
            "standard_days_since_change",
            "A standard of this process last changed {value:.0f} days ago.",
            "该流程的质量标准最近一次变更是在{value:.0f}天前。",
        ),
        Feature(
            "standard_changes_365",
            "Changes of this process's standards in the last 365 days: {value:.0f}.",
            "过去365天该流程的质量标准变更{value:.0f}次。",
        ),
        Feature(
            "process_days_since_change",
            "This process last changed {value:.0f} days ago.",
            "该流程最近一次变更是在{value:.0f}天前。",
            missing=("No change of this process is known.", "尚无该流程的变更记录。"),
        ),
        Feature(
            "process_changes_365",
            "Changes of this process in the last 365 days: {value:.0f}.",
            "过去365天该流程变更{value:.0f}次。",
        ),
        Feature(
            "standard_days_until_change",
            "A new version of this process's standard takes effect in {value:.0f} days.",
            "该流程的质量标准新版本将在{value:.0f}天后生效。",
            missing=(
                "No new version of this process's standard is announced.",
                "该流程的质量标准没有即将生效的新版本。",
            ),
        ),
    ),
    ("No standard for this process is known.", "尚无该流程的质量标准记录。"),
)

VERSION = Block(
    "version taught",
    _PAIR,
    training_version,
    (
        Feature(
            "training_current_version",
            "Training on the version in force: {value:.0f} (1 = yes).",
            "已接受现行版本培训：{value:.0f}（1表示是）。",
            cases={
                0.0: (
                    "No passed training taught the version of the standard now in force.",
                    "尚未通过质量标准现行版本的培训。",
                ),
                1.0: (
                    "A passed training taught the version of the standard now in force.",
                    "已通过质量标准现行版本的培训。",
                ),
            },
            missing=("No standard for this process is known to be in force.", "尚无该流程现行质量标准的记录。"),
        ),
        Feature(
            "changed_since_training",
            "Changed since the last passed training: {value:.0f} (1 = yes).",
            "最近一次通过培训后有变更：{value:.0f}（1表示是）。",
            cases={
                0.0: (
                    "Neither standard nor process has changed since the last passed training.",
                    "最近一次通过培训后，质量标准和流程均未变更。",
                ),
                1.0: (
                    "The standard or the process has changed since the last passed training.",
                    "最近一次通过培训后，质量标准或流程已变更。",
                ),
            },
        ),
        Feature(
            "standard_changed_since_training",
            "The standard changed since the last passed training: {value:.0f} (1 = yes).",
            "最近一次通过培训后质量标准有变更：{value:.0f}（1表示是）。",
            cases={
                0.0: (
                    "The standard has not changed since the last passed training.",
                    "最近一次通过培训后，质量标准未变更。",
                ),
                1.0: (
                    "The standard has changed since the last passed training.",
                    "最近一次通过培训后，质量标准已变更。",
                ),
            },
        ),
        Feature(
            "training_days_after_change",
            "Days from the last change of the standard to the last passed training: {value:.0f} (below 0: trained "
            "before the change).",
            "从质量标准最近一次变更到最近一次通过培训：{value:.0f}天（小于0表示变更前培训）。",
            missing=(
                "No passed training, or no change of the standard, is known.",
                "尚无通过培训的记录，或尚无质量标准变更的记录。",
            ),
        ),
    ),
    ("No passed training for this process is known.", "尚无通过该流程培训的记录。"),
)
