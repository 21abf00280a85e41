"""People say what a report is about; the last word counts, and it leads to a process where it can."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.audit.tables import AuditEvent
from service.difficulties.tables import ReportProcess
from service.events.tables import Outgoing
from tests.service.conftest import Put, day

Ask = Callable[..., Any]


@pytest.fixture
def reports(site: Put) -> Put:
    """A clause, and two reports that name no process."""
    site("clauses", {"standard_code": "STD", "version": "1", "clause": "9.5", "text": "焊点外观 Joint appearance"})
    about = {"department_code": "CELL", "occurred_at": day(2), "severity": 3}
    site("difficulty_reports", {"code": "D1", "text": "虚焊很难看出来", **about},
         {"code": "D2", "text": "cold joints are hard to see", **about})
    return site


def _link(ask: Ask, kind: str, target: str, verdict: str = "confirm", role: str = "quality", code: str = "D1") -> Any:
    body = {"kind": kind, "target_code": target, "verdict": verdict}
    return ask("POST", f"/difficulty-reports/{code}/links", role, json=body)


def test_a_report_nobody_looked_at_says_so(reports: Put, ask: Ask) -> None:
    assert ask("GET", "/difficulty-reports/D1/matches").json() == {
        "report_code": "D1", "read_at": None, "model": None, "process_code": None, "process_from": None,
        "clauses": [], "courses": [], "reports": [],
    }


@pytest.mark.parametrize(("kind", "target", "text"), [
    ("clause", "STD@1@9.5", "Soldering · 焊点外观 Joint appearance"), ("course", "C1", "Soldering course"),
    ("report", "D2", "cold joints are hard to see"),
])
def test_what_somebody_confirms_is_kept_with_who_and_when(
    reports: Put, ask: Ask, session: Session, kind: str, target: str, text: str
) -> None:
    answer = _link(ask, kind, target)
    assert answer.status_code == 201
    (found,) = answer.json()[f"{kind}s"]
    assert (found["code"], found["text"], found["rank"]) == (target, text, None)
    assert found["link"]["verdict"] == "confirm"
    assert found["link"]["decided_by"].startswith("quality")
    assert found["link"]["decided_at"]
    assert ask("GET", "/difficulty-reports/D1/matches").json()[f"{kind}s"] == [found]
    told = session.scalars(select(Outgoing.data).where(Outgoing.name == "report.linked")).all()
    assert told == [{"kind": kind, "target": target, "verdict": "confirm"}]
    assert session.scalars(select(AuditEvent.action).where(AuditEvent.table_name == "report_links")).all() == ["insert"]


def test_the_last_word_counts(reports: Put, ask: Ask) -> None:
    _link(ask, "course", "C1", role="people")
    (found,) = _link(ask, "course", "C1", "reject", role="operations").json()["courses"]
    assert found["link"]["verdict"] == "reject"
    assert found["link"]["decided_by"].startswith("operations")


@pytest.mark.parametrize(("kind", "target"), [("clause", "STD@1@9.5"), ("course", "C1")])
def test_a_report_without_a_process_gets_the_one_that_what_was_confirmed_leads_to(
    reports: Put, ask: Ask, session: Session, kind: str, target: str
) -> None:
    told = _link(ask, kind, target).json()
    assert (told["process_code"], told["process_from"]) == ("P1", "confirmed")
    assert session.scalars(select(ReportProcess.how)).all() == ["confirmed"]


def test_what_leads_to_several_processes_leads_to_none(reports: Put, ask: Ask) -> None:
    reports("processes", {"code": "P2", "name": "Reflow", "department_code": "CELL"})
    reports("course_covers", {"course_code": "C1", "process_code": "P2"})
    assert _link(ask, "course", "C1").json()["process_code"] is None
    assert _link(ask, "course", "C1", "reject").json()["process_code"] is None


def test_the_process_a_report_names_is_not_touched(reports: Put, ask: Ask) -> None:
    reports("difficulty_reports", {"code": "D3", "text": "x", "department_code": "CELL", "occurred_at": day(2),
                                   "severity": 1, "process_code": "P1"})
    told = _link(ask, "clause", "STD@1@9.5", code="D3").json()
    assert (told["process_code"], told["process_from"]) == ("P1", "reported")


@pytest.mark.parametrize(("kind", "target", "code", "status"), [
    ("clause", "STD@1@0.0", "D1", 404), ("course", "C9", "D1", 404), ("report", "D9", "D1", 404),
    ("report", "D1", "D1", 400), ("course", "C1", "D9", 404), ("process", "P1", "D1", 422),
])
def test_what_cannot_be_linked_is_one_clear_error(
    reports: Put, ask: Ask, kind: str, target: str, code: str, status: int
) -> None:
    answer = _link(ask, kind, target, code=code)
    assert answer.status_code == status
    assert answer.json()["detail"]


def test_a_report_that_is_not_there_has_no_matches(reports: Put, ask: Ask) -> None:
    assert ask("GET", "/difficulty-reports/D9/matches").status_code == 404
