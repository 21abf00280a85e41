"""How long a model takes to be fitted on two million rows, and to score, against LightGBM's bare predict."""

import json
import statistics
from typing import TYPE_CHECKING

from benchmarks.figure import Figure
from benchmarks.home import fresh_home, run
from benchmarks.timing import peak, timed

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

FITTED, SCORED, TIMES = 2_000_000, 100_000, 5
#: columns of numbers, one in ten with gaps, and two of texts: as wide as `risk-work`
NUMBERS = 126


def figures() -> list[Figure]:
    """Seconds of one fit, its peak memory, and the ratio of scoring to the same boosters' predict, in turn."""
    with fresh_home() as home:
        found = json.loads(run(home, "benchmarks.fitting").splitlines()[-1])
    return [
        Figure(f"fit on {FITTED:,} rows of {NUMBERS + 2} features", found["fit"], "s", "under 180", found["fit"] < 180),
        Figure("the same: peak memory", found["memory"], "GiB"),
        Figure(f"scores of {SCORED:,} rows", found["score"], "s"),
        Figure("against bare Booster.predict on numbers that lie ready", found["ratio"], "x", "at most 1.2",
               found["ratio"] <= 1.2),
    ]  # fmt: skip


def _main() -> None:
    import numpy as np

    from models.contract import Examples
    from models.trees import THREADS, TreesPart, as_numbers
    from training.candidates import model

    rng = np.random.default_rng(1)
    rows = _table(rng, FITTED)
    failed = (rng.random(FITTED) < 0.05 + 0.1 * rows["n100"].to_numpy() * rows["n101"].to_numpy()).astype(float)
    nobody = np.full(FITTED, None, dtype=object)
    made = []
    fitted = timed(lambda: made.append(model("risk-work", tuple(map(str, rows))).fit(
        Examples(rows, failed, np.ones(FITTED), nobody, nobody)
    )))  # fmt: skip
    memory = peak()
    (ranker,) = made
    few = rows.iloc[:SCORED].reset_index(drop=True)
    parts = [part for member, part in ranker.parts.items() if member in ranker.mix.shares]
    trees = [part for part in parts if isinstance(part, TreesPart)]
    ready = [as_numbers(few, part.feature_names, part.levels) for part in trees]

    def bare() -> None:
        for part, table in zip(trees, ready, strict=True):
            for booster in part.boosters:
                booster.predict(table, raw_score=True, num_threads=THREADS)

    taken = [(timed(lambda: ranker.score(few)), timed(bare)) for _ in range(TIMES)]
    print(json.dumps({
        "fit": fitted, "memory": memory, "score": statistics.median(ours for ours, _ in taken),
        "ratio": statistics.median(ours / theirs for ours, theirs in taken),
    }))  # fmt: skip


def _table(rng: "np.random.Generator", rows: int) -> "pd.DataFrame":
    import pandas as pd

    columns = {f"n{number}": rng.random(rows) for number in range(NUMBERS)}
    for number in range(0, NUMBERS, 10):
        columns[f"n{number}"][rng.random(rows) < 0.3] = float("nan")
    texts = {"kind": ("final", "audit", "patrol"), "post": tuple(f"post {number}" for number in range(30))}
    return pd.DataFrame({
        **columns, **{name: pd.Categorical.from_codes(rng.integers(len(levels), size=rows), list(levels))
                      for name, levels in texts.items()},
    })  # fmt: skip


if __name__ == "__main__":
    _main()
