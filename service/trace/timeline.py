"""Everything that bears on some pieces of work, in the order it happened."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, or_, select, true
from sqlalchemy.orm import Session

from service.courses.tables import Course, TrainingRecord
from service.issues.tables import Issue
from service.processes.tables import Process
from service.qualification.evidence import as_known
from service.qualification.gate import HOLDS
from service.qualification.tables import GateCheck, WorkFlag
from service.trace.gathering import Participant, Versions
from service.trace.schemas import Happened, Says
from service.trace.sentences import KINDS, WHYS, outcome
from service.trace.subjects import Asked

#: at most so many lines
LONGEST = 500


def timeline(
    session: Session, about: Asked, parts: Sequence[Participant], known: Versions, inspections: Sequence[Row[Any]],
    known_at: datetime | None,
) -> list[Happened]:
    """Versions, training, checks, work, inspections and issues; training recorded after the work it is for is marked.

    Of versions, only those in force when the first piece of work began, and what came after.
    """
    first = min((part.work.started_at for part in parts), default=about.at)
    lines = [
        *_versions(known, first), *_trainings(session, parts, known_at), *_checks(session, parts, known_at),
        *_flags(session, parts, known_at), *_works(parts), *_inspected(inspections),
        *_issues(session, about, parts, known_at),
    ]
    return sorted(lines, key=lambda line: (line.at, line.record))[-LONGEST:]


def _line(at: Any, kind: Any, record: str, en: str, zh: str, **more: Any) -> Happened:
    told = Says(en=en, zh=zh, records=[record])
    unsaid = {"known_at": None, "recorded_at": None, "late": False}
    return Happened(at=at, kind=kind, record=record, text=told, **unsaid | more)


def _versions(known: Versions, first: datetime) -> list[Happened]:
    lines = [
        _line(row.effective_at, "process_version", f"process_versions/{row.code}",
              f"Process version {row.version} takes effect", f"流程第{row.version}版生效")
        for rows in known.of_process.values() for row in _since(rows, first)
    ]
    return lines + [
        _line(row.effective_at, "standard_version", f"standard_versions/{row.code}",
              f"{row.standard} version {row.version} takes effect", f"{row.standard}第{row.version}版生效")
        for rows in known.of_standard.values() for row in _since(rows, first)
    ]


def _since(rows: Sequence[Row[Any]], first: datetime) -> Sequence[Row[Any]]:
    """The version in force at a moment, and those after it."""
    begun = sum(row.effective_at <= first for row in rows)
    return rows[max(begun - 1, 0):]


def _trainings(session: Session, parts: Sequence[Participant], known_at: datetime | None) -> list[Happened]:
    people = {part.employee_id: part.employee for part in parts}
    begun: dict[int, list[datetime]] = defaultdict(list)
    for part in parts:
        begun[part.employee_id].append(part.work.started_at)
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
            f"{people[each.employee_id]}: {each.course} {each.result}, {_taught(each.standard_version)[0]}",
            f"{people[each.employee_id]}\uff1a{each.course} {_RESULTS[each.result]}"
            f"\uff0c{_taught(each.standard_version)[1]}",
            known_at=each.known_at, recorded_at=each.recorded_at,
            late=any(each.completed_at <= at < each.known_at for at in begun[each.employee_id]),
        )
        for each in found
    ]


def _taught(version: str | None) -> tuple[str, str]:
    return (f"version {version}", f"版本{version}") if version else ("no version named", "未注明版本")


_RESULTS = {"passed": "合格", "failed": "不合格", "absent": "缺席", "open": "未完成"}


def _checks(session: Session, parts: Sequence[Participant], known_at: datetime | None) -> list[Happened]:
    """Each check that some work began with, or that came shortly before it."""
    own = [part for part in parts if not part.role]
    begun = {(part.employee_id, part.work.process_id): part.employee for part in own}
    moments = sorted(part.work.started_at for part in own)
    if not moments:
        return []
    row = GateCheck
    found = session.execute(
        select(row.code, row.checked_at, row.outcome, row.emergency, row.allowed, row.employee_id, row.process_id,
               Process.code.label("process"))
        .join(Process, Process.id == row.process_id)
        .where(
            row.employee_id.in_({who for who, _ in begun}), row.process_id.in_({what for _, what in begun}),
            row.checked_at.between(moments[0] - HOLDS, moments[-1]),
            true() if known_at is None else row.checked_at <= known_at,
        )
        .order_by(row.checked_at.desc()).limit(LONGEST)
    )
    return [
        _line(each.checked_at, "gate_check", f"gate_checks/{each.code}", *_asked(each, begun))
        for each in found if _before_some(each, own)
    ]


def _before_some(check: Any, own: Sequence[Participant]) -> bool:
    return any(
        (part.employee_id, part.work.process_id) == (check.employee_id, check.process_id)
        and part.work.started_at - HOLDS <= check.checked_at <= part.work.started_at
        for part in own
    )


def _asked(check: Any, begun: Mapping[tuple[int, int], str]) -> tuple[str, str]:
    who = begun.get((check.employee_id, check.process_id), "?")
    en, zh = outcome(check.outcome)
    kind = ("Emergency start", "紧急开工") if check.emergency else ("Gate check", "上岗核验")
    held = ("", "") if check.allowed else (", held back", "\uff0c未放行")
    return (f"{kind[0]} of {who} for {check.process}: {en}{held[0]}",
            f"{who}\uff1a{check.process}{kind[1]}\uff0c{zh}{held[1]}")


def _flags(session: Session, parts: Sequence[Participant], known_at: datetime | None) -> list[Happened]:
    names = {part.work.id: part.work.code for part in parts if not part.role}
    row = WorkFlag
    found = session.execute(
        select(row.work_id, row.why, row.outcome, row.flagged_at)
        .where(row.work_id.in_(names), true() if known_at is None else row.flagged_at <= known_at)
    )
    lines = []
    for each in found:
        (en, zh), (stood, standing) = WHYS[each.why], outcome(each.outcome)
        lines.append(_line(
            each.flagged_at, "flag", f"work_records/{names[each.work_id]}", f"Flagged: {en} ({stood})",
            f"已标记\uff1a{zh}({standing})",
        ))
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
            f"Inspection ({KINDS[row.kind][0]}): {_INSPECTED[row.result][0]}",
            f"{KINDS[row.kind][1]}\uff1a{_INSPECTED[row.result][1]}",
            known_at=row.known_at, recorded_at=row.recorded_at,
        )
        for row in rows
    ]


_INSPECTED = {"pass": ("passed", "合格"), "fail": ("failed", "不合格"), None: ("not done", "未进行")}


def _issues(
    session: Session, about: Asked, parts: Sequence[Participant], known_at: datetime | None
) -> list[Happened]:
    """What went wrong with the work in question, and the issue that was asked about."""
    row = Issue
    works = {part.work.id for part in parts}
    concerned = or_(row.work_id.in_(works), row.batch_id == about.batch_id, row.code == about.issue)
    found = session.execute(
        select(row.code, row.severity, row.text, row.occurred_at, row.known_at, row.recorded_at)
        .where(concerned, as_known(row, known_at)).order_by(row.occurred_at.desc()).limit(LONGEST)
    )
    return [
        _line(
            each.occurred_at, "issue", f"issues/{each.code}", f"Issue, severity {each.severity}: {each.text}",
            f"质量问题(严重程度{each.severity})\uff1a{each.text}", known_at=each.known_at, recorded_at=each.recorded_at,
        )
        for each in found
    ]
