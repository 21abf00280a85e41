"""Who guesses has to wait, longer each time, whether the login exists or not."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.people.actions import (
    add_account,
    change_password,
    issue_token,
    recognise,
    reset_password,
    sign_in,
)
from service.people.rules import wait
from service.people.tables import SignInFailure
from service.people.throttle import TooMany, WrongPassword, forget
from tests.service.database import migrated

AT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("failures", "ago", "seconds"),
    [(0, 0, 0), (4, 0, 0), (5, 0, 30), (5, 29.5, 1), (5, 30, 0), (6, 0, 60), (9, 100, 380), (10, 0, 900), (99, 0, 900)],
)
def test_the_wait_grows(failures: int, ago: float, seconds: int) -> None:
    assert wait(failures, AT - timedelta(seconds=ago), AT) == seconds


@given(st.integers(0, 1000), st.timedeltas(timedelta(), timedelta(hours=1)))
def test_more_failures_never_mean_a_shorter_wait_and_none_is_longer_than_watched(failures: int, ago: timedelta) -> None:
    assert wait(failures, AT - ago, AT) <= wait(failures + 1, AT - ago, AT) <= 900


def _guess(api: TestClient, login: str, password: str = "wrong") -> int:
    return api.post("/api/v1/tokens", json={"login": login, "password": password}).status_code


@pytest.mark.parametrize("login", ["ada", "nobody"])
def test_a_login_is_closed_after_five_guesses_whether_it_exists_or_not(
    api: TestClient, session: Session, login: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_account(session, "ada", "Ada", "quality", "correct horse")
    assert [_guess(api, login) for _ in range(5)] == [401] * 5
    answer = api.post("/api/v1/tokens", json={"login": login, "password": "correct horse"})
    assert (answer.status_code, answer.json()["type"]) == (429, "urn:retrace:problem:too-many")
    assert 0 < int(answer.headers["retry-after"]) <= 30
    monkeypatch.setattr("service.people.throttle.now", lambda: datetime.now(UTC) + timedelta(minutes=1))
    assert _guess(api, login, "correct horse") == (201 if login == "ada" else 401)


def test_a_success_forgets_the_failures(api: TestClient, session: Session) -> None:
    add_account(session, "ada", "Ada", "quality", "correct horse")
    for _ in range(3):
        assert [_guess(api, "ada") for _ in range(4)] == [401] * 4
        assert _guess(api, "ada", "correct horse") == 201


def test_one_place_may_not_try_many_logins(session: Session) -> None:
    for number in range(50):
        with pytest.raises(WrongPassword):
            sign_in(session, f"login{number}", "password", "api", "192.0.2.1")
    with pytest.raises(TooMany):
        sign_in(session, "another", "password", "api", "192.0.2.1")
    with pytest.raises(WrongPassword):
        sign_in(session, "another", "password", "api")


def test_who_changes_a_password_wrongly_slows_down_nobody_elsewhere(api: TestClient, session: Session) -> None:
    made = [add_account(session, f"person{number}", "Person", "data", "correct horse") for number in range(12)]
    for account in made[:-1]:
        headers = {"Authorization": f"Bearer {issue_token(session, account, 'api')}"}
        body = {"old": "wrong", "new": "a good sentence"}
        asked = [api.post("/api/v1/me/password", json=body, headers=headers).status_code for _ in range(5)]
        assert set(asked) <= {401, 429}
    last = recognise(session, issue_token(session, made[-1], "api"))
    assert last is not None
    change_password(session, last, "correct horse", "a good sentence", "192.0.2.2")


def test_a_reset_forgets_the_failures(api: TestClient, session: Session) -> None:
    add_account(session, "ada", "Ada", "quality", "correct horse")
    assert [_guess(api, "ada") for _ in range(6)][-1] == 429
    reset_password(session, "ada", "given")
    assert _guess(api, "ada", "given") == 201


def test_fifty_guesses_at_once_are_five() -> None:
    with migrated("throttle") as own:
        def guess(_: int) -> str:
            with Session(own.app) as session:
                try:
                    sign_in(session, "ada", "wrong", "api")
                except (WrongPassword, TooMany) as error:
                    session.commit()
                    return type(error).__name__
            return "in"

        with ThreadPoolExecutor(50) as pool:
            answers = list(pool.map(guess, range(50)))
        assert (answers.count("WrongPassword"), answers.count("TooMany")) == (5, 45)


def test_failures_are_forgotten_and_hold_no_login(session: Session) -> None:
    with pytest.raises(WrongPassword):
        sign_in(session, "my password by mistake", "x", "api")
    kept = session.scalars(select(SignInFailure.login_digest)).one()
    assert "password" not in kept
    forget(session, datetime.now(UTC) + timedelta(minutes=16))
    assert session.scalar(select(func.count()).select_from(SignInFailure)) == 0


