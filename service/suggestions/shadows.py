"""What a challenger says of the cohort that a list was made of: kept for comparison, shown on no list."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from service.suggestions.tables import Scoring, Shadow, ShadowScore


def store(
    session: Session, scoring: Scoring, model: str, problem: str | None, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Keep a challenger's scores beside the scoring of the same cohort; or why it has none."""
    shadow = Shadow(scoring_id=scoring.id, model=model, problem=problem)
    session.add(shadow)
    session.flush()
    if rows:
        session.execute(insert(ShadowScore), [{**row, "shadow_id": shadow.id} for row in rows])
