"""What a report is about, as people say it: each word is kept, the last one counts."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.access import Principal
from service.courses.tables import Course, CourseCover
from service.db.base import FolderRow
from service.db.context import everywhere
from service.difficulties.schemas import LinkGiven
from service.difficulties.tables import DifficultyReport, ReportLink, ReportProcess
from service.errors import NotFound, RetraceError
from service.events.publishing import Event, publish
from service.processes.tables import Process, ProcessVersion
from service.standards.tables import Clause, Standard

_TARGETS: dict[str, type[Any]] = {"clause": Clause, "course": Course, "report": DifficultyReport}


def link(session: Session, report_code: str, given: LinkGiven, actor: Principal) -> None:
    """Confirm or reject that a report is about something. Raises `NotFound`; `RetraceError` for itself."""
    report = _last_revision(session, report_code)
    if given.kind == "report" and given.target_code == report_code:
        raise RetraceError("A report is not like itself; name another one.")
    _require(session, _TARGETS[given.kind], given.kind, given.target_code)
    session.add(ReportLink(
        report_code=report_code, kind=given.kind, target_code=given.target_code, verdict=given.verdict,
        account_id=actor.account_id,
    ))
    session.flush()
    if given.verdict == "confirm" and report.process_id is None:
        _keep_process(session, report_code, given)
    told = {"kind": given.kind, "target": given.target_code, "verdict": given.verdict}
    publish(session, Event("report.linked", f"difficulty_reports/{report_code}", told))


def _last_revision(session: Session, code: str) -> DifficultyReport:
    query = select(DifficultyReport).where(DifficultyReport.code == code).order_by(DifficultyReport.revision.desc())
    found = session.scalars(query.limit(1)).first()
    if found is None:
        raise NotFound(f"There is no difficulty report {code!r}.")
    return found


def _require(session: Session, row: type[FolderRow], kind: str, code: str) -> None:
    codes: Any = row.__table__.c.code
    if session.scalar(select(codes).where(codes == code).limit(1)) is None:
        raise NotFound(f"There is no {'difficulty report' if kind == 'report' else kind} {code!r}.")


def _keep_process(session: Session, report_code: str, given: LinkGiven) -> None:
    """The process that what was confirmed leads to, where it leads to exactly one of the whole site's."""
    with everywhere(session):
        found = set(session.scalars(_led_to(given)).all())
    if len(found) == 1:
        session.add(ReportProcess(report_code=report_code, process_id=found.pop(), how="confirmed"))
        session.flush()


def _led_to(given: LinkGiven) -> Any:
    """Ids of processes: those a course covers, those that follow a clause's standard, or the other report's."""
    if given.kind == "course":
        query = select(CourseCover.process_id).join(Course, Course.id == CourseCover.course_id)
        return query.where(Course.code == given.target_code, CourseCover.process_id.is_not(None))
    if given.kind == "report":
        return select(DifficultyReport.process_id).where(
            DifficultyReport.code == given.target_code, DifficultyReport.process_id.is_not(None)
        )
    followed = Standard.code.concat("@").concat(Clause.version)
    return (
        select(Process.id).select_from(Clause).join(Standard, Standard.id == Clause.standard_id)
        .join(ProcessVersion, followed == ProcessVersion.standards.any_())
        .join(Process, Process.id == ProcessVersion.process_id).where(Clause.code == given.target_code)
    )
