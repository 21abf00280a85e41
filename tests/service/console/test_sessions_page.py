"""Sessions and one's own training on the console."""

import re
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from service.people.actions import add_account
from service.people.tables import Account
from service.retraining.tables import PlanItem
from service.suggestions.tables import Suggestion
from service.training_sessions.tables import TrainingSession
from tests.service.console.conftest import signed_in
from tests.service.console.site import NOW, PASSWORD

#: moments as a browser's field holds them
SESSION = {"place": "Room 1", "seats": "3", "trainer": "", "starts_at": "2199-01-05T09:00",
           "ends_at": "2199-01-05T11:00"}


@pytest.fixture
def item(client: TestClient, session: Session) -> PlanItem:
    """An item of a published plan, for one person."""
    signed_in(client, "hua")
    chosen = session.scalars(select(Suggestion.id).where(Suggestion.course_code.is_not(None)).order_by("id")).first()
    done = client.post("/planner/accept", data={"suggestions": str(chosen)})
    assert done.status_code == 303, done.text
    return session.scalars(select(PlanItem)).one()


def test_a_session_is_planned_for_who_waits_and_recorded(client: TestClient, item: PlanItem, session: Session) -> None:
    page = client.get("/sessions").text
    assert item.code in page
    course = re.search(r'name="course" value="([^"]+)"', page)
    assert course is not None
    blank = client.post("/sessions", data={**SESSION, "course": course[1], "item": item.code, "place": " "})
    assert (blank.status_code, 'role="alert"' in blank.text) == (422, True)
    done = client.post("/sessions", data={**SESSION, "course": course[1], "item": item.code})
    assert done.status_code == 303, done.text
    shown = client.get("/sessions").text
    assert "1 of 3 taken" in shown
    assert "Nobody waits for a seat" in shown
    made = session.scalars(select(TrainingSession)).one()
    assert client.get(f"/sessions/{made.code}/calendar.ics").text.startswith("BEGIN:VCALENDAR")
    session.execute(update(TrainingSession).values(starts_at=NOW - timedelta(hours=2), ends_at=NOW))
    session.commit()
    page = client.get("/sessions").text
    tag = re.search(r'name="tag" value="(.*?)"', page)
    assert tag is not None
    kept = client.post(f"/sessions/{made.code}", data={
        "act": "hold", "tag": tag[1].replace("&#34;", '"'), "item": item.code, "result": "passed",
    })
    assert kept.status_code == 303, kept.text
    session.refresh(item)
    assert item.status == "completed"


def test_a_session_is_called_off_with_a_reason(client: TestClient, item: PlanItem, session: Session) -> None:
    course = re.search(r'name="course" value="([^"]+)"', client.get("/sessions").text)
    assert course is not None
    client.post("/sessions", data={**SESSION, "course": course[1], "item": item.code})
    code = session.scalars(select(TrainingSession.code)).one()
    silent = client.post(f"/sessions/{code}", data={"act": "cancel", "tag": "*", "reason": " "})
    assert (silent.status_code, "Say why" in silent.text) == (422, True)
    stale = client.post(f"/sessions/{code}", data={"act": "cancel", "tag": '"old"', "reason": "ill"})
    assert stale.status_code == 412
    assert client.post(f"/sessions/{code}", data={"act": "cancel", "tag": "*", "reason": "ill"}).status_code == 303
    assert "Called off" in client.get("/sessions").text


def test_one_sees_ones_own_training_and_says_that_one_took_it(
    client: TestClient, item: PlanItem, session: Session
) -> None:
    assert "Your account is no employee" in client.get("/training").text
    from service.people.tables import Employee

    code = session.scalars(select(Employee.code).where(Employee.id == item.employee_id)).one()
    add_account(session, "self", "Self", "employee", PASSWORD, employee_code=code)
    session.execute(update(Account).where(Account.login == "self").values(must_change_password=False))
    session.commit()
    signed_in(client, "self")
    assert "I took it" in client.get("/training").text
    assert client.post(f"/training/{item.code}/claim", data={}).status_code == 303
    assert "the result is still to be recorded" in client.get("/training").text
    client.cookies.set("retrace_language", "zh")
    assert "我的培训" in client.get("/training").text
