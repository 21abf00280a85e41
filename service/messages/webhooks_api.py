"""Routes: webhooks, by administrators for the whole site."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, status

from service.access import Transaction, allow
from service.messages import webhooks
from service.messages.schemas import ReplayGiven, WebhookGiven, WebhookMade, WebhookPage, WebhookRead
from service.records.paging import Asked
from service.records.wiretypes import Id

router = APIRouter(prefix="/webhooks", tags=["webhooks"], dependencies=[Depends(allow(whole_site=True))])


@router.get("")
def every(transaction: Transaction, asked: Annotated[Asked, Query()]) -> WebhookPage:
    """Which addresses are told of events, and how far they have got."""
    return webhooks.webhooks(transaction, asked)


@router.post("", status_code=status.HTTP_201_CREATED)
def add(body: WebhookGiven, transaction: Transaction) -> WebhookMade:
    """Have an address told of events, in order; the secret its bodies are signed with is told this once."""
    return webhooks.add(transaction, body)


@router.get("/{webhook_id}")
def one(webhook_id: Id, transaction: Transaction) -> WebhookRead:
    """How far a webhook has got, and what is wrong."""
    return webhooks.webhook(transaction, webhook_id)


@router.delete("/{webhook_id}", status_code=status.HTTP_204_NO_CONTENT)
def remove(webhook_id: Id, transaction: Transaction) -> None:
    """Tell an address nothing any more."""
    webhooks.remove(transaction, webhook_id)


@router.post("/{webhook_id}/replay")
def replay(webhook_id: Id, body: ReplayGiven, transaction: Transaction) -> WebhookRead:
    """Tell everything behind a place of the feed again, under the same ids."""
    return webhooks.replay(transaction, webhook_id, body.cursor)


@router.post("/{webhook_id}/enable")
def enable(webhook_id: Id, transaction: Transaction) -> WebhookRead:
    """Go on where a disabled webhook stopped."""
    return webhooks.enable(transaction, webhook_id)
