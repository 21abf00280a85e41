"""What a trace found and what people made of it stand side by side; neither is ever replaced."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from service.errors import NotFound
from service.events.tables import Outgoing
from service.issues.causes import store
from tests.service.conftest import day
from tests.service.issues.conftest import Headers

FOUND = ["training_not_completed", "inspection_missed"]
VERDICT: dict[str, Any] = {
    "causes": [{"cause": cause, "for": ["TR-1"], "against": [], "accountable": "people"} for cause in FOUND],
    "not_examined": ["equipment"],
}

Decide = Callable[..., Any]


@pytest.fixture
def assessment(session: Session, issue: str) -> int:
    return store(session, issue, VERDICT, FOUND, day(9)).id


@pytest.fixture
def decide(api: TestClient, quality: Headers, issue: str, assessment: int) -> Decide:
    def decided(decision: str, of: str = issue, **said: Any) -> Any:
        body = {"assessment_id": assessment, "decision": decision, "reason": "I looked", **said}
        return api.post(f"/api/v1/issues/{of}/cause-decisions", json=body, headers=quality)

    return decided


def test_both_are_kept_and_read_side_by_side(
    api: TestClient, quality: Headers, issue: str, decide: Decide, session: Session
) -> None:
    assert decide("confirm").status_code == 204
    assert decide("overrule", causes=["equipment"], reason="the iron was cold").status_code == 204
    (read,) = api.get(f"/api/v1/issues/{issue}/case", headers=quality).json()["assessments"]
    assert (read["verdict"], read["causes"]) == (VERDICT, FOUND)
    assert [(one["decision"], one["causes"], one["reason"], one["decided_by"]) for one in read["decisions"]] == [
        ("confirm", FOUND, "I looked", "quinn"), ("overrule", ["equipment"], "the iron was cold", "quinn"),
    ]
    told = session.scalars(select(Outgoing.name).where(Outgoing.subject == f"issues/{issue}").order_by(Outgoing.id))
    assert list(told) == ["cause.assessed", "cause.decided", "cause.decided"]


@pytest.mark.parametrize(("decision", "said", "status"), [
    ("overrule", {"causes": ["equipment"], "reason": None}, 422), ("confirm", {"reason": None}, 422),
    ("overrule", {"causes": ["equipment"], "reason": " "}, 422), ("overrule", {}, 400),
    ("overrule", {"causes": FOUND[::-1]}, 400), ("confirm", {"causes": FOUND[:1]}, 400),
    ("overrule", {"causes": ["fate"]}, 422), ("overrule", {"causes": ["equipment"], "assessment_id": 0}, 404),
])
def test_what_is_no_decision_is_refused(decide: Decide, decision: str, said: dict[str, Any], status: int) -> None:
    assert decide(decision, **said).status_code == status


def test_a_decision_is_on_the_issue_it_names(decide: Decide, site: Callable[..., Any]) -> None:
    site("issues", {"code": "Q-2", "kind": "complaint", "occurred_at": day(3), "severity": "minor", "text": "x"})
    assert decide("confirm", of="Q-2").status_code == 404
    assert decide("confirm", causes=FOUND[::-1]).status_code == 204


def test_no_verdict_on_an_issue_nobody_recorded(session: Session, issue: str) -> None:
    with pytest.raises(NotFound, match="Q-0"):
        store(session, "Q-0", VERDICT, FOUND, day(9))


def test_a_new_verdict_changes_the_case_that_was_read(
    api: TestClient, quality: Headers, issue: str, session: Session
) -> None:
    read = api.get(f"/api/v1/issues/{issue}/case", headers=quality).headers["ETag"]
    store(session, issue, VERDICT, FOUND, day(9))
    body = {"step": "contain", "text": "x", "place": "y"}
    stale = api.post(f"/api/v1/issues/{issue}/steps", json=body, headers=quality | {"If-Match": read})
    assert stale.status_code == 412


@pytest.mark.parametrize("table", ["cause_assessments", "cause_decisions", "issue_steps"])
@pytest.mark.parametrize("change", ["UPDATE {} SET account_id = account_id", "DELETE FROM {}"])
def test_what_is_only_added_to_cannot_be_changed(session: Session, table: str, change: str) -> None:
    with pytest.raises(DBAPIError, match="permission denied"), session.begin_nested():
        session.execute(text(change.format(table)))
