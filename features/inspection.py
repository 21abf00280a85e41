"""What inspections have shown of a person on a process, of the person, and of the process."""

import ibis

from features.block import Block, Feature
from features.history import History
from features.measure import share, with_all
from features.outcomes import last_results, overall, results, shrunk, tally
from features.population import among

_PAIR = ("employee_code", "process_code")


def _of_people(history: History) -> ibis.Table:
    return results(among(history["inspections"], "people"))


def process_record(history: History, cohort: ibis.Table) -> ibis.Table:
    """Inspections of a process, whoever worked; its rate is shrunk towards that of all processes."""
    on = ("process_code",)
    events = results(among(history["inspections"], "processes"))
    t = with_all(cohort, on, tally(events, cohort, on), overall(history, cohort, "processes"))
    return t.select(
        "process_code",
        "as_of",
        process_inspections=t.n,
        process_failure_rate=shrunk(t.failures, t.n, t.overall_rate),
        process_failure_rate_90=shrunk(t.failures_90, t.n_90, t.overall_rate),
    )


def person_record(history: History, cohort: ibis.Table) -> ibis.Table:
    """Inspections of a person over all processes, the rate shrunk towards that of all people."""
    on, events = ("employee_code",), _of_people(history)
    t = with_all(cohort, on, tally(events, cohort, on), overall(history, cohort, "people"))
    return t.select(
        "employee_code",
        "as_of",
        person_inspections=t.n,
        person_failure_rate=shrunk(t.failures, t.n, t.overall_rate),
        person_failure_rate_365=shrunk(t.failures_365, t.n_365, t.overall_rate),
    )


def pair_record(history: History, cohort: ibis.Table) -> ibis.Table:
    """Inspections of a person on a process; rates are shrunk towards the process's."""
    events = _of_people(history)
    process = process_record(history, cohort).select("process_code", "as_of", prior="process_failure_rate")
    t = with_all(cohort, _PAIR, tally(events, cohort, _PAIR), last_results(events, cohort, _PAIR), process)
    return t.select(
        *_PAIR,
        "as_of",
        pair_inspections=t.n,
        pair_failures=t.failures,
        pair_failure_rate=share(t.failures, t.n),
        pair_failure_rate_shrunk=shrunk(t.failures, t.n, t.prior),
        pair_failure_rate_90=shrunk(t.failures_90, t.n_90, t.prior),
        pair_failure_rate_365=shrunk(t.failures_365, t.n_365, t.prior),
        pair_days_since_inspection=t.days_since,
        pair_days_since_failure=t.days_since_failure,
        pair_last_failed=t.last_failed,
        pair_last3_failed=t.last3_failed,
    )


PAIR = Block(
    "inspection of a person on a process",
    _PAIR,
    pair_record,
    (
        Feature(
            "pair_inspections",
            "Inspections of this person on this process so far: {value:.0f}.",
            "该人员在该流程上迄今接受监督检查{value:.0f}次。",
        ),
        Feature(
            "pair_failures",
            "Of these, not passed: {value:.0f}.",
            "其中未通过{value:.0f}次。",
        ),
        Feature(
            "pair_failure_rate",
            "{value:.0%} of this person's inspections on this process were not passed.",
            "该人员在该流程上的监督检查有{value:.0%}未通过。",
        ),
        Feature(
            "pair_failure_rate_shrunk",
            "Allowing for how few inspections of this person on this process there are, "
            "about {value:.0%} would not be passed.",
            "考虑到监督检查次数有限，估计该人员在该流程上约有{value:.0%}不通过。",
        ),
        Feature(
            "pair_failure_rate_90",
            "Giving the last months most weight, about {value:.0%} of these inspections would not be passed.",
            "以最近几个月为主估计，该人员在该流程上约有{value:.0%}不通过。",
        ),
        Feature(
            "pair_failure_rate_365",
            "Giving the last year most weight, about {value:.0%} of these inspections would not be passed.",
            "以最近一年为主估计，该人员在该流程上约有{value:.0%}不通过。",
        ),
        Feature(
            "pair_days_since_inspection",
            "Last inspection of this person on this process was {value:.0f} days ago.",
            "该人员在该流程上最近一次监督检查是在{value:.0f}天前。",
        ),
        Feature(
            "pair_days_since_failure",
            "Last inspection not passed on this process was {value:.0f} days ago.",
            "该人员在该流程上最近一次未通过监督检查是在{value:.0f}天前。",
            missing=(
                "No inspection of this person on this process is known to have failed.",
                "未见该人员在该流程上有未通过的监督检查。",
            ),
        ),
        Feature(
            "pair_last_failed",
            "Last result on this process: {value:.0f} (1 = not passed).",
            "该流程上最近一次结果：{value:.0f}（1表示未通过）。",
            cases={
                0.0: ("The last inspection on this process was passed.", "该流程上最近一次监督检查通过。"),
                1.0: ("The last inspection on this process was not passed.", "该流程上最近一次监督检查未通过。"),
            },
        ),
        Feature(
            "pair_last3_failed",
            "{value:.0%} of the last three inspections on this process were not passed.",
            "该流程上最近三次监督检查有{value:.0%}未通过。",
        ),
    ),
    ("No inspection of this person on this process is known.", "尚无该人员在该流程上的监督检查记录。"),
)

PERSON = Block(
    "inspection of a person",
    ("employee_code",),
    person_record,
    (
        Feature(
            "person_inspections",
            "Inspections of this person on all processes so far: {value:.0f}.",
            "该人员在所有流程上迄今接受监督检查{value:.0f}次。",
        ),
        Feature(
            "person_failure_rate",
            "Over all processes, about {value:.0%} of this person's inspections are not passed.",
            "在所有流程上，该人员的监督检查约{value:.0%}未通过。",
        ),
        Feature(
            "person_failure_rate_365",
            "Over all processes in the last year, about {value:.0%} of this person's inspections are not passed.",
            "最近一年在所有流程上，该人员的监督检查约{value:.0%}未通过。",
        ),
    ),
    ("No single person is named.", "未指明具体人员。"),
)

PROCESS = Block(
    "inspection of a process",
    ("process_code",),
    process_record,
    (
        Feature(
            "process_inspections",
            "Inspections of this process so far, whoever worked: {value:.0f}.",
            "该流程迄今共接受监督检查{value:.0f}次（不分人员）。",
        ),
        Feature(
            "process_failure_rate",
            "About {value:.0%} of the inspections of this process are not passed, whoever works.",
            "该流程的监督检查约{value:.0%}未通过（不分人员）。",
        ),
        Feature(
            "process_failure_rate_90",
            "In the last months about {value:.0%} of the inspections of this process were not passed.",
            "最近几个月，该流程的监督检查约{value:.0%}未通过。",
        ),
    ),
    ("No process is named.", "未指明流程。"),
)
