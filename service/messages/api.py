"""Routes: one's own messages and chats; for administrators, what is on its way out."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, status

from service.access import Actor, Transaction, allow
from service.messages import channels, inbox, outgoing
from service.messages.schemas import (
    ChannelGiven,
    ChannelPage,
    ChannelRead,
    DeliveriesAsked,
    DeliveryPage,
    DeliveryRead,
    MessagePage,
    MessageRead,
    MessagesAsked,
    ReadUpTo,
    Unread,
)
from service.records.paging import Asked
from service.records.wiretypes import Id

router = APIRouter(tags=["messages"])

_ADMINISTRATOR = [Depends(allow(whole_site=True))]


@router.get("/messages")
def messages(transaction: Transaction, actor: Actor, asked: Annotated[MessagesAsked, Query()]) -> MessagePage:
    """One's own messages, newest first."""
    return inbox.inbox(transaction, actor, asked)


@router.get("/messages/unread")
def unread(transaction: Transaction, actor: Actor) -> Unread:
    """How many messages one has not read."""
    return Unread(unread=inbox.unread(transaction, actor))


@router.post("/messages/read")
def read_up_to(body: ReadUpTo, transaction: Transaction, actor: Actor) -> Unread:
    """Mark a message and all before it as read; how many are left unread."""
    inbox.mark_read_up_to(transaction, actor, body.upto)
    return Unread(unread=inbox.unread(transaction, actor))


@router.post("/messages/{message_id}/read")
def read(message_id: Id, transaction: Transaction, actor: Actor) -> MessageRead:
    """Mark a message as read."""
    return inbox.mark_read(transaction, actor, message_id)


@router.get("/message-channels")
def every_channel(transaction: Transaction, actor: Actor, asked: Annotated[Asked, Query()]) -> ChannelPage:
    """The chats one has one's messages in."""
    return channels.channels(transaction, actor, asked)


@router.post("/message-channels", status_code=status.HTTP_201_CREATED)
def add_channel(body: ChannelGiven, transaction: Transaction, actor: Actor) -> ChannelRead:
    """Have one's messages in a chat as well: WeCom, DingTalk, Feishu or Lark."""
    return channels.add(transaction, actor, body.url)


@router.delete("/message-channels/{channel_id}", status_code=status.HTTP_204_NO_CONTENT)
def remove_channel(channel_id: Id, transaction: Transaction, actor: Actor) -> None:
    """Have no more messages in a chat."""
    channels.remove(transaction, actor, channel_id)


@router.get("/message-deliveries", dependencies=_ADMINISTRATOR)
def deliveries(transaction: Transaction, asked: Annotated[DeliveriesAsked, Query()]) -> DeliveryPage:
    """Messages on their way out, sent, or failed, and why."""
    return outgoing.deliveries(transaction, asked)


@router.post("/message-deliveries/{delivery_id}/retry", dependencies=_ADMINISTRATOR)
def retry(delivery_id: Id, transaction: Transaction) -> DeliveryRead:
    """Try a delivery again at once."""
    return outgoing.retry(transaction, delivery_id)
