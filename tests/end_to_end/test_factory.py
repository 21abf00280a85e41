"""A factory's new process version, from its proposal into force; then poor results, until the process is looked at."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from service.clock import now
from tests.end_to_end.town import Town, town


@pytest.fixture
def factory(monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    """Li was trained for P1 and works on it, Wu was not; Xu works elsewhere. Standard 2 is not followed yet."""
    with town(monkeypatch, "factory", 150) as made:
        begun = (now() - timedelta(days=200)).isoformat()
        made.record("admin", "departments", {"code": "CELL", "name": "Cell", "function": "operations"},
                    {"code": "SHOP", "name": "Shop", "function": "operations"},
                    {"code": "QA", "name": "Quality", "function": "quality"})
        made.record("admin", "posts", {"code": "WELD", "name": "Welder", "department_code": "CELL"})
        made.record("admin", "employees", *(
            {"code": code, "name": name, "email": f"{name.lower()}@factory.example"}
            for code, name in (("007", "Li"), ("008", "Wu"), ("009", "Xu"))
        ))
        made.record("admin", "assignments", *(
            {"employee_code": code, "department_code": place, "from_date": begun[:10]}
            | ({"post_code": "WELD"} if place == "CELL" else {})
            for code, place in (("007", "CELL"), ("008", "CELL"), ("009", "SHOP"))
        ))
        made.record("admin", "standards", {"code": "STD", "title": "Soldering"})
        made.record("admin", "standard-versions", {"standard_code": "STD", "version": "1", "effective_at": begun},
                    {"standard_code": "STD", "version": "2", "effective_at": (now() - timedelta(days=1)).isoformat()})
        made.record("admin", "processes", {"code": "P1", "name": "Solder", "department_code": "CELL"})
        made.record("admin", "process-versions", {"process_code": "P1", "version": "A", "effective_at": begun,
                                                  "standards": ["STD@1"]})
        made.record("admin", "courses", {"code": "C1", "title": "Soldering course"})
        made.record("admin", "course-covers", {"course_code": "C1", "standard_code": "STD", "process_code": "P1"})
        made.record("admin", "requirements", {"process_code": "P1", "kind": "course", "course_code": "C1"})
        made.record("admin", "training-records", {"code": "T-1", "employee_code": "007", "course_code": "C1",
                                                  "standard_version": "1", "completed_at": begun, "result": "passed"})
        for login, role in (("line", "operations"), ("qa", "quality"), ("hr", "people")):
            made.join(login, role)
        yield made


def test_a_new_version_of_a_process_from_its_proposal_into_force(factory: Town) -> None:
    change = _is_proposed_and_reviewed(factory)
    inspections = _is_planned_and_taught(factory, change)
    _takes_force_on_its_day(factory, change)
    _poor_results_end_at_the_process(factory, inspections)
    for _ in range(10):
        factory.work()
    told = factory.told_outside()
    assert factory.hook.asked >= len(told) + 3, "it failed, reset and hung, and still has everything once"
    assert [name for name in told if name.startswith("change.")] == [
        "change.proposed", "change.submitted", "change.review_overdue", "change.approved", "change.training",
        "change.in_force",
    ]


def _is_proposed_and_reviewed(factory: Town) -> str:
    factory.hook.moods = ["reset", 502, "hang"]
    made = factory.ask("line", "POST", "/changes", json={
        "process_code": "P1", "version": "B", "summary": "Follow STD 2", "standards": ["STD@2"], "minutes": 30,
        "effective_at": (now() + timedelta(days=20)).isoformat(), "threshold": 1.0,
    })
    path = f"/changes/{made['code']}"
    (late,) = factory.ask("qa", "GET", "/processes-out-of-step")["items"]
    assert (late["process_code"], late["follows"], late["in_force"]) == ("P1", "1", "2")
    assert late["change_code"] == made["code"]
    cost = factory.ask("qa", "GET", f"{path}/effects")
    assert (cost["new_hires"], cost["retrained"], cost["course_codes"]) == (1, 1, ["C1"])
    assert (cost["training_minutes"], cost["date_can_be_met"]) == (90, True)
    factory.step("line", path, "submit")
    factory.days(8)
    assert "change.review_overdue" in {one["kind"] for one in factory.ask("qa", "GET", "/messages")["items"]}
    assert factory.step("qa", path, "approve", revision=1)["waits_for"] == "people"
    return path


def _is_planned_and_taught(factory: Town, change: str) -> dict[str, str]:
    plans = {plan["kind"]: plan for plan in factory.ask("hr", "GET", "/plans")["items"]}
    assert {kind: [item["employee_code"] for item in plan["items"]] for kind, plan in plans.items()} == {
        "new_hire": ["008"], "retraining": ["007"],
    }
    factory.step("hr", f"/plans/{plans['new_hire']['code']}", "publish", refused=409)
    items = {kind: factory.publish("hr", plan["code"]) for kind, plan in plans.items()}
    assert factory.ask("qa", "GET", change)["state"] == "training"
    factory.work()
    assert len(factory.letters("li@factory.example", "Please complete")) == 1
    assert factory.letters("xu@factory.example", "") == []
    assert {one["kind"] for one in factory.ask("line", "GET", "/messages")["items"]} >= {"plan.published"}
    factory.passed("hr", items["new_hire"])
    return factory.passed("hr", items["retraining"])


def _takes_force_on_its_day(factory: Town, change: str) -> None:
    factory.days(10)
    assert factory.ask("qa", "GET", change)["state"] == "training"
    factory.days(3)
    assert factory.ask("qa", "GET", change)["state"] == "in_force"
    assert {row["version"] for row in factory.ask("qa", "GET", "/process-versions")["items"]} == {"A", "B"}
    assert factory.ask("qa", "GET", "/processes-out-of-step")["items"] == []


def _poor_results_end_at_the_process(factory: Town, inspections: dict[str, str]) -> None:
    for expected in ("raised", "raised", "review"):
        (inspection,) = inspections.values()
        factory.ask("qa", "POST", f"/inspections/{inspection}/result", json={"result": "fail"})
        latest = factory.ask("hr", "GET", "/training-frequencies")["items"][0]
        assert latest["outcome"] == expected
        factory.days(1)
        if latest["next_plan_code"] is None:
            break
        inspections = factory.passed("hr", factory.publish("hr", latest["next_plan_code"]))
    assert expected == "review"
    for who in ("line", "qa", "hr"):
        assert "plan.review" in {one["kind"] for one in factory.ask(who, "GET", "/messages")["items"]}
