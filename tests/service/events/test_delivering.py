"""Events reach their consumers after commit, at least once, in order for each subject, under a stable id."""

from datetime import timedelta
from threading import Thread
from uuid import UUID

import pytest
from sqlalchemy import Engine, delete, insert, select, update
from sqlalchemy.orm import Session

from service.events.delivering import Consumer, deliver, relay, wait
from service.events.feed import after
from service.events.publishing import Event, _handlers, handle, publish
from service.events.tables import Delivery, Outgoing
from service.people.tables import Department
from tests.service.database import Database

Heard = list[tuple[str, str, UUID]]


@pytest.fixture
def engine(own: Database) -> Engine:
    """The module's own database, its outbox empty."""
    with own.owner.begin() as owner:
        owner.execute(delete(Delivery))
        owner.execute(delete(Outgoing))
    return own.app


def _published(engine: Engine, *events: Event) -> None:
    with Session(engine) as session, session.begin():
        publish(session, *events)


def _listening(heard: Heard, *names: str) -> dict[str, Consumer]:
    def consume(session: Session, event: Event, event_id: UUID) -> None:
        heard.append((event.subject, str(event.data.get("n")), event_id))

    return {"listener": Consumer(frozenset(names or ("happened",)), consume)}


def _delivered(engine: Engine, consumers: dict[str, Consumer]) -> int:
    with Session(engine) as session, session.begin():
        relay(session, consumers)
    count = 0
    while True:
        with Session(engine) as session, session.begin():
            if not deliver(session, consumers):
                return count
        count += 1


def _happened(subject: str, number: int) -> Event:
    return Event("happened", subject, {"n": number})


def test_it_is_told_after_commit_and_never_without(engine: Engine) -> None:
    heard: Heard = []
    consumers = _listening(heard)
    with Session(engine) as session, session.begin() as transaction:
        publish(session, _happened("a", 1))
        assert _delivered(engine, consumers) == 0
        transaction.rollback()
    assert _delivered(engine, consumers) == 0
    _published(engine, _happened("a", 2), Event("other", "a"))
    assert _delivered(engine, consumers) == 1
    assert _delivered(engine, consumers) == 0
    assert [(subject, number) for subject, number, _ in heard] == [("a", "2")]


def test_a_failing_event_is_tried_again_under_its_id_and_holds_back_only_its_subject(engine: Engine) -> None:
    heard: Heard = []
    attempts: list[UUID] = []
    listening = _listening(heard)["listener"].consume

    def consume(session: Session, event: Event, event_id: UUID) -> None:
        if event.data["n"] == 1 and len(attempts) < 2:
            attempts.append(event_id)
            session.execute(insert(Department).values(code="HALF", name="x", function="quality"))
            raise RuntimeError("out of order")
        listening(session, event, event_id)

    consumers = {"listener": Consumer(frozenset({"happened"}), consume)}
    _published(engine, _happened("a", 1), _happened("a", 2), _happened("b", 3))
    assert _delivered(engine, consumers) == 2
    assert [(subject, number) for subject, number, _ in heard] == [("b", "3")]
    for _ in range(2):
        with Session(engine) as session, session.begin():
            told = session.scalars(select(Delivery.problem).where(Delivery.problem.is_not(None))).one()
            assert told == "RuntimeError: out of order"
            assert session.scalar(select(Department).where(Department.code == "HALF")) is None
            session.execute(update(Delivery).values(due_at=Delivery.due_at - timedelta(hours=1)))
        _delivered(engine, consumers)
    assert [(subject, number) for subject, number, _ in heard] == [("b", "3"), ("a", "1"), ("a", "2")]
    assert attempts == [heard[1][2]] * 2


def test_what_a_consumer_died_over_is_told_again(engine: Engine) -> None:
    heard: Heard = []
    consumers = _listening(heard)
    _published(engine, _happened("a", 1))
    with Session(engine) as session, session.begin():
        relay(session, consumers)
    with Session(engine) as session:
        assert deliver(session, consumers)
        session.rollback()  # the process was killed before it could commit
    assert _delivered(engine, consumers) == 1
    assert heard[0] == heard[1]


def test_many_publishers_and_workers_lose_nothing_and_keep_each_subjects_order(engine: Engine) -> None:
    heard: Heard = []
    consumers = _listening(heard)

    def work(subject: str) -> None:
        for number in range(10):
            _published(engine, _happened(subject, number))

    threads = [Thread(target=work, args=(f"s{n}",)) for n in range(6)]
    threads += [Thread(target=lambda: [_delivered(engine, consumers) for _ in range(10)]) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    _delivered(engine, consumers)
    assert len({event_id for *_, event_id in heard}) == 60
    for subject in {subject for subject, *_ in heard}:
        assert [number for told, number, _ in heard if told == subject] == [str(n) for n in range(10)]


def test_the_feed_never_tells_an_event_before_one_that_was_told(engine: Engine) -> None:
    early, late = Session(engine), Session(engine)
    try:
        publish(early, _happened("a", 1))
        publish(late, _happened("b", 2))
        late.commit()
        assert _feed(engine, 0) == []  # the older transaction may still commit
        early.commit()
    finally:
        early.close()
        late.close()
    told = _feed(engine, 0)
    assert [number for _, number in told] == [1, 2]
    assert _feed(engine, told[0][0]) == told[1:]
    assert _feed(engine, told[1][0]) == []


def _feed(engine: Engine, position: int) -> list[tuple[int, object]]:
    with Session(engine) as session, session.begin():
        relay(session, {})
        return [(row.position, row.data["n"]) for row in after(session, position, 100)]


def test_a_handler_is_part_of_the_act(engine: Engine) -> None:
    def refuse(session: Session, event: Event) -> None:
        session.execute(insert(Department).values(code="UNDONE", name="x", function="quality"))
        raise ValueError("not so")

    handle("refused", refuse)
    try:
        with pytest.raises(ValueError, match="not so"):
            _published(engine, Event("refused", "x"))
    finally:
        _handlers["refused"].remove(refuse)
    with Session(engine) as session:
        assert session.scalar(select(Department).where(Department.code == "UNDONE")) is None
        assert session.scalar(select(Outgoing).where(Outgoing.name == "refused")) is None


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 1), (2, 2), (5, 16), (12, 2048), (13, 3600), (99, 3600)])
def test_the_wait_doubles_up_to_an_hour(attempts: int, seconds: int) -> None:
    assert wait(attempts) == timedelta(seconds=seconds)
