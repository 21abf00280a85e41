"""What became of reports: read for a page of them at once."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, Subquery, and_, func, literal, select, union_all
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session, aliased

from service.access import Principal
from service.answers import rules
from service.answers.results import plans_of
from service.answers.schemas import About, Answer, AnswerPage, AnswersAsked
from service.clock import now
from service.courses.tables import Course
from service.db.context import everywhere
from service.difficulties.tables import DifficultyReport, ReportLink, ReportMatch, ReportProcess
from service.errors import NotFound
from service.people.reach import employee_of
from service.people.tables import Department
from service.processes.tables import Process
from service.records.paging import Cursors
from service.records.wiretypes import Id
from service.standards.tables import Clause

_CURSORS = Cursors("answers", Id)

#: how far back reports are about the same
ALIKE = timedelta(days=365)


def answers(session: Session, asked: AnswersAsked, actor: Principal) -> AnswerPage:
    """Reports with what became of each, the last recorded first; an employee's are their own. Raises `BadCursor`."""
    query = _CURSORS.newest_first(_reports(actor), asked, DifficultyReport.id, DifficultyReport.recorded_at)
    if asked.department_code is not None:
        query = query.where(Department.code == asked.department_code)
    rows = _owned(session, query, actor) if asked.mine or actor.role == "employee" else session.execute(query).all()
    return AnswerPage(items=_read(session, rows), next=_CURSORS.following(asked, [row.id for row in rows]))


def answer(session: Session, code: str, actor: Principal) -> Answer:
    """One report with what became of it. Raises `NotFound`."""
    query = _reports(actor).where(DifficultyReport.code == code)
    rows = session.execute(query).all() if actor.role != "employee" else []
    rows = rows or _owned(session, query, actor)
    if not rows:
        raise NotFound(f"There is no difficulty report {code!r}.")
    return _read(session, rows)[0]


def _owned(session: Session, query: Select[Any], actor: Principal) -> Sequence[Any]:
    """Of these reports one's own, also those about departments one is not for."""
    with everywhere(session):
        return session.execute(query.where(_own(actor))).all()


def _own(actor: Principal) -> Any:
    return DifficultyReport.reported_by_id == employee_of(actor.account_id)


def _reports(actor: Principal) -> Select[Any]:
    """Reports by their last revision, each with its department and its process."""
    later = aliased(DifficultyReport)
    newest = ~select(later.id).where(
        later.code == DifficultyReport.code, later.revision > DifficultyReport.revision
    ).exists()
    process = func.coalesce(DifficultyReport.process_id, _found_process(DifficultyReport.code))
    return (
        select(
            DifficultyReport.id, DifficultyReport.code, DifficultyReport.occurred_at, DifficultyReport.severity,
            DifficultyReport.text, Department.code.label("department"), Process.code.label("process"),
            Process.name.label("process_name"), func.coalesce(_own(actor), False).label("mine"),
        )
        .join(Department, Department.id == DifficultyReport.department_id)
        .outerjoin(Process, Process.id == process)
        .where(newest)
    )


def _found_process(code: Any) -> Any:
    """The process a report was found to be about: what people confirmed before what was matched, the last of each."""
    return (
        select(ReportProcess.process_id).where(ReportProcess.report_code == code)
        .order_by(ReportProcess.how == "matched", ReportProcess.id.desc()).limit(1).scalar_subquery()
    )


def _read(session: Session, rows: Sequence[Any]) -> list[Answer]:
    codes = [row.code for row in rows]
    with everywhere(session):  # what became of a report one may read
        about, similar, plans = _about(session, codes), _similar(session, codes), plans_of(session, codes)
    return [
        Answer(
            report_code=row.code, department_code=row.department, process_code=row.process,
            process_name=row.process_name, occurred_at=row.occurred_at, severity=row.severity, text=row.text,
            mine=row.mine, stage=rules.stage(bool(about[row.code]), [progress for progress, _ in plans[row.code]]),
            about=about[row.code], plans=[shown for _, shown in plans[row.code]], similar=similar.get(row.code, []),
        )
        for row in rows
    ]


