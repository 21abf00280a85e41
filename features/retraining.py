"""What training a person has had for a process, and which required courses are not covered."""

import ibis

from features.asof import known_before, moments
from features.block import Block, Feature
from features.history import History
from features.measure import count, days, fading, millionths, once, whole, with_all

_PAIR = ("employee_code", "process_code")
_ZERO = ibis.literal(0.0, "float64")

#: after so many days half of what a course taught is taken as forgotten (the order of a work skill's half-life)
FORGOTTEN = 150


def trainings(history: History, cohort: ibis.Table) -> ibis.Table:
    """Training records of a person for a process: counts by result, days since, last score."""
    known = known_before(history["retraining"], cohort, _PAIR)
    age = days(known.as_of, known.occurred_at)
    taken = known.result.isin(["passed", "failed"])
    counts = {
        f"training_{name}": count(known, known.result == result)
        for name, result in (("passed", "passed"), ("failed", "failed"), ("absences", "absent"), ("open", "open"))
    }
    totals = known.group_by(*_PAIR, "as_of").aggregate(
        **counts,
        training_faded=millionths(fading(age, FORGOTTEN) * whole(known.result == "passed")),
        training_days_since_passed=age.min(where=known.result == "passed"),
        training_days_since_last=age.min(where=taken),
        training_days_since_assigned=days(known.as_of, known.assigned_at).min(where=known.result == "open"),
    )
    t = with_all(cohort, _PAIR, totals, _last_score(known))
    filled = {name: t[name].fill_null(_ZERO) for name in (*counts, "training_faded")}
    return once(t.mutate(**filled), "training_of_pairs")


def _last_score(known: ibis.Table) -> ibis.Table:
    scored = known.filter(known.score.notnull())
    order = [ibis.desc(column) for column in ("occurred_at", "known_at", "score")]
    position = ibis.row_number().over(ibis.window(group_by=[*_PAIR, "as_of"], order_by=order))
    scored = scored.mutate(position=position)
    return scored.filter(scored.position == 0).select(*_PAIR, "as_of", training_last_score="score")


def requirement_gap(history: History, cohort: ibis.Table) -> ibis.Table:
    """How many courses the process requires, and how many of them the person has not passed or let expire."""
    requirements = history["requirements"].select("process_code", "course_code", "validity_days").distinct()
    due = moments(cohort, _PAIR).inner_join(requirements, "process_code")
    of_person = ("employee_code", "course_code")
    records = history["retraining"]
    passed = known_before(records.filter(records.result == "passed"), due, of_person)
    last = passed.group_by(*of_person, "as_of").aggregate(age=days(passed.as_of, passed.occurred_at).min())
    covered = due.left_join(last, [*of_person, "as_of"], rname="{name}__1")
    valid = covered.age.notnull() & (
        covered.validity_days.isnull() | (covered.age <= covered.validity_days.cast("float64"))
    )
    gaps = covered.group_by(*_PAIR, "as_of").aggregate(
        training_required=count(covered), training_gap=count(covered, ~valid)
    )
    t = with_all(cohort, _PAIR, gaps)
    return t.mutate(**{name: t[name].fill_null(_ZERO) for name in ("training_required", "training_gap")})


RECORD = Block(
    "training for a process",
    _PAIR,
    trainings,
    (
        Feature("training_passed", "Trainings passed for this process: {value:.0f}.", "该流程培训通过{value:.0f}次。"),
        Feature(
            "training_failed", "Trainings not passed for this process: {value:.0f}.", "该流程培训未通过{value:.0f}次。"
        ),
        Feature(
            "training_absences",
            "Trainings for this process missed by absence: {value:.0f}.",
            "该流程培训缺席{value:.0f}次。",
        ),
        Feature(
            "training_open",
            "Trainings assigned for this process and not yet done: {value:.0f}.",
            "该流程已安排但尚未完成的培训：{value:.0f}次。",
        ),
        Feature(
            "training_faded",
            f"Passed trainings for this process, each counting half as much after {FORGOTTEN} days: {{value:.2f}}.",
            f"该流程通过的培训，每过{FORGOTTEN}天作用减半，合计：{{value:.2f}}。",
        ),
        Feature(
            "training_days_since_passed",
            "Last passed training for this process was {value:.0f} days ago.",
            "最近一次通过该流程培训是在{value:.0f}天前。",
            missing=("No passed training for this process is known.", "尚无通过该流程培训的记录。"),
        ),
        Feature(
            "training_days_since_last",
            "Last training for this process was {value:.0f} days ago.",
            "最近一次参加该流程培训是在{value:.0f}天前。",
        ),
        Feature(
            "training_days_since_assigned",
            "The training still open for this process was assigned {value:.0f} days ago.",
            "该流程尚未完成的培训是在{value:.0f}天前安排的。",
            missing=("No training for this process is waiting.", "该流程没有待完成的培训。"),
        ),
        Feature(
            "training_last_score",
            "Score at the last training for this process: {value:.1f}.",
            "最近一次该流程培训成绩：{value:.1f}。",
            missing=("No training score for this process is known.", "尚无该流程的培训成绩。"),
        ),
    ),
    ("No training for this process is known.", "尚无该流程的培训记录。"),
)

GAP = Block(
    "required courses",
    _PAIR,
    requirement_gap,
    (
        Feature(
            "training_required",
            "Courses this process requires: {value:.0f}.",
            "该流程要求的课程：{value:.0f}门。",
        ),
        Feature(
            "training_gap",
            "Required courses not passed or expired: {value:.0f}.",
            "要求的课程中未通过或已过期：{value:.0f}门。",
            cases={0.0: ("All required courses are passed and valid.", "要求的课程均已通过且在有效期内。")},
        ),
    ),
    ("No single person or process is named.", "未指明具体人员或流程。"),
)
