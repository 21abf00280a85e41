"""The feed by API: what happened in the domains, in order, behind a cursor."""

from collections.abc import Callable

from fastapi.testclient import TestClient
from sqlalchemy import BigInteger, Text, cast, func, select, update
from sqlalchemy.orm import Session

from service.events.tables import Outgoing
from tests.service.conftest import Put

Headers = Callable[[str], dict[str, str]]


#: behind whatever others have published
BEFORE = 10**9


def _ordered(session: Session) -> int:
    """What the worker does once a transaction is committed; a test's never is. How many events there were."""
    mine = Outgoing.txid == cast(cast(func.pg_current_xact_id(), Text), BigInteger)
    events = session.scalars(select(Outgoing.id).where(mine).order_by(Outgoing.id)).all()
    for number, event in enumerate(events, 1):
        session.execute(update(Outgoing).where(Outgoing.id == event).values(position=BEFORE + number))
    return len(events)


def test_a_follower_reads_on_from_where_it_was(
    api: TestClient, signed_in: Headers, site: Put, session: Session
) -> None:
    headers = signed_in("data")
    total = _ordered(session)
    first = api.get("/api/v1/events", params={"limit": 4, "cursor": BEFORE}, headers=headers).json()
    assert [event["name"] for event in first["items"]] == ["departments.recorded"] * 2 + [
        "employees.recorded", "standards.recorded"
    ]
    rest = api.get("/api/v1/events", params={"cursor": first["next"]}, headers=headers).json()
    assert len(first["items"]) + len(rest["items"]) == total
    end = api.get("/api/v1/events", params={"cursor": rest["next"]}, headers=headers).json()
    assert (end["items"], end["next"]) == ([], rest["next"])
    ids = [event["id"] for event in first["items"] + rest["items"]]
    assert len(set(ids)) == total
    asked = {"name": "courses.recorded", "cursor": BEFORE}
    only = api.get("/api/v1/events", params=asked, headers=headers).json()["items"]
    assert [event["name"] for event in only] == ["courses.recorded"]
