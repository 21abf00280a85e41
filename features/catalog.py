"""The blocks of each target in order, and one plain sentence (en, zh) for every feature."""

import math
import re
from collections.abc import Mapping

from features import (
    area,
    attributes,
    batch,
    clause,
    difficulty,
    follow,
    forgetting,
    inspection,
    inspector,
    kind,
    neighbour,
    order,
    product,
    rates,
    record,
    retraining,
    shift,
    standard,
    streak,
    taught,
    unit,
    work,
)
from features.block import Block, Feature, Words
from features.cohort import TARGETS, UnknownTarget
from features.history import History

#: Part of every matrix fingerprint: raise it when the meaning of a feature changes and its name does not.
VERSION = "4"

_BLOCKS: Mapping[str, tuple[Block, ...]] = {
    "need": (
        inspection.PAIR,
        inspection.PERSON,
        inspection.PROCESS,
        streak.PAIR,
        streak.PERSON,
        rates.PERSON,
        rates.PAIR,
        rates.GROUPS,
        neighbour.CREW,
        retraining.RECORD,
        retraining.GAP,
        taught.VERSION,
        standard.CHANGES,
        follow.STANDARDS,
        work.PRACTICE,
        work.PERSON,
        forgetting.RECALL,
        shift.HOURS,
        shift.STRAIN,
        work.TENURE,
        difficulty.PROCESS,
        difficulty.HOME_DEPARTMENT,
    ),
    "risk-work": (
        record.RECORD,
        batch.RECORD,
        batch.INPUTS,
        batch.SIBLINGS,
        product.PRODUCT,
        inspection.PAIR,
        inspection.PERSON,
        inspection.PROCESS,
        streak.PAIR,
        streak.PERSON,
        rates.PERSON,
        rates.PAIR,
        rates.GROUPS,
        neighbour.CREW,
        retraining.RECORD.when_done(),
        retraining.GAP.when_done(),
        taught.VERSION.when_done(),
        standard.CHANGES.when_done(),
        follow.STANDARDS.when_done(),
        work.PRACTICE.when_done(),
        work.PERSON.when_done(),
        forgetting.RECALL.when_done(),
        shift.HOURS.when_done(),
        shift.LOAD.when_done(),
        shift.STRAIN.when_done(),
        work.TENURE.when_done(),
        difficulty.PROCESS,
        difficulty.DEPARTMENT,
        order.PLANNED,
        kind.AT_PROCESS,
        inspector.OF_WORK,
    ),
    "risk-unit": (
        unit.RECORD,
        streak.UNIT,
        unit.FINDINGS,
        kind.UNIT,
        clause.CLAUSES,
        area.AREA,
        difficulty.DEPARTMENT,
        order.PLANNED,
        inspector.OF_UNITS,
    ),
}
_HARM = re.compile(
    r"fail|missing|residual|excess|repeated|top_clause|_difficulty_|_issue_|critical|major|minor|gap|changed_since|old_version|absences|behind|refused|worst"
)
#: what a model may use and a planner gains nothing from: the calendar, plain counts, site attributes by their raw
#: names; and gaps, which the rule itself states
_SILENT = re.compile(
    r"^season_|_attr_|^order_kind|_inspections(_|$)|^input_batches|"
    r"^training_(passed|required|gap|faded|days_after_change|current_version)|^load_(hours|shifts)"
)
_NEW_DAYS = 365
_ONE_DAY = re.compile(r"\b1 days\b")


class UnknownFeature(ValueError):
    """A feature name that the catalog does not have."""


def blocks(history: History, target: str) -> tuple[Block, ...]:
    """The blocks of a target in the order of its columns: the built-in ones, then those of site attributes."""
    if target not in TARGETS:
        raise UnknownTarget(f"unknown target {target}: choose one of {', '.join(TARGETS)}")
    offered = (*neighbour.blocks(history, target), *attributes.blocks(history, target))
    return (*_BLOCKS[target], *offered)


def features(history: History, target: str) -> tuple[Feature, ...]:
    """The features of a target's matrix, in the order of its columns."""
    return tuple(feature for block in blocks(history, target) for feature in block.features)


def feature(name: str) -> Feature:
    """The feature of that name in any target's matrix, site attributes included."""
    return _described(name)[0]


def explain(name: str, value: object, locale: str) -> str:
    """What a planner reads of one value: a sentence in Chinese for a `zh` locale, else in English.

    A missing value (None, NaN) has a sentence of its own.
    """
    found, missing = _described(name)
    chosen: Words
    if value is None or (isinstance(value, float) and math.isnan(value)):
        chosen = missing
    else:
        key = value if isinstance(value, str) else float(value)  # type: ignore[arg-type]
        chosen = found.cases.get(key, (found.en, found.zh))
    if locale.lower().startswith("zh"):
        return chosen[1].format(value=value)
    return _ONE_DAY.sub("1 day", chosen[0].format(value=value))


def tells(name: str, value: object) -> bool:
    """Whether a value can be a reason to expect a failure: of what counts something bad, only more than none can."""
    if _SILENT.search(name):
        return False
    if name == "tenure_days":
        return isinstance(value, int | float) and value < _NEW_DAYS
    if not _HARM.search(name):
        return True
    return isinstance(value, int | float) and value > 0


def topic(name: str) -> str:
    """What a feature is about: of one topic a planner is told one thing only.

    That is its source, the first word of its name; a change that training or process did not follow is one topic.
    """
    first = name.split("_", maxsplit=1)[0]
    return "standard" if first in {"standards", "changed"} else first


def _described(name: str) -> tuple[Feature, Words]:
    if name in _CATALOG:
        return _CATALOG[name]
    generated = attributes.described(name)
    if generated is None or generated.missing is None:
        raise UnknownFeature(f"the catalog has no feature {name}")
    return generated, generated.missing


_CATALOG: Mapping[str, tuple[Feature, Words]] = {
    feature.name: (feature, feature.missing or block.missing)
    for target_blocks in (*_BLOCKS.values(), (neighbour.NEAR,))
    for block in target_blocks
    for feature in block.features
}
