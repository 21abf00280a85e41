from collections.abc import Callable
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update
from sqlalchemy.orm import Session

from service.clock import now
from service.errors import Conflict, Unauthorized
from service.people.actions import add_account, issue_token, recognise, sign_in, sign_out
from service.people.rules import LIFETIMES
from service.people.tables import Account

Headers = Callable[[str], dict[str, str]]


def test_who_knows_the_password_gets_a_token_that_is_recognised(session: Session) -> None:
    add_account(session, "ada", "Ada", "quality", "correct horse")
    principal = recognise(session, sign_in(session, "ada", "correct horse", "api"))
    assert principal is not None
    assert (principal.login, principal.role) == ("ada", "quality")


@pytest.mark.parametrize(("login", "password"), [("ada", "wrong"), ("nobody", "correct horse"), ("robot", "")])
def test_whatever_is_wrong_the_answer_is_the_same(session: Session, login: str, password: str) -> None:
    add_account(session, "ada", "Ada", "quality", "correct horse")
    add_account(session, "robot", "Robot", "data", None)
    with pytest.raises(Unauthorized, match=r"^Login or password is wrong\.$"):
        sign_in(session, login, password, "api")


def test_a_token_ends_with_its_time_its_account_or_on_signing_out(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = add_account(session, "ada", "Ada", "quality", None)
    disabled, left = issue_token(session, account, "api"), issue_token(session, account, "api")
    monkeypatch.setitem(LIFETIMES, "api", timedelta(seconds=-1))
    assert recognise(session, issue_token(session, account, "api")) is None
    sign_out(session, left)
    assert recognise(session, left) is None
    assert recognise(session, disabled) is not None
    session.execute(update(Account).values(disabled_at=now()))
    assert recognise(session, disabled) is None


def test_a_login_is_taken_once(session: Session) -> None:
    add_account(session, "ada", "Ada", "quality", None)
    with pytest.raises(Conflict, match="'ada' is taken"):
        add_account(session, "ada", "Another", "data", None)


def test_without_a_token_every_route_but_the_open_ones_refuses(api: TestClient) -> None:
    open_routes = {"/api/v1/tokens", "/healthz", "/readyz"}
    for path, methods in api.get("/openapi.json").json()["paths"].items():
        for method in set(methods) & {"get", "post"}:
            if path not in open_routes:
                url = path.replace("{code}", "X").replace("{suggestion_id}", "1")
                assert api.request(method, url, json={}).status_code == 401, (method, path)


@pytest.mark.parametrize(
    ("role", "table", "status"),
    [("quality", "standards", 201), ("people", "standards", 403), ("employee", "standards", 403),
     ("admin", "standards", 201)],
)
def test_only_those_who_own_a_record_write_it(
    api: TestClient, signed_in: Headers, role: str, table: str, status: int
) -> None:
    body = {"rows": [{"code": "S1", "title": "Title"}]}
    assert api.post(f"/api/v1/{table}", json=body, headers=signed_in(role)).status_code == status


def test_employees_do_not_read_others_records(api: TestClient, signed_in: Headers) -> None:
    assert api.get("/api/v1/training-records", headers=signed_in("employee")).status_code == 403
