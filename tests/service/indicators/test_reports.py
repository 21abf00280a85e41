"""Monthly quality reports: drawn up once, edited as read, closed by somebody once what is missed has an answer."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.indicators import drawing, rules
from service.indicators.catalogue import SIGNALS
from service.indicators.counting import today
from service.indicators.drawing import LOWEST, draw_up
from service.messages.tables import Message
from service.people.actions import add_account, issue_token
from service.people.tables import Employee
from service.settings import settings
from tests.service.conftest import Put
from tests.service.indicators.conftest import inspection, training

Ask = Callable[..., Any]

MONTH = rules.before(today().replace(day=1))
CODE = f"CELL@{MONTH:%Y-%m}"


def within(day: int) -> datetime:
    """Noon of a day of the month before this one, at the site."""
    return datetime.combine(MONTH.replace(day=day), time(12), settings().zone)


@pytest.fixture
def drawn(line: Put, session: Session) -> Session:
    """Reports of CELL (one inspection of two passed) and of LINE (all of one); whoever answers for CELL's quality."""
    add_account(session, "cell", "Qian Min", "quality", None, departments=["CELL"])
    for code, department, result in (("I1", "CELL", "pass"), ("I2", "CELL", "fail"), ("I3", "LINE", "pass")):
        line("inspections", inspection(code, result, department_code=department) | {"performed_at": within(9)})
    assert draw_up(session) == 2
    return session


def _report(ask: Ask, code: str = CODE) -> tuple[Any, str]:
    answer = ask("GET", f"/quality-reports/{code}")
    assert answer.status_code == 200, answer.text
    return answer.json(), answer.headers["ETag"]


def _row(ask: Ask, indicator: str = "compliance") -> Any:
    return next(row for row in _report(ask)[0]["rows"] if row["indicator"] == indicator)


def _change(ask: Ask, role: str = "quality", tag: str | None = None, **said: Any) -> Any:
    tag = tag or _report(ask)[1]
    body = {"rows": [{"indicator": "compliance"} | said]}
    return ask("PATCH", f"/quality-reports/{CODE}", role, json=body, if_match=tag)


def test_a_report_holds_what_was_counted_and_quality_there_is_told_once(drawn: Session, ask: Ask) -> None:
    found, _ = _report(ask)
    assert (found["department"], found["month"], found["state"]) == ("Cell", MONTH.isoformat(), "open")
    counted = {row["indicator"]: (row["numerator"], row["denominator"], row["value"]) for row in found["rows"]}
    assert counted["compliance"] == (1, 2, 0.5)
    assert not set(counted) & set(SIGNALS)
    assert draw_up(drawn) == 0
    told = [message.about for message in drawn.scalars(select(Message)) if message.kind == "quality_report.drawn_up"]
    assert told == [f"quality-reports/{CODE}"]


def test_a_target_says_who_set_it_and_gives_a_light(drawn: Session, ask: Ask) -> None:
    assert (_row(ask)["light"], _row(ask)["target_by"]) == (None, None)
    answer = _change(ask, target=0.9)
    assert answer.status_code == 200, answer.text
    assert (_row(ask)["light"], _row(ask)["target"], _row(ask)["target_by"]) == ("red", 0.9, "quality")
    assert _change(ask, target=0.5).status_code == 200
    assert _row(ask)["light"] == "green"
    assert _change(ask, target=None).status_code == 200
    assert (_row(ask)["light"], _row(ask)["target_by"]) == (None, None)


def test_the_second_of_two_editors_is_told(drawn: Session, ask: Ask) -> None:
    _, tag = _report(ask)
    assert _change(ask, tag=tag, target=0.9).status_code == 200
    assert _change(ask, "operations", tag=tag, target=0.8).status_code == 412
    assert ask("PATCH", f"/quality-reports/{CODE}", json={"rows": [{"indicator": "compliance"}]}).status_code == 428


def test_a_missed_target_needs_an_answer_before_the_report_is_closed(drawn: Session, ask: Ask) -> None:
    _change(ask, target=0.9)
    closing = f"/quality-reports/{CODE}/closing"
    refused = ask("POST", closing, if_match=_report(ask)[1])
    assert (refused.status_code, "misses its target for compliance" in refused.text) == (409, True)
    _change(ask, "operations", action="Set the torque each shift", owner_code="007", due_on="2027-01-31")
    closed = ask("POST", closing, if_match=_report(ask)[1])
    assert closed.status_code == 200, closed.text
    assert (closed.json()["state"], closed.json()["closed_by"]) == ("closed", "quality")
    assert (_row(ask)["owner"], _row(ask)["due_on"]) == ("Li", "2027-01-31")
    again = _change(ask, action="x")
    assert (again.status_code, "is closed" in again.text) == (409, True)


