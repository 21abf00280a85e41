"""Passes in a row: how many since the last failure, and how long ago the last one was."""

import ibis

from features.asof import known_before
from features.block import Block, Feature
from features.history import History
from features.measure import count, days, with_all
from features.outcomes import results
from features.population import among

_PAIR = ("employee_code", "process_code")
_PERSON = ("employee_code",)
_UNIT = ("department_code",)
_ZERO = ibis.literal(0.0, "float64")


def _streak(inspections: ibis.Table, cohort: ibis.Table, on: tuple[str, ...], prefix: str) -> ibis.Table:
    """Per subject and `as_of`: inspections passed since the last that was not, and days since the last passed."""
    known = known_before(results(inspections), cohort, on)
    failed_at = known.occurred_at.max(where=known.failed == 1).over(ibis.window(group_by=[*on, "as_of"]))
    known = known.mutate(failed_at=failed_at)
    # Of two on the same day the worse one is taken as the last, as for the last result.
    passed = known.failed == 0
    unbroken = passed & (known.failed_at.isnull() | (known.occurred_at > known.failed_at))
    sums = known.group_by(*on, "as_of").aggregate(
        **{
            f"{prefix}_passes_in_a_row": count(known, unbroken),
            f"{prefix}_days_since_pass": days(known.as_of, known.occurred_at).min(where=passed),
        }
    )
    t = with_all(cohort, on, sums)
    return t.mutate(**{f"{prefix}_passes_in_a_row": t[f"{prefix}_passes_in_a_row"].fill_null(_ZERO)})


def of_pair(history: History, cohort: ibis.Table) -> ibis.Table:
    """Of a person on a process."""
    return _streak(history["inspections"], cohort, _PAIR, "pair")


def of_person(history: History, cohort: ibis.Table) -> ibis.Table:
    """Of a person over all processes."""
    return _streak(history["inspections"], cohort, _PERSON, "person")


def of_unit(history: History, cohort: ibis.Table) -> ibis.Table:
    """Of a unit."""
    return _streak(among(history["inspections"], "units"), cohort, _UNIT, "unit")


def _features(prefix: str, en: str, zh: str) -> tuple[Feature, ...]:
    return (
        Feature(
            f"{prefix}_passes_in_a_row",
            f"Inspections {en} passed in a row: {{value:.0f}}.",
            f"{zh}连续通过监督检查：{{value:.0f}}次。",
        ),
        Feature(
            f"{prefix}_days_since_pass",
            f"The last inspection {en} passed was {{value:.0f}} days ago.",
            f"{zh}最近一次通过监督检查是在{{value:.0f}}天前。",
        ),
    )


PAIR = Block(
    "passes of a person on a process",
    _PAIR,
    of_pair,
    _features("pair", "this person on this process", "该人员在该流程上"),
    ("No inspection this person passed on this process is known.", "尚无该人员在该流程上通过监督检查的记录。"),
)
PERSON = Block(
    "passes of a person",
    _PERSON,
    of_person,
    _features("person", "this person over all processes", "该人员在所有流程上"),
    ("No inspection this person passed is known.", "尚无该人员通过监督检查的记录。"),
)
UNIT = Block(
    "passes of a unit",
    _UNIT,
    of_unit,
    _features("unit", "this unit", "该受检单元"),
    ("No inspection this unit passed is known.", "尚无该受检单元通过监督检查的记录。"),
)
