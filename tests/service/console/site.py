"""A small site with everything the console shows: people, suggestions, plans, due inspections, accounts."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from service.courses.tables import Course, CourseCover, Requirement
from service.db.base import FolderRow
from service.difficulties.tables import DifficultyReport
from service.inspections.tables import Inspection
from service.people.actions import add_account
from service.people.tables import Department, Employee
from service.processes.tables import Process
from service.records import folder
from service.records.actions import put
from service.standards.tables import Standard, StandardVersion
from service.suggestions.actions import store
from service.suggestions.tables import Scoring

NOW = datetime.now(UTC).replace(microsecond=0)
PASSWORD = "correct horse"
ACCOUNTS = (("hua", "周华", "people"), ("qian", "钱敏", "quality"), ("olu", "Olu Ade", "operations"),
            ("emma", "Emma Li", "employee"), ("ada", "Ada King", "admin"))

NAMES = ("王芳", "李伟", "Maria Santos", "张秀英", "Tom Becker", "刘洋", "陈杰", "Aisha Khan", "赵磊", "黄丽",
         "Jonas Weber", "周敏")
PROCESSES = (("P-SOLDER", "Wave soldering"), ("P-TORQUE", "Torque tightening"), ("P-CLEAN", "Clean-room entry"))
REASONS = (
    {"en": "Failed 2 of the last 5 inspections on this process.", "zh": "该流程最近5次检验中有2次不合格。"},
    {"en": "Last trained 214 days ago.", "zh": "距上次培训已214天。"},
    {"en": "The standard changed on 2 clauses since that training.", "zh": "上次培训之后，质量标准有2个条款发生变化。"},
)


def ago(**time: float) -> datetime:
    return NOW - timedelta(**time)


def record(session: Session, row: type[FolderRow], *rows: dict[str, Any]) -> None:
    put(session, folder.of(row), rows)


def found(session: Session) -> None:
    """A site with `NAMES` on three processes; P-CLEAN has no course."""
    record(session, Department, {"code": "D-LINE", "name": "Line 1", "function": "operations"})
    record(session, Employee, *({"code": f"E{number:03}", "name": name} for number, name in enumerate(NAMES, 1)))
    record(session, Process, *({"code": code, "name": name} for code, name in PROCESSES))
    record(session, Course, {"code": "C-SOLDER", "title": "Soldering to IPC-A-610"},
           {"code": "C-TORQUE", "title": "Torque and verification"})
    record(session, Standard, {"code": "STD-1", "title": "Soldered assemblies"})
    record(session, StandardVersion,
           {"standard_code": "STD-1", "version": "3", "effective_at": ago(days=9)},
           {"standard_code": "STD-1", "version": "4", "effective_at": ago(days=-20)})
    record(session, CourseCover, {"course_code": "C-SOLDER", "standard_code": "STD-1", "process_code": "P-SOLDER"})
    record(session, Requirement, {"process_code": "P-TORQUE", "kind": "course", "course_code": "C-TORQUE"})
    record(session, DifficultyReport, *(
        {"code": f"DR{number}", "department_code": "D-LINE", "occurred_at": ago(days=number), "severity": 3,
         "text": "The bit slips."} for number in range(1, 5)))
    _inspections(session)
    _scorings(session)
    for login, name, role in ACCOUNTS:
        add_account(session, login, name, role, PASSWORD)


def _inspections(session: Session) -> None:
    kinds = ("patrol", "effectiveness", "final", "routine", "random")
    record(session, Inspection, *(
        {"code": f"INS-{number:03}", "kind": kind, "employee_code": f"E{number:03}", "process_code": "P-SOLDER",
         "due_at": ago(days=3 - number * 2), "inspector_code": "QA-7"} for number, kind in enumerate(kinds, 1)))
    record(session, Inspection, {"code": "UNIT/7", "kind": "audit", "department_code": "D-LINE"})
    record(session, Inspection, *(
        {"code": f"OLD-{number:03}", "kind": "routine", "employee_code": "E001", "process_code": "P-SOLDER",
         "performed_at": ago(days=number), "result": "fail" if number % 8 == 0 else "pass"}
        for number in range(1, 25)))


def _scorings(session: Session) -> None:
    store(session, _scoring("need", "need v3", None), [_suggestion(number) for number in range(1, 13)])
    risks = [{"inspection_code": f"INS-{number:03}", "employee_code": f"E{number:03}", "probability": .8 - number / 9,
              "probability_low": .7 - number / 9, "probability_high": .85 - number / 9, "score": .5, "rank": number,
              "baseline_rank": 6 - number, "reasons": list(REASONS[:1])}
             for number in range(1, 5)]
    store(session, _scoring("risk-work", "baseline: last result first", "there is no champion yet"), risks)


def _scoring(target: str, model: str, fallback: str | None) -> Scoring:
    return Scoring(target=target, as_of=ago(hours=6), model=model, fallback=fallback, fingerprint="f", tie_seed=1,
                   usual=.1, data_known_at=ago(hours=9))


def _suggestion(number: int) -> dict[str, Any]:
    """E001-E004 are rule gaps (the last two unscored); E012 has no course."""
    gap = {1: "superseded_version", 2: "expired", 3: "not_trained", 4: "failed"}.get(number)
    scored = number not in (3, 4)
    process, course = (("P-CLEAN", None) if number == 12 else
                       ("P-TORQUE", "C-TORQUE") if number % 2 else ("P-SOLDER", "C-SOLDER"))
    return {"employee_code": f"E{number:03}", "process_code": process, "course_code": course, "rule_gap": gap,
            "score": 1 / number if scored else None, "probability": .6 / number if scored else None,
            "probability_low": .5 / number if scored and number != 5 else None,
            "probability_high": .7 / number if scored and number != 5 else None,
            "rank": number if scored else None, "baseline_rank": 13 - number,
            "reasons": list(REASONS[: 1 + number % 3]) if scored else []}
