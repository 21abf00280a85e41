"""Reading what changed, answering what is asked about it, and saying that one took a course."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from service.access import Principal
from service.courses.tables import Course, TrainingRecord
from service.db.context import everywhere
from service.errors import Conflict, NotFound
from service.events.publishing import Event, publish
from service.people.tables import Employee
from service.reading import rules
from service.reading.schemas import Answered, QuizGiven
from service.reading.tables import CompletionClaim, Quiz, QuizAttempt
from service.retraining.completing import complete_all
from service.retraining.schemas import Completion
from service.retraining.tables import PlanItem


def add(session: Session, given: QuizGiven, actor: Principal) -> Quiz:
    """Keep a quiz for a course. Raises `NotFound`."""
    course = session.scalar(select(Course.id).where(Course.code == given.course_code))
    if course is None:
        raise NotFound(f"There is no course {given.course_code!r}.")
    made = Quiz(
        course_id=course, standard_version=given.standard_version, pass_mark=given.pass_mark,
        questions=[question.model_dump(exclude_none=True) for question in given.questions],
        account_id=actor.account_id,
    )
    session.add(made)
    session.flush()
    return made


def answer(session: Session, item_code: str, employee_id: int, answers: Sequence[int]) -> Answered:
    """Keep what somebody answered; who passes, or is asked nothing, has read and understood it.

    Raises `NotFound` for what is not theirs, `Conflict` for what is not open or is no reading, `RetraceError` where a
    question is not answered.
    """
    with everywhere(session):  # their own item, wherever its process is
        item = _own(session, item_code, employee_id)
        if item.method != "read":
            raise Conflict(f"Plan item {item_code} is for a whole course: it is not done by reading.")
        quiz = quiz_for(session, item)
        if quiz is None:
            _complete(session, item_code, Completion(result="passed"))
            return Answered(outcome="passed", share=None, tries_left=0)
        share = rules.share_right([question["right"] for question in quiz.questions], answers)
        before = failed(session, item.id)
        outcome = rules.outcome(share, quiz.pass_mark, before)
        session.add(QuizAttempt(
            plan_item_id=item.id, quiz_id=quiz.id, answers=list(answers), share=share, passed=outcome == "passed"
        ))
        session.flush()
        if outcome != "try_again":
            _complete(session, item_code, Completion(result=outcome, score=round(100 * share, 1)))
        return Answered(outcome=outcome, share=share, tries_left=max(rules.ATTEMPTS - before - 1, 0))


def claim(session: Session, item_code: str, employee_id: int) -> None:
    """Keep somebody's word that they took a course; planners are told, and record the result.

    Raises `NotFound` for what is not theirs, `Conflict` for what is not open any more.
    """
    with everywhere(session):
        item = _own(session, item_code, employee_id)
        made = insert(CompletionClaim).values(plan_item_id=item.id).on_conflict_do_nothing()
        if session.scalar(made.returning(CompletionClaim.id)) is not None:
            publish(session, Event("plan_item.claimed", f"plan_items/{item_code}"))


def quiz_for(session: Session, item: PlanItem) -> Quiz | None:
    """The newest quiz for what an item teaches: of its version, else of no version in particular."""
    version = item.standard_version or session.scalar(
        select(TrainingRecord.standard_version).where(TrainingRecord.id == item.training_id)
    )
    fits = Quiz.standard_version.is_(None) | (Quiz.standard_version == version)
    return session.scalar(
        select(Quiz).where(Quiz.course_id == item.course_id, fits)
        .order_by(Quiz.standard_version.is_(None), Quiz.id.desc()).limit(1)
    )


def failed(session: Session, item_id: int) -> int:
    """How many attempts at an item's quiz failed."""
    query = select(func.count()).where(QuizAttempt.plan_item_id == item_id, QuizAttempt.passed.is_(False))
    return session.scalar(query) or 0


def own_number(session: Session, actor: Principal) -> int:
    """The employee behind an account. Raises `NotFound`."""
    with everywhere(session):
        found = session.scalar(select(Employee.id).where(Employee.code == actor.employee_code))
    if found is None:
        raise NotFound("Your account is no employee's; ask an administrator to name yours.")
    return found


def _own(session: Session, code: str, employee_id: int) -> PlanItem:
    query = select(PlanItem).where(PlanItem.code == code, PlanItem.employee_id == employee_id)
    item = session.scalar(query.execution_options(populate_existing=True))
    if item is None:
        raise NotFound(f"You have no training {code!r}.")
    if item.status != "open":
        raise Conflict(f"This training ({code}) is {item.status}; there is nothing left to do.")
    return item


def _complete(session: Session, code: str, given: Completion) -> None:
    complete_all(session, {code: given})
