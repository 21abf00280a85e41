"""What a report may be about, read as it was worked out, with the last word of people beside it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, literal, select, union_all
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session, aliased

from service.courses.tables import Course
from service.difficulties.schemas import LinkRead, MatchesRead, MatchRead
from service.difficulties.tables import DifficultyReport, ReportLink, ReportMatch, ReportProcess, ReportReading
from service.errors import NotFound
from service.people.tables import Account
from service.processes.tables import Process
from service.standards.tables import Clause, Standard


def matches(session: Session, report_code: str) -> MatchesRead:
    """Clauses, courses and other reports, best first, then what only people named. Raises `NotFound`."""
    report = session.execute(
        select(DifficultyReport.code, Process.code.label("process_code"))
        .outerjoin(Process, Process.id == DifficultyReport.process_id)
        .where(DifficultyReport.code == report_code).order_by(DifficultyReport.revision.desc()).limit(1)
    ).first()
    if report is None:
        raise NotFound(f"There is no difficulty report {report_code!r}.")
    reading = session.get(ReportReading, report_code)
    process, how = _process(session, report_code) if report.process_code is None else (report.process_code, "reported")
    rows = session.execute(_about(report_code)).all()
    return MatchesRead(
        report_code=report_code, read_at=reading.read_at if reading else None, model=reading.model if reading else None,
        process_code=process, process_from=how,
        **{f"{kind}s": _told(rows, kind) for kind in ("clause", "course", "report")},
    )


def _process(session: Session, report_code: str) -> tuple[str | None, Any]:
    """The process a report was found to be about: what people confirmed before what was matched, the last of each."""
    found = session.execute(
        select(Process.code, ReportProcess.how)
        .join(ReportProcess, ReportProcess.process_id == Process.id).where(ReportProcess.report_code == report_code)
        .order_by(ReportProcess.how == "matched", ReportProcess.id.desc()).limit(1)
    ).first()
    return (found.code, found.how) if found else (None, None)


def _about(report_code: str) -> Any:
    """Every target that was matched or named, with its words; what the reader may not see is left out."""
    last = (
        select(ReportLink.kind, ReportLink.target_code, ReportLink.verdict, ReportLink.decided_at, Account.login)
        .join(Account, Account.id == ReportLink.account_id).where(ReportLink.report_code == report_code)
        .ext(distinct_on(ReportLink.kind, ReportLink.target_code))
        .order_by(ReportLink.kind, ReportLink.target_code, ReportLink.id.desc()).subquery("last")
    )
    matched = select(ReportMatch).where(ReportMatch.report_code == report_code).subquery("matched")
    both = (
        select(
            func.coalesce(matched.c.kind, last.c.kind).label("kind"),
            func.coalesce(matched.c.target_code, last.c.target_code).label("code"),
            matched.c.rank, matched.c.score, last.c.verdict, last.c.decided_at, last.c.login,
        )
        .select_from(matched).join(
            last, (last.c.kind == matched.c.kind) & (last.c.target_code == matched.c.target_code), full=True
        ).cte("both_of_them")
    )
    words = union_all(*_words(both)).subquery("words")
    return (
        select(both, words.c.text)
        .join(words, (words.c.kind == both.c.kind) & (words.c.code == both.c.code))
        .order_by(both.c.rank.nulls_last(), both.c.code)
    )


def _words(both: Any) -> list[Any]:
    """Kind, code and words of the targets asked for."""
    other, later = aliased(DifficultyReport), aliased(DifficultyReport)
    newest = ~select(later.id).where(later.code == other.code, later.revision > other.revision).exists()

    def wanted(kind: str) -> Any:
        return select(both.c.code).where(both.c.kind == kind)

    told = Standard.title.concat(" · ").concat(Clause.text)
    return [
        select(literal("clause").label("kind"), Clause.code, told.label("text"))
        .join(Standard, Standard.id == Clause.standard_id).where(Clause.code.in_(wanted("clause"))),
        select(literal("course"), Course.code, Course.title).where(Course.code.in_(wanted("course"))),
        select(literal("report"), other.code, other.text).where(other.code.in_(wanted("report")), newest),
    ]


def _told(rows: Sequence[Any], kind: str) -> list[MatchRead]:
    return [
        MatchRead(code=row.code, text=row.text, rank=row.rank, score=row.score, link=_link(row))
        for row in rows if row.kind == kind
    ]


def _link(row: Any) -> LinkRead | None:
    if row.verdict is None:
        return None
    return LinkRead(verdict=row.verdict, decided_by=row.login, decided_at=row.decided_at)
