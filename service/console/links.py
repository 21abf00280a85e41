"""Following a link from a message: looked at as often as one likes, acted on once, without signing in."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response

from service.access import Transaction, public
from service.console import reading
from service.console.language import spoken
from service.console.origin import same_origin, unforged_either_way
from service.console.pages import page
from service.messages import inbox, links

router = APIRouter(
    include_in_schema=False, prefix="/links",
    dependencies=[Depends(same_origin), Depends(public), Depends(unforged_either_way)],
)

#: what is read and answered has a page of its own
router.include_router(reading.linked)

Purpose = Annotated[str, Path(max_length=100)]
Token = Annotated[str, Path(max_length=200)]


@router.get("/{purpose}/{token}")
def ask(request: Request, transaction: Transaction, purpose: Purpose, token: Token) -> Response:
    """What the link asks for; only the button on the page acts on it."""
    return _page(request, transaction, links.look(transaction, token, purpose), done=False)


@router.post("/{purpose}/{token}")
def confirm(request: Request, transaction: Transaction, purpose: Purpose, token: Token) -> Response:
    """Do what the link is for, once."""
    return _page(request, transaction, links.follow(transaction, token, purpose), done=True)


def _page(request: Request, transaction: Transaction, link: links.Followed, *, done: bool) -> Response:
    said = inbox.said_of(transaction, link.message_id, spoken(request, None).code)
    return page(request, "link.html", link=link, said=said, done=done)
