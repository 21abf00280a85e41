"""Whether a person was taught what the standards of a process demand now."""

import ibis

from features.asof import known_before, moments
from features.block import Block, Feature
from features.history import History
from features.measure import days, flag, with_all
from features.standard import effective

_PROCESS = ("process_code",)
_PAIR = ("employee_code", "process_code")
_ZERO = ibis.literal(0.0, "float64")


def _in_force(history: History, cohort: ibis.Table) -> ibis.Table:
    """process_code, as_of, standard_code, version, occurred_at, replaced: of each standard the version in force.

    `replaced`: whether an earlier version is known that it took the place of.
    """
    moved = effective(history["standard_changes"], cohort)
    order = ibis.window(
        group_by=["process_code", "as_of", "standard_code"],
        order_by=[ibis.desc("occurred_at"), ibis.desc("known_at"), ibis.desc("version")],
    )
    every = ibis.window(group_by=["process_code", "as_of", "standard_code"])
    first = moved.occurred_at.min().over(every)
    ranked = moved.mutate(position=ibis.row_number().over(order), replaced=first < moved.occurred_at)
    of_standard = "process_code", "as_of", "standard_code", "version", "occurred_at", "replaced"
    return ranked.filter(ranked.position == 0).select(*of_standard)


def training_version(history: History, cohort: ibis.Table) -> ibis.Table:
    """Whether passed training taught every standard in force, and whether any changed without it.

    A standard is taught by the courses that are about it: a course on something else, passed after the change, is no
    training on the change. What changed before somebody's first passed training is no change to them, and without any
    nothing is said of changes.
    """
    records = history["retraining"]
    passed = known_before(records.filter(records.result == "passed"), cohort, _PAIR)
    known = passed.group_by(*_PAIR, "as_of")
    trained = known.aggregate(first_at=passed.occurred_at.min(), trained_at=passed.occurred_at.max())
    t = with_all(cohort, _PAIR, trained, _taught(history, cohort, passed, trained), _last_change(history, cohort))
    standard = ibis.ifelse(t.trained_at.notnull(), t.missed.fill_null(_ZERO), ibis.null("float64"))
    process = flag(t.process_changed_at > t.trained_at).fill_null(_ZERO)
    return t.select(
        *_PAIR,
        "as_of",
        training_current_version=t.current,
        changed_since_training=ibis.ifelse(process > standard, process, standard),
        standard_changed_since_training=standard,
        training_days_after_change=days(t.trained_at, t.standard_changed_at),
    )


def _taught(history: History, cohort: ibis.Table, passed: ibis.Table, trained: ibis.Table) -> ibis.Table:
    """Per person and process: 1.0 where every standard in force was taught; where one that changed was not.

    `passed`: the passed records; `trained`: when the first of each person and process was.
    """
    due = moments(cohort, _PAIR).inner_join(_in_force(history, cohort), ["process_code", "as_of"])
    of_course = history["course_standards"].select("course_code", about="standard_code")
    lessons = passed.left_join(of_course, "course_code", rname="{name}__1")
    lessons = lessons.select(*_PAIR, "as_of", "standard_version", "about", taught_at="occurred_at").distinct()
    # A record names its version as `3` or, where a course teaches several standards, as `STD@3`; where it names none,
    # it taught what was in force.
    found = due.left_join(
        lessons,
        [
            due.employee_code == lessons.employee_code,
            due.process_code == lessons.process_code,
            due.as_of == lessons.as_of,
            lessons.about.isnull() | (lessons.about == due.standard_code),
            (lessons.standard_version == due.version)
            | (lessons.standard_version == due.standard_code + "@" + due.version)
            | (lessons.standard_version.isnull() & (lessons.taught_at >= due.occurred_at)),
        ],
        rname="{name}__1",
    )
    each = found.group_by(*_PAIR, "as_of", "standard_code").aggregate(
        taught=flag(found.taught_at.notnull()).max(), replaced_at=found.occurred_at.max(where=found.replaced)
    )
    each = each.left_join(trained, [*_PAIR, "as_of"], rname="{name}__1")
    return each.group_by(*_PAIR, "as_of").aggregate(
        current=each.taught.min(), missed=flag((each.taught == _ZERO) & (each.replaced_at > each.first_at)).max()
    )


def _last_change(history: History, cohort: ibis.Table) -> ibis.Table:
    """process_code, as_of -> when the process last changed, and when a standard of it did."""
    parts = [
        effective(history[f"{name}_changes"], cohort).select(
            *_PROCESS, "as_of", "occurred_at", of_standard=ibis.literal(name == "standard")
        )
        for name in ("standard", "process")
    ]
    both = ibis.union(*parts)
    return both.group_by(*_PROCESS, "as_of").aggregate(
        process_changed_at=both.occurred_at.max(where=~both.of_standard),
        standard_changed_at=both.occurred_at.max(where=both.of_standard),
    )


VERSION = Block(
    "version taught",
    _PAIR,
    training_version,
    (
        Feature(
            "training_current_version",
            "Training on every version in force: {value:.0f} (1 = yes).",
            "已接受所有现行版本培训：{value:.0f}（1表示是）。",
            cases={
                0.0: (
                    "Of a standard of this process, no passed training taught the version now in force.",
                    "该流程有质量标准的现行版本尚未通过培训。",
                ),
                1.0: (
                    "Passed training taught the version in force of every standard of this process.",
                    "该流程所有质量标准的现行版本均已通过培训。",
                ),
            },
            missing=("No standard for this process is known to be in force.", "尚无该流程现行质量标准的记录。"),
        ),
        Feature(
            "changed_since_training",
            "Changed and not taught since: {value:.0f} (1 = yes).",
            "变更后未通过相应培训：{value:.0f}（1表示是）。",
            cases={
                0.0: (
                    "Neither a standard nor the process has changed without passed training on it.",
                    "质量标准和流程的变更，均已通过相应培训。",
                ),
                1.0: (
                    "A standard or the process has changed, and no passed training has followed.",
                    "质量标准或流程已变更，之后尚未通过相应培训。",
                ),
            },
        ),
        Feature(
            "standard_changed_since_training",
            "A standard changed and was not taught since: {value:.0f} (1 = yes).",
            "质量标准变更后未通过相应培训：{value:.0f}（1表示是）。",
            cases={
                0.0: (
                    "No standard of this process has changed without passed training on it.",
                    "该流程的质量标准如有变更，均已通过相应培训。",
                ),
                1.0: (
                    "A standard of this process has changed, and no passed training has taught the new version.",
                    "该流程的质量标准已变更，新版本尚未通过培训。",
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
