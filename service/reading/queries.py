"""What there is to read and to answer, and what one is to do."""

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from service.courses.tables import Course, CourseCover
from service.db.context import everywhere
from service.errors import NotFound
from service.processes.tables import Change
from service.reading import rules
from service.reading.actions import failed, quiz_for
from service.reading.schemas import (
    ClauseRead,
    OpenQuestion,
    OwnTraining,
    OwnTrainings,
    QuizPage,
    QuizRead,
    QuizzesAsked,
    Reading,
)
from service.reading.tables import CompletionClaim, Quiz
from service.records.paging import Cursors
from service.records.wiretypes import Id
from service.retraining.tables import Plan, PlanItem
from service.standards.tables import Clause, StandardVersion
from service.training_sessions.tables import SITS, Seat, TrainingSession

_CURSORS = Cursors("quizzes", Id)

#: clauses on one page; a course about a whole handbook is no reading
_MOST = 200


def quizzes(session: Session, asked: QuizzesAsked) -> QuizPage:
    """Quizzes with their right answers, newest first. Raises `BadCursor`."""
    query = _CURSORS.newest_first(
        select(Quiz, Course.code).join(Course, Course.id == Quiz.course_id), asked, Quiz.id, Quiz.created_at
    )
    if asked.course_code is not None:
        query = query.where(Course.code == asked.course_code)
    rows = session.execute(query).all()
    return QuizPage(items=[read(quiz, course) for quiz, course in rows],
                    next=_CURSORS.following(asked, [quiz.id for quiz, _ in rows]))


def read(quiz: Quiz, course_code: str) -> QuizRead:
    """A quiz as it is shown to who makes quizzes."""
    return QuizRead(
        id=quiz.id, course_code=course_code, standard_version=quiz.standard_version, pass_mark=quiz.pass_mark,
        questions=quiz.questions, created_at=quiz.created_at,
    )


def reading(session: Session, item_code: str, employee_id: int) -> Reading:
    """What somebody is to read, and what is asked about it. Raises `NotFound` for what is not theirs."""
    with everywhere(session):
        row = session.execute(
            select(PlanItem, Course, Change.summary).join(Course, Course.id == PlanItem.course_id)
            .join(Plan, Plan.id == PlanItem.plan_id).outerjoin(Change, Change.id == Plan.change_id)
            .where(PlanItem.code == item_code, PlanItem.employee_id == employee_id)
        ).one_or_none()
        if row is None:
            raise NotFound(f"You have no training {item_code!r}.")
        item, course, summary = row
        quiz = quiz_for(session, item)
        return Reading(
            item_code=item_code, course_code=course.code, title=course.title, due_on=item.due_on,
            summary=summary or _summary(session, item), clauses=_clauses(session, item),
            questions=[OpenQuestion.model_validate(_open(one)) for one in quiz.questions] if quiz else [],
            tries_left=rules.ATTEMPTS - failed(session, item.id),
        )


def _open(question: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in question.items() if name != "right"}


def _summary(session: Session, item: PlanItem) -> str | None:
    return session.scalar(
        select(StandardVersion.change_summary).join(CourseCover, CourseCover.standard_id == StandardVersion.standard_id)
        .where(CourseCover.course_id == item.course_id, StandardVersion.version == item.standard_version).limit(1)
    )


def _clauses(session: Session, item: PlanItem) -> list[ClauseRead]:
    rows = session.execute(
        select(Clause.code, Clause.text).join(CourseCover, CourseCover.standard_id == Clause.standard_id)
        .where(CourseCover.course_id == item.course_id, Clause.version == item.standard_version)
        .distinct().order_by(Clause.code).limit(_MOST)
    )
    return [ClauseRead(code=code, text=text) for code, text in rows]


def own(session: Session, employee_id: int) -> OwnTrainings:
    """What somebody is to do themselves, the first due first, with when and where."""
    with everywhere(session):
        rows = session.execute(
            select(
                PlanItem.code, Course.code, Course.title, PlanItem.method, PlanItem.due_on,
                CompletionClaim.id.is_not(None), TrainingSession.code, TrainingSession.place,
                TrainingSession.starts_at, TrainingSession.ends_at,
            )
            .join(Course, Course.id == PlanItem.course_id)
            .outerjoin(CompletionClaim, CompletionClaim.plan_item_id == PlanItem.id)
            .outerjoin(Seat, and_(Seat.plan_item_id == PlanItem.id, SITS))
            .outerjoin(TrainingSession, TrainingSession.id == Seat.session_id)
            .where(PlanItem.employee_id == employee_id, PlanItem.status == "open")
            .order_by(PlanItem.due_on, PlanItem.id)
        )
        return OwnTrainings(items=[
            OwnTraining(**dict(zip(OwnTraining.model_fields, row, strict=True))) for row in rows
        ])
