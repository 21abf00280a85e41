"""Routes: quizzes, one's own training, and reading what changed."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, status

from service.access import Actor, Principal, Transaction, allow
from service.reading import actions, queries
from service.reading.schemas import (
    Answered,
    Answers,
    OwnTrainings,
    QuizGiven,
    QuizPage,
    QuizRead,
    QuizzesAsked,
    Reading,
)
from service.records.routes import READERS
from service.records.wiretypes import Named

router = APIRouter(tags=["reading"])


@router.get("/quizzes", dependencies=[Depends(allow(*READERS))])
def quizzes(transaction: Transaction, asked: Annotated[QuizzesAsked, Query()]) -> QuizPage:
    """Quizzes with their right answers, newest first."""
    return queries.quizzes(transaction, asked)


@router.post("/quizzes", status_code=status.HTTP_201_CREATED)
def add(
    body: QuizGiven, transaction: Transaction, actor: Annotated[Principal, Depends(allow("people", "quality"))]
) -> QuizRead:
    """Ask a few questions of who is to read what a course teaches; the newest quiz counts."""
    return queries.read(actions.add(transaction, body, actor), body.course_code)


@router.get("/me/training")
def own(transaction: Transaction, actor: Actor) -> OwnTrainings:
    """What you are to do yourself, the first due first, with when and where."""
    return queries.own(transaction, actions.own_number(transaction, actor))


@router.get("/me/training/{code}/reading")
def reading(code: Named, transaction: Transaction, actor: Actor) -> Reading:
    """What you are to read, and what is asked about it."""
    return queries.reading(transaction, code, actions.own_number(transaction, actor))


@router.post("/me/training/{code}/reading", status_code=status.HTTP_201_CREATED)
def answer(code: Named, body: Answers, transaction: Transaction, actor: Actor) -> Answered:
    """Say that you read and understood it, with your answers to what is asked."""
    return actions.answer(transaction, code, actions.own_number(transaction, actor), body.answers)


@router.post("/me/training/{code}/claim", status_code=status.HTTP_204_NO_CONTENT)
def claim(code: Named, transaction: Transaction, actor: Actor) -> None:
    """Say that you took a course; who plans records the result."""
    actions.claim(transaction, code, actions.own_number(transaction, actor))
