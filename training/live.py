"""What lists said of people, work and units, and what came of it since: champion and challenger on the same rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import ibis
import pandas as pd
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from features.history import History
from models.contract import Reals
from service.suggestions.tables import Scoring, Shadow, ShadowScore, Suggestion
from training.labels import known_results

#: what an outcome is joined by
SUBJECT = {
    "need": ["employee_code", "process_code"], "risk-work": ["inspection_code"], "risk-unit": ["inspection_code"]
}
#: Of `need` lists so far apart are enough: the same people stand on each. At most so many are read, the latest.
APART = timedelta(days=7)
MOST_LISTS = 12
#: How far back lists of inspections are read.
_LOOKED_BACK = timedelta(days=180)


@dataclass(frozen=True)
class Live:
    """Rows that lists showed and whose outcome is known.

    `rows` has the subject's codes, `as_of`, `score`, `probability` (NaN by a rule), `failed`, `performed_at`, and
    `challenger`, `shadow_score`, `shadow_probability` (missing where nobody challenged). An outcome stands
    once: as first listed.
    """

    rows: pd.DataFrame

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def failed(self) -> Reals:
        """0.0 or 1.0 per row."""
        return self.rows["failed"].to_numpy("float64")

    def beside(self, challenger: str) -> "Live":
        """The rows that this challenger scored too."""
        return Live(self.rows[self.rows["challenger"] == challenger].reset_index(drop=True))


def lists_of(session: Session, target: str, model: str | None) -> list[Scoring]:
    """The scorings of a target by a model, oldest first; without a model those that today's rule made."""
    by = Scoring.model == model if model is not None else Scoring.fallback.is_not(None)
    return list(session.scalars(select(Scoring).where(Scoring.target == target, by).order_by(Scoring.as_of)))


def scores(session: Session, target: str, lists: Sequence[Scoring]) -> pd.DataFrame:
    """What these lists said of whom, with the challenger's word beside it; rows without a score are left out."""
    numbers, names = [each.id for each in lists], SUBJECT[target]
    said = _frame(session, _said(numbers, names), [*names, "as_of", "number", "score", "probability"])
    unseen = _frame(
        session, _unseen(numbers, names), [*names, "number", "challenger", "shadow_score", "shadow_probability"]
    )
    table = said.merge(unseen, how="left", on=[*names, "number"]).drop(columns="number")
    numeric = ["score", "probability", "shadow_score", "shadow_probability"]
    return table.astype({"as_of": "datetime64[us]", **dict.fromkeys(numeric, "float64")})


def matured(
    session: Session, history: History, target: str, model: str | None, horizon: timedelta, at: datetime
) -> Live:
    """Every outcome known before `at` (UTC without a zone) of what lists of the model showed, as first listed.

    Of `need` only lists whose whole horizon is over: whoever is inspected early is not like the others.
    """
    lists = _read(target, lists_of(session, target, model), horizon, at)
    results = _results(history, target, at, plain(lists[0].as_of) if lists else at)
    # list by list: of a large site few were inspected
    one_by_one = ([], *([each] for each in lists))
    parts = [scores(session, target, some).merge(results, on=SUBJECT[target]) for some in one_by_one]
    joined = pd.concat(parts, ignore_index=True)
    seen = (joined["performed_at"] >= joined["as_of"]) & (joined["performed_at"] < joined["as_of"] + horizon)
    kept = joined[seen].sort_values(["as_of", "result_code"], kind="stable").drop_duplicates("result_code")
    return Live(kept.reset_index(drop=True))


def _read(target: str, lists: Sequence[Scoring], horizon: timedelta, at: datetime) -> list[Scoring]:
    """Which lists are worth reading."""
    if target != "need":
        return [each for each in lists if at - plain(each.as_of) <= _LOOKED_BACK]
    chosen: list[Scoring] = []
    for each in lists:
        if plain(each.as_of) + horizon <= at and (not chosen or each.as_of - chosen[-1].as_of >= APART):
            chosen.append(each)
    return chosen[-MOST_LISTS:]


def plain(moment: datetime) -> datetime:
    """A moment as a history has it: UTC without a zone."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def _said(lists: Sequence[int], names: Sequence[str]) -> Select[Any]:
    subject = [getattr(Suggestion, name) for name in names]
    return (
        select(*subject, Scoring.as_of, Scoring.id, Suggestion.score, Suggestion.probability)
        .join(Scoring, Scoring.id == Suggestion.scoring_id)
        .where(Scoring.id.in_(lists), Suggestion.score.is_not(None), *(column.is_not(None) for column in subject))
    )


def _unseen(lists: Sequence[int], names: Sequence[str]) -> Select[Any]:
    subject = [getattr(ShadowScore, name) for name in names]
    return (
        select(*subject, Shadow.scoring_id, Shadow.model, ShadowScore.score, ShadowScore.probability)
        .join(Shadow, Shadow.id == ShadowScore.shadow_id)
        .where(Shadow.scoring_id.in_(lists), *(column.is_not(None) for column in subject))
    )


def _frame(session: Session, query: Select[Any], columns: Sequence[str]) -> pd.DataFrame:
    table = pd.DataFrame(session.execute(query).all(), columns=list(columns))
    if "as_of" in table:
        table["as_of"] = pd.to_datetime(table["as_of"], utc=True).dt.tz_localize(None)
    return table


def _results(history: History, target: str, at: datetime, since: datetime) -> pd.DataFrame:
    """Results known before `at` of what was performed since, by the codes that lists name."""
    found = known_results(history, at)
    found = found.filter(found.occurred_at >= ibis.literal(since, "timestamp(6)"))
    named = {"employee_code": found.employee_code, "process_code": found.process_code} if target == "need" else {}
    told = found.select(
        **named, result_code=found.inspection_code, failed=found.failed.cast("float64"), performed_at=found.occurred_at
    )
    table: pd.DataFrame = told.to_pyarrow().to_pandas()
    return table if target == "need" else table.assign(inspection_code=table["result_code"])
