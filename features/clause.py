"""Which clauses a unit was found wanting under: how many, which again and again, and what they mean elsewhere."""

import ibis

from features.asof import known_before
from features.block import Block, Feature
from features.history import History
from features.measure import count, once, real, share, total, with_all
from features.outcomes import everybodys, latest, overall, results, shrunk, tally
from features.population import among

_UNIT = ("department_code",)
_ZERO = ibis.literal(0.0, "float64")
_MILLION = ibis.literal(1e6, "float64")


def clauses(history: History, cohort: ibis.Table) -> ibis.Table:
    """Clauses found at a unit: how many, the share of its inspections under the most frequent, those found twice."""
    inspections = results(among(history["inspections"], "units"))
    known = known_before(_found(history), cohort, _UNIT)
    known = once(known.select(*_UNIT, "as_of", "inspection_code", "clause"), "unit_clauses")
    times = known.group_by(*_UNIT, "as_of", "clause").aggregate(times=known.count())
    frequent = times.group_by(*_UNIT, "as_of").aggregate(clauses=count(times), top=real(times.times.max()))
    ranked = latest(inspections, cohort, _UNIT)
    ranked = ranked.filter(ranked.position < 2).select(*_UNIT, "as_of", "inspection_code", "position")
    last_two = once(known.inner_join(ranked, [*_UNIT, "as_of", "inspection_code"]), "last_unit_clauses")
    twice = last_two.group_by(*_UNIT, "as_of", "clause").aggregate(times=last_two.count())
    repeated = twice.group_by(*_UNIT, "as_of").aggregate(repeated=count(twice, twice.times == 2))
    elsewhere = _elsewhere(last_two.filter(last_two.position == 0), _of_clauses(history, cohort))
    n = tally(inspections, cohort, _UNIT).select(*_UNIT, "as_of", "n")
    t = with_all(cohort, _UNIT, frequent, repeated, n, elsewhere)
    return t.select(
        *_UNIT,
        "as_of",
        "unit_clause_share_elsewhere",
        "unit_clause_failure_rate",
        unit_clauses=t.clauses.fill_null(_ZERO),
        unit_repeated_clauses=t.repeated.fill_null(_ZERO),
        unit_top_clause_share=share(t.top, t.n),
    )


def _found(history: History) -> ibis.Table:
    return results(among(history["findings"], "units"))


def _of_clauses(history: History, cohort: ibis.Table) -> ibis.Table:
    """as_of, clause -> how often it is found among all units' inspections, and how often those were not passed."""
    known = known_before(_found(history), cohort, on=[])
    sums = known.group_by("as_of", "clause").aggregate(n=count(known), failures=total(known.failed))
    every = everybodys(history, cohort, "units")
    every = every.group_by("as_of").aggregate(of=total(every.n))
    t = sums.inner_join(every, "as_of").inner_join(overall(history, cohort, "units"), "as_of")
    return t.select("as_of", "clause", share=t.n / t.of, rate=shrunk(t.failures, t.n, t.overall_rate))


def _elsewhere(last: ibis.Table, of_clauses: ibis.Table) -> ibis.Table:
    """What the clauses of a unit's last inspection mean among all units: mean share found, highest failure rate."""
    t = last.inner_join(of_clauses, ["as_of", "clause"])
    # In whole millionths, because a sum of fractions depends on the order of its rows.
    shares = (t.share * _MILLION).floor().cast("int64")
    return t.group_by(*_UNIT, "as_of").aggregate(
        unit_clause_share_elsewhere=total(shares) / _MILLION / count(t), unit_clause_failure_rate=t.rate.max()
    )


CLAUSES = Block(
    "clauses of a unit",
    _UNIT,
    clauses,
    (
        Feature(
            "unit_clauses",
            "Different clauses this unit was found wanting under so far: {value:.0f}.",
            "该受检单元迄今不符合的条款：{value:.0f}条。",
        ),
        Feature(
            "unit_top_clause_share",
            "{value:.0%} of this unit's inspections found the same clause wanting.",
            "该受检单元的监督检查有{value:.0%}不符合同一条款。",
        ),
        Feature(
            "unit_repeated_clauses",
            "Clauses found wanting at both of the last two inspections: {value:.0f}.",
            "最近两次监督检查均不符合的条款：{value:.0f}条。",
        ),
        Feature(
            "unit_clause_share_elsewhere",
            "The clauses of the last inspection are found at {value:.1%} of the inspections of all units.",
            "最近一次监督检查不符合的条款，在所有受检单元的监督检查中出现率为{value:.1%}。",
        ),
        Feature(
            "unit_clause_failure_rate",
            "Where the gravest clause of the last inspection is found, about {value:.0%} of units do not pass.",
            "凡出现最近一次监督检查中最严重的不符合条款，约{value:.0%}的监督检查未通过。",
        ),
    ),
    ("No clause found wanting at this unit's last inspections is known.", "尚无该受检单元近期不符合条款的记录。"),
)
