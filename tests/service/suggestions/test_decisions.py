"""Who decided what, when and why, page by page."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.access import Principal
from service.clock import now
from service.people.actions import add_account
from service.records.paging import Cursors
from service.records.wiretypes import Id
from service.suggestions.actions import decide, store, undecided
from service.suggestions.tables import Scoring, Suggestion

Headers = Callable[[str], dict[str, str]]


@pytest.fixture
def decided(session: Session) -> list[int]:
    """Three suggestions, dismissed one after the other."""
    account = add_account(session, "hua", "Zhou Hua", "people", None)
    planner = Principal(account.id, account.login, account.name, account.role, None)
    scoring = Scoring(target="need", as_of=now(), model="need v1", fingerprint="f", tie_seed=1)
    rows = [{"employee_code": f"E{rank}", "process_code": "P1", "course_code": "C1", "baseline_rank": rank}
            for rank in (1, 2, 3)]
    store(session, scoring, rows)
    found = select(Suggestion.id).where(Suggestion.scoring_id == scoring.id).order_by(Suggestion.id)
    ids = list(session.scalars(found))
    for chosen in ids:
        decide(session, undecided(session, [chosen]), planner, "dismissed", "on leave", [None])
    return ids


def test_they_come_newest_first_page_by_page(api: TestClient, signed_in: Headers, decided: list[int]) -> None:
    data = signed_in("data")
    first = api.get("/api/v1/decisions?limit=2", headers=data).json()
    assert [item["suggestion_id"] for item in first["items"]] == [decided[2], decided[1]]
    told = dict(first["items"][0])
    assert told.pop("decided_at")
    assert told == {
        "suggestion_id": decided[2], "employee_code": "E3", "process_code": "P1", "suggested_course_code": "C1",
        "model": "need v1", "outcome": "dismissed", "course_code": None, "reason": "on leave", "decided_by": "hua",
    }
    last = api.get(f"/api/v1/decisions?limit=2&cursor={first['next']}", headers=data).json()
    assert ([item["suggestion_id"] for item in last["items"]], last["next"]) == ([decided[0]], None)


@pytest.mark.parametrize("asked", ["limit=0", "limit=501", "sort=outcome", "updated_since=x"])
def test_pages_are_bounded(api: TestClient, signed_in: Headers, asked: str) -> None:
    assert api.get(f"/api/v1/decisions?{asked}", headers=signed_in("people")).status_code == 422


@pytest.mark.parametrize("role", ["quality", "operations", "employee"])
def test_only_planners_and_the_data_team_read_them(api: TestClient, signed_in: Headers, role: str) -> None:
    assert api.get("/api/v1/decisions", headers=signed_in(role)).status_code == 403


@pytest.mark.parametrize("asked", ["cursor=0", "cursor=x", f"cursor={Cursors('scorings', Id).write(1)}"])
def test_cursors_of_other_lists_are_refused(api: TestClient, signed_in: Headers, asked: str) -> None:
    assert api.get(f"/api/v1/decisions?{asked}", headers=signed_in("people")).status_code == 400


def test_what_was_decided_since_a_moment(api: TestClient, signed_in: Headers, decided: list[int]) -> None:
    data = signed_in("data")
    newest = api.get("/api/v1/decisions", headers=data).json()["items"][0]["decided_at"]
    found = api.get("/api/v1/decisions", params={"updated_since": newest}, headers=data).json()["items"]
    assert [item["suggestion_id"] for item in found] == [decided[2]]


def test_scorings_come_newest_first_of_one_target(
    api: TestClient, signed_in: Headers, session: Session, decided: list[int]
) -> None:
    store(session, Scoring(target="risk-work", as_of=now(), model="risk v1", fingerprint="f", tie_seed=1), [])
    data = signed_in("data")
    first = api.get("/api/v1/scorings?limit=1", headers=data).json()
    assert [item["target"] for item in first["items"]] == ["risk-work"]
    second = api.get(f"/api/v1/scorings?limit=1&cursor={first['next']}", headers=data).json()
    assert [item["target"] for item in second["items"]] == ["need"]
    needs = api.get("/api/v1/scorings?target=need", headers=data).json()
    assert ([item["target"] for item in needs["items"]], needs["next"]) == (["need"], None)
    assert api.get("/api/v1/scorings?target=other", headers=data).status_code == 422
