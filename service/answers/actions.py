"""Drafting a plan that answers what was reported, a plan as any other from there on."""

from collections.abc import Collection, Sequence

from sqlalchemy import func, insert, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session, aliased

from service.access import Principal
from service.answers.schemas import AnswerGiven, ReportGiven
from service.answers.tables import PlanAnswer
from service.clock import now
from service.courses.tables import Course, CourseCover
from service.difficulties.tables import DifficultyReport, ReportLink, ReportProcess
from service.errors import Conflict, NotFound, RetraceError
from service.events.publishing import Event, publish
from service.issues.tables import Issue
from service.processes.tables import Process
from service.records import folder
from service.records.actions import put
from service.records.codes import new_code
from service.retraining.actions import TO_TRAIN, refuse_past
from service.retraining.concerned import Taught
from service.retraining.drafting import draft_for, today
from service.retraining.tables import Plan
from service.standards.tables import Clause
from service.work.tables import Batch, WorkRecord


def report(session: Session, given: ReportGiven, actor: Principal) -> str:
    """Record a difficulty in one's own name or in none; its code. Raises `Invalid`, `Forbidden`."""
    code = new_code("DR")
    author = None if given.unnamed else actor.employee_code
    put(session, folder.of(DifficultyReport), [{
        "code": code, "kind": given.kind, "department_code": given.department_code, "process_code": given.process_code,
        "reported_by": author, "occurred_at": now(), "severity": given.severity, "text": given.text,
    }])
    return code


def draft(session: Session, given: AnswerGiven, actor: Principal) -> Plan:
    """Draft a plan that trains whoever does what reports or issues are about, in what was confirmed to teach it.

    Raises `NotFound`, `Conflict` where an open plan answers one of them already or nobody does it, `RetraceError` where
    it is not known which process it is about, or which course teaches it.
    """
    refuse_past(given.due_on)
    reports, issues = sorted(set(given.report_codes)), sorted(set(given.issue_codes))
    _refuse_answered(session, reports, issues)
    told = _of_reports(session, reports) | _of_issues(session, issues)
    processes = {_process(session, given.process_code)} if given.process_code else told
    if not processes:
        raise RetraceError("It is not known which process this is about; name it (process_code).")
    courses = _named(session, given.course_codes) or _confirmed(session, reports, processes)
    if not courses:
        raise Conflict(
            "No course was confirmed to teach what this is about: confirm a match of the report, or name one "
            "(course_codes)."
        )
    taught = [Taught(process, course.id, None, course.minutes) for course in courses for process in sorted(processes)]
    title = given.title or " · ".join(course.title for course in courses)
    plan = draft_for(session, title, taught, given.due_on or today() + TO_TRAIN, actor.account_id)
    keep(session, plan.id, [("report", code) for code in reports] + [("issue", code) for code in issues])
    publish(session, Event("reports.answered", f"plans/{plan.code}", {"reports": reports, "issues": issues}))
    return plan


def keep(session: Session, plan_id: int, answered: Sequence[tuple[str, str]]) -> None:
    """Keep what a plan answers, each as its kind and code."""
    if answered:
        rows = [{"plan_id": plan_id, "kind": kind, "code": code} for kind, code in answered]
        session.execute(insert(PlanAnswer), rows)


def _refuse_answered(session: Session, reports: Collection[str], issues: Collection[str]) -> None:
    """Raise where a plan that is not over answers one of them."""
    wanted = ((PlanAnswer.kind == "report") & PlanAnswer.code.in_(reports)) | (
        (PlanAnswer.kind == "issue") & PlanAnswer.code.in_(issues)
    )
    found = session.execute(
        select(PlanAnswer.code, Plan.code, Plan.status).join(Plan, Plan.id == PlanAnswer.plan_id)
        .where(wanted, Plan.status.in_(("draft", "accepted"))).order_by(PlanAnswer.id).limit(1)
    ).one_or_none()
    if found is not None:
        raise Conflict(f"{found[0]} is answered by plan {found[1]} already, which is {found[2]}: decide on it first.")


def _of_reports(session: Session, codes: Collection[str]) -> set[int]:
    """The processes reports are about, as reported, else as confirmed or found by their text."""
    last = (
        select(DifficultyReport.code, DifficultyReport.process_id).where(DifficultyReport.code.in_(codes))
        .ext(distinct_on(DifficultyReport.code)).order_by(DifficultyReport.code, DifficultyReport.revision.desc())
    )
    known = dict(session.execute(last).all())
    _refuse_missing("difficulty report", codes, known)
    untold = [code for code, process in known.items() if process is None]
    found = (
        select(ReportProcess.report_code, ReportProcess.process_id).where(ReportProcess.report_code.in_(untold))
        .ext(distinct_on(ReportProcess.report_code))
        .order_by(ReportProcess.report_code, ReportProcess.how == "matched", ReportProcess.id.desc())
    )
    known |= dict(session.execute(found).all())
    return {process for process in known.values() if process is not None}


def _of_issues(session: Session, codes: Collection[str]) -> set[int]:
    """The processes issues are about: their own, their work's, or their batch's."""
    work, batch = aliased(WorkRecord), aliased(Batch)
    process = func.coalesce(Issue.process_id, work.process_id, batch.process_id)
    last = (
        select(Issue.code, process).outerjoin(work, work.id == Issue.work_id)
        .outerjoin(batch, batch.id == Issue.batch_id).where(Issue.code.in_(codes))
        .ext(distinct_on(Issue.code)).order_by(Issue.code, Issue.revision.desc())
    )
    known = dict(session.execute(last).all())
    _refuse_missing("issue", codes, known)
    return {process for process in known.values() if process is not None}


def _refuse_missing(what: str, wanted: Collection[str], known: Collection[str]) -> None:
    for code in sorted(set(wanted) - set(known)):
        raise NotFound(f"There is no {what} {code!r} in your departments.")


def _process(session: Session, code: str) -> int:
    found = session.scalar(select(Process.id).where(Process.code == code))
    if found is None:
        raise NotFound(f"There is no process {code!r} in your departments.")
    return found


def _named(session: Session, codes: Collection[str]) -> list[Course]:
    found = list(session.scalars(select(Course).where(Course.code.in_(codes)).order_by(Course.code)))
    _refuse_missing("course", codes, [course.code for course in found])
    return found


def _confirmed(session: Session, reports: Collection[str], processes: Collection[int]) -> list[Course]:
    """The courses confirmed for reports; where none is, those that teach a confirmed clause's standard."""
    last = (
        select(ReportLink.kind, ReportLink.target_code, ReportLink.verdict).where(ReportLink.report_code.in_(reports))
        .ext(distinct_on(ReportLink.report_code, ReportLink.kind, ReportLink.target_code))
        .order_by(ReportLink.report_code, ReportLink.kind, ReportLink.target_code, ReportLink.id.desc()).subquery()
    )
    named = select(last.c.target_code).where(last.c.verdict == "confirm")
    courses = session.scalars(
        select(Course).where(Course.code.in_(named.where(last.c.kind == "course"))).order_by(Course.code)
    ).all()
    if courses:
        return list(courses)
    teaching = (
        select(CourseCover.course_id).join(Clause, Clause.standard_id == CourseCover.standard_id)
        .where(
            Clause.code.in_(named.where(last.c.kind == "clause")),
            CourseCover.process_id.is_(None) | CourseCover.process_id.in_(processes),
        )
    )
    return list(session.scalars(select(Course).where(Course.id.in_(teaching)).order_by(Course.code)))
