"""Each indicator, with records made and counted by hand."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from service.clock import now
from service.courses.tables import TrainingRecord
from service.indicators.catalogue import INDICATORS
from service.indicators.counting import lately
from service.training_sessions.tables import AssessmentResult
from tests.service.conftest import Put, day
from tests.service.indicators.conftest import inspection, training, work

Ask = Callable[..., Any]
Valued = Callable[..., Any]


def test_assessments_count_by_their_last_revision_where_the_person_was_placed_then(line: Put, values: Valued) -> None:
    line("training_records", training("T1"), training("T2", result="failed"), training("T3", result="absent"),
         training("T4", "008", 15), training("T5", "008", 16), training("T6", result="failed"))
    line("training_records", training("T6", result="passed"), reason="The wrong sheet was read")
    assert values("assessment_pass_rate") == {
        "ALL": (4, 5, 0.8), "CELL": (3, 4, 0.75), "LINE": (1, 1, 1.0),
    }


def test_scores_are_told_per_clause_of_the_version_taught(line: Put, values: Valued) -> None:
    line("standard_versions", {"standard_code": "STD", "version": "2", "effective_at": day(10)})
    line("clauses", *(
        {"standard_code": "STD", "version": version, "clause": clause, "text": "x"}
        for version, clause in (("1", "4.1"), ("1", "4.2"), ("2", "4.1"))
    ))
    line("training_records", training("T1", score=80), training("T2", "008", score=60), training("T3", at=12, score=90),
         training("T4", at=12, score=70, standard_version="STD@1"), training("T5", at=12))
    assert values("assessment_score", detail="STD@1@4.1") == {
        "ALL": (210, 3, 70), "CELL": (150, 2, 75), "LINE": (60, 1, 60),
    }
    assert values("assessment_score", detail="STD@1@4.2")["ALL"] == (210, 3, 70)
    assert values("assessment_score", detail="STD@2@4.1") == {"ALL": (90, 1, 90), "CELL": (90, 1, 90)}


def test_what_was_scored_by_clause_counts_for_that_clause_alone(
    line: Put, values: Valued, session: Session
) -> None:
    line("clauses", *({"standard_code": "STD", "version": "1", "clause": clause, "text": "x"}
                      for clause in ("4.1", "4.2")))
    line("training_records", training("T1", score=80), training("T2", score=60), training("T3"))
    by_code = dict(session.execute(select(TrainingRecord.code, TrainingRecord.id)).all())
    for code, score in (("T1", 1), ("T1", 2), ("T3", 3)):
        session.add(AssessmentResult(training_id=by_code[code], clause_code="STD@1@4.1", score=score, max_score=4))
        session.flush()
    assert values("assessment_score", detail="STD@1@4.1")["ALL"] == (50 + 60 + 75, 3, (50 + 60 + 75) / 3)
    assert values("assessment_score", detail="STD@1@4.2")["ALL"] == (60, 1, 60)


def test_compliance_counts_inspections_of_units_work_processes_and_people(line: Put, values: Valued) -> None:
    line("work_records", work("W1", "P2"))
    line("inspections", inspection("I1", work_code="W1"), inspection("I2", "fail", department_code="CELL"),
         inspection("I3", process_code="P1"), inspection("I4", employee_code="008", at=3),
         inspection("I5", None, process_code="P1"), inspection("I6"))
    assert values("compliance") == {
        "ALL": (4, 5, 0.8), "CELL": (1, 2, 0.5), "LINE": (2, 2, 1.0), None: (1, 1, 1.0),
    }


@pytest.fixture
def inspected(line: Put) -> Put:
    """Five finished records of CELL, of which one was inspected itself and two by their batch; one of LINE."""
    line("batches", {"code": "L1", "process_code": "P1", "started_at": day(4)})
    line("work_records", work("W1"), work("W2", batch_code="L1"), work("W3", batch_code="L1"), work("W4"), work("W5"),
         work("W6", "P3", "008"), work("W7") | {"finished_at": None})
    line("inspections", inspection("I1", "fail", work_code="W1"), inspection("I2", batch_code="L1"),
         inspection("I3", None, work_code="W4"), inspection("I4", work_code="W1"))
    return line


def test_coverage_counts_work_inspected_itself_or_by_its_batch(inspected: Put, values: Valued) -> None:
    assert values("inspection_coverage") == {"ALL": (3, 6, 0.5), "CELL": (3, 5, 0.6), "LINE": (0, 1, 0.0)}


def test_over_a_time_the_same_is_counted_as_over_months(inspected: Put, session: Session) -> None:
    assert lately(session, "inspection_coverage", day(1), day(31)) == (0.5, 6)
    assert lately(session, "inspection_coverage", day(6), day(31)) == (None, 0)


def test_work_counts_by_its_last_revision(inspected: Put, values: Valued) -> None:
    inspected("work_records", work("W1", "P2"), reason="It was another process")
    assert values("inspection_coverage") == {"ALL": (3, 6, 0.5), "CELL": (2, 4, 0.5), "LINE": (1, 2, 0.5)}
    assert values("failure_rate")["LINE"] == (1, 1, 1.0)
    assert values("compliance")["LINE"] == (1, 2, 0.5)


def test_the_failure_rate_is_of_the_work_that_was_inspected(inspected: Put, values: Valued) -> None:
    assert values("failure_rate") == {"ALL": (1, 3, pytest.approx(1 / 3)), "CELL": (1, 3, pytest.approx(1 / 3))}


def test_complaints_are_told_per_thousand_finished_batches(line: Put, values: Valued) -> None:
    finished = {"started_at": day(2), "finished_at": day(3)}
    line("batches", {"code": "L1", "process_code": "P1"} | finished, {"code": "L2", "process_code": "P1"} | finished,
         {"code": "L3"} | finished, {"code": "L4", "process_code": "P1", "started_at": day(2)})
    line("work_records", work("W1", "P2", batch_code="L3"))
    said = {"occurred_at": day(9), "severity": "minor", "text": "x"}
    line("issues", {"code": "Q1", "kind": "complaint", "batch_code": "L1"} | said,
         {"code": "Q2", "kind": "near_miss", "department_code": "CELL"} | said,
         {"code": "Q3", "kind": "complaint", "department_code": "LINE"} | said)
    assert values("complaint_rate") == {
        "ALL": (2, 3, pytest.approx(2000 / 3)), "CELL": (1, 2, 500), "LINE": (1, 1, 1000),
    }


def test_satisfaction_is_the_mean_share_of_each_scale(line: Put, values: Valued) -> None:
    at = {"occurred_at": day(9)}
    line("surveys", {"code": "S1", "department_code": "CELL", "score": 4, "max_score": 5} | at,
         {"code": "S2", "department_code": "CELL", "score": 3, "max_score": 10} | at,
         {"code": "S3", "course_code": "C1", "score": 1, "max_score": 1} | at)
    assert values("satisfaction") == {
        "ALL": (pytest.approx(2.1), 3, pytest.approx(0.7)), "CELL": (pytest.approx(1.1), 2, pytest.approx(0.55)),
        None: (1, 1, 1),
    }


def test_credits_are_told_per_person_placed_there_at_the_months_end(line: Put, values: Valued) -> None:
    line("courses", {"code": "C1", "title": "Soldering course", "credits": 3})
    line("training_records", training("T1"), training("T2", "008"), training("T3", result="failed"))
    assert values("credits") == {"ALL": (6, 2, 3), "CELL": (3, 2, 1.5), "LINE": (3, 0, None)}
    assert values("credits", month="2099-01") == {}, "nobody is placed in what has not begun"


OWED = """
INSERT INTO duties (code, title, department_id, deliverable, cadence, start_on, due_days, remind_days, escalate_days,
                    role, valid_from)
