"""A line with two departments, whose January is counted by hand; the site lies in Shanghai, eight hours ahead."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from tests.service.conftest import Put, day

Ask = Callable[..., Any]
Valued = Callable[..., Any]


@pytest.fixture
def line(site: Put) -> Put:
    """Li in CELL all month; Wu moves from LINE to CELL on the 16th. P1 is CELL's, P2 LINE's, P3 nobody's."""
    site("assignments", {"employee_code": "007", "department_code": "CELL", "from_date": date(2026, 1, 1)},
         {"employee_code": "008", "department_code": "LINE", "from_date": date(2026, 1, 1),
          "to_date": date(2026, 1, 15)},
         {"employee_code": "008", "department_code": "CELL", "from_date": date(2026, 1, 16)})
    site("processes", {"code": "P2", "name": "Pack", "department_code": "LINE"}, {"code": "P3", "name": "Carry"})
    return site


@pytest.fixture
def values(ask: Ask) -> Valued:
    """An indicator's values of January 2026: `{department: (numerator, denominator, value)}`; `ALL` is the total."""

    def read(code: str, role: str = "quality", detail: str | None = None, month: str = "2026-01") -> Any:
        asked = {"code": code, "from_month": month, "to_month": month}
        answer = ask("GET", "/indicators/values", role, params=asked)
        assert answer.status_code == 200, answer.text
        return {
            "ALL" if each["total"] else each["department_code"]:
                (each["numerator"], each["denominator"], each["value"])
            for each in answer.json()["items"] if each["detail"] == detail
        }

    return read


def work(code: str, process: str = "P1", employee: str = "007", finished: int = 5, **more: Any) -> dict[str, Any]:
    """A finished work record."""
    return {"code": code, "process_code": process, "employee_code": employee, "started_at": day(finished, 1),
            "finished_at": day(finished, 2), "self_check": "pass", **more}


def training(code: str, employee: str = "007", at: int = 5, result: str = "passed", **more: Any) -> dict[str, Any]:
    """A training that ended."""
    return {"code": code, "employee_code": employee, "course_code": "C1", "completed_at": day(at), "result": result,
            **more}


def inspection(code: str, result: str | None = "pass", at: int = 6, **more: Any) -> dict[str, Any]:
    """An inspection, with its result."""
    performed = {"performed_at": day(at), "result": result} if result else {}
    return {"code": code, "kind": "routine", **performed, **more}
