"""A line whose people report what is hard, and a course that teaches it."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.service.conftest import Put, day

Ask = Callable[..., Any]


@pytest.fixture
def line(site: Put) -> Put:
    """Li and Wu on the line; Li reported twice that the torque drifts, somebody else once that dust gets in."""
    for code in ("007", "008"):
        site("assignments", {"employee_code": code, "department_code": "CELL", "from_date": day(1).date()})
    said = {"D1": ("007", "the torque drifts"), "D2": ("007", "torque drifts again"), "D3": (None, "dust gets in")}
    for code, (author, text) in said.items():
        site("difficulty_reports", {
            "code": code, "department_code": "CELL", "process_code": "P1", "reported_by": author,
            "occurred_at": day(3, int(code[1])), "severity": 3, "text": text,
        })
    return site


@pytest.fixture
def confirm(ask: Ask) -> Callable[..., None]:
    """Says what a report is about."""

    def confirmed(report: str, kind: str, target: str, verdict: str = "confirm") -> None:
        said = {"kind": kind, "target_code": target, "verdict": verdict}
        assert ask("POST", f"/difficulty-reports/{report}/links", json=said).status_code == 201

    return confirmed


@pytest.fixture
def step(ask: Ask) -> Ask:
    """Takes a step with a plan in the planner's role, as it is now."""

    def taken(plan: str, step: str, **said: Any) -> Any:
        tag = ask("GET", f"/plans/{plan}", "people").headers["ETag"]
        made = ask("POST", f"/plans/{plan}/steps", "people", json={"step": step, **said}, if_match=tag)
        assert made.status_code == 201, made.text
        return made.json()

    return taken
