"""Choosing a password of one's own, and what leads there."""

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.access import COOKIE
from service.people.actions import recognise, reset_password
from service.people.tables import Account
from tests.service.console import site
from tests.service.console.conftest import signed_in

CHOSEN = "a sentence of my own"


def _typed(**changed: str) -> dict[str, str]:
    return {"old": site.PASSWORD, "new": CHOSEN, "again": CHOSEN} | changed


@pytest.fixture
def newcomer(client: TestClient, session: Session) -> TestClient:
    reset_password(session, "hua", "given")
    session.commit()
    assert client.post("/login", data={"login": "hua", "password": "given"}).status_code == 303
    return client


@pytest.mark.parametrize("address", ["/", "/planner", "/quality", "/audit"])
def test_a_one_time_password_leads_to_choosing_another_from_everywhere(newcomer: TestClient, address: str) -> None:
    answer = newcomer.get(address)
    assert (answer.status_code, answer.headers["location"]) == (303, "/password")
    assert "good for this once" in newcomer.get("/password").text


def test_with_a_password_of_ones_own_one_goes_on(newcomer: TestClient, session: Session) -> None:
    before = newcomer.cookies[COOKIE]
    done = newcomer.post("/password", data=_typed(old="given"))
    assert (done.status_code, done.headers["location"]) == (303, "/")
    assert "Your password is changed" in newcomer.get("/").text
    assert newcomer.get("/planner").status_code == 200
    assert recognise(session, before) is None
    newcomer.post("/logout")
    assert newcomer.post("/login", data={"login": "hua", "password": "given"}).status_code == 401
    assert newcomer.post("/login", data={"login": "hua", "password": CHOSEN}).status_code == 303


@pytest.mark.parametrize(
    ("changed", "status", "says"),
    [({"old": "wrong"}, 401, "Login or password is wrong."), ({"again": "another"}, 422, "not typed the same way"),
     ({"new": "short", "again": "short"}, 422, "too short"),
     ({"new": site.PASSWORD, "again": site.PASSWORD}, 422, "is the old one")],
)
def test_what_cannot_be_chosen_is_said(
    planner: TestClient, session: Session, changed: dict[str, str], status: int, says: str
) -> None:
    before = session.scalar(select(Account.password_hash).where(Account.login == "hua"))
    answer = planner.post("/password", data=_typed(**changed))
    assert answer.status_code == status
    assert says in answer.text
    assert CHOSEN not in answer.text
    assert session.scalar(select(Account.password_hash).where(Account.login == "hua")) == before


def test_who_sits_at_an_open_session_may_not_guess_its_password(planner: TestClient) -> None:
    assert [planner.post("/password", data=_typed(old="guess")).status_code for _ in range(5)] == [401] * 5
    answer = planner.post("/password", data=_typed())
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 30


@pytest.mark.parametrize(("language", "says"), [("en", "This form is no longer valid"), ("zh", "此表单已失效")])
def test_a_form_that_is_not_ours_is_said_to_be_so(client: TestClient, language: str, says: str) -> None:
    signed_in(client, "hua").cookies.set("retrace_language", language)
    answer = client.post("/password", data=_typed(proof="0" * 64))
    assert answer.status_code == 403
    assert says in answer.text
