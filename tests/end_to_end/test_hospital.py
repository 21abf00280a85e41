"""A hospital changes its surgical safety check; failures after it raise the training frequency, until that stops."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from service.clock import now
from tests.end_to_end.town import Town, town

NURSES = [f"N{number}" for number in range(1, 6)]


@pytest.fixture
def hospital(monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    """An operating theatre whose nurses know version 1 of the checklist."""
    with town(monkeypatch, "hospital", 200) as made:
        begun = (now() - timedelta(days=300)).isoformat()
        made.record("admin", "departments", {"code": "HOSP", "name": "Hospital", "function": "operations"},
                    {"code": "QC", "name": "Quality and safety", "function": "quality"},
                    {"code": "HR", "name": "Education", "function": "people"})
        made.record("admin", "departments",
                    {"code": "OR", "name": "Operating theatre", "function": "operations", "parent_code": "HOSP"})
        made.record("admin", "posts", {"code": "SCRUB", "name": "Scrub nurse", "department_code": "OR"})
        made.record("admin", "employees", *(
            {"code": code, "name": f"Nurse {code}", "email": f"{code.lower()}@hospital.example"} for code in NURSES
        ), {"code": "T1", "name": "Educator", "email": "t1@hospital.example"})
        made.record("admin", "assignments", *(
            {"employee_code": code, "department_code": "OR", "post_code": "SCRUB", "from_date": begun[:10]}
            for code in NURSES
        ))
        made.record("admin", "standards", {"code": "SSC", "title": "Surgical safety checklist"})
        made.record("admin", "standard-versions", {"standard_code": "SSC", "version": "1", "effective_at": begun})
        made.record("admin", "processes", {"code": "TIMEOUT", "name": "Time-out before incision",
                                           "department_code": "OR"})
        made.record("admin", "process-versions", {"process_code": "TIMEOUT", "version": "A", "effective_at": begun,
                                                  "standards": ["SSC@1"]})
        made.record("admin", "courses", {"code": "C-SSC", "title": "Surgical safety check", "minutes": 45})
        made.record("admin", "course-covers", {"course_code": "C-SSC", "standard_code": "SSC",
                                               "process_code": "TIMEOUT"})
        made.record("admin", "requirements", {"process_code": "TIMEOUT", "kind": "course", "course_code": "C-SSC"})
        made.record("admin", "training-records", *(
            {"code": f"T-{code}", "employee_code": code, "course_code": "C-SSC", "standard_version": "1",
             "completed_at": begun, "result": "passed"} for code in NURSES
        ))
        for login, role in (("ward", "operations"), ("qa", "quality"), ("safety", "quality"), ("education", "people")):
            made.join(login, role)
        yield made


def test_a_new_version_of_the_safety_check_and_the_failures_after_it(hospital: Town) -> None:
    _owes_a_safety_round(hospital)
    standard = _changes_the_standard(hospital)
    inspections = _is_taught_in_a_session(hospital)
    hospital.days(22)
    assert hospital.ask("qa", "GET", standard)["state"] == "in_force"
    _the_process_follows_by_reading(hospital)
    _the_check_keeps_failing(hospital, inspections)
    _what_was_missed_is_on_record(hospital)
    _everything_was_told_outside(hospital)


def _owes_a_safety_round(hospital: Town) -> None:
    """Quality is to look at the safety checks every week, and does in the first."""
    answers = [{"template": "safety_round", "owed": True}]
    hospital.ask("qa", "PUT", "/duty-questions/QC", json={"answers": answers, "reason": None})
    # the week now running began before the duty did
    hospital.days(7)
    hospital.record("qa", "inspections", {"code": "ROUND-1", "kind": "patrol", "department_code": "OR",
                                          "inspector_code": "QA1", "performed_at": now().isoformat(), "result": "pass"})


def _changes_the_standard(hospital: Town) -> str:
    """One of quality proposes it, another one approves; nobody may judge their own."""
    hospital.hook.moods = [500, "reset", "hang"]
    made = hospital.ask("qa", "POST", "/changes", json={
        "standard_code": "SSC", "version": "2", "summary": "Antibiotic within 60 minutes before incision is said aloud",
        "clauses": [{"clause": "3.2", "text": "The antibiotic given within 60 minutes is said aloud."}], "minutes": 20,
        "effective_at": (now() + timedelta(days=25)).isoformat(), "threshold": 1.0,
    })
    path = f"/changes/{made['code']}"
    hospital.step("qa", path, "submit")
    cost = hospital.ask("safety", "GET", f"{path}/effects")
    assert (cost["new_hires"], cost["retrained"], cost["training_minutes"]) == (0, 5, 100)
    hospital.step("qa", path, "approve", refused=403, revision=1)
    hospital.step("safety", path, "approve", revision=1)
    return path


def _is_taught_in_a_session(hospital: Town) -> dict[str, str]:
    """Education takes the drafted plan, seats everybody, and records who was there; the inspections that follow."""
    (plan,) = hospital.ask("education", "GET", "/plans")["items"]
    assert {item["employee_code"] for item in plan["items"]} == set(NURSES)
    items = hospital.publish("education", plan["code"])
    hospital.ask("education", "POST", "/staff-moves", json={
        "kind": "hire", "employee_code": "N6", "name": "Nurse N6", "on": now().date().isoformat(),
        "department_code": "OR", "post_code": "SCRUB",
    })
    begins = now() + timedelta(days=3)
    held = hospital.ask("education", "POST", "/training-sessions", json={
        "course_code": "C-SSC", "place": "Seminar room", "seats": 6, "trainer_code": "T1",
        "starts_at": begins.isoformat(), "ends_at": (begins + timedelta(hours=1)).isoformat(),
        "item_codes": list(items.values()),
    })
    hospital.mailbox.answers = ["451 busy, come back later"] * 2
    hospital.days(2.5)
    (invited,) = hospital.letters("n1@hospital.example", "Your seat")
    (file,) = invited.iter_attachments()
    assert "SUMMARY:Surgical safety check" in file.get_content()
    assert len(hospital.letters("n1@hospital.example", "Tomorrow")) == 1
    hospital.days(1)
    attendance = [{"item_code": item, "result": "absent" if employee == "N5" else "passed"}
                  for employee, item in items.items()]
    path = f"/training-sessions/{held['code']}/attendance"
    hospital.ask("education", "POST", path, if_match="*", json={"attendance": attendance})
    # who was absent is asked again, and who came is asked for what their place demands
    found = {one["employee_code"]: one["item_code"] for one in
             hospital.ask("education", "GET", "/waiting-for-seats")["items"]}
    assert list(found) == ["N5"]
    hospital.passed("education", found)
    gap = next(one for one in hospital.ask("education", "GET", "/plans")["items"] if one["kind"] == "gap")
    hospital.passed("education", hospital.publish("education", gap["code"]))
    (plan,) = [one for one in hospital.ask("education", "GET", "/plans")["items"] if one["code"] == plan["code"]]
    return {item["employee_code"]: item["inspection_code"] for item in plan["items"] if item["inspection_code"]}


def _the_process_follows_by_reading(hospital: Town) -> None:
    """The process is out of step with its standard until a minor change follows, which is read by a link."""
    (late,) = hospital.ask("ward", "GET", "/processes-out-of-step")["items"]
    assert (late["process_code"], late["follows"], late["in_force"]) == ("TIMEOUT", "1", "2")
    made = hospital.ask("ward", "POST", "/changes", json={
        "process_code": "TIMEOUT", "version": "B", "summary": "Says the antibiotic aloud", "standards": ["SSC@2"],
        "scale": "minor", "effective_at": (now() + timedelta(days=5)).isoformat(), "threshold": 1.0,
    })
    path = f"/changes/{made['code']}"
    hospital.step("ward", path, "submit")
    hospital.step("safety", path, "approve", revision=1)
    plan = next(one for one in hospital.ask("education", "GET", "/plans")["items"] if one["status"] == "draft")
    items = hospital.publish("education", plan["code"])
    hospital.work()
    for employee in items:
        letter = hospital.letters(f"{employee.lower()}@hospital.example", "Please read")
        if letter:
            assert "it is recorded" in hospital.follow(letter[-1])
            assert hospital.follow(letter[-1]).startswith("410")
        else:  # without an address one is asked by who plans
            hospital.passed("education", {employee: items[employee]})
    hospital.days(6)
    assert hospital.ask("ward", "GET", path)["state"] == "in_force"
    assert hospital.ask("ward", "GET", "/processes-out-of-step")["items"] == []


def _the_check_keeps_failing(hospital: Town, inspections: dict[str, str]) -> None:
    """Safety checks fail after the training: it is repeated twice, then the process is looked at."""
    for expected in ("raised", "raised", "review"):
        for employee, inspection in inspections.items():
            result = "fail" if employee in {"N1", "N2"} else "pass"
            hospital.ask("qa", "POST", f"/inspections/{inspection}/result", json={"result": result})
        latest = next(one for one in hospital.ask("qa", "GET", "/training-frequencies")["items"]
                      if one["outcome"] != "kept")
        assert latest["outcome"] == expected
        hospital.days(1)
        if latest["next_plan_code"] is None:
            break
        inspections = hospital.passed("education", hospital.publish("education", latest["next_plan_code"]))
        assert set(inspections) == set(NURSES)
    assert expected == "review"
    assert any("process" in one["body"] for one in hospital.ask("ward", "GET", "/messages")["items"]
               if one["kind"] == "plan.review")


def _what_was_missed_is_on_record(hospital: Town) -> None:
    """The first safety round was met, later ones were missed and told further up."""
    hospital.days(1)
    ledger = hospital.ask("qa", "GET", "/obligations?department_code=QC")["items"]
    assert {one["evidence"] for one in ledger if one["state"] == "met"} >= {"inspections/ROUND-1"}
    assert any(one["state"] == "missed" for one in ledger)
    assert any(one["kind"] == "obligation.missed" for one in hospital.ask("admin", "GET", "/messages")["items"])


def _everything_was_told_outside(hospital: Town) -> None:
    """The receiver failed, reset and hung, and still has every event, once, in order."""
    for _ in range(20):
        hospital.work()
    told = hospital.told_outside()
    assert hospital.hook.asked >= len(told) + 3
    for name in ("change.submitted", "change.approved", "plan.published", "training_session.held", "change.in_force",
                 "plan.judged", "obligation.missed"):
        assert name in told, name