SELECT 'D', 'x', id, 'inspection', 'FREQ=DAILY', '2026-01-01', 0, 0, 0, 'quality', '2026-01-01'
FROM departments WHERE code = 'CELL';
INSERT INTO obligations (code, duty_id, department_id, starts_on, due_on, starts_at, ends_at, due_at, remind_at,
                         escalate_at, state, settled_at)
SELECT 'D@' || n, d.id, d.department_id, m::date, m::date, m, m + interval '1 day', m + interval '1 day', m, m, state,
       CASE WHEN state IN ('met', 'nothing_to_report') THEN m END
FROM duties d, (VALUES (0, 'open'), (1, 'met'), (2, 'nothing_to_report'), (3, 'missed'), (31, 'open')) v (n, state),
     LATERAL (SELECT timestamptz '2025-12-31 16:00Z' + n * interval '1 day' AS m) w
"""


def test_what_was_due_counts_once_its_day_is_over(
    line: Put, values: Valued, session: Session
) -> None:
    session.execute(text(OWED))
    assert values("obligations_on_time") == {"ALL": (2, 4, 0.5), "CELL": (2, 4, 0.5)}
    assert values("obligations_on_time", month="2026-02") == {"ALL": (0, 1, 0.0), "CELL": (0, 1, 0.0)}
    assert values("nothing_to_report") == {"ALL": (1, 2, 0.5), "CELL": (1, 2, 0.5)}


def _drafted(ask: Ask, line: Put) -> str:
    line("difficulty_reports", {"code": "D1", "department_code": "LINE", "process_code": "P1", "severity": 3,
                                "occurred_at": now() - timedelta(days=10), "text": "the torque drifts"})
    for employee in ("007", "008"):
        line("work_records", work(f"W-{employee}", employee=employee) | {"started_at": now() - timedelta(days=5),
                                                                         "finished_at": None})
    made = ask("POST", "/answers", "people", json={"report_codes": ["D1"], "course_codes": ["C1"]})
    assert made.status_code == 201, made.text
    return str(made.json()["plan_code"])


def _this_month(ask: Ask, code: str) -> Any:
    answer = ask("GET", "/indicators/values", params={"code": code}).json()["items"]
    return {each["department_code"]: (each["numerator"], each["denominator"]) for each in answer if not each["total"]}


def test_what_answers_counts_and_the_days_run_until_everybody_is_trained(ask: Ask, line: Put, session: Session) -> None:
    plan = _drafted(ask, line)
    assert _this_month(ask, "answered_share") == {"CELL": (2, 2)}
    session.execute(text("INSERT INTO plans (code, title) VALUES ('OTHER', 'x')"))
    session.execute(text(
        "INSERT INTO plan_items (code, plan_id, employee_id, process_id, course_id, due_on, status)"
        " SELECT 'X' || s.status, p.id, e.id, o.id, c.id, '2026-12-01', s.status"
        " FROM plans p, employees e, processes o, courses c, (VALUES ('draft'), ('cancelled')) s (status)"
        " WHERE p.code = 'OTHER' AND e.code = '007' AND o.code = 'P1' AND c.code = 'C1'"
    ))
    assert _this_month(ask, "answered_share") == {"CELL": (2, 3)}
    for step in ("accept", "publish"):
        tag = ask("GET", f"/plans/{plan}", "people").headers["ETag"]
        assert ask("POST", f"/plans/{plan}/steps", "people", json={"step": step}, if_match=tag).status_code == 201
    items = [item["code"] for item in ask("GET", f"/plans/{plan}").json()["items"]]
    passed = {"result": "passed"}
    assert ask("POST", f"/plan-items/{items[0]}/completion", "people", json=passed).status_code == 200
    assert _this_month(ask, "days_to_trained") == {}
    assert ask("POST", f"/plan-items/{items[1]}/completion", "people", json=passed).status_code == 200
    ((department, (days, count)),) = _this_month(ask, "days_to_trained").items()
    assert (department, count) == ("LINE", 1)
    assert days == pytest.approx(10, abs=0.01)


@pytest.mark.parametrize(("at", "month"), [
    (datetime(2025, 12, 31, 15, 59, 59, tzinfo=UTC), "2025-12"), (datetime(2025, 12, 31, 16, tzinfo=UTC), "2026-01"),
    (datetime(2026, 1, 31, 15, 59, 59, tzinfo=UTC), "2026-01"), (datetime(2026, 1, 31, 16, tzinfo=UTC), "2026-02"),
])
def test_a_month_begins_at_midnight_at_the_site(line: Put, values: Valued, at: datetime, month: str) -> None:
    line("inspections", inspection("I1", process_code="P1") | {"performed_at": at})
    counted = {name: bool(values("compliance", month=name)) for name in ("2025-12", "2026-01", "2026-02")}
    assert counted == {name: name == month for name in counted}


def test_what_was_not_counted_has_no_value(line: Put, ask: Ask, values: Valued) -> None:
    line("issues", {"code": "Q1", "kind": "complaint", "department_code": "CELL", "occurred_at": day(9),
                    "severity": "minor", "text": "x"})
    assert values("complaint_rate")["CELL"] == (1, 0, None)
    assert values("compliance") == {}


def test_a_period_is_of_whole_months_in_order_and_not_too_long(ask: Ask, site: Put) -> None:
    for asked, told in (({"from_month": "2026-02", "to_month": "2026-01"}, "lies after"),
                        ({"from_month": "2020-01", "to_month": "2026-01"}, "at most 24"),
                        ({"code": "x"}, "There is no indicator 'x'"), ({"department_code": "x"}, "no department 'x'")):
        answer = ask("GET", "/indicators/values", params=asked)
        assert (answer.status_code in {400, 404}, told in answer.text) == (True, True), answer.text


def test_the_catalogue_says_everything_in_both_languages(ask: Ask) -> None:
    items = ask("GET", "/indicators").json()["items"]
    assert [each["code"] for each in items] == list(INDICATORS)
    signals = {each["code"] for each in items if each["signal"]}
    for each in items:
        for what in ("name", "definition", "numerator", "denominator", "belongs"):
            assert set(each[what]) == {"en", "zh"}
        assert set(each["signals"]) <= signals
        assert each["signal"] or each["signals"], f"nothing stands beside {each['code']}"
    assert {each["code"]: each["better"] for each in items}["complaint_rate"] == "neither"


def test_the_table_is_no_formula(line: Put, ask: Ask) -> None:
    line("departments", {"code": "=1+1", "name": "x", "function": "operations"})
    line("inspections", inspection("I1", department_code="=1+1"))
    answer = ask("GET", "/indicators/values.csv", params={"from_month": "2026-01", "to_month": "2026-01"})
    assert answer.headers["content-type"].startswith("text/csv")
    header, *lines = answer.text.splitlines()
    assert header == "code,month,total,department_code,detail,numerator,denominator,value"
    assert "compliance,2026-01-01,False,'=1+1,,1.0,1.0,1.0" in lines


def test_days_are_dates_of_the_site(line: Put, values: Valued) -> None:
    line("training_records", training("T1", "008", 15) | {"completed_at": datetime(2026, 1, 15, 16, tzinfo=UTC)})
    assert values("assessment_pass_rate")["CELL"] == (1, 1, 1), "the 16th at the site"
