"""The indicators there are: what each counts, and the signal that stands beside it.

One query finds the records of an indicator (`rows/CODE.sql`): its values, the records behind them and the figures on
the start page are all made of it, so that they cannot disagree. Each row is one record with

- `at`: the moment that says which month it belongs to,
- `department_id`, or `employee_id`: whose it is; a person's is where they were placed on that day,
- `numerator`, `denominator`: what it adds to each; NULL where it is no part of it,
- `detail`: the clause or the inspector it is counted by, where there is one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

from service.errors import NotFound
from service.sectors.schemas import Words

_FOLDER = Path(__file__).parent

Unit = Literal["percent", "points", "days", "seconds", "per_thousand", "credits"]
Better = Literal["higher", "lower", "neither"]
How = Literal["ratio", "median"]

#: what stands beside an indicator, to be looked at
SIGNALS = ("nothing_to_report", "bulk_entries", "inspectors", "seconds_per_decision", "quick_decisions")


@dataclass(frozen=True)
class Indicator:
    """Something counted per department and month; `signals`: what would tell that it is being gamed.

    `told`: the roles it is told to beside administrators; empty: to everybody who reads records.
    """

    code: str
    unit: Unit
    better: Better = "neither"
    how: How = "ratio"
    signals: tuple[str, ...] = ()
    told: tuple[str, ...] = ()

    @property
    def factor(self) -> int:
        """What the quotient is multiplied by."""
        return 1000 if self.unit == "per_thousand" else 1

    @property
    def query(self) -> str:
        """The SQL that finds its records."""
        return _query(self.code)

    def said(self, what: str) -> Words:
        """Its name, definition, numerator, denominator, or where a record belongs."""
        return _words()[self.code][what]


_DECISIONS = ("seconds_per_decision", "quick_decisions")

INDICATORS: Mapping[str, Indicator] = {each.code: each for each in (
    Indicator("answered_share", "percent", "higher", signals=_DECISIONS),
    Indicator("assessment_pass_rate", "percent", "higher", signals=("bulk_entries",)),
    Indicator("assessment_score", "points", "higher", signals=("bulk_entries",)),
    Indicator("compliance", "percent", "higher", signals=("inspectors", "bulk_entries")),
    Indicator("days_to_trained", "days", "lower", "median", signals=("bulk_entries", *_DECISIONS)),
    Indicator("inspection_coverage", "percent", "higher", signals=("bulk_entries", "inspectors")),
    Indicator("failure_rate", "percent", "lower", signals=("inspectors", "bulk_entries")),
    # complaints are reports too: more of them is never bad by itself
    Indicator("complaint_rate", "per_thousand", signals=("nothing_to_report",)),
    Indicator("satisfaction", "percent", "higher", signals=("nothing_to_report",)),
    Indicator("obligations_on_time", "percent", "higher", signals=("nothing_to_report",)),
    Indicator("credits", "credits", "higher", signals=("bulk_entries",)),
    Indicator("nothing_to_report", "percent"),
    Indicator("bulk_entries", "percent"),
    # people compared with each other: for those who answer for inspecting alone
    Indicator("inspectors", "percent", told=("quality",)),
    Indicator("seconds_per_decision", "seconds", how="median"),
    Indicator("quick_decisions", "percent"),
)}


def known(code: str) -> Indicator:
    """The indicator or signal of a code. Raises `NotFound`."""
    if code not in INDICATORS:
        raise NotFound(f"There is no indicator {code!r}; choose one of {', '.join(INDICATORS)}.")
    return INDICATORS[code]


@cache
def _query(code: str) -> str:
    return (_FOLDER / "rows" / f"{code}.sql").read_text(encoding="utf-8")


@cache
def _words() -> Mapping[str, Mapping[str, Words]]:
    read: dict[str, dict[str, Any]] = yaml.safe_load((_FOLDER / "catalogue.yaml").read_text(encoding="utf-8"))
    return {code: {what: Words(**said) for what, said in each.items()} for code, each in read.items()}
