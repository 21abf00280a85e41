"""Routes: what became of what was reported, and plans that answer it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, status

from service.access import Principal, Transaction, allow
from service.answers import actions, queries
from service.answers.schemas import Answer, AnswerDrafted, AnswerGiven, AnswerPage, AnswersAsked
from service.audit.reads import personal
from service.records.routes import READERS
from service.records.wiretypes import Named

router = APIRouter(tags=["answers"])

Reader = Annotated[Principal, Depends(allow(*READERS, "employee"))]


@router.get("/answers", dependencies=[personal("difficulty_reports")])
def answers(transaction: Transaction, actor: Reader, asked: Annotated[AnswersAsked, Query()]) -> AnswerPage:
    """You said, we did: reports, what each is about, the plans that answer it and what these came to; newest first."""
    return queries.answers(transaction, asked, actor)


@router.get("/answers/{code:path}", dependencies=[personal("difficulty_reports")])
def answer(code: Named, transaction: Transaction, actor: Reader) -> Answer:
    """What became of one difficulty report."""
    return queries.answer(transaction, code, actor)


@router.post("/answers", status_code=status.HTTP_201_CREATED)
def draft(
    body: AnswerGiven, transaction: Transaction, actor: Annotated[Principal, Depends(allow("people"))]
) -> AnswerDrafted:
    """Draft one plan that answers reports and issues: whoever does what they are about learns what teaches it."""
    return AnswerDrafted(plan_code=actions.draft(transaction, body, actor).code)