def _last_words(codes: Collection[str] | None = None) -> Subquery:
    """The last word on each report and target."""
    query = select(ReportLink.report_code, ReportLink.kind, ReportLink.target_code, ReportLink.verdict)
    if codes is not None:
        query = query.where(ReportLink.report_code.in_(codes))
    return (
        query.ext(distinct_on(ReportLink.report_code, ReportLink.kind, ReportLink.target_code))
        .order_by(ReportLink.report_code, ReportLink.kind, ReportLink.target_code, ReportLink.id.desc()).subquery()
    )


def _about(session: Session, codes: Collection[str]) -> Mapping[str, list[About]]:
    """The clauses and courses confirmed for reports; of a kind without any, the best guess that nobody rejected."""
    said = _last_words(codes)
    guess = (
        select(ReportMatch.report_code, ReportMatch.kind, ReportMatch.target_code, literal(False).label("confirmed"))
        .outerjoin(said, and_(
            said.c.report_code == ReportMatch.report_code, said.c.kind == ReportMatch.kind,
            said.c.target_code == ReportMatch.target_code,
        ))
        .where(
            ReportMatch.report_code.in_(codes), ReportMatch.kind != "report",
            func.coalesce(said.c.verdict, "") != "reject",
        )
        .ext(distinct_on(ReportMatch.report_code, ReportMatch.kind))
        .order_by(ReportMatch.report_code, ReportMatch.kind, ReportMatch.rank)
    )
    confirmed = select(said.c.report_code, said.c.kind, said.c.target_code, literal(True).label("confirmed")).where(
        said.c.verdict == "confirm", said.c.kind != "report"
    )
    both = union_all(confirmed, guess).subquery()
    rows = session.execute(
        select(both, func.coalesce(Clause.text, Course.title).label("text"))
        .outerjoin(Clause, and_(both.c.kind == "clause", Clause.code == both.c.target_code))
        .outerjoin(Course, and_(both.c.kind == "course", Course.code == both.c.target_code))
        .order_by(both.c.report_code, both.c.kind, both.c.confirmed.desc(), both.c.target_code)
    ).all()
    sure = {(row.report_code, row.kind) for row in rows if row.confirmed}
    found: dict[str, list[About]] = defaultdict(list)
    for row in rows:
        if row.text is not None and (row.confirmed or (row.report_code, row.kind) not in sure):
            found[row.report_code].append(
                About(kind=row.kind, code=row.target_code, text=row.text, confirmed=row.confirmed)
            )
    return found


def _similar(session: Session, codes: Collection[str]) -> Mapping[str, list[str]]:
    """The other reports of the last year that are about the same clause of the same process, or were called alike."""
    said = _last_words()
    alike = [tuple(pair) for pair in session.execute(
        select(said.c.report_code, said.c.target_code).where(said.c.kind == "report", said.c.verdict == "confirm")
    )]
    things = _things(session, codes)
    about = {code: (process, clause) if process and clause else None for code, process, clause in things}
    return {
        code: [other for other in members if other != code]
        for members in rules.groups(about, alike) for code in members
    }


def _things(session: Session, codes: Collection[str]) -> Sequence[Any]:
    """Reports of the last year, oldest first, each with its process and the clause it is most likely about."""
    process = func.coalesce(DifficultyReport.process_id, _found_process(DifficultyReport.code))
    said = _last_words()
    confirmed = (
        select(said.c.target_code).where(
            said.c.report_code == DifficultyReport.code, said.c.kind == "clause", said.c.verdict == "confirm"
        ).order_by(said.c.target_code).limit(1).scalar_subquery()
    )
    rejected = select(said.c.target_code).where(
        said.c.report_code == ReportMatch.report_code, said.c.kind == "clause", said.c.verdict == "reject",
        said.c.target_code == ReportMatch.target_code,
    ).exists()
    matched = (
        select(ReportMatch.target_code)
        .where(ReportMatch.report_code == DifficultyReport.code, ReportMatch.kind == "clause", ~rejected)
        .order_by(ReportMatch.rank).limit(1).scalar_subquery()
    )
    recent = DifficultyReport.occurred_at >= now() - ALIKE
    return session.execute(
        select(DifficultyReport.code, process, func.coalesce(confirmed, matched))
        .where(DifficultyReport.revision == 1, recent | DifficultyReport.code.in_(codes))
        .order_by(DifficultyReport.occurred_at, DifficultyReport.code)
    ).all()
