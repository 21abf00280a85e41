"""Everything that bears on some pieces of work, in the order it happened."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from service.courses.tables import Course, TrainingRecord
from service.qualification.evidence import as_known
from service.qualification.tables import GateCheck, WorkFlag
from service.trace.gathering import Participant, Versions
from service.trace.schemas import Happened, Says

#: at most so many lines
LONGEST = 500


def timeline(
    session: Session, parts: Sequence[Participant], known: Versions, inspections: Sequence[Row[Any]], known_at: Any
) -> list[Happened]:
    """Versions, training, checks, work and inspections; what was recorded after the work it bears on is marked."""
    first = min((part.work.started_at for part in parts), default=None)
    lines = [
        *_versions(known), *_trainings(session, parts, first, known_at), *_checks(session, parts),
        *_works(parts), *_inspected(inspections),
    ]
    return sorted(lines, key=lambda line: (line.at, line.record))[-LONGEST:]


def _line(at: Any, kind: Any, record: str, en: str, zh: str, **more: Any) -> Happened:
    told = Says(en=en, zh=zh, records=[record])
    unsaid = {"known_at": None, "recorded_at": None, "late": False}
    return Happened(at=at, kind=kind, record=record, text=told, **unsaid | more)


def _versions(known: Versions) -> list[Happened]:
    lines = [
        _line(row.effective_at, "process_version", f"process_versions/{row.code}",
              f"Process version {row.version} takes effect", f"流程第{row.version}版生效")
        for rows in known.of_process.values() for row in rows
    ]
    return lines + [
        _line(row.effective_at, "standard_version", f"standard_versions/{row.code}",
              f"{row.standard} version {row.version} takes effect", f"{row.standard}第{row.version}版生效")
        for rows in known.of_standard.values() for row in rows
    ]


def _trainings(session: Session, parts: Sequence[Participant], first: Any, known_at: Any) -> list[Happened]:
    people = {part.employee_id: part.employee for part in parts}
    row = TrainingRecord
    found = session.execute(
        select(row.code, row.employee_id, row.completed_at, row.result, row.standard_version, row.known_at,
               row.recorded_at, Course.code.label("course"))
        .join(Course, Course.id == row.course_id)
        .where(row.employee_id.in_(people), row.completed_at.is_not(None), as_known(row, known_at))
        .order_by(row.completed_at.desc()).limit(LONGEST)
    )
    return [
        _line(
            each.completed_at, "training", f"training_records/{each.code}",
            f"{people[each.employee_id]}: {each.course} {each.result}, version {each.standard_version or '?'}",
            f"{people[each.employee_id]}\uff1a{each.course} {_RESULTS[each.result]}"
            f"\uff0c版本{each.standard_version or '?'}",
            known_at=each.known_at, recorded_at=each.recorded_at, late=first is not None and each.known_at > first,
        )
        for each in found
    ]


_RESULTS = {"passed": "合格", "failed": "不合格", "absent": "缺席", "open": "未完成"}


def _checks(session: Session, parts: Sequence[Participant]) -> list[Happened]:
    works = [part.work.id for part in parts if not part.role]
    found = session.execute(
        select(WorkFlag.why, WorkFlag.outcome, WorkFlag.flagged_at, WorkFlag.work_id, GateCheck.code,
               GateCheck.checked_at)
        .outerjoin(GateCheck, GateCheck.id == WorkFlag.check_id).where(WorkFlag.work_id.in_(works))
    )
    names = {part.work.id: part.work.code for part in parts}
    lines = []
    for row in found:
        record = f"work_records/{names[row.work_id]}"
        lines.append(_line(row.flagged_at, "flag", record, f"Flagged: {row.why}, {row.outcome}",
                           f"已标记\uff1a{row.why}, {row.outcome}"))
        if row.code is not None:
            lines.append(_line(row.checked_at, "gate_check", f"gate_checks/{row.code}", f"Gate check: {row.outcome}",
                               f"上岗核验\uff1a{row.outcome}"))
    return lines


def _works(parts: Sequence[Participant]) -> list[Happened]:
    return [
        _line(
            part.work.started_at, "work", f"work_records/{part.work.code}",
            f"{part.employee} does {part.work.process}" + (f" as {part.role}" if part.role else ""),
            f"{part.employee}从事{part.work.process}" + (f"({part.role})" if part.role else ""),
            known_at=part.work.known_at, recorded_at=part.work.recorded_at,
        )
        for part in parts
    ]


def _inspected(rows: Sequence[Row[Any]]) -> list[Happened]:
    return [
        _line(
            row.performed_at or row.due_at or row.known_at, "inspection", f"inspections/{row.code}",
            f"Inspection ({row.kind}): {row.result or 'not done'}",
            f"检验({row.kind})\uff1a{_INSPECTED[row.result]}", known_at=row.known_at, recorded_at=row.recorded_at,
        )
        for row in rows
    ]


_INSPECTED = {"pass": "合格", "fail": "不合格", None: "未进行"}
