"""Reading what changed: signed in, or by the link of the message that asked for it."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from service.clock import now
from service.console.origin import FORM_COOKIE, PROOF, proof
from service.messages import links
from service.messages.tables import Link, Message
from service.people.tables import Employee
from tests.service.reading.conftest import QUIZ

Ask = Callable[..., Any]


def _record(ask: Ask, item: dict[str, Any]) -> Any:
    return ask("GET", f"/training-records/{item['training_code']}").json()[-1]


def test_what_changed_is_read_and_understood(ask: Ask, li: Any, items: dict[str, Any]) -> None:
    (own,) = li("GET", "/me/training").json()["items"]
    assert (own["item_code"], own["method"]) == (items["007"]["code"], "read")
    path = f"/me/training/{own['item_code']}/reading"
    read = li("GET", path).json()
    assert (read["summary"], [clause["text"] for clause in read["clauses"]]) == ("Hotter", ["Solder at 260 °C."])
    assert li("POST", path, json={}).json()["outcome"] == "passed"
    assert (_record(ask, items["007"])["result"], _record(ask, items["007"])["standard_version"]) == ("passed", "2")
    again = li("POST", path, json={})
    assert (again.status_code, "nothing left to do" in again.text) == (409, True)
    assert li("GET", "/me/training").json()["items"] == []


def test_a_quiz_is_passed_or_after_three_tries_taken_once_more(ask: Ask, li: Any, items: dict[str, Any]) -> None:
    assert ask("POST", "/quizzes", json=QUIZ | {"pass_mark": 1}).status_code == 201
    path = f"/me/training/{items['007']['code']}/reading"
    asked = li("GET", path).json()
    assert "right" not in str(asked["questions"])
    assert li("POST", path, json={"answers": [1]}).status_code == 400
    tried = [li("POST", path, json={"answers": [1, 2]}).json() for _ in range(3)]
    assert [(one["outcome"], one["tries_left"], one["share"]) for one in tried] == [
        ("try_again", 2, 0.5), ("try_again", 1, 0.5), ("failed", 0, 0.5)
    ]
    assert (_record(ask, items["007"])["result"], _record(ask, items["007"])["score"]) == ("failed", 50)
    (own,) = li("GET", "/me/training").json()["items"]
    assert own["item_code"] != items["007"]["code"]
    assert li("POST", f"/me/training/{own['item_code']}/reading", json={"answers": [1, 0]}).json() == {
        "outcome": "passed", "share": 1, "tries_left": 2,
    }


def test_a_quiz_of_the_version_goes_before_one_for_all(ask: Ask, li: Any, items: dict[str, Any]) -> None:
    one = {**QUIZ, "standard_version": "2", "questions": QUIZ["questions"][:1]}
    for quiz in (one, QUIZ, {**QUIZ, "standard_version": "1"}):
        assert ask("POST", "/quizzes", "people", json=quiz).status_code == 201
    assert len(li("GET", f"/me/training/{items['007']['code']}/reading").json()["questions"]) == 1
    assert len(ask("GET", "/quizzes?course_code=C1").json()["items"]) == 3
    assert ask("POST", "/quizzes", json=QUIZ | {"course_code": "C9"}).status_code == 404


def test_others_and_whole_courses_are_not_read(ask: Ask, li: Any, items: dict[str, Any], session: Session) -> None:
    other = f"/me/training/{items['008']['code']}"
    assert [li("GET", f"{other}/reading").status_code, li("POST", f"{other}/reading", json={}).status_code,
            li("POST", f"{other}/claim").status_code] == [404, 404, 404]
    assert ask("GET", "/me/training", "people").status_code == 404


@pytest.fixture
def visitor(api: TestClient) -> TestClient:
    """A browser that has not signed in, and sends forms as our pages do."""
    api.cookies.set(FORM_COOKIE, "browser")
    return api


def _link(session: Session, employee: str, purpose: str, item: dict[str, Any]) -> str:
    number = session.scalars(select(Employee.id).where(Employee.code == employee)).one()
    return f"/links/{purpose}/{links.issue(session, purpose, 'plan-items/' + item['code'], number)}"


def _send(visitor: TestClient, path: str, **answers: str) -> Any:
    return visitor.post(path, data={PROOF: proof("browser"), **answers})


def test_the_message_asks_for_it_with_a_link(session: Session, items: dict[str, Any]) -> None:
    asked = {message.about: message for message in session.scalars(select(Message).where(Message.confirm.is_not(None)))}
    assert asked[f"plan-items/{items['007']['code']}"].confirm == "reading"
    assert asked[f"plan-items/{items['008']['code']}"].confirm == "training"


def test_a_link_is_good_until_it_is_passed_and_then_used(
    visitor: TestClient, ask: Ask, session: Session, items: dict[str, Any]
) -> None:
    ask("POST", "/quizzes", json=QUIZ | {"pass_mark": 1})
    path = _link(session, "007", "reading", items["007"])
    page = visitor.get(path).text
    assert len(re.findall(r'type="radio"', page)) == 5
    unanswered = _send(visitor, path, **{"answer-0": "1"})
    assert (unanswered.status_code, "checked" in unanswered.text) == (400, True)
    wrong = _send(visitor, path, **{"answer-0": "0", "answer-1": "0"})
    assert (wrong.status_code, "You have 2 more tries." in wrong.text) == (200, True)
    assert "it is recorded" in _send(visitor, path, **{"answer-0": "1", "answer-1": "0"}).text
    assert _record(ask, items["007"])["result"] == "passed"
    again = _send(visitor, path, **{"answer-0": "1", "answer-1": "0"})
    assert (again.status_code, "was used before" in again.text) == (410, True)


def test_an_expired_link_and_another_purpose_are_refused(
    visitor: TestClient, ask: Ask, session: Session, items: dict[str, Any]
) -> None:
    path = _link(session, "007", "reading", items["007"])
    assert visitor.get(path.replace("reading", "training")).status_code == 404
    session.execute(update(Link).values(expires_at=now() - timedelta(seconds=1)))
    for answer in (visitor.get(path), _send(visitor, path)):
        assert (answer.status_code, "has expired" in answer.text) == (410, True)
    assert _record(ask, items["007"])["result"] == "open"


def test_who_says_that_they_took_a_course_is_believed_by_nobody_before_it_is_recorded(
    visitor: TestClient, ask: Ask, session: Session, items: dict[str, Any]
) -> None:
    path = _link(session, "008", "training", items["008"])
    assert "I took it" in visitor.get(path).text
    assert "records the result" in _send(visitor, path).text
    assert _record(ask, items["008"])["result"] == "open"
    told = session.scalars(select(Message.about).where(Message.kind == "plan_item.claimed")).all()
    assert told == [f"plan-items/{items['008']['code']}"]
    assert _send(visitor, path).status_code == 410
