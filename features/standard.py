"""How the standards of a process, and the process itself, moved."""

import ibis

from features.asof import known_before
from features.block import Block, Feature
from features.history import History
from features.measure import count, days, with_all, within

_PROCESS = ("process_code",)
_ZERO = ibis.literal(0.0, "float64")


def effective(changes: ibis.Table, cohort: ibis.Table) -> ibis.Table:
    """Versions known before `as_of` that had taken effect by then."""
    known = known_before(changes, cohort, _PROCESS)
    return known.filter(known.occurred_at < known.as_of)


def changes(history: History, cohort: ibis.Table) -> ibis.Table:
    """Days since a standard of the process, or the process itself, last changed; changes within 365 days; to come."""
    parts = []
    for name in ("standard", "process"):
        moved = effective(history[f"{name}_changes"], cohort)
        parts.append(
            moved.group_by(*_PROCESS, "as_of").aggregate(
                **{
                    f"{name}_days_since_change": days(moved.as_of, moved.occurred_at).min(),
                    f"{name}_changes_365": count(moved, within(moved, 365)),
                }
            )
        )
    known = known_before(history["standard_changes"], cohort, _PROCESS)
    coming = known.filter(known.occurred_at >= known.as_of)
    next_change = days(coming.occurred_at, coming.as_of).min()
    parts.append(coming.group_by(*_PROCESS, "as_of").aggregate(standard_days_until_change=next_change))
    t = with_all(cohort, _PROCESS, *parts)
    return t.mutate(**{f"{n}_changes_365": t[f"{n}_changes_365"].fill_null(_ZERO) for n in ("standard", "process")})


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
