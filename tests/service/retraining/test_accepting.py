"""What may be accepted, when, and by one planner only."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, delete, select
from sqlalchemy.orm import Session

from service.access import Principal
from service.clock import now
from service.db.engine import owner_engine
from service.errors import Conflict
from service.people.actions import add_account
from service.people.tables import Account
from service.records.merge import Outcome
from service.retraining import actions
from service.retraining.schemas import Acceptance
from service.suggestions.actions import store
from service.suggestions.tables import Decision, Scoring, Suggestion

Headers = dict[str, str]
Suggest = Callable[..., list[int]]


def test_nobody_is_planned_twice_for_one_process(
    api: TestClient, planner: Headers, item: dict[str, Any], suggest: Suggest
) -> None:
    again = {"suggestions": suggest({"employee_code": "007"})}
    refused = api.post("/api/v1/plans", headers=planner, json=again)
    assert refused.status_code == 409
    assert item["code"] in refused.json()["detail"]
    api.post(f"/api/v1/plan-items/{item['code']}/cancellation", headers=planner, json={"reason": "too early"})
    assert api.post("/api/v1/plans", headers=planner, json=again).status_code == 201


def test_nor_twice_in_one_plan(
    api: TestClient, planner: Headers, site: Callable[..., Outcome], suggest: Suggest
) -> None:
    by_rule = {"employee_code": "007", "rule_gap": "expired"}
    twice = {"suggestions": suggest(by_rule, by_rule)}
    assert api.post("/api/v1/plans", headers=planner, json=twice).status_code == 409


def test_a_day_that_is_over_is_refused(
    api: TestClient, planner: Headers, site: Callable[..., Outcome], suggest: Suggest
) -> None:
    edit: dict[str, Any] = {"suggestions": suggest({"employee_code": "007"}), "reason": "sooner"}
    for days, status in ((-2, 400), (2, 201)):
        due_on = (now() + timedelta(days=days)).date().isoformat()
        assert api.post("/api/v1/plans", headers=planner, json=edit | {"due_on": due_on}).status_code == status


def test_what_ranks_an_inspection_is_not_decided_on(api: TestClient, planner: Headers, session: Session) -> None:
    scoring = Scoring(target="risk-work", as_of=now(), model="risk v1", fingerprint="f", tie_seed=1)
    store(session, scoring, [{"inspection_code": "I1", "baseline_rank": 1}])
    chosen = session.scalar(select(Suggestion.id).where(Suggestion.scoring_id == scoring.id))
    refused = api.post("/api/v1/plans", headers=planner, json={"suggestions": [chosen]})
    assert refused.status_code == 409
    assert "ranks an inspection" in refused.json()["detail"]


@pytest.fixture
def committed(engine: Engine) -> Iterator[tuple[int, Principal]]:
    """A suggestion and a planner that other connections see too; taken away by the owner afterwards."""
    with Session(engine, expire_on_commit=False) as session, session.begin():
        account = add_account(session, f"planner-{uuid4()}", "Planner", "people", None)
        scoring = Scoring(target="need", as_of=now(), model="need v1", fingerprint="f", tie_seed=1)
        store(session, scoring, [{"employee_code": "X", "process_code": "X", "course_code": "X", "baseline_rank": 1}])
        chosen = session.scalars(select(Suggestion.id).where(Suggestion.scoring_id == scoring.id)).one()
    yield chosen, Principal(account.id, account.login, account.name, account.role, None)
    with owner_engine().begin() as connection:
        connection.execute(delete(Decision).where(Decision.suggestion_id == chosen))
        connection.execute(delete(Suggestion).where(Suggestion.id == chosen))
        connection.execute(delete(Scoring).where(Scoring.id == scoring.id))
        connection.execute(delete(Account).where(Account.id == account.id))


def test_of_two_planners_at_once_the_second_is_told(engine: Engine, committed: tuple[int, Principal]) -> None:
    chosen, planner = committed

    def second() -> None:
        with Session(engine) as session, session.begin():
            actions.accept(session, Acceptance(suggestions=[chosen]), planner)

    with ThreadPoolExecutor(1) as pool, Session(engine) as first, first.begin():
        actions.dismiss(first, chosen, "on leave", planner)
        waiting = pool.submit(second)
        with pytest.raises(TimeoutError):
            waiting.result(timeout=0.3)
        first.commit()
        with pytest.raises(Conflict, match="decided already"):
            waiting.result(timeout=30)
