"""Links work once, within their time, for their purpose; their page acts only when asked to."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from service.clock import now
from service.console.origin import FORM_COOKIE, PROOF, proof
from service.db.context import tell
from service.errors import NotFound
from service.events.publishing import Event, _handlers, handle
from service.messages import links
from service.messages.tables import Link

Finds = Callable[[str], int]


@pytest.fixture
def token(session: Session, employee: Finds) -> str:
    return links.issue(session, "visit", "plan-items/PI-1", employee("007"))


def test_a_link_is_used_once_for_its_purpose(session: Session, token: str, employee: Finds) -> None:
    assert links.look(session, token, "visit").about == "plan-items/PI-1"
    with pytest.raises(NotFound):
        links.use(session, token, "other")
    used = links.use(session, token, "visit")
    assert (used.purpose, used.about, used.employee_id) == ("visit", "plan-items/PI-1", employee("007"))
    for again in (links.use, links.look):
        with pytest.raises(links.LinkUsed, match="was used before"):
            again(session, token, "visit")


def test_a_link_ends_with_its_time(session: Session, token: str) -> None:
    session.execute(update(Link).values(expires_at=now() - timedelta(seconds=1)))
    with pytest.raises(links.LinkExpired, match="has expired"):
        links.use(session, token, "visit")


@pytest.mark.parametrize("wrong", ["", "x", "é" * 10])
def test_what_is_no_link_is_not_found(session: Session, token: str, wrong: str) -> None:
    with pytest.raises(NotFound):
        links.use(session, token + wrong if wrong else "", "visit")


def test_the_token_is_not_kept(session: Session, token: str) -> None:
    kept = session.scalars(select(Link)).one()
    assert token not in str(vars(kept))
    assert len(kept.digest) == 64


def test_it_works_for_who_sees_nothing(session: Session, token: str) -> None:
    tell(session, scope="")
    assert links.use(session, token, "visit").about == "plan-items/PI-1"


def test_its_page_may_be_opened_often_and_acts_once(api: TestClient, session: Session, token: str) -> None:
    heard: list[links.Followed] = []

    def listen(opened: Session, event: Event) -> None:
        heard.append(links.of(opened, event.data["link"]))

    path, browser = f"/links/visit/{token}", {"Cookie": f"{FORM_COOKIE}=b", "Accept": "text/html"}
    handle(links.FOLLOWED, listen)
    try:
        for _ in range(2):
            assert "plan-items/PI-1" in api.get(path, headers=browser).text
        assert api.post(path, headers=browser).status_code == 403  # no form of ours
        assert heard == []
        form = {PROOF: proof("b")}
        assert "your confirmation is recorded" in api.post(path, data=form, headers=browser).text
        again = api.post(path, data=form, headers=browser)
        assert again.status_code == 410
        assert "was used before" in again.text
    finally:
        _handlers[links.FOLLOWED].remove(listen)
    assert [one.about for one in heard] == ["plan-items/PI-1"]


def test_what_a_handler_refuses_leaves_the_link_as_it_was(api: TestClient, session: Session, token: str) -> None:
    def refuse(opened: Session, event: Event) -> None:
        raise NotFound("The plan is gone.")

    handle(links.FOLLOWED, refuse)
    try:
        browser = {"Cookie": f"{FORM_COOKIE}=b", "Accept": "text/html"}
        answer = api.post(f"/links/visit/{token}", data={PROOF: proof("b")}, headers=browser)
        assert answer.status_code == 404
    finally:
        _handlers[links.FOLLOWED].remove(refuse)
    assert links.use(session, token, "visit")
