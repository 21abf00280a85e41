"""Routes: what users say of Retrace itself."""

from typing import Annotated

from fastapi import APIRouter, Query, Response, status

from service.access import Actor, Transaction
from service.feedback import actions
from service.feedback.schemas import FeedbackAsked, FeedbackGiven, FeedbackPage, FeedbackRead, FeedbackStepTaken
from service.records.tags import IfMatch, IfNoneMatch, is_known, refuse_unread
from service.records.wiretypes import Named

router = APIRouter(tags=["feedback"])


@router.post("/feedback", status_code=status.HTTP_201_CREATED)
def give(body: FeedbackGiven, transaction: Transaction, actor: Actor, response: Response) -> FeedbackRead:
    """Say what works badly, what you wish for, what you do not understand, or what is good."""
    made = actions.give(transaction, body, actor)
    found, response.headers["ETag"] = actions.one(transaction, made.code, actor)
    return found


@router.get("/feedback")
def listed(transaction: Transaction, actor: Actor, asked: Annotated[FeedbackAsked, Query()]) -> FeedbackPage:
    """Your feedback with its answers, newest first; for administrators of the whole site everybody's."""
    return actions.listed(transaction, asked, actor)


@router.get(
    "/feedback/{code}", response_model=FeedbackRead,
    responses={304: {"description": "Unchanged since the ETag in If-None-Match"}},
)
def one(
    code: Named, transaction: Transaction, actor: Actor, response: Response, if_none_match: IfNoneMatch = None
) -> FeedbackRead | Response:
    """One piece of feedback; its ETag is what a step names."""
    found, response.headers["ETag"] = actions.one(transaction, code, actor)
    if is_known(if_none_match, response.headers["ETag"]):
        return Response(status_code=status.HTTP_304_NOT_MODIFIED, headers=dict(response.headers))
    return found


@router.post("/feedback/{code}/steps", status_code=status.HTTP_201_CREATED)
def take(
    code: Named, body: FeedbackStepTaken, transaction: Transaction, actor: Actor, response: Response,
    if_match: IfMatch = None,
) -> FeedbackRead:
    """Answer feedback as you read it (administrators of the whole site), or open your own again."""
    actions.take(transaction, code, body, actor, refuse_unread(if_match))
    found, response.headers["ETag"] = actions.one(transaction, code, actor)
    return found
