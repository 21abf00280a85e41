"""A forgetting curve: half-life regression (Settles & Meeder 2016) with fixed weights, nothing fitted.

Recall after a gap of `d` days is 2^(-d / h), and the half-life h grows with what went well and shrinks with what went
wrong: h = H * 2^(sqrt(1 + right) - sqrt(1 + wrong)). That is the published form with both weights at 1, so that anybody
without a record has the half-life H, kept within bounds as there. Theirs are of words learnt on a telephone (a quarter
of an hour to nine months); skills at work last longer. H and the bounds are conventions of ours: a model reads the
order of people, not the level.
"""

import ibis
import ibis.expr.types as ir

from features.asof import known_before
from features.block import Block, Feature
from features.history import History
from features.measure import count, with_all
from features.outcomes import results
from features.retraining import trainings
from features.work import practice

_PAIR = ("employee_code", "process_code")
HALF_LIFE, SHORTEST, LONGEST = 60.0, 7.0, 730.0
_ZERO, _ONE, _TWO, _HALF = (ibis.literal(value, "float64") for value in (0.0, 1.0, 2.0, 0.5))


def recall(history: History, cohort: ibis.Table) -> ibis.Table:
    """Recall of a process by a person: of what training taught, and of what training and work together keep alive.

    Right: passed trainings and inspections, and for the second every doubling of the year's work. Wrong: trainings
    and inspections not passed. Missing where there was neither training nor work.
    """
    t = with_all(
        cohort, _PAIR, trainings(history, cohort), practice(history, cohort), _inspections(history, cohort)
    )
    right, wrong = t.training_passed + t.good.fill_null(_ZERO), t.training_failed + t.bad.fill_null(_ZERO)
    practised = (_ONE + t.work_365).log2()
    last = ibis.least(t.training_days_since_passed, t.work_days_since)
    return t.select(
        *_PAIR,
        "as_of",
        recall_of_training=_recalled(t.training_days_since_passed, right, wrong),
        recall_with_practice=_recalled(last, right + practised, wrong),
    )


def _recalled(gap: ir.FloatingValue, right: ir.FloatingValue, wrong: ir.FloatingValue) -> ir.FloatingValue:
    grown = ibis.literal(HALF_LIFE, "float64") * _TWO ** ((_ONE + right).sqrt() - (_ONE + wrong).sqrt())
    bounds = (ibis.literal(bound, "float64") for bound in (SHORTEST, LONGEST))
    half_life = ibis.least(ibis.greatest(grown, next(bounds)), next(bounds))
    # A missing gap must stay missing: `greatest` would take the zero.
    return ibis.ifelse(gap.isnull(), gap, _HALF ** (ibis.greatest(gap, _ZERO) / half_life))


def _inspections(history: History, cohort: ibis.Table) -> ibis.Table:
    known = known_before(results(history["inspections"]), cohort, _PAIR)
    return known.group_by(*_PAIR, "as_of").aggregate(
        good=count(known, known.failed == 0), bad=count(known, known.failed == 1)
    )


RECALL = Block(
    "forgetting",
    _PAIR,
    recall,
    (
        Feature(
            "recall_of_training",
            "By the usual forgetting curve, {value:.0%} of what the last passed training taught is still there.",
            "按一般遗忘曲线估计，最近一次通过的培训内容还保留{value:.0%}。",
            missing=("No passed training for this process is known.", "尚无通过该流程培训的记录。"),
        ),
        Feature(
            "recall_with_practice",
            "By the usual forgetting curve, kept alive by work, {value:.0%} of this process is still there.",
            "按一般遗忘曲线并计入操作练习估计，该流程的技能还保留{value:.0%}。",
        ),
    ),
    ("Neither training for this process nor work on it is known.", "尚无该流程的培训或操作记录。"),
)
