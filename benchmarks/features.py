"""Features over Parquet: against SQL written by hand, against pandas row by row, and how time grows to 50 million."""

import json
import math
import statistics
import sys
import tempfile
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.figure import Figure
from benchmarks.home import fresh_home, run
from benchmarks.timing import peak, timed

if TYPE_CHECKING:
    import pandas as pd

    from features.history import History

#: pieces of work; with the rest 1, 10 and 50 million events
SMALL, MIDDLE, LARGE = 620_000, 6_200_000, 31_000_000
ROWS_BY_PANDAS, TIMES = 300, 3
_SQL = Path(__file__).with_name("blocks.sql")
_KEYS = ["employee_code", "process_code", "as_of"]


def figures() -> list[Figure]:
    """Ratios at 10 million events, and the growth of all features of all targets from 1 to 50 million."""
    with fresh_home() as home:
        found = {works: json.loads(run(home, "benchmarks.features", str(works))) for works in (SMALL, MIDDLE, LARGE)}
    small, middle, large = found.values()
    growth = math.log(large["all"] / small["all"]) / math.log(large["events"] / small["events"])
    each = f"{middle['rows']:,} rows and {middle['events']:,} events"
    return [
        Figure(f"22 features by Ibis on DuckDB, {each}", middle["ibis"], "s"),
        Figure("the same by hand-written SQL", middle["sql"], "s"),
        Figure("Ibis against SQL", middle["ibis"] / middle["sql"], "x", "at most 1.3",
               middle["ibis"] <= 1.3 * middle["sql"]),
        Figure("pandas row by row against Ibis, per row", middle["pandas"] / middle["ibis"], "x", "at least 10",
               middle["pandas"] >= 10 * middle["ibis"]),
        *(Figure(f"all features of all targets, {one['events']:,} events on Parquet", one["all"], "s")
          for one in found.values()),
        Figure("the same: peak memory at the most events", large["memory"], "GiB"),
        Figure("growth exponent between 1 and 50 million", growth, "", "at most 1.1", growth <= 1.1),
    ]  # fmt: skip


def _main(works: int) -> None:
    from benchmarks import parquet
    from service.history.engine import DuckDB
    from service.history.snapshot import load
    from service.scoring.score import TARGETS

    with tempfile.TemporaryDirectory() as folder:
        events = parquet.write(Path(folder), works)
        as_of = parquet.END.replace(tzinfo=UTC)
        engine = DuckDB(load(Path(folder)))
        for target in TARGETS:  # what is compiled once is compiled
            engine.eligible(target, as_of)
        whole = timed(lambda: [engine.eligible(target, as_of) for target in TARGETS])
        sides = _compared(Path(folder)) if works == MIDDLE else {}
    print(json.dumps({"events": events, "all": whole, "memory": peak(), **sides}))


def _compared(folder: Path) -> dict[str, float]:
    """Median seconds of the two ways on DuckDB, taken in turn, and of pandas for as many rows."""
    from benchmarks.parquet import END
    from features import cohort
    from service.history.moments import one_date
    from service.history.snapshot import load

    history = load(folder)
    backend = history["inspections"].get_backend()
    con = backend.con
    backend.create_table("cohort", cohort.eligible(history, "need", one_date(END.replace(tzinfo=UTC))))
    by_ibis, by_hand = _text(history, _by_ibis(history)), _SQL.read_text(encoding="utf-8")
    taken: dict[str, list[float]] = {"ibis": [], "sql": []}
    for _ in range(TIMES):
        taken["ibis"].append(timed(lambda: con.sql(by_ibis).to_arrow_table()))
        taken["sql"].append(timed(lambda: con.sql(by_hand).to_arrow_table()))
    same = _sorted(con.sql(by_ibis).df()), _sorted(con.sql(by_hand).df())
    _require_equal(*same)
    rows = len(same[0])
    slow = _by_pandas(con, same[1])
    return {"rows": rows, "pandas": slow / ROWS_BY_PANDAS * rows,
            **{name: statistics.median(times) for name, times in taken.items()}}  # fmt: skip


def _text(history: "History", wanted: Any) -> str:
    return str(history["inspections"].get_backend().compile(wanted))


def _by_ibis(history: "History") -> Any:
    from features import inspection, shift, work
    from features.measure import with_all

    asked = history["inspections"].get_backend().table("cohort")
    blocks = (inspection.PAIR, work.PRACTICE, shift.HOURS, work.TENURE)
    return with_all(asked, ("employee_code", "process_code"), *(block.build(history, asked) for block in blocks))


def _sorted(frame: "pd.DataFrame") -> "pd.DataFrame":
    return frame.sort_values(_KEYS, ignore_index=True)


def _require_equal(ours: "pd.DataFrame", theirs: "pd.DataFrame", within: float = 1e-9) -> None:
    """Fail where the two ways do not say the same."""
    import numpy as np

    for name in theirs.columns:
        if name in _KEYS:
            assert (ours[name] == theirs[name]).all(), name
        else:
            np.testing.assert_allclose(ours[name].astype(float), theirs[name].astype(float), atol=within, err_msg=name)


