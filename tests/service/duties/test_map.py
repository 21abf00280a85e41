"""The responsibility map by the API: added, changed, ended, and what is refused."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.duties.tables import Duty, Obligation
from service.people.actions import add_account, issue_token
from service.people.tables import Account
from tests.service.conftest import Put
from tests.service.duties.conftest import SetClock, moment

Ask = Callable[..., Any]


def owed(ask: Ask, **asked: Any) -> dict[str, str]:
    found = ask("GET", "/obligations", params=asked).json()["items"]
    return {item["code"]: item["state"] for item in found}


def test_a_duty_is_owed_this_month_and_the_next(duty: Ask, ask: Ask) -> None:
    answer = duty()
    assert answer.status_code == 201, answer.text
    assert answer.json()["owner_missing"] is False
    assert answer.json()["start_on"] == "2026-01-01"
    assert owed(ask) == {"MDL@2026-03-01": "open", "MDL@2026-02-01": "open"}
    (march, february) = ask("GET", "/obligations").json()["items"]
    assert march["upcoming"]
    assert not february["upcoming"]
    assert february["due_on"] == "2026-02-25"
    assert february["due_at"] == "2026-02-25T16:00:00Z"


def test_what_began_before_it_was_valid_is_not_owed(duty: Ask, ask: Ask) -> None:
    assert duty(valid_from=...).status_code == 201  # from today, the 2nd, on
    assert owed(ask) == {"MDL@2026-03-01": "open"}


def test_a_functions_duty_is_owed_by_its_topmost_department(duty: Ask, ask: Ask) -> None:
    assert duty(department_code=..., function="operations").status_code == 201
    assert {item["department_code"] for item in ask("GET", "/obligations").json()["items"]} == {"LINE"}


@pytest.mark.parametrize(("said", "status", "says"), [
    ({"cadence": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"}, 422, "never fires"),
    ({"cadence": "FREQ=HOURLY"}, 422, "more often than daily"),
    ({"cadence": "often"}, 422, "no recurrence rule"),
    ({"department_code": "NOWHERE"}, 422, "no such code in departments"),
    ({"function": "quality"}, 422, "give one of them"),
    ({"department_code": ...}, 422, "give one of them"),
    ({"department_code": ..., "function": "service_desk"}, 422, "No department has the function"),
    ({"role": "data"}, 422, "No account with the role data"),
    ({"role": "employee"}, 422, ""),
    ({"deliverable": "cake"}, 422, ""),
    ({"due_days": -1}, 422, ""),
    ({"valid_to": "2026-01-01"}, 422, "lies before valid_from"),
])
def test_what_cannot_be_owed_is_refused_and_nothing_is_kept(
    duty: Ask, session: Session, said: dict[str, Any], status: int, says: str
) -> None:
    answer = duty(**said)
    assert answer.status_code == status
    assert says in answer.text
    assert session.scalars(select(Duty)).all() == []


def test_a_code_is_taken_once(duty: Ask) -> None:
    assert duty().status_code == 201
    assert duty().status_code == 409


def test_a_duty_whose_owner_is_gone_says_so(duty: Ask, ask: Ask, session: Session) -> None:
    duty()
    for account in session.scalars(select(Account).where(Account.role == "operations")):
        account.disabled_at = moment(2, 2)
    session.flush()
    assert ask("GET", "/duties").json()["items"][0]["owner_missing"]
    assert all(item["owner_missing"] for item in ask("GET", "/obligations").json()["items"])


def test_a_change_needs_what_was_read_and_a_reason_and_leaves_what_has_begun(
    duty: Ask, ask: Ask, at: SetClock
) -> None:
    read = duty().headers["ETag"]
    path = "/duties/MDL"
    weekly = {"cadence": "FREQ=WEEKLY;BYDAY=MO", "due_days": 3, "reason": "weekly from now on"}
    assert _patch(ask, path, weekly, None).status_code == 428
    unsaid = _patch(ask, path, {"due_days": 3}, read)
    assert (unsaid.status_code, "Say why" in unsaid.text) == (422, True)
    at(moment(2, 3))
    changed = _patch(ask, path, weekly, read)
    assert changed.status_code == 200, changed.text
    assert _patch(ask, path, weekly, read).status_code == 412
    found = owed(ask)
    assert "MDL@2026-02-01" in found  # it had begun
    assert "MDL@2026-03-01" not in found
    assert {"MDL@2026-02-02", "MDL@2026-02-09", "MDL@2026-03-30"} <= found.keys()


def _patch(ask: Ask, path: str, said: dict[str, Any], read: str | None) -> Any:
    return ask("PATCH", path, "people", json=said, headers={} if read is None else {"If-Match": read})


def test_an_ended_duty_is_owed_no_more(duty: Ask, ask: Ask, session: Session) -> None:
    read = duty().headers["ETag"]
    ended = {"valid_to": "2026-02-10", "reason": "the line closes"}
    assert _patch(ask, "/duties/MDL", ended, read).status_code == 200
    assert owed(ask) == {"MDL@2026-02-01": "open"}
    assert session.scalars(select(Obligation.state)).all() == ["open"]


def test_the_ledger_is_read_page_by_page_and_by_department(duty: Ask, ask: Ask, answered: Put) -> None:
    duty(cadence="FREQ=DAILY", due_days=0)
    duty(code="QA-1", department_code="QA", deliverable="inspection", role="quality")
    seen, cursor = [], None
    while True:
        page = ask("GET", "/obligations", params={"limit": 20, **({"cursor": cursor} if cursor else {})}).json()
        seen += [item["code"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 28 + 31 + 2
    assert set(owed(ask, department_code="QA")) == {"QA-1@2026-02-01", "QA-1@2026-03-01"}
    assert len(owed(ask, department_code="LINE", limit=500)) == 59
    assert set(owed(ask, duty_code="MDL", due_to="2026-02-01")) == {"MDL@2026-02-01"}
    assert ask("GET", "/obligations", params={"cursor": "x"}).status_code == 400
    assert ask("GET", "/obligations/MDL@2026-02-03").json()["duty_code"] == "MDL"
    assert ask("GET", "/obligations/MDL@2099-02-03").status_code == 404
    assert ask("GET", "/duties/NONE").status_code == 404


def test_somebody_of_one_department_sees_and_changes_what_is_its_own(
    duty: Ask, api: TestClient, session: Session
) -> None:
    duty()
    duty(code="QA-1", department_code="QA", deliverable="inspection", role="quality")
    account = add_account(session, "cellar", "Cellar", "quality", None, departments=["CELL"])
    mine = {"Authorization": f"Bearer {issue_token(session, account, 'api')}"}
    seen = api.get("/api/v1/obligations", headers=mine).json()["items"]
    assert {item["duty_code"] for item in seen} == {"MDL"}
    assert [each["code"] for each in api.get("/api/v1/duties", headers=mine).json()["items"]] == ["MDL"]
    assert api.get("/api/v1/obligations/QA-1@2026-02-01", headers=mine).status_code == 404
    said = {"code": "X", "title": "x", "deliverable": "plan", "cadence": "FREQ=DAILY", "due_days": 0, "role": "quality"}
    elsewhere = api.post("/api/v1/duties", headers=mine, json=said | {"department_code": "QA"})
    assert elsewhere.status_code in {403, 422}
    whole = api.post("/api/v1/duties", headers=mine, json=said | {"function": "quality"})
    assert whole.status_code == 403
