"""What inspections have shown of a batch and of the batches that went into it."""

import ibis

from features.asof import known_before
from features.block import Block, Feature
from features.history import History
from features.measure import count, flag, once, share, total, with_all
from features.outcomes import overall, results, shrunk, tally
from features.population import among

_ON = ("batch_code",)
_INPUT = ("input_code",)
_ZERO = ibis.literal(0.0, "float64")


def _of_batches(history: History) -> ibis.Table:
    return results(among(history["inspections"], "batches"))


def batch_record(history: History, cohort: ibis.Table) -> ibis.Table:
    """Earlier inspections of the batch itself or of work on it."""
    t = tally(_of_batches(history), cohort, _ON)
    return t.select(*_ON, "as_of", batch_inspections=t.n, batch_failures=t.failures)


def batch_inputs(history: History, cohort: ibis.Table) -> ibis.Table:
    """How many batches went into this one, and what their inspections showed; rates shrunk to that of all batches.

    Besides all of them together the worst one, and the share of those an incoming inspection did not pass.
    """
    inputs = known_before(history["batch_inputs"], cohort, _ON).select("batch_code", "input_code", "as_of").distinct()
    inputs = once(inputs, "inputs_of_batches")
    events = _of_batches(history)
    each = with_all(inputs, _INPUT, _each(events, inputs), overall(history, cohort, "batches"))
    n, failures = each.n.fill_null(_ZERO), each.failures.fill_null(_ZERO)
    refused = flag(each.refused.fill_null(_ZERO) > 0)
    rate = ibis.ifelse(n > 0, shrunk(failures, n, each.overall_rate), ibis.null("float64"))
    each = each.select(*_INPUT, "as_of", n=n, failures=failures, rate=rate, refused=refused)
    joined = inputs.inner_join(each, [*_INPUT, "as_of"])
    sums = joined.group_by("batch_code", "as_of").aggregate(
        inputs=count(joined), n=joined.n.sum(), failures=joined.failures.sum(), worst=joined.rate.max(),
        refused=joined.refused.sum(),
    )  # fmt: skip
    t = with_all(cohort, _ON, sums, overall(history, cohort, "batches"))
    n, failures = t.n.fill_null(_ZERO), t.failures.fill_null(_ZERO)
    return t.select(
        *_ON,
        "as_of",
        input_batches=t.inputs.fill_null(_ZERO),
        input_inspections=n,
        input_failures=failures,
        input_failure_rate=share(failures, n),
        input_failure_rate_shrunk=shrunk(failures, n, t.overall_rate),
        input_worst_failure_rate=t.worst,
        input_refused_share=share(t.refused, t.inputs),
    )


def _each(events: ibis.Table, inputs: ibis.Table) -> ibis.Table:
    """input_code, as_of -> inspections of the input, those not passed, and those not passed on coming in."""
    known = known_before(events.mutate(input_code=events.batch_code), inputs, _INPUT)
    return known.group_by(*_INPUT, "as_of").aggregate(
        n=count(known),
        failures=total(known.failed),
        refused=count(known, (known.failed == 1) & (known.kind == "incoming")),
    )


def batch_siblings(history: History, cohort: ibis.Table) -> ibis.Table:
    """What inspections showed of the other batches that any of this one's inputs went into."""
    links = history["batch_inputs"]
    own = known_before(links, cohort, _ON).select("batch_code", "input_code", "as_of").distinct()
    users = known_before(links, own, ("input_code",))
    users = users.select("input_code", "as_of", sibling_code="batch_code").distinct()
    siblings = own.inner_join(users, ["input_code", "as_of"])
    siblings = siblings.filter(siblings.sibling_code != siblings.batch_code)
    siblings = siblings.select("batch_code", "sibling_code", "as_of").distinct()
    events = _of_batches(history)
    record = tally(events.mutate(sibling_code=events.batch_code), siblings, ("sibling_code",))
    joined = siblings.inner_join(record.select("sibling_code", "as_of", "n", "failures"), ["sibling_code", "as_of"])
    sums = joined.group_by("batch_code", "as_of").aggregate(n=joined.n.sum(), failures=joined.failures.sum())
    t = with_all(cohort, _ON, sums, overall(history, cohort, "batches"))
    n, failures = t.n.fill_null(_ZERO), t.failures.fill_null(_ZERO)
    return t.select(
        *_ON, "as_of", sibling_inspections=n, sibling_failure_rate_shrunk=shrunk(failures, n, t.overall_rate),
    )  # fmt: skip


RECORD = Block(
    "inspection of a batch",
    _ON,
    batch_record,
    (
        Feature("batch_inspections", "Inspections of this batch so far: {value:.0f}.", "该批次迄今检验{value:.0f}次。"),
        Feature(
            "batch_failures",
            "Inspections not passed by this batch so far: {value:.0f}.",
            "该批次迄今检验未通过{value:.0f}次。",
        ),
    ),
    ("No batch is named.", "未指明批次。"),
)

INPUTS = Block(
    "inputs of a batch",
    _ON,
    batch_inputs,
    (
        Feature("input_batches", "Batches that went into this one: {value:.0f}.", "该批次的投入批次：{value:.0f}个。"),
        Feature(
            "input_inspections",
            "Inspections of the batches that went in: {value:.0f}.",
            "投入批次共检验{value:.0f}次。",
        ),
        Feature(
            "input_failures",
            "Inspections not passed by the batches that went in: {value:.0f}.",
            "投入批次检验未通过{value:.0f}次。",
        ),
        Feature(
            "input_failure_rate",
            "{value:.0%} of the inspections of the batches that went in were not passed.",
            "投入批次的检验有{value:.0%}未通过。",
            missing=("No inspection of a batch that went in is known.", "尚无投入批次的检验记录。"),
        ),
        Feature(
            "input_failure_rate_shrunk",
            "Allowing for how few inspections there are, about {value:.0%} of the input batches would not be passed.",
            "考虑到检验次数有限，估计投入批次中约有{value:.0%}不合格。",
        ),
        Feature(
            "input_worst_failure_rate",
            "Allowing for how few inspections there are, about {value:.0%} of the worst input would not be passed.",
            "考虑到检验次数有限，估计最差的投入批次约有{value:.0%}不合格。",
            missing=("No inspection of a batch that went in is known.", "尚无投入批次的检验记录。"),
        ),
        Feature(
            "input_refused_share",
            "{value:.0%} of the batches that went in failed their incoming inspection.",
            "投入批次中有{value:.0%}未通过进料检验。",
            missing=("No batch is known to have gone in.", "尚无投入批次的记录。"),
        ),
    ),
    ("No batch is named.", "未指明批次。"),
)

SIBLINGS = Block(
    "batches of the same inputs",
    _ON,
    batch_siblings,
    (
        Feature(
            "sibling_inspections",
            "Inspections of other batches made of the same inputs: {value:.0f}.",
            "使用相同投入批次的其他批次共检验{value:.0f}次。",
        ),
        Feature(
            "sibling_failure_rate_shrunk",
            "Allowing for how few inspections there are, about {value:.0%} of the batches made of the same inputs "
            "would not be passed.",
            "考虑到检验次数有限，估计使用相同投入批次的批次中约有{value:.0%}不合格。",
        ),
    ),
    ("No batch is named.", "未指明批次。"),
)
