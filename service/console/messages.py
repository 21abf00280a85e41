"""One's own messages, and how many of them are unread."""

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request, Response

from service.access import Actor, Transaction
from service.console.language import spoken
from service.console.notes import confirmed
from service.console.pages import page
from service.console.session import MEMBERS
from service.messages import inbox
from service.messages.schemas import MessagesAsked
from service.records.wiretypes import Id

router = APIRouter(include_in_schema=False, dependencies=MEMBERS, prefix="/messages")

#: how many messages a page shows
_SHOWN = 50


@router.get("")
def messages(
    request: Request, transaction: Transaction, actor: Actor,
    before: Annotated[str | None, Query(max_length=500)] = None,
) -> Response:
    """The inbox, newest first."""
    asked = MessagesAsked(cursor=before or None, limit=_SHOWN)
    found = inbox.inbox(transaction, actor, asked, spoken(request, actor.locale).code)
    return page(request, "messages.html", messages=found.items, older=found.next)


@router.get("/unread")
def unread(request: Request, transaction: Transaction, actor: Actor) -> Response:
    """The badge beside the page's name."""
    return page(request, "unread.html", unread=inbox.unread(transaction, actor))


@router.post("/read")
def read(request: Request, transaction: Transaction, actor: Actor, upto: Annotated[Id, Form()]) -> Response:
    """Mark everything that was shown, and what is older, as read."""
    inbox.mark_read_up_to(transaction, actor, upto)
    return confirmed(request, "/messages", "read")
