"""How batches of the same product, and of the products that went into one, have fared."""

import ibis

from features.asof import known_before
from features.block import Block, Feature
from features.history import History
from features.measure import once, total, with_all
from features.outcomes import overall, results, shrunk, tally
from features.population import among

_BATCH = ("batch_code",)
_PRODUCT = ("product",)
_MILLION = ibis.literal(1e6, "float64")


def products(history: History, cohort: ibis.Table) -> ibis.Table:
    """Recent failure rate of the batch's product, and of the products of its inputs: the worst and their mean.

    Rates are pulled towards that of all batches. Missing where no product is known.
    """
    events = results(among(history["inspections"], "batches"))
    links = known_before(history["batch_inputs"], cohort, _BATCH)
    links = links.select("batch_code", "as_of", input_code="input_code").distinct()
    own = known_before(history["batches"], cohort, _BATCH)
    own = own.filter(own.product.notnull()).select(*_BATCH, "as_of", "product")
    asked = links.select("as_of", batch_code=links.input_code).distinct()
    inputs = known_before(history["batches"], asked, _BATCH)
    inputs = inputs.filter(inputs.product.notnull()).select("as_of", "product", input_code=inputs.batch_code)
    inputs = links.inner_join(inputs, ["input_code", "as_of"]).select(*_BATCH, "as_of", "product")
    wanted = once(own.select("product", "as_of").union(inputs.select("product", "as_of")), "products_asked")
    everybody = overall(history, cohort, "batches")
    t = with_all(wanted, _PRODUCT, tally(_of_products(history, events), wanted, _PRODUCT), everybody)
    rate = shrunk(t.failures_365, t.n_365, t.overall_rate)
    rates = once(t.select(*_PRODUCT, "as_of", rate=rate), "rates_of_products")
    own = own.inner_join(rates, [*_PRODUCT, "as_of"])
    own = own.select(*_BATCH, "as_of", product_failure_rate="rate")
    joined = inputs.inner_join(rates, [*_PRODUCT, "as_of"])
    # In whole millionths, because a sum of fractions depends on the order of its rows.
    parts = (joined.rate * _MILLION).floor().cast("int64")
    sums = joined.group_by(*_BATCH, "as_of").aggregate(
        input_product_failure_rate=total(parts) / _MILLION / joined.count().cast("float64"),
        input_worst_product_rate=joined.rate.max(),
    )
    return with_all(cohort, _BATCH, own, sums)


def _of_products(history: History, events: ibis.Table) -> ibis.Table:
    """The results of batches by product: from when both result and product were known, until either was revised."""
    batches = history["batches"]
    batches = batches.filter(batches.product.notnull())
    together = [
        events.batch_code == batches.batch_code,
        events.superseded_at.isnull() | (batches.known_at < events.superseded_at),
        batches.superseded_at.isnull() | (events.known_at < batches.superseded_at),
    ]
    joined = events.inner_join(batches, together, rname="{name}__of")
    # The earlier of two ends, where a missing end is none; engines differ in what `least` makes of a null.
    end, other = joined.superseded_at, joined.superseded_at__of
    until = ibis.ifelse(end.isnull() | (other < end), ibis.coalesce(other, end), end)
    known = ibis.greatest(joined.known_at, joined.known_at__of)
    told = joined.select("product", "failed", "occurred_at", known_at=known, superseded_at=until)
    return once(told, "results_of_products")


PRODUCT = Block(
    "product of a batch",
    _BATCH,
    products,
    (
        Feature(
            "product_failure_rate",
            "In the last year, about {value:.0%} of the inspections of batches of this product were not passed.",
            "过去一年，该产品各批次的检验约{value:.0%}未通过。",
            missing=("The product of the batch is not known.", "该批次的产品未知。"),
        ),
        Feature(
            "input_product_failure_rate",
            "Of the products that went in, about {value:.0%} of the last year's inspections were not passed.",
            "所投入的产品，过去一年的检验约{value:.0%}未通过。",
        ),
        Feature(
            "input_worst_product_rate",
            "Of the worst product that went in, about {value:.0%} of the last year's inspections were not passed.",
            "所投入的产品中最差的一种，过去一年的检验约{value:.0%}未通过。",
        ),
    ),
    ("No product that went into the batch is known.", "投入该批次的产品未知。"),
)
