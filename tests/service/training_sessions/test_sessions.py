"""Sessions through HTTP: planned, seated, moved, called off, held; and what may not be."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from icalendar import Calendar
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from service.clock import now
from service.messages.tables import Message
from service.training_sessions.tables import AssessmentResult, TrainingSession
from service.training_sessions.telling import remind
from tests.service.conftest import Put, day
from tests.service.training_sessions.conftest import at, moment, published

Ask = Callable[..., Any]
Items = dict[str, str]


def _begun(session: Session) -> None:
    """All sessions began an hour ago."""
    session.execute(update(TrainingSession).values(
        starts_at=now() - timedelta(hours=1), ends_at=now() + timedelta(hours=1)
    ))


def _waiting(ask: Ask) -> list[str]:
    return [one["employee_code"] for one in ask("GET", "/waiting-for-seats?course_code=C1").json()["items"]]


def test_a_session_from_its_plan_to_who_passed(
    ask: Ask, items: Items, planned: Any, act: Any, session: Session
) -> None:
    assert _waiting(ask) == ["007", "008", "009"]
    made = planned(item_codes=[items["007"], items["008"]])
    assert made.status_code == 201, made.text
    code = made.json()["code"]
    assert (made.json()["free"], [one["employee_code"] for one in made.json()["seated"]]) == (0, ["007", "008"])
    assert _waiting(ask) == ["009"]
    assert act(code, "attendance", {"attendance": []}).status_code == 422
    results = {"attendance": [
        {"item_code": items["007"], "result": "passed", "score": 9,
         "clauses": [{"clause_code": "STD@1@4.1", "score": 4, "max_score": 5}]},
        {"item_code": items["008"], "result": "absent"},
    ]}
    early = act(code, "attendance", results)
    assert (early.status_code, "has not begun" in early.text) == (409, True)
    _begun(session)
    held = act(code, "attendance", results)
    assert held.status_code == 201, held.text
    assert (held.json()["state"], [one["state"] for one in held.json()["seated"]]) == ("held", ["present", "absent"])
    records = {row["code"]: row for row in ask("GET", "/training-records").json()["items"]}
    passed = records[items["007"].replace("ITEM", "TR")]
    assert (passed["result"], passed["trainer_code"], passed["score"], passed["standard_version"]) == (
        "passed", "T1", 9, "1"
    )
    assert session.scalars(select(AssessmentResult.clause_code)).all() == ["STD@1@4.1"]
    assert _waiting(ask) == ["009", "008"], "who was absent waits for another session"
    again = act(code, "attendance", results)
    assert (again.status_code, "goes no further" in again.text) == (409, True)


def test_everybody_is_told_each_time_and_reminded_once(
    ask: Ask, items: Items, planned: Any, act: Any, session: Session
) -> None:
    code = planned(item_codes=[items["007"]], starts_at=at(20), ends_at=at(21)).json()["code"]
    assert (remind(session), remind(session)) == (1, 0)
    assert act(code, "", {"starts_at": at(22), "ends_at": at(23), "reason": "Room is wet"}, "PATCH").status_code == 200
    assert remind(session) == 1
    act(code, "freed-seats", {"item_codes": [items["007"]]})
    act(code, "seats", {"item_codes": [items["007"]]})
    assert act(code, "cancellation", {"reason": "Trainer is ill"}).status_code == 201
    told = Counter(session.scalars(select(Message.kind).where(Message.kind.startswith("training_session"))))
    # the trainer is told as well of what concerns the whole session
    assert told == {"training_session.seated": 2, "training_session.moved": 2, "training_session.unseated": 1,
                    "training_session.tomorrow": 4, "training_session.cancelled": 2}
    assert _waiting(ask) == ["007", "008", "009"]


def test_the_calendar_entry_stays_the_same_one(ask: Ask, items: Items, planned: Any, act: Any) -> None:
    code = planned().json()["code"]

    def entry() -> Any:
        answer = ask("GET", f"/training-sessions/{code}/calendar")
        assert answer.headers["content-type"].startswith("text/calendar")
        return Calendar.from_ical(answer.text).walk("VEVENT")[0]

    first = entry()
    act(code, "", {"place": "Room 2", "reason": "Larger"}, "PATCH")
    moved = entry()
    assert (first["uid"], first["sequence"], str(first["location"])) == (moved["uid"], 0, "Room 1")
    assert (moved["sequence"], str(moved["location"]), str(moved["summary"])) == (1, "Room 2", "Soldering course")
    act(code, "cancellation", {"reason": "x"})
    assert (entry()["status"], entry()["sequence"]) == ("CANCELLED", 2)


@pytest.mark.parametrize(("said", "status", "says"), [
    ({"starts_at": at(-1)}, 400, "lies ahead"),
    ({"starts_at": at(3), "ends_at": at(2)}, 400, "after it begins"),
    ({"course_code": "C9"}, 404, "no course 'C9'"),
    ({"trainer_code": "T9"}, 404, "no employee 'T9'"),
    ({"trainer_code": "LEFT"}, 409, "LEFT left"),
    ({"seats": 0}, 422, "seats"),
    ({"item_codes": ["ITEM-9"]}, 404, "no plan item 'ITEM-9'"),
    ({"item_codes": ["007", "008", "009"]}, 409, "has 2 seats, and 3 people"),
    ({"item_codes": ["007", "007"]}, 201, ""),
])
def test_what_cannot_be_planned_is_refused_whole(
    items: Items, planned: Any, site: Put, session: Session, said: dict[str, Any], status: int, says: str
) -> None:
    site("employees", {"code": "LEFT", "name": "Gone", "left_on": day(4).date()})
    if "item_codes" in said:
        said = said | {"item_codes": [items.get(code, code) for code in said["item_codes"]]}
    refused = planned(**said)
    assert (refused.status_code, says in refused.text) == (status, True), refused.text
    assert session.scalar(select(func.count()).select_from(TrainingSession)) == (1 if status == 201 else 0)


@pytest.mark.parametrize(("said", "says"), [
    ({"place": " room 1 ", "trainer_code": None}, "The place Room 1 is in session"),
    ({"place": "Room 2"}, "The trainer T1 is in session"),
    ({"place": "Room 2", "trainer_code": "007"}, "The person 007 is in session"),
    ({"place": "Room 2", "trainer_code": None, "item_codes": ["007"]}, "The person 007 is in session"),
    ({"place": "Room 2", "trainer_code": None, "item_codes": ["T1"]}, "The person T1 is in session"),
])
def test_nobody_and_nothing_is_in_two_sessions_at_once(
    ask: Ask, site: Put, items: Items, planned: Any, said: dict[str, Any], says: str
) -> None:
    site("courses", {"code": "C2", "title": "Torque"})
    site("assignments", {"employee_code": "T1", "department_code": "CELL", "from_date": day(1).date()})
    step = published(ask, "C2")
    planned(item_codes=[items["007"]], seats=5)
    if "item_codes" in said:
        said = said | {"item_codes": [step[code] for code in said["item_codes"]]}
    refused = planned(course_code="C2", starts_at=at(31), ends_at=at(33), **said)
    assert (refused.status_code, says in refused.text) == (409, True), refused.text
    later = planned(course_code="C2", starts_at=at(32.1), ends_at=at(33), **said)
    assert later.status_code == 201, later.text


def test_seats_go_to_who_is_asked_for_this_course_and_has_none(
    ask: Ask, site: Put, items: Items, planned: Any, act: Any
) -> None:
    site("courses", {"code": "C2", "title": "Torque"})
    code, other = planned().json()["code"], planned(course_code="C2", place="Room 2", trainer_code=None).json()["code"]
    wrong = act(other, "seats", {"item_codes": [items["007"]]})
    assert (wrong.status_code, "another course" in wrong.text) == (409, True)
    assert act(code, "seats", {"item_codes": [items["007"]]}).status_code == 201
    twice = act(code, "seats", {"item_codes": [items["007"]]})
    assert (twice.status_code, "has a seat already" in twice.text) == (409, True)
    stale = ask("POST", f"/training-sessions/{code}/seats", "people", json={"item_codes": [items["008"]]},
                if_match='"old"')
    assert stale.status_code == 412
    assert act(code, "freed-seats", {"item_codes": [items["008"]]}).status_code == 404
    fewer = act(code, "", {"seats": 1, "reason": "x"}, "PATCH")
    assert fewer.status_code == 200
    assert act(code, "seats", {"item_codes": [items["008"]]}).status_code == 409


@pytest.mark.parametrize("how", ["cancelled", "left", "passed elsewhere"])
def test_a_seat_of_who_is_asked_for_nothing_any_more_is_free(
    ask: Ask, items: Items, planned: Any, how: str
) -> None:
    code = planned(item_codes=[items["007"], items["008"]]).json()["code"]
    path = f"/plan-items/{items['007']}"
    if how == "cancelled":
        assert ask("POST", f"{path}/cancellation", "people", json={"reason": "Ill"}).status_code == 204
    elif how == "left":
        left = {"kind": "leave", "employee_code": "007", "on": moment(-48).date().isoformat()}
        assert ask("POST", "/staff-moves", "people", json=left).status_code == 204
    else:
        assert ask("POST", f"{path}/completion", "people", json={"result": "passed"}).status_code == 200
    read = ask("GET", f"/training-sessions/{code}").json()
    assert (read["free"], [one["employee_code"] for one in read["seated"]]) == (1, ["008"])
