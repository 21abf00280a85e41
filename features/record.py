"""The work record that is inspected, as far as it was known."""

import ibis

from features.asof import known_before
from features.block import Block, Feature
from features.history import History
from features.measure import days, flag, real, with_all

_RECORD = ("work_code",)
_ZERO = ibis.literal(0.0, "float64")


def own_record(history: History, cohort: ibis.Table) -> ibis.Table:
    """The inspected work record itself, as known before `as_of`."""
    known = known_before(history["work"], cohort, _RECORD)
    record = known.select(
        *_RECORD,
        "as_of",
        record_days_since=days(known.as_of, known.occurred_at),
        record_hours=days(known.finished_at, known.occurred_at) * ibis.literal(24.0, "float64"),
        record_supervised=real(known.supervised),
        record_check_failed=flag(known.self_check == "fail").fill_null(_ZERO),
        record_check_missing=flag((known.self_check == "missing") | known.self_check.isnull()),
    )
    return with_all(cohort, _RECORD, record, _old_version(history, known))


def _old_version(history: History, work: ibis.Table) -> ibis.Table:
    """work_code, as_of -> whether the work followed another version than the one in force when it started."""
    versions = known_before(history["process_changes"], work, ("process_code",))
    versions = versions.select("process_code", "as_of", effective_at="occurred_at", due_version="version")
    at_start = work.inner_join(versions, ["process_code", "as_of"])
    at_start = at_start.filter(at_start.effective_at <= at_start.occurred_at)
    order = ibis.window(group_by=[*_RECORD, "as_of"], order_by=[ibis.desc("effective_at"), ibis.desc("due_version")])
    ranked = at_start.mutate(position=ibis.row_number().over(order))
    ranked = ranked.filter(ranked.position == 0)
    return ranked.select(*_RECORD, "as_of", record_old_version=flag(ranked.process_version != ranked.due_version))


RECORD = Block(
    "the inspected work record",
    _RECORD,
    own_record,
    (
        Feature("record_days_since", "The work was started {value:.0f} days ago.", "该操作是在{value:.0f}天前开始的。"),
        Feature(
            "record_hours",
            "The work took {value:.1f} hours.",
            "该操作用时{value:.1f}小时。",
            missing=("The work is not recorded as finished.", "该操作没有完成时间。"),
        ),
        Feature(
            "record_supervised",
            "Supervised: {value:.0f} (1 = yes).",
            "带教上岗：{value:.0f}（1表示是）。",
            cases={
                0.0: ("The work was not supervised.", "该操作不是带教上岗。"),
                1.0: ("The work was supervised.", "该操作为带教上岗。"),
            },
        ),
        Feature(
            "record_check_failed",
            "The self-check failed: {value:.0f} (1 = yes).",
            "自检不合格：{value:.0f}（1表示是）。",
            cases={
                0.0: ("The self-check of the work did not fail.", "该操作的自检没有不合格。"),
                1.0: ("The self-check of the work failed.", "该操作自检不合格。"),
            },
        ),
        Feature(
            "record_check_missing",
            "The self-check is missing: {value:.0f} (1 = yes).",
            "缺少自检：{value:.0f}（1表示是）。",
            cases={
                0.0: ("The work has its self-check.", "该操作有自检记录。"),
                1.0: ("The work has no self-check.", "该操作缺少自检。"),
            },
        ),
        Feature(
            "record_old_version",
            "Another version than the one in force: {value:.0f} (1 = yes).",
            "未按现行版本操作：{value:.0f}（1表示是）。",
            cases={
                0.0: ("The work followed the version of the process in force.", "该操作按流程当时的现行版本进行。"),
                1.0: (
                    "The work followed another version of the process than the one in force.",
                    "该操作未按流程当时的现行版本进行。",
                ),
            },
            missing=("The version of the process followed is not known.", "该操作所依据的流程版本未知。"),
        ),
    ),
    ("No work record of this inspection is known.", "尚无与该检验对应的操作记录。"),
)
