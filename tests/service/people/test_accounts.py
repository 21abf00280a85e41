"""Accounts: made, changed and disabled by administrators for the whole site; and passwords of one's own."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.people.actions import add_account, issue_token
from service.people.tables import Account
from tests.service.conftest import Put

Headers = dict[str, str]
NEW = {"login": "li", "name": "Li", "role": "quality", "departments": ["LINE"]}


@pytest.fixture
def admin(session: Session, site: Put) -> Headers:
    account = add_account(session, "root", "Root", "admin", "correct horse battery")
    return {"Authorization": f"Bearer {issue_token(session, account, 'api')}"}


def _bearer(api: TestClient, login: str, password: str) -> Headers:
    answer = api.post("/api/v1/tokens", json={"login": login, "password": password})
    assert answer.status_code == 201, answer.text
    return {"Authorization": f"Bearer {answer.json()['token']}"}


def _made(api: TestClient, admin: Headers, **more: Any) -> str:
    answer = api.post("/api/v1/accounts", json=NEW | more, headers=admin)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["password"])


def test_a_one_time_password_is_good_for_choosing_another_only(api: TestClient, admin: Headers) -> None:
    given = _made(api, admin)
    li = _bearer(api, "li", given)
    assert api.get("/api/v1/me", headers=li).json()["must_change_password"] is True
    refused = api.get("/api/v1/inspections", headers=li)
    assert (refused.status_code, refused.json()["type"]) == (403, "urn:retrace:problem:password-change-required")
    for new, kind in (("short", "bad-password"), (given, "bad-password"), ("a good sentence", None)):
        answer = api.post("/api/v1/me/password", json={"old": given, "new": new}, headers=li)
        assert answer.status_code == (204 if kind is None else 422)
    assert api.get("/api/v1/me", headers=li).status_code == 401
    li = _bearer(api, "li", "a good sentence")
    assert api.get("/api/v1/inspections", headers=li).status_code == 200


def test_the_old_password_must_be_known(api: TestClient, admin: Headers) -> None:
    body = {"old": "wrong", "new": "a good sentence"}
    assert api.post("/api/v1/me/password", json=body, headers=admin).status_code == 401
    assert api.get("/api/v1/me", headers=admin).status_code == 200


def test_an_account_is_changed_as_it_was_read_and_that_counts_at_once(api: TestClient, admin: Headers) -> None:
    given = _made(api, admin)
    li = _bearer(api, "li", given)
    read = api.get("/api/v1/accounts/li", headers=admin)
    assert read.json()["departments"] == ["LINE"]
    path, tag = "/api/v1/accounts/li", {"If-Match": read.headers["etag"]}
    assert api.patch(path, json={"disabled": True}, headers=admin).status_code == 428
    changed = api.patch(path, json={"role": "data", "departments": None}, headers=admin | tag)
    assert (changed.json()["role"], changed.json()["departments"]) == ("data", None)
    assert api.patch(path, json={"disabled": True}, headers=admin | tag).status_code == 412
    again = {"If-Match": changed.headers["etag"]}
    assert api.patch(path, json={"disabled": True}, headers=admin | again).json()["disabled"] is True
    assert api.get("/api/v1/me", headers=li).status_code == 401


@pytest.mark.parametrize("more", [
    {"password_hash": "x"}, {"id": 1}, {"everywhere": True}, {"disabled_at": None}, {"oidc_subject": "x"},
    {"must_change_password": False}, {"created_at": "2026-01-01T00:00:00Z"},
])
def test_nothing_is_set_that_is_not_for_setting(
    api: TestClient, admin: Headers, session: Session, more: dict[str, Any]
) -> None:
    assert api.post("/api/v1/accounts", json=NEW | more, headers=admin).status_code == 422
    assert session.scalar(select(Account).where(Account.login == "li")) is None
    body = {"name": "Root", **more}
    assert api.patch("/api/v1/accounts/root", json=body, headers=admin | {"If-Match": "*"}).status_code == 422
    department = {"code": "D9", "name": "x", "function": "quality", **more}
    assert api.post("/api/v1/departments", json={"rows": [department]}, headers=admin).status_code == 422


@pytest.mark.parametrize("change", [{"disabled": True}, {"role": "data"}, {"departments": ["LINE"]}])
def test_the_last_administrator_stays(
    api: TestClient, admin: Headers, session: Session, change: dict[str, Any]
) -> None:
    answer = api.patch("/api/v1/accounts/root", json=change, headers=admin | {"If-Match": "*"})
    assert answer.status_code == 409
    _made(api, admin, login="second", role="admin", departments=None)
    assert api.patch("/api/v1/accounts/root", json=change, headers=admin | {"If-Match": "*"}).status_code == 200


def test_only_an_administrator_for_the_whole_site_manages_accounts(
    api: TestClient, admin: Headers, session: Session
) -> None:
    local = add_account(session, "local", "Local", "admin", None, departments=["LINE"])
    headers = {"Authorization": f"Bearer {issue_token(session, local, 'api')}"}
    assert api.get("/api/v1/accounts", headers=headers).status_code == 403
    assert api.post("/api/v1/accounts", json=NEW, headers=headers).status_code == 403


def test_one_sees_and_ends_ones_own_tokens_only(api: TestClient, admin: Headers, session: Session) -> None:
    other = add_account(session, "other", "Other", "data", None)
    theirs = {"Authorization": f"Bearer {issue_token(session, other, 'api')}"}
    (own,) = api.get("/api/v1/tokens", headers=admin).json()["items"]
    assert set(own) == {"id", "purpose", "created_at", "expires_at"}
    assert api.delete(f"/api/v1/tokens/{own['id']}", headers=theirs).status_code == 404
    assert api.delete(f"/api/v1/tokens/{own['id']}", headers=admin).status_code == 204
    assert api.get("/api/v1/me", headers=admin).status_code == 401


def test_a_login_may_hold_a_slash(api: TestClient, admin: Headers) -> None:
    _made(api, admin, login="plant/li")
    path = "/api/v1/accounts/plant%2Fli"
    read = api.get(path, headers=admin)
    assert read.json()["login"] == "plant/li"
    match = {"If-Match": read.headers["etag"]}
    assert api.patch(path, json={"name": "Wu"}, headers=admin | match).json()["name"] == "Wu"
    assert api.post(f"{path}/password-reset", headers=admin).status_code == 200


def test_a_reset_ends_every_session(api: TestClient, admin: Headers) -> None:
    given = _made(api, admin)
    li = _bearer(api, "li", given)
    other = api.post("/api/v1/accounts/li/password-reset", headers=admin).json()["password"]
    assert api.get("/api/v1/me", headers=li).status_code == 401
    assert other != given
    assert _bearer(api, "li", other)


def test_an_employee_is_for_the_departments_they_are_assigned_to(
    api: TestClient, session: Session, site: Put
) -> None:
    site("assignments", {"employee_code": "007", "department_code": "CELL", "from_date": "2026-01-01"})
    account = add_account(session, "li", "Li", "employee", None, employee_code="007", departments=[])
    headers = {"Authorization": f"Bearer {issue_token(session, account, 'api')}"}
    report = {"code": "D1", "occurred_at": "2026-01-05T00:00:00Z", "severity": 2, "text": "heavy"}
    here = {"rows": [report | {"department_code": "CELL"}]}
    there = {"rows": [report | {"code": "D2", "department_code": "LINE"}]}
    assert api.post("/api/v1/difficulty-reports", json=here, headers=headers).status_code == 201
    assert api.post("/api/v1/difficulty-reports", json=there, headers=headers).status_code in {403, 422}
