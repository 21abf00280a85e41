"""How much of what can be known the models know: on simulated plants, against the true chances.

*Way* is (AUC - 0.5) of a model by that of the true chances, on the inspections that followed. Rank correlation and
calibration error are against the true chance of everything on the lists. The plants, their dates and their seeds were
fixed before any model was tried on them.
"""

import json
import sys
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from benchmarks.figure import Figure
from benchmarks.home import fresh_home, run

if TYPE_CHECKING:
    from features.history import History
    from models.blend import BlendRanker
    from models.contract import Reals

SEEDS = (1, 2, 3, 4, 5)
STAFF, MONTHS = 600, 18
END, CUT, HORIZON = date(2026, 10, 1), datetime(2026, 7, 1), timedelta(days=60)  # noqa: DTZ001 - UTC without a zone
_EVER = datetime(9999, 1, 1)  # noqa: DTZ001
_BOUNDS = {"need": 0.75, "risk-work": 0.85}


def figures() -> list[Figure]:
    """The mean over the plants, per target."""
    found: dict[str, list[dict[str, float]]] = {target: [] for target in _BOUNDS}
    for seed in SEEDS:
        with fresh_home() as home:
            told = run(home, "benchmarks.knowing", str(seed), str(home.parent))
        for target, row in json.loads(told.splitlines()[-1]).items():
            print("   ", seed, target, row)
            found[target].append(row)
    return [figure for target, rows in found.items() for figure in _figures(target, rows)]


def _figures(target: str, rows: list[dict[str, float]]) -> list[Figure]:
    way, correlation, error = (float(np.mean([row[name] for row in rows])) for name in ("way", "correlation", "error"))
    bound, plants = _BOUNDS[target], f"{len(rows)} plants of {STAFF} people"
    return [
        Figure(f"{target}: share of what is knowable, {plants}", way, "", f"at least {bound}", way >= bound),
        Figure(f"{target}: rank correlation with the truth", correlation, "", "at least 0.7", correlation >= 0.7),
        Figure(f"{target}: calibration error", error, "", "under 0.02", error < 0.02),
    ]


def _main(seed: int, folder: Path) -> None:
    from sqlalchemy.orm import Session

    from service.cli import _database
    from service.exchange.importing import import_folder
    from service.history.snapshot import load, snapshot
    from service.settings import settings
    from training.fit import fit
    from training.world import WorldSpec, simulate, write

    write(simulate(WorldSpec("factory", STAFF, MONTHS, seed, END)), folder / "site")
    engine = _database()
    with Session(engine) as session, session.begin():
        import_folder(session, folder / "site", progress=lambda line: None)
    history = load(snapshot(engine, settings().home).path)
    answers = {}
    for target, judged in (("need", _need), ("risk-work", _work)):
        answers[target] = judged(history, folder / "truth", fit(history, target, CUT, HORIZON).ranker)
    print(json.dumps(answers))


def _need(history: "History", truth: Path, ranker: "BlendRanker") -> dict[str, float]:
    """Everybody eligible on two dates, and the inspections of the horizon after each."""
    import ibis
    import pyarrow as pa

    from features import cohort, matrix
    from training.dataset import labelled
    from training.splits import Window

    true = pd.read_csv(truth / "mastery.csv", dtype={"employee_code": str}, parse_dates=["as_of"])
    key = ["employee_code", "process_code", "as_of"]
    chance = true.set_index(key)["chance_next_60_days"]
    dates = [CUT, CUT + timedelta(days=31)]
    listed = labelled(history, "need", [Window(day, day + HORIZON) for day in dates], HORIZON, _EVER)
    moments = ibis.memtable(pa.table({"as_of": dates}))
    everybody = matrix.build(history, cohort.eligible(history, "need", moments), "need")
    of = chance.reindex(pd.MultiIndex.from_frame(listed.keys[key])).to_numpy(np.float64)
    of_all = chance.reindex(pd.MultiIndex.from_frame(everybody.keys[key])).to_numpy(np.float64)
    return {**_way(ranker.score(listed.X), listed.failed, of), **_against(ranker, everybody.X, of_all)}


def _work(history: "History", truth: Path, ranker: "BlendRanker") -> dict[str, float]:
    """What waited on lists made every three days, each piece of work as it first stood on one."""
    from training.dataset import labelled
    from training.splits import WAITING_SPAN, WAITING_STEP, Window

    chance = pd.read_csv(truth / "work.csv").set_index("work_code")["chance"]
    end = datetime(END.year, END.month, END.day)  # noqa: DTZ001
    days = int((end - CUT) / WAITING_STEP) - 1
    starts = [CUT + timedelta(hours=7) + number * WAITING_STEP for number in range(days)]
    windows = [Window(day, min(day + WAITING_SPAN, end), waiting=True) for day in starts]
    lists = labelled(history, "risk-work", windows, HORIZON, _EVER)
    first = ~lists.keys.sort_values("as_of", kind="stable").duplicated("inspection_code").sort_index()
    rows = lists.rows(first & lists.keys["work_code"].isin(chance.index))
    of = chance.reindex(rows.keys["work_code"]).to_numpy(np.float64)
    return {**_way(ranker.score(rows.X), rows.failed, of), **_against(ranker, rows.X, of)}


def _way(score: "Reals", failed: "Reals", chance: "Reals") -> dict[str, float]:
    from training.metrics import auc

    known = ~np.isnan(chance)
    model, best = auc(score[known], failed[known]), auc(chance[known], failed[known])
    return {"inspected": float(known.sum()), "AUC": model, "best AUC": best, "way": (model - 0.5) / (best - 0.5)}


def _against(ranker: "BlendRanker", X: pd.DataFrame, chance: "Reals") -> dict[str, float]:  # noqa: N803
    from scipy.stats import spearmanr

    from training.metrics import calibration_error

    known = ~np.isnan(chance)
    score, probability = ranker.score(X)[known], ranker.probability(X)[known]
    return {
        "listed": float(known.sum()), "correlation": float(spearmanr(score, chance[known])[0]),
        "error": calibration_error(probability, chance[known]),
    }  # fmt: skip


if __name__ == "__main__":
    _main(int(sys.argv[1]), Path(sys.argv[2]))
