"""The feed by API: what happened in the domains, in order, behind a cursor."""

from collections.abc import Callable

from fastapi.testclient import TestClient
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from service.events.tables import Outgoing
from tests.service.conftest import Put

Headers = Callable[[str], dict[str, str]]


def _ordered(session: Session) -> None:
    """What the worker does once the transaction is committed; a test's never is."""
    for number, event in enumerate(session.scalars(select(Outgoing.id).order_by(Outgoing.id)), 1):
        session.execute(update(Outgoing).where(Outgoing.id == event).values(position=10**9 + number))


def test_a_follower_reads_on_from_where_it_was(
    api: TestClient, signed_in: Headers, site: Put, session: Session
) -> None:
    headers = signed_in("data")
    _ordered(session)
    first = api.get("/api/v1/events", params={"limit": 4}, headers=headers).json()
    assert [event["name"] for event in first["items"]] == ["departments.recorded"] * 2 + [
        "employees.recorded", "standards.recorded"
    ]
    rest = api.get("/api/v1/events", params={"cursor": first["next"]}, headers=headers).json()
    total = session.scalar(select(func.count()).select_from(Outgoing))
    assert len(first["items"]) + len(rest["items"]) == total
    end = api.get("/api/v1/events", params={"cursor": rest["next"]}, headers=headers).json()
    assert (end["items"], end["next"]) == ([], rest["next"])
    ids = [event["id"] for event in first["items"] + rest["items"]]
    assert len(set(ids)) == total
    only = api.get("/api/v1/events", params={"name": "courses.recorded"}, headers=headers).json()["items"]
    assert [event["name"] for event in only] == ["courses.recorded"]
