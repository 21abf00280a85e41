"""Suggestions to decide on, who decides, and a plan made of one."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.clock import now
from service.records.merge import Outcome
from service.suggestions.actions import store
from service.suggestions.tables import Scoring, Suggestion

Headers = Callable[[str], dict[str, str]]


@pytest.fixture
def suggest(session: Session) -> Callable[..., list[int]]:
    """Stores one scoring of `need` with the given suggestions; their ids."""

    def stored(*rows: dict[str, Any]) -> list[int]:
        scoring = Scoring(target="need", as_of=now(), model="need v1", fingerprint="f", tie_seed=1)
        usual = {"process_code": "P1", "course_code": "C1", "score": 1.0, "probability": 0.3, "baseline_rank": 2,
                 "reasons": [{"en": "Because.", "zh": "因为。"}], "rule_gap": None}
        store(session, scoring, [{**usual, "rank": number, **row} for number, row in enumerate(rows, 1)])
        return list(session.scalars(select(Suggestion.id).where(Suggestion.scoring_id == scoring.id).order_by("id")))

    return stored


@pytest.fixture
def planner(signed_in: Headers) -> dict[str, str]:
    return signed_in("people")


@pytest.fixture
def item(
    api: TestClient, planner: dict[str, str], site: Callable[..., Outcome], suggest: Callable[..., list[int]]
) -> dict[str, Any]:
    """A plan item, just opened, for 007 on P1."""
    api.post("/api/v1/plans", headers=planner, json={"suggestions": suggest({"employee_code": "007"})})
    (opened,) = api.get("/api/v1/plans", headers=planner).json()["items"][0]["items"]
    return dict(opened)
