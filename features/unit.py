"""What inspections have shown of a unit: a department as such."""

import ibis
import ibis.expr.types as ir

from features.block import Block, Feature
from features.history import History
from features.measure import count, days, fading, millionths, real, share, total, with_all
from features.outcomes import last_results, latest, overall, results, shrunk, tally
from features.population import among

_ON = ("department_code",)
FINDINGS_FADE = 365
_SEVERITIES = ("critical", "major", "minor")


def unit_record(history: History, cohort: ibis.Table) -> ibis.Table:
    """Results of a unit; rates are shrunk towards that of all units."""
    events = results(among(history["inspections"], "units"))
    everybody = overall(history, cohort, "units")
    t = with_all(cohort, _ON, tally(events, cohort, _ON), last_results(events, cohort, _ON), everybody)
    return t.select(
        *_ON,
        "as_of",
        unit_inspections=t.n,
        unit_failures=t.failures,
        unit_failure_rate=share(t.failures, t.n),
        unit_failure_rate_shrunk=shrunk(t.failures, t.n, t.overall_rate),
        unit_failure_rate_90=shrunk(t.failures_90, t.n_90, t.overall_rate),
        unit_failure_rate_365=shrunk(t.failures_365, t.n_365, t.overall_rate),
        unit_days_since_inspection=t.days_since,
        unit_days_since_failure=t.days_since_failure,
        unit_last_failed=t.last_failed,
        unit_last3_failed=t.last3_failed,
    )


def unit_findings(history: History, cohort: ibis.Table) -> ibis.Table:
    """Findings of a unit's last inspection and their mean over all of them, also faded; its last score."""
    events = results(among(history["inspections"], "units"))
    ranked = latest(events, cohort, _ON)
    weight = fading(days(ranked.as_of, ranked.occurred_at), FINDINGS_FADE)
    values: dict[str, ir.Value] = {"unit_last_score": ranked.score.max(where=ranked.position == 0)}
    for severity in _SEVERITIES:
        found = ranked[severity].fill_null(0)
        values[f"unit_last_{severity}"] = real(found.max(where=ranked.position == 0))
        values[f"unit_mean_{severity}"] = total(found) / count(ranked)
        values[f"unit_faded_{severity}"] = millionths(weight * found) / millionths(weight)
    return with_all(cohort, _ON, ranked.group_by(*_ON, "as_of").aggregate(**values))


def _found(severity: str, zh: str) -> tuple[Feature, Feature, Feature]:
    return (
        Feature(
            f"unit_last_{severity}",
            f"{severity.capitalize()} findings at the last inspection: {{value:.0f}}.",
            f"最近一次监督检查的{zh}：{{value:.0f}}项。",
        ),
        Feature(
            f"unit_mean_{severity}",
            f"{severity.capitalize()} findings per inspection on average: {{value:.1f}}.",
            f"平均每次监督检查的{zh}：{{value:.1f}}项。",
        ),
        Feature(
            f"unit_faded_{severity}",
            f"Giving the last year most weight, {severity} findings per inspection: {{value:.1f}}.",
            f"以最近一年为主，平均每次监督检查的{zh}：{{value:.1f}}项。",
        ),
    )


RECORD = Block(
    "inspection of a unit",
    _ON,
    unit_record,
    (
        Feature(
            "unit_inspections", "Inspections of this unit so far: {value:.0f}.", "该受检单元迄今监督检查{value:.0f}次。"
        ),
        Feature(
            "unit_failures",
            "Inspections of this unit not passed so far: {value:.0f}.",
            "该受检单元迄今监督检查未通过{value:.0f}次。",
        ),
        Feature(
            "unit_failure_rate",
            "{value:.0%} of this unit's inspections were not passed.",
            "该受检单元的监督检查有{value:.0%}未通过。",
        ),
        Feature(
            "unit_failure_rate_shrunk",
            "Allowing for how few inspections there are, about {value:.0%} of this unit's would not be passed.",
            "考虑到监督检查次数有限，估计该受检单元约{value:.0%}不通过。",
        ),
        Feature(
            "unit_failure_rate_90",
            "Giving the last months most weight, about {value:.0%} of this unit's inspections would not be passed.",
            "以最近几个月为主估计，该受检单元的监督检查约{value:.0%}不通过。",
        ),
        Feature(
            "unit_failure_rate_365",
            "Giving the last year most weight, about {value:.0%} of this unit's inspections would not be passed.",
            "以最近一年为主估计，该受检单元的监督检查约{value:.0%}不通过。",
        ),
        Feature(
            "unit_days_since_inspection",
            "Last inspection of this unit was {value:.0f} days ago.",
            "该受检单元最近一次监督检查是在{value:.0f}天前。",
        ),
        Feature(
            "unit_days_since_failure",
            "Last inspection not passed by this unit was {value:.0f} days ago.",
            "该受检单元最近一次未通过监督检查是在{value:.0f}天前。",
            missing=("No inspection of this unit is known to have failed.", "未见该受检单元有未通过的监督检查。"),
        ),
        Feature(
            "unit_last_failed",
            "Last result of this unit: {value:.0f} (1 = not passed).",
            "该受检单元最近一次结果：{value:.0f}（1表示未通过）。",
            cases={
                0.0: ("This unit passed its last inspection.", "该受检单元最近一次监督检查通过。"),
                1.0: ("This unit did not pass its last inspection.", "该受检单元最近一次监督检查未通过。"),
            },
        ),
        Feature(
            "unit_last3_failed",
            "{value:.0%} of this unit's last three inspections were not passed.",
            "该受检单元最近三次监督检查有{value:.0%}未通过。",
        ),
    ),
    ("No inspection of this unit is known.", "尚无该受检单元的监督检查记录。"),
)

FINDINGS = Block(
    "findings of a unit",
    _ON,
    unit_findings,
    (
        Feature(
            "unit_last_score",
            "Score of the last inspection: {value:.1f}.",
            "最近一次监督检查得分：{value:.1f}。",
            missing=("The last inspection has no score.", "最近一次监督检查没有评分。"),
        ),
        *_found("critical", "关键不符合项"),
        *_found("major", "主要不符合项"),
        *_found("minor", "轻微不符合项"),
    ),
    ("No inspection of this unit is known.", "尚无该受检单元的监督检查记录。"),
)
