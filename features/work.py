"""How much a person has worked, on a process and on all, and how."""

import ibis

from features.asof import known_before
from features.block import Block, Feature
from features.history import History
from features.measure import count, days, fading, millionths, once, share, whole, with_all, within

_PAIR = ("employee_code", "process_code")
_PERSON = ("employee_code",)
#: practice fades: what was done lately counts most
HALF_LIVES = (30, 180)
CHECKS_FADE = 90
_ZERO = ibis.literal(0.0, "float64")


def practice(history: History, cohort: ibis.Table) -> ibis.Table:
    """Work records of a person on a process: how many, how long ago, supervised, self-checked (in 365 days)."""
    known = known_before(history["work"], cohort, _PAIR)
    year = within(known, 365)
    counts = {f"work_{length}": count(known, within(known, length)) for length in (30, 90, 365)}
    age = days(known.as_of, known.occurred_at)
    faded = {f"work_faded_{half_life}": millionths(fading(age, half_life)) for half_life in HALF_LIVES}
    totals = known.group_by(*_PAIR, "as_of").aggregate(
        **counts,
        **faded,
        work_days_since=days(known.as_of, known.occurred_at).min(where=known.occurred_at < known.as_of),
        supervised=count(known, year & (known.supervised == 1)),
        check_failed=count(known, year & (known.self_check == "fail")),
        check_missing=count(known, year & ((known.self_check == "missing") | known.self_check.isnull())),
    )
    t = with_all(cohort, _PAIR, totals)
    t = t.mutate(**{name: t[name].fill_null(_ZERO) for name in (*counts, *faded)})
    columns = t.select(
        *_PAIR,
        "as_of",
        *counts,
        *faded,
        "work_days_since",
        work_supervised_share=share(t.supervised, t.work_365),
        work_check_failed_share=share(t.check_failed, t.work_365),
        work_check_missing_share=share(t.check_missing, t.work_365),
    )
    return once(columns, "work_of_pairs")


def person_work(history: History, cohort: ibis.Table) -> ibis.Table:
    """The last year's work of a person over all processes: how long ago, how much, and how its self-checks came out.

    Amount and shares fade: what is `CHECKS_FADE` days old counts half.
    """
    known = known_before(history["work"], cohort, _PERSON)
    known = known.filter(known.occurred_at >= known.as_of - ibis.interval(days=365))
    age = days(known.as_of, known.occurred_at)
    weight = fading(age, CHECKS_FADE)
    failed = whole(known.self_check == "fail")
    missing = whole((known.self_check == "missing") | known.self_check.isnull())
    totals = known.group_by(*_PERSON, "as_of").aggregate(
        work=millionths(weight),
        failed=millionths(weight * failed),
        missing=millionths(weight * missing),
        person_days_since_work=age.min(where=known.occurred_at < known.as_of),
    )
    t = with_all(cohort, _PERSON, totals)
    return t.select(
        *_PERSON,
        "as_of",
        "person_days_since_work",
        person_work_faded=t.work.fill_null(_ZERO),
        person_check_failed_share=share(t.failed, t.work),
        person_check_missing_share=share(t.missing, t.work),
    )


def tenure(history: History, cohort: ibis.Table) -> ibis.Table:
    """Days since the person was hired."""
    hired = history["employees"].select("employee_code", "hired_at")
    t = with_all(cohort, _PERSON).left_join(hired, "employee_code", rname="{name}__1")
    return t.select(*_PERSON, "as_of", tenure_days=days(t.as_of, t.hired_at))


PRACTICE = Block(
    "work on a process",
    _PAIR,
    practice,
    (
        *(
            Feature(
                f"work_{length}",
                f"Times worked on this process in the last {length} days: {{value:.0f}}.",
                f"过去{length}天在该流程上操作{{value:.0f}}次。",
            )
            for length in (30, 90, 365)
        ),
        *(
            Feature(
                f"work_faded_{half_life}",
                f"Times worked on this process, each counting half as much after {half_life} days: {{value:.1f}}.",
                f"在该流程上的操作次数，每过{half_life}天作用减半，合计：{{value:.1f}}。",
            )
            for half_life in HALF_LIVES
        ),
        Feature(
            "work_days_since",
            "Last work on this process was {value:.0f} days ago.",
            "最近一次在该流程上操作是在{value:.0f}天前。",
            missing=("No work on this process is known.", "尚无在该流程上的操作记录。"),
        ),
        Feature(
            "work_supervised_share",
            "{value:.0%} of the last year's work on this process was supervised.",
            "过去一年在该流程上的操作有{value:.0%}为带教上岗。",
        ),
        Feature(
            "work_check_failed_share",
            "In {value:.0%} of the last year's work on this process the self-check failed.",
            "过去一年在该流程上的操作有{value:.0%}自检不合格。",
        ),
        Feature(
            "work_check_missing_share",
            "In {value:.0%} of the last year's work on this process the self-check is missing.",
            "过去一年在该流程上的操作有{value:.0%}缺少自检。",
        ),
    ),
    ("No work on this process in the last year is known.", "过去一年没有在该流程上的操作记录。"),
)

PERSON = Block(
    "work of a person",
    _PERSON,
    person_work,
    (
        Feature(
            "person_days_since_work",
            "Last work on any process was {value:.0f} days ago.",
            "最近一次操作（任何流程）是在{value:.0f}天前。",
        ),
        Feature(
            "person_work_faded",
            f"Times worked on any process, each counting half as much after {CHECKS_FADE} days: {{value:.1f}}.",
            f"在所有流程上的操作次数，每过{CHECKS_FADE}天作用减半，合计：{{value:.1f}}。",
        ),
        Feature(
            "person_check_failed_share",
            "Over all processes, giving recent work most weight, the self-check failed in {value:.1%} of the work.",
            "在所有流程上，以近期操作为主，自检不合格的占{value:.1%}。",
        ),
        Feature(
            "person_check_missing_share",
            "Over all processes, giving recent work most weight, {value:.1%} of the work has no self-check.",
            "在所有流程上，以近期操作为主，缺少自检的占{value:.1%}。",
        ),
    ),
    ("No work of this person in the last year is known.", "过去一年没有该人员的操作记录。"),
)

TENURE = Block(
    "tenure",
    _PERSON,
    tenure,
    (Feature("tenure_days", "Hired {value:.0f} days ago.", "入职已{value:.0f}天。"),),
    ("The date of hire is not known.", "入职日期未知。"),
)
