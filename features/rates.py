"""How people, and those they belong with, fare beyond what their processes and kinds of inspection would explain.

The group blocks look at people by where they belonged when inspected: the post, the home department, the area above it,
and the team: those of the same department and post, without the person.
"""

import ibis

from features.block import Block, Feature
from features.expected import expectations, expecting, residual, rolled, weighed
from features.history import History
from features.measure import once, with_all
from features.outcomes import keyed, overall, shrunk
from features.placement import of_same_areas, placed, placed_events
from features.population import among

_PERSON = ("employee_code",)
_PAIR = ("employee_code", "process_code")
_SUMS = ("n", "failures", "n_90", "failures_90", "n_365", "failures_365", "expected")
_GROUPS = {
    "post": ("post_code",),
    "home": ("home_code",),
    "home_area": ("area_code",),
    "team": ("home_code", "post_key"),
}
_ZERO = ibis.literal(0.0, "float64")


def _of_people(history: History) -> ibis.Table:
    return keyed(among(history["inspections"], "people"))


def _counted(sums: ibis.Table, cohort: ibis.Table, on: tuple[str, ...], history: History) -> ibis.Table:
    """The sums of every subject, 0 where it was never inspected, with the rate of all people."""
    everybody = overall(history, cohort, "people")
    t = with_all(cohort, on, sums, everybody)
    return t.mutate(**{name: t[name].fill_null(_ZERO) for name in _SUMS})


def person_against(history: History, cohort: ibis.Table) -> ibis.Table:
    """Failures of a person beyond those their processes and kinds of inspection would explain; the recent rate."""
    parts = expecting(weighed(_of_people(history), cohort, _PERSON), expectations(history, cohort))
    t = _counted(rolled(parts, _PERSON), cohort, _PERSON, history)
    return t.select(
        *_PERSON, "as_of",
        person_failure_rate_90=shrunk(t.failures_90, t.n_90, t.overall_rate), person_residual=residual(t),
    )  # fmt: skip


def pair_against(history: History, cohort: ibis.Table) -> ibis.Table:
    """Failures of a person on a process beyond those of others on it."""
    parts = expecting(weighed(_of_people(history), cohort, _PAIR), expectations(history, cohort))
    t = _counted(rolled(parts, _PAIR), cohort, _PAIR, history)
    return t.select(*_PAIR, "as_of", pair_residual=residual(t))


def groups(history: History, cohort: ibis.Table) -> ibis.Table:
    """Failure rates and residuals of those a person belongs with; missing where they belong nowhere."""
    people = placed(history, cohort)
    people = once(people.mutate(post_key=people.post_code.fill_null("")), "members")
    # Where all the others belonged need not be found out: few people are asked for when something arrives.
    events = _of_people(history).semi_join(once(of_same_areas(history, people), "people_of_areas"), "employee_code")
    events = placed_events(history, events)
    events = once(events.mutate(post_key=events.post_code.fill_null("")), "results_of_members")
    expected = expectations(history, cohort)
    by = ("home_code", "post_code", "post_key", "area_code")
    # The widest group meets the dates once; the narrower ones are parts of it.
    parts = once(expecting(weighed(events, people, ("top_code",), by), expected), "results_of_areas")
    sums = {name: rolled(parts, on) for name, on in _GROUPS.items()}
    team = _GROUPS["team"]
    own = rolled(expecting(weighed(events, people, (*_PERSON, *team)), expected), (*_PERSON, *team))
    rates = [_rates(name, people, sums[name], own if name == "team" else None, cohort, history) for name in _GROUPS]
    return with_all(cohort, _PERSON, *rates)


def _rates(
    name: str, people: ibis.Table, sums: ibis.Table, own: ibis.Table | None, cohort: ibis.Table, history: History
) -> ibis.Table:
    """The three columns of a group for each of its people; what is a person's `own` is taken out of it."""
    on = _GROUPS[name]
    member = people.filter([people[column].notnull() for column in on]).select(*_PERSON, *on, "as_of")
    t = member.left_join(sums, [*on, "as_of"], rname="{name}__1").select(*_PERSON, *on, "as_of", *_SUMS)
    t = t.mutate(**{column: t[column].fill_null(_ZERO) for column in _SUMS})
    if own is not None:
        joined = t.left_join(own, [*_PERSON, *on, "as_of"], rname="{name}__own")
        others = {column: joined[column] - joined[f"{column}__own"].fill_null(_ZERO) for column in _SUMS}
        t = joined.select(*_PERSON, "as_of", **others)
    t = t.inner_join(overall(history, cohort, "people"), "as_of")
    return t.select(
        *_PERSON,
        "as_of",
        **{f"{name}_failure_rate_{length}": shrunk(t[f"failures_{length}"], t[f"n_{length}"], t.overall_rate)
           for length in (90, 365)},
        **{f"{name}_residual": residual(t)},
    )  # fmt: skip


def _group(name: str, en: str, zh: str) -> tuple[Feature, ...]:
    missing = ("It is not known where this person belongs.", "该人员的归属未知。")
    spans = ((90, "the last months", "最近几个月"), (365, "the last year", "最近一年"))
    return (
        *(
            Feature(
                f"{name}_failure_rate_{length}",
                f"Giving {span} most weight, about {{value:.0%}} of the inspections of {en} would not be passed.",
                f"以{span_zh}为主估计，{zh}的监督检查约{{value:.0%}}不通过。",
                missing=missing,
            )
            for length, span, span_zh in spans
        ),
        Feature(
            f"{name}_residual",
            f"At the same processes and kinds of inspection, the failure rate of {en} differs from the usual one by "
            "{value:+.1%}.",
            f"在相同流程和检验类型下，{zh}的未通过率与通常水平相差{{value:+.1%}}。",
            missing=missing,
        ),
    )


PERSON = Block(
    "a person against expectation",
    _PERSON,
    person_against,
    (
        Feature(
            "person_failure_rate_90",
            "Over all processes in the last months, about {value:.0%} of this person's inspections are not passed.",
            "最近几个月在所有流程上，该人员的监督检查约{value:.0%}未通过。",
        ),
        Feature(
            "person_residual",
            "At the same processes and kinds of inspection, this person's failure rate differs from that of all by "
            "{value:+.1%}.",
            "在相同流程和检验类型下，该人员的未通过率与所有人员相差{value:+.1%}。",
        ),
    ),
    ("No single person is named.", "未指明具体人员。"),
)

PAIR = Block(
    "a person on a process against expectation",
    _PAIR,
    pair_against,
    (
        Feature(
            "pair_residual",
            "On this process, this person's failure rate differs from that of all by {value:+.1%}.",
            "在该流程上，该人员的未通过率与所有人员相差{value:+.1%}。",
        ),
    ),
    ("No single person or process is named.", "未指明具体人员或流程。"),
)

GROUPS = Block(
    "those a person belongs with",
    _PERSON,
    groups,
    (
        *_group("post", "the people of the same post", "同岗位人员"),
        *_group("home", "the people of the same department", "同部门人员"),
        *_group("home_area", "the people of the departments in the same area", "同一上级部门下各部门人员"),
        *_group("team", "the others of the same department and post", "同部门同岗位其他人员"),
    ),
    ("It is not known where this person belongs.", "该人员的归属未知。"),
)
