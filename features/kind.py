"""How often inspections of the order's own kind fail: a final inspection looks closer than a patrol."""

import ibis

from features.block import Block, Feature
from features.expected import expectations, expecting, residual, rolled, weighed
from features.history import History
from features.measure import with_all
from features.outcomes import keyed
from features.population import among

_ROW = ("row_code",)
_UNIT = ("department_code",)
_ZERO = ibis.literal(0.0, "float64")


def at_process(history: History, cohort: ibis.Table) -> ibis.Table:
    """The failure rate of the order's kind at its process, and how far it lies above that of all kinds there."""
    rows = cohort.select(
        *_ROW, "as_of", process_key=cohort.process_code.fill_null(""), kind_key=cohort.kind.fill_null("")
    )
    expected = expectations(history, cohort)
    t = rows.inner_join(expected, ["as_of", "process_key", "kind_key"])
    return t.select(*_ROW, "as_of", kind_process_failure_rate=t.rate, kind_process_excess=t.rate - t.process_rate)


def unit_against(history: History, cohort: ibis.Table) -> ibis.Table:
    """Failures of a unit beyond those the kinds of its inspections, and their processes, would explain."""
    inspections = among(history["inspections"], "units")
    expected = expectations(history, cohort, "units")
    sums = rolled(expecting(weighed(keyed(inspections), cohort, _UNIT), expected), _UNIT)
    t = with_all(cohort, _UNIT, sums)
    return t.select(*_UNIT, "as_of", unit_residual=residual(t).fill_null(_ZERO))


AT_PROCESS = Block(
    "kind of inspection at a process",
    _ROW,
    at_process,
    (
        Feature(
            "kind_process_failure_rate",
            "About {value:.0%} of such inspections at this process are not passed, whoever works.",
            "该流程的此类检验约{value:.0%}未通过（不分人员）。",
        ),
        Feature(
            "kind_process_excess",
            "The failure rate of such inspections differs from that of all kinds at this process by {value:+.1%}.",
            "此类检验的未通过率与该流程所有类型检验相差{value:+.1%}。",
        ),
    ),
    ("No such inspection at this process is known.", "尚无该流程的此类检验记录。"),
)

UNIT = Block(
    "a unit against expectation",
    _UNIT,
    unit_against,
    (
        Feature(
            "unit_residual",
            "At the same kinds of inspection, this unit's failure rate differs from that of all units by {value:+.1%}.",
            "在相同类型的监督检查中，该受检单元的未通过率与所有受检单元相差{value:+.1%}。",
        ),
    ),
    ("No inspection of this unit is known.", "尚无该受检单元的监督检查记录。"),
)
