"""The stop switch: every list follows today's rule from the moment it is turned, and says so."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from service.audit.tables import AuditEvent
from service.clock import now
from service.records.merge import Outcome
from service.suggestions.actions import store
from service.suggestions.stopping import switch
from service.suggestions.tables import Scoring

Put = Callable[..., Outcome]
Ask = Callable[..., Any]

OF_A_MODEL = {
    "score": 1.0, "probability": 0.4, "probability_low": 0.1, "probability_high": 0.6,
    "reasons": [{"en": "Because.", "zh": "因为。"}],
}


@pytest.fixture
def lists(site: Put, session: Session) -> None:
    """Both lists scored by models that see it the other way round than today's rule."""
    for code in ("I1", "I2"):
        site("inspections", {"code": code, "kind": "patrol", "employee_code": "007", "due_at": now()})
    need = Scoring(target="need", as_of=now(), model="need v1", fingerprint="f", tie_seed=1)
    pair = {"process_code": "P1", "course_code": "C1", "rule_gap": None, **OF_A_MODEL}
    store(session, need, [
        {**pair, "employee_code": code, "rank": rank, "baseline_rank": 3 - rank}
        for rank, code in enumerate(("007", "008"), 1)
    ])
    work = Scoring(target="risk-work", as_of=now(), model="risk-work v1", fingerprint="f", tie_seed=1)
    store(session, work, [
        {**OF_A_MODEL, "inspection_code": code, "rank": rank, "baseline_rank": 3 - rank, "probability": 1 / (rank + 1)}
        for rank, code in enumerate(("I1", "I2"), 1)
    ])


def _order(answer: Any, name: str) -> list[str]:
    return [item[name] for item in answer.json()["items"]]


@pytest.mark.usefixtures("lists")
def test_stopped_both_lists_follow_the_rule_at_once_and_started_the_models_again(ask: Ask) -> None:
    def shown() -> tuple[Any, Any]:
        return ask("GET", "/suggestions", "people"), ask("GET", "/inspection-queue")

    by_model = [_order(answer, name) for answer, name in zip(shown(), ("employee_code", "code"), strict=True)]
    assert by_model == [["007", "008"], ["I1", "I2"]]

    turned = ask("PUT", "/model-switch", "data", json={"stopped": True, "reason": "scores look wrong"})
    assert turned.json()["stopped"] is True
    suggestions, queue = shown()
    assert _order(suggestions, "employee_code") == ["008", "007"]
    assert _order(queue, "code") == ["I2", "I1"]
    for item in (*suggestions.json()["items"], *queue.json()["items"]):
        assert (item["light"], item["probability"], item["reasons"]) == ("grey", None, [])
        assert (item["probability_low"], item["probability_high"], item["too_little_data"]) == (None, None, False)
        assert item["rank"] == item["baseline_rank"]
    assert suggestions.json()["model"] == queue.json()["items"][0]["model"] == "baseline"
    assert suggestions.json()["fallback"] == "all models are stopped: scores look wrong"

    assert ask("PUT", "/model-switch", "data", json={"stopped": False, "reason": "fixed"}).json()["stopped"] is False
    assert [_order(answer, name) for answer, name in zip(shown(), ("employee_code", "code"), strict=True)] == by_model


@pytest.mark.usefixtures("lists")
def test_pages_of_a_stopped_list_go_on_where_they_ended(ask: Ask) -> None:
    ask("PUT", "/model-switch", "data", json={"stopped": True, "reason": "scores look wrong"})
    for path, role, name, expected in (
        ("/suggestions", "people", "employee_code", ["008", "007"]),
        ("/inspection-queue", "quality", "code", ["I2", "I1"]),
    ):
        first = ask("GET", path, role, params={"limit": 1})
        second = ask("GET", path, role, params={"limit": 1, "cursor": first.json()["next"]})
        assert _order(first, name) + _order(second, name) == expected


def test_a_turn_needs_a_reason_the_whole_site_and_leaves_a_trail(
    ask: Ask, session: Session, site: Put
) -> None:
    assert ask("PUT", "/model-switch", "data", json={"stopped": True, "reason": " "}).status_code == 422
    assert ask("PUT", "/model-switch", "data", json={"stopped": True}).status_code == 422
    assert ask("PUT", "/model-switch", "people", json={"stopped": True, "reason": "no"}).status_code == 403
    ask("PUT", "/model-switch", "data", json={"stopped": True, "reason": "drift"})
    again = ask("PUT", "/model-switch", "data", json={"stopped": True, "reason": "twice"}).json()
    assert [(turn["stopped"], turn["reason"], turn["by"]) for turn in again["history"]] == [(True, "drift", "data")]
    noted = session.scalars(select(AuditEvent.reason).where(AuditEvent.table_name == "model_switches")).all()
    assert noted == ["drift"]


def test_an_account_for_some_departments_may_not_turn_it(api: Any, site: Put, session: Session) -> None:
    from service.people.actions import add_account, issue_token, place

    account = add_account(session, "local", "Local", "data", None)
    place(session, account, ["LINE"])
    headers = {"Authorization": f"Bearer {issue_token(session, account, 'api')}"}
    given = {"stopped": True, "reason": "mine"}
    assert api.put("/api/v1/model-switch", headers=headers, json=given).status_code == 403


def test_the_command_line_turns_it_too_and_starting_scores_anew(session: Session) -> None:
    switch(session, None, stop=True, reason="from outside")
    state = switch(session, None, stop=False, reason="well again")
    assert [(turn.stopped, turn.by) for turn in state.history] == [(False, None), (True, None)]
    queued = session.scalar(text("SELECT count(*) FROM jobs.procrastinate_jobs WHERE task_name = 'scoring.score'"))
    assert queued == 1
