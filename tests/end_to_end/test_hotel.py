"""A hotel answers complaints: what the desk said and guests complained of becomes a plan, and its result is told."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from service.clock import now
from tests.end_to_end.town import Town, town

DESK = ["R1", "R2", "R3", "R4"]


@pytest.fixture
def hotel(monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    """A front desk of four, with a course on checking guests in."""
    with town(monkeypatch, "hotel", 90) as made:
        begun = (now() - timedelta(days=300)).isoformat()
        made.record("admin", "departments", {"code": "FO", "name": "Front office", "function": "operations"},
                    {"code": "GR", "name": "Guest relations", "function": "service_desk"},
                    {"code": "QA", "name": "Service quality", "function": "quality"},
                    {"code": "HR", "name": "Human resources", "function": "people"})
        made.record("admin", "employees", *(
            {"code": code, "name": f"Clerk {code}", "email": f"{code.lower()}@hotel.example", "locale": "zh"}
            for code in DESK
        ))
        made.record("admin", "assignments", *(
            {"employee_code": code, "department_code": "FO", "from_date": begun[:10]} for code in DESK
        ))
        made.record("admin", "standards", {"code": "SERVICE", "title": "Service at the desk"})
        made.record("admin", "standard-versions", {"standard_code": "SERVICE", "version": "1", "effective_at": begun})
        made.record("admin", "clauses", {"standard_code": "SERVICE", "version": "1", "clause": "2.1",
                                         "text": "A guest is checked in within five minutes."})
        made.record("admin", "processes", {"code": "CHECKIN", "name": "Check-in", "department_code": "FO"})
        made.record("admin", "process-versions", {"process_code": "CHECKIN", "version": "1", "effective_at": begun,
                                                  "standards": ["SERVICE@1"]})
        made.record("admin", "courses", {"code": "C-DESK", "title": "Checking in without a queue", "minutes": 60,
                                         "credits": 2})
        made.record("admin", "course-covers", {"course_code": "C-DESK", "standard_code": "SERVICE",
                                               "process_code": "CHECKIN"})
        lately = (now() - timedelta(days=5)).isoformat()
        made.record("admin", "batches", {"code": "STAY-1", "process_code": "CHECKIN", "started_at": lately})
        made.record("admin", "work-records", *(
            {"code": f"W-{code}", "batch_code": "STAY-1", "process_code": "CHECKIN", "employee_code": code,
             "started_at": lately, "finished_at": lately, "self_check": "pass"} for code in DESK
        ))
        made.record("admin", "inspections", *(
            {"code": f"I-{code}", "kind": "patrol", "work_code": f"W-{code}", "inspector_code": "QA1",
             "performed_at": lately, "result": "fail" if code != "R4" else "pass"} for code in DESK
        ))
        for login, role, employee in (("desk", "operations", None), ("clerk", "employee", "R1"),
                                      ("quality", "quality", None), ("hr", "people", None)):
            made.join(login, role, employee)
        yield made


def test_complaints_become_a_plan_and_its_result_is_told(hotel: Town) -> None:
    _guests_complain_and_the_desk_says_why(hotel)
    plan, items = _hr_plans_an_answer(hotel)
    inspections = _who_takes_it_says_so_and_the_result_is_recorded(hotel, items)
    _inspections_show_that_it_helped(hotel, plan, inspections)
    _users_say_what_they_think_and_are_answered(hotel)
    for _ in range(10):
        hotel.work()
    told = hotel.told_outside()
    for name in ("issues.recorded", "reports.answered", "plan.published", "plan_item.claimed", "plan.judged",
                 "feedback.step_taken"):
        assert name in told, name


def _guests_complain_and_the_desk_says_why(hotel: Town) -> None:
    hotel.hook.moods = ["hang", 503, "reset"]
    hotel.record("quality", "issues", *(
        {"code": f"C{number}", "kind": "complaint", "batch_code": "STAY-1", "occurred_at": now().isoformat(),
         "severity": "major", "text": "Waited half an hour to check in."} for number in (1, 2, 3)
    ))
    hotel.record("clerk", "difficulty-reports", {
        "code": "D1", "department_code": "FO", "process_code": "CHECKIN", "reported_by": "R1", "severity": 4,
        "occurred_at": now().isoformat(), "text": "办理入住排队太长，系统查证件很慢",
    })
    hotel.record("desk", "difficulty-reports", {
        "code": "D2", "department_code": "FO", "process_code": "CHECKIN", "severity": 3,
        "occurred_at": now().isoformat(), "text": "Queue at check-in when two coaches arrive",
    })
    for report in ("D1", "D2"):
        hotel.ask("quality", "POST", f"/difficulty-reports/{report}/links", json={
            "kind": "clause", "target_code": "SERVICE@1@2.1", "verdict": "confirm",
        })
    found = hotel.ask("clerk", "GET", "/answers/D1")
    assert (found["stage"], found["similar"]) == ("understood", ["D2"])
    hotel.ask("clerk", "GET", "/answers/D2", refused=404)


def _hr_plans_an_answer(hotel: Town) -> tuple[str, dict[str, str]]:
    """Who plans drafts one plan for all of it, takes off who is away, moves one, and publishes."""
    asked = {"report_codes": ["D1", "D2"], "issue_codes": ["C1", "C2", "C3"],
             "due_on": (now() + timedelta(days=10)).date().isoformat()}
    hotel.ask("desk", "POST", "/answers", refused=403, json=asked)
    code = hotel.ask("hr", "POST", "/answers", json=asked)["plan_code"]
    hotel.ask("hr", "POST", "/answers", refused=409, json=asked)
    drafted = {item["employee_code"]: item["code"] for item in hotel.ask("hr", "GET", f"/plans/{code}")["items"]}
    assert set(drafted) == set(DESK)
    later = (now() + timedelta(days=20)).date().isoformat()
    hotel.ask("hr", "PATCH", f"/plans/{code}", if_match="*", json={
        "remove": [drafted["R4"]], "items": [{"code": drafted["R3"], "due_on": later}], "reason": "Away until then",
    })
    hotel.step("hr", f"/plans/{code}", "publish", refused=409)
    items = hotel.publish("hr", code)
    assert set(items) == {"R1", "R2", "R3"}
    assert hotel.ask("clerk", "GET", "/answers/D1")["stage"] == "in_training"
    hotel.work()
    (letter,) = hotel.letters("r2@hotel.example", "前完成")
    assert "Checking in without a queue" in letter["Subject"]
    assert hotel.letters("r4@hotel.example", "") == []
    return code, items


def _who_takes_it_says_so_and_the_result_is_recorded(hotel: Town, items: dict[str, str]) -> dict[str, str]:
    """A link says that one took it: no result yet. Then who plans records it."""
    hotel.days(3)
    assert "200" in hotel.follow(hotel.letters("r2@hotel.example", "前完成")[0])
    assert "410" in hotel.follow(hotel.letters("r2@hotel.example", "前完成")[0])
    (claimed,) = [one for one in hotel.ask("hr", "GET", "/messages")["items"] if one["kind"] == "plan_item.claimed"]
    assert items["R2"] in claimed["title"]
    assert hotel.ask("hr", "GET", "/training-records/" + items["R2"].replace("ITEM", "TR"))[-1]["result"] == "open"
    return hotel.passed("hr", items)


def _inspections_show_that_it_helped(hotel: Town, plan: str, inspections: dict[str, str]) -> None:
    hotel.days(15)
    assert hotel.ask("clerk", "GET", "/answers/D1")["stage"] == "trained"
    for inspection in inspections.values():
        hotel.ask("quality", "POST", f"/inspections/{inspection}/result", json={"result": "pass"})
    found = hotel.ask("clerk", "GET", "/answers/D1")
    (shown,) = found["plans"]
    assert (found["stage"], shown["plan_code"], shown["outcome"]) == ("measured", plan, "kept")
    assert (shown["failed_before"], shown["inspected_before"]) == (3, 3)
    assert (shown["failed_after"], shown["inspected_after"]) == (0, 3)
    kinds = [one["kind"] for one in hotel.ask("clerk", "GET", "/messages")["items"]]
    assert [kind for kind in kinds if kind.startswith("report.")] == ["report.kept", "report.answered"]


def _users_say_what_they_think_and_are_answered(hotel: Town) -> None:
    given = hotel.ask("clerk", "POST", "/feedback", json={"kind": "praise", "text": "有人听了", "page": "/answers"})
    hotel.step("admin", f"/feedback/{given['code']}", "finish", text="谢谢！")
    assert hotel.ask("clerk", "GET", f"/feedback/{given['code']}")["state"] == "done"