def test_who_owns_an_action_is_told_when_they_come_to_it(drawn: Session, ask: Ask) -> None:
    add_account(drawn, "li", "Li", "employee", None).employee_id = drawn.scalar(
        select(Employee.id).where(Employee.code == "007")
    )
    drawn.flush()
    for said in ({"owner_code": "007", "action": "x"}, {"action": "y"}, {"owner_code": "007"}):
        assert _change(ask, **said).status_code == 200
    assert list(drawn.scalars(select(Message.kind))).count("quality_report.action") == 1


def test_what_is_not_there_is_named(drawn: Session, ask: Ask) -> None:
    for said, told in (({"indicator": "satisfaction", "target": 1}, "no row 'satisfaction'"),
                       ({"owner_code": "404"}, "no employee '404'")):
        answer = _change(ask, **said)
        assert (answer.status_code, told in answer.text) == (404, True), answer.text
    assert ask("GET", "/quality-reports/X@2026-01").status_code == 404
    twice = {"rows": [{"indicator": "compliance"}] * 2}
    assert ask("PATCH", f"/quality-reports/{CODE}", json=twice, if_match="*").status_code == 422


def test_a_target_goes_on_until_somebody_says_otherwise(
    drawn: Session, ask: Ask, line: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    _change(ask, target=0.9)
    later = rules.following(rules.following(MONTH))
    line("inspections", inspection("I9", department_code="CELL") | {
        "performed_at": datetime.combine(rules.following(MONTH), time(12), settings().zone)
    })
    monkeypatch.setattr(drawing, "today", lambda: later + timedelta(days=4))
    assert draw_up(drawn) == 1
    found, _ = _report(ask, f"CELL@{rules.following(MONTH):%Y-%m}")
    (row,) = [row for row in found["rows"] if row["indicator"] == "compliance"]
    assert (row["target"], row["target_by"], row["light"]) == (0.9, "quality", "green")


def test_of_clauses_the_lowest_stand_in_a_report(line: Put, session: Session, ask: Ask) -> None:
    for number in range(LOWEST + 2):
        line("standards", {"code": f"S{number}", "title": "x"})
        line("standard_versions", {"standard_code": f"S{number}", "version": "1", "effective_at": within(1)})
        line("clauses", {"standard_code": f"S{number}", "version": "1", "clause": "1", "text": "x"})
        line("courses", {"code": f"C{number}", "title": "x"})
        line("course_covers", {"course_code": f"C{number}", "standard_code": f"S{number}"})
        line("training_records", training(f"T{number}", score=50 + number, course_code=f"C{number}")
             | {"completed_at": within(9)})
    draw_up(session)
    scores = [row["detail"] for row in _report(ask)[0]["rows"] if row["indicator"] == "assessment_score"]
    assert scores == [f"S{number}@1@1" for number in range(LOWEST)]


def test_reports_are_listed_and_are_for_their_departments(drawn: Session, ask: Ask, api: Any) -> None:
    def listed(**asked: Any) -> list[str]:
        return [each["code"] for each in ask("GET", "/quality-reports", params=asked).json()["items"]]

    line_code = f"LINE@{MONTH:%Y-%m}"
    assert set(listed()) == {CODE, line_code}
    assert listed(department_code="LINE") == [line_code]
    assert (listed(state="closed"), listed(month="1999-01")) == ([], [])
    account = add_account(drawn, "of-cell", "x", "quality", None, departments=["CELL"])
    headers = {"Authorization": f"Bearer {issue_token(drawn, account, 'api')}"}
    seen = api.get("/api/v1/quality-reports", headers=headers).json()["items"]
    assert [each["code"] for each in seen] == [CODE]
    assert api.get(f"/api/v1/quality-reports/{line_code}", headers=headers).status_code == 404
    tagged = headers | {"If-Match": "*"}
    assert api.post(f"/api/v1/quality-reports/{line_code}/closing", headers=tagged).status_code == 404