def _by_pandas(con: Any, due: "pd.DataFrame") -> float:
    """Seconds for some rows, each from slices of its own; loading and grouping the slices is not counted."""
    import pandas as pd

    from benchmarks.parquet import END

    con.register("chosen", due.sample(ROWS_BY_PANDAS, random_state=1)[_KEYS])

    def sliced(table: str, *on: str) -> dict[Any, "pd.DataFrame"]:
        found = con.sql(f"SELECT * FROM {table} SEMI JOIN chosen USING ({', '.join(on)})").df()
        return dict(list(found.groupby(on[0] if len(on) == 1 else list(on))))

    slices = {
        "place": sliced("inspections", "process_code"), "pair": sliced("inspections", *_KEYS[:2]),
        "work": sliced("work", *_KEYS[:2]), "shifts": sliced("shifts", "employee_code"),
        "person": sliced("employees", "employee_code"),
    }  # fmt: skip
    known = f"FROM inspections WHERE known_at < '{END}'"
    overall = con.sql(f"SELECT (sum(failed) + 0.5) / (count(failed) + 1) {known}").fetchall()[0][0]
    rows = con.sql("FROM chosen").df()
    found: list[dict[str, float]] = []
    spent = timed(lambda: found.extend(_row(key, slices, overall) for key in rows.itertuples(index=False)))
    wanted = rows.merge(due, on=_KEYS)
    # the loop counts fractions of a second
    _require_equal(pd.DataFrame(found).astype(float), wanted.drop(columns=_KEYS).astype(float), within=1e-4)
    return spent


def _row(key: Any, slices: dict[str, dict[Any, "pd.DataFrame"]], overall: float) -> dict[str, float]:
    """The features of one row, as a loop over people and processes has them."""
    import numpy as np
    import pandas as pd

    def known(table: str, name: Any) -> "pd.DataFrame":
        rows = slices[table].get(name)
        if rows is None:
            return pd.DataFrame(columns=["known_at", "superseded_at", "occurred_at", "failed"])
        return rows[(rows.known_at < key.as_of) & ~(rows.superseded_at < key.as_of)]

    def age(rows: "pd.DataFrame") -> Any:
        return (key.as_of - rows.occurred_at) / pd.Timedelta(days=1)

    def faded(ages: Any, half_life: int) -> Any:
        return np.floor(0.5 ** (ages.clip(lower=0) / half_life) * 1e6) / 1e6

    pair = (key.employee_code, key.process_code)
    at_place = known("place", key.process_code).failed.dropna()
    prior = (at_place.sum() + 5 * overall) / (len(at_place) + 5)
    seen = known("pair", pair)
    seen = seen[seen.failed.notna()].sort_values(["occurred_at", "known_at"], ascending=False)
    ages, failed, n = age(seen), seen.failed, len(seen)
    work = known("work", pair)
    spent, year = age(work), work[work.occurred_at >= key.as_of - pd.Timedelta(days=365)]
    shifts = known("shifts", key.employee_code)
    shifts = shifts[shifts.occurred_at < key.as_of]
    month = shifts[shifts.occurred_at >= key.as_of - pd.Timedelta(days=28)]
    week = shifts[shifts.occurred_at >= key.as_of - pd.Timedelta(days=7)]
    hired = slices["person"][key.employee_code].hired_at.iloc[0]
    return {
        "pair_inspections": n, "pair_failures": failed.sum(), "pair_failure_rate": failed.mean() if n else np.nan,
        "pair_failure_rate_shrunk": (failed.sum() + 5 * prior) / (n + 5),
        "pair_failure_rate_90": ((faded(ages, 90) * failed).sum() + 5 * prior) / (faded(ages, 90).sum() + 5),
        "pair_failure_rate_365": ((faded(ages, 365) * failed).sum() + 5 * prior) / (faded(ages, 365).sum() + 5),
        "pair_days_since_inspection": ages.min() if n else np.nan,
        "pair_days_since_failure": ages[failed == 1].min(),
        "pair_last_failed": failed.iloc[0] if n else np.nan,
        "pair_last3_failed": failed.iloc[:3].mean() if n else np.nan,
        "work_30": (spent <= 30).sum(), "work_90": (spent <= 90).sum(), "work_365": len(year),
        "work_faded_30": faded(spent, 30).sum(), "work_faded_180": faded(spent, 180).sum(),
        "work_days_since": spent.min(),
        "work_supervised_share": (year.supervised == 1).mean() if len(year) else np.nan,
        "work_check_failed_share": (year.self_check == "fail").mean() if len(year) else np.nan,
        "work_check_missing_share": (year.self_check == "missing").mean() if len(year) else np.nan,
        "shift_hours_7": ((week.ends_at - week.occurred_at) / pd.Timedelta(hours=1)).sum(),
        "shift_night_share_28": (month.night == 1).mean(),
        "tenure_days": (key.as_of - hired) / pd.Timedelta(days=1),
    }


if __name__ == "__main__":
    _main(int(sys.argv[1]))
