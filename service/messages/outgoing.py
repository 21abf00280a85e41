"""Messages on their way out: what is to be sent, what became of it, and trying again."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, func, insert, literal, select
from sqlalchemy.orm import Session

from service.clock import now
from service.errors import Conflict, NotFound
from service.events.publishing import Event
from service.messages.schemas import DeliveriesAsked, DeliveryPage, DeliveryRead
from service.messages.tables import Channel, Message, MessageDelivery
from service.people.reach import reached_accounts, reached_employees
from service.records.paging import Cursors
from service.records.wiretypes import Id
from service.settings import settings

_DELIVERIES = Cursors("message-deliveries", Id)

_COLUMNS = ["message_id", "by", "channel", "due_at"]


def prepare(session: Session, event: Event, event_id: UUID) -> None:
    """Note by which ways each message of a batch goes out."""
    batch = UUID(event.subject.rpartition("/")[2])
    ways = [_into_chats(batch)]
    if settings().smtp_url is not None:
        ways.append(_by_email(batch))
    ways += [_into_site_chat(batch, number) for number in range(len(settings().chats))]
    for way in ways:
        session.execute(insert(MessageDelivery).from_select(_COLUMNS, way))


def _by_email(batch: UUID) -> Select[int, str, int, datetime]:
    accounts, people = reached_accounts().subquery(), reached_employees().subquery()
    return (
        select(Message.id, literal("email"), literal(0), literal(now()))
        .outerjoin(accounts, accounts.c.id == Message.account_id)
        .outerjoin(people, people.c.id == Message.employee_id)
        .where(Message.batch == batch, func.coalesce(accounts.c.email, people.c.email).is_not(None))
    )


def _into_chats(batch: UUID) -> Select[int, str, int, datetime]:
    return (
        select(Message.id, literal("chat"), Channel.id, literal(now()))
        .join(Channel, Channel.account_id == Message.account_id)
        .where(Message.batch == batch, Channel.removed_at.is_(None))
    )


def _into_site_chat(batch: UUID, number: int) -> Select[int, str, int, datetime]:
    """What a role is told, once; what is for one person's eyes does not go into a chat of many."""
    told = select(Message.id, literal("site_chat"), literal(number), literal(now()))
    return told.where(Message.batch == batch, Message.announced)


def deliveries(session: Session, asked: DeliveriesAsked) -> DeliveryPage:
    """Deliveries in the order they were made. Raises `BadCursor`."""
    query = _DELIVERIES.as_made(_told(), asked, MessageDelivery.id, MessageDelivery.updated_at)
    if asked.state is not None:
        query = query.where(MessageDelivery.state == asked.state)
    found = session.execute(query).all()
    following = _DELIVERIES.following(asked, [row[0].id for row in found])
    return DeliveryPage(items=[_read(*row) for row in found], next=following)


def retry(session: Session, delivery_id: int) -> DeliveryRead:
    """Have a delivery tried again at once. Raises `NotFound`, and `Conflict` for one that was sent."""
    found = session.execute(
        _told().where(MessageDelivery.id == delivery_id).with_for_update(of=MessageDelivery)
    ).one_or_none()
    if found is None:
        raise NotFound(f"There is no delivery {delivery_id}.")
    delivery, kind, about = found
    if delivery.state == "sent":
        raise Conflict("This was sent, and is not sent twice; send the person another message.")
    if delivery.taken_until is not None and delivery.taken_until > now():
        raise Conflict("This is being sent at this moment; look again in a few minutes.")
    delivery.state, delivery.attempts, delivery.due_at = "waiting", 0, now()
    session.flush()
    return _read(delivery, kind, about)


def _told() -> Select[MessageDelivery, str, str]:
    return select(MessageDelivery, Message.kind, Message.about).join(Message)


def _read(one: MessageDelivery, kind: str, about: str) -> DeliveryRead:
    own = ("id", "message_id", "by", "state", "attempts", "created_at", "sent_at", "problem")
    return DeliveryRead(
        **{name: getattr(one, name) for name in own}, kind=kind, about=about,
        due_at=one.due_at if one.state == "waiting" else None,
    )
