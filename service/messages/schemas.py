"""Wire shapes of messages, their deliveries, chats and webhooks."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from service.records.paging import Asked
from service.records.wiretypes import Id, Text

_CLOSED = ConfigDict(extra="forbid")

State = Literal["waiting", "sent", "failed"]


class MessagesAsked(Asked):
    """What may be asked of one's messages."""

    unread: bool | None = Field(None, description="true: only those not read yet; false: only those read")


class MessageRead(BaseModel):
    """A message, in its reader's language."""

    id: int
    kind: str
    about: str = Field(description="The record it is about, as a path under /api/v1")
    title: str
    body: str
    created_at: AwareDatetime
    read_at: AwareDatetime | None


class MessagePage(BaseModel):
    """A page of messages, newest first."""

    items: list[MessageRead]
    next: str | None = None


class Unread(BaseModel):
    """How many messages one has not read."""

    unread: int


class ReadUpTo(BaseModel):
    """The newest message one has seen."""

    model_config = _CLOSED

    upto: Id


class DeliveriesAsked(Asked):
    """What may be asked of deliveries."""

    state: State | None = None


class DeliveryRead(BaseModel):
    """A message on its way out; `sent` when the mail server or the chat took it."""

    id: int
    message_id: int
    kind: str
    about: str
    by: Literal["email", "chat", "site_chat"]
    state: State
    attempts: int
    due_at: AwareDatetime | None = Field(description="When it is tried next, while it waits")
    created_at: AwareDatetime
    sent_at: AwareDatetime | None
    problem: str | None = Field(description="Why the last attempt failed")


class DeliveryPage(BaseModel):
    """A page of deliveries, in the order they were made."""

    items: list[DeliveryRead]
    next: str | None = None


class ChannelGiven(BaseModel):
    """A chat to have one's messages in."""

    model_config = _CLOSED

    url: Annotated[Text, Field(max_length=500)] = Field(
        description="An Apprise address: wecombot://KEY, dingtalk://TOKEN, feishu://TOKEN or lark://TOKEN"
    )


class ChannelRead(BaseModel):
    """A chat; never its address, which is a secret."""

    id: int
    service: str
    created_at: AwareDatetime


class ChannelPage(BaseModel):
    """A page of chats."""

    items: list[ChannelRead]
    next: str | None = None


EventName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*(\.[a-z0-9_-]+)+$", max_length=100)]


class WebhookGiven(BaseModel):
    """Where events are to be told."""

    model_config = _CLOSED

    url: Annotated[Text, Field(max_length=2000)] = Field(description="http or https, at a public address")
    events: list[EventName] = Field(max_length=100, description="The events' names; none: all events")
    cursor: Id | None = Field(None, description="Tell what comes behind this place of the feed; null: from now on")


class WebhookRead(BaseModel):
    """A webhook; `cursor` is the place of the last event it got, in the feed GET /api/v1/events reads."""

    id: int
    url: str
    events: list[str]
    state: Literal["delivering", "failing", "disabled"]
    cursor: int
    waiting: int = Field(description="How many events it has still to be told, counted up to 10,000")
    attempts: int = Field(description="Failed attempts at the next event")
    failing_since: AwareDatetime | None
    due_at: AwareDatetime | None = Field(description="When the next event is tried, while it fails")
    problem: str | None
    delivered_at: AwareDatetime | None
    created_at: AwareDatetime


class WebhookMade(WebhookRead):
    """A new webhook and the secret its bodies are signed with, told this once."""

    secret: str


class WebhookPage(BaseModel):
    """A page of webhooks."""

    items: list[WebhookRead]
    next: str | None = None


class ReplayGiven(BaseModel):
    """From where to tell events again."""

    model_config = _CLOSED

    cursor: Id = Field(description="The place behind which to begin: a `cursor` of the feed, 0 for its start")
