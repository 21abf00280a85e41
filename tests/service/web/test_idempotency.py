"""A POST sent again under the same key has one effect and one answer; on a real server, with real commits."""

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx2 as httpx
import pytest
import uvicorn
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from service.app import compose
from service.clock import now
from service.people.actions import add_account, issue_token
from service.people.tables import Account, Department, Token
from service.web.idempotency import forget
from service.web.tables import KeptAnswer
from tests.service.database import Database

Client = httpx.Client


@pytest.fixture(scope="module")
def address(own: Database) -> Iterator[str]:
    """Where a real server answers."""
    config = uvicorn.Config(compose(own.app), port=0, log_config=None, ws="none", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.05)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


@pytest.fixture
def client(own: Database, address: str) -> Iterator[Callable[[str], Client]]:
    """Clients signed in as a new account of a role."""
    made: list[Client] = []

    def signed_in(role: str) -> Client:
        with Session(own.app) as session, session.begin():
            account = add_account(session, f"{role}-{uuid.uuid4()}", role, role, None)
            headers = {"Authorization": f"Bearer {issue_token(session, account, 'api')}"}
        made.append(Client(base_url=address, headers=headers, timeout=60))
        return made[-1]

    yield signed_in
    for one in made:
        one.close()


def _department(code: str, name: str = "Line") -> dict[str, object]:
    return {"rows": [{"code": code, "name": name, "function": "operations"}]}


def _post(client: Client, key: str | None, body: object, path: str = "departments") -> httpx.Response:
    headers = {"Idempotency-Key": key} if key else {}
    return client.post(f"/api/v1/{path}", json=body, headers=headers)


def _count(own: Database, code: str) -> int:
    with Session(own.app) as session:
        return session.scalar(select(func.count()).where(Department.code == code)) or 0


def _inserts(own: Database, code: str) -> int:
    with Session(own.app) as session:
        return session.scalar(text("SELECT count(*) FROM audit.events WHERE code = :code"), {"code": code}) or 0


def test_the_same_again_is_the_same_answer_and_no_second_effect(own: Database, client: Callable[[str], Client]) -> None:
    admin = client("admin")
    first = _post(admin, "k1", _department("A1"))
    again = _post(admin, "k1", _department("A1"))
    assert (first.status_code, first.json()) == (201, {"created": 1, "changed": 0, "unchanged": 0})
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert _post(admin, None, _department("A1")).json() == {"created": 0, "changed": 0, "unchanged": 1}
    assert _inserts(own, "A1") == 1


def test_another_body_under_a_used_key_is_refused(own: Database, client: Callable[[str], Client]) -> None:
    admin = client("admin")
    assert _post(admin, "k2", _department("B1")).status_code == 201
    other = _post(admin, "k2", _department("B2"))
    assert (other.status_code, other.json()["type"]) == (422, "urn:retrace:problem:key-reused")
    assert _post(admin, "k2", _department("B1"), "posts").status_code == 422
    assert _count(own, "B2") == 0


def test_a_key_is_its_accounts_own_whatever_the_token(own: Database, client: Callable[[str], Client]) -> None:
    one, other = client("admin"), client("admin")
    assert _post(one, "k3", _department("C1")).json()["created"] == 1
    assert _post(other, "k3", _department("C1", "Other")).json()["changed"] == 1
    assert _post(other, "k3", _department("C1", "Other")).json()["changed"] == 1
    assert _post(one, "k3", _department("C1")).json()["created"] == 1
    with Session(own.app) as session, session.begin():
        account = session.scalars(select(Account).order_by(Account.id.desc()).offset(1).limit(1)).one()
        one.headers["Authorization"] = f"Bearer {issue_token(session, account, 'api')}"
    assert _post(one, "k3", _department("C1")).json()["created"] == 1


def test_fifty_at_once_have_one_effect(own: Database, client: Callable[[str], Client]) -> None:
    admin = client("admin")
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: _post(admin, "k50", _department("FIFTY")), range(50)))
    statuses = sorted({answer.status_code for answer in answers})
    assert statuses in ([201], [201, 409])
    assert {answer.content for answer in answers if answer.status_code == 201} == {
        b'{"created":1,"changed":0,"unchanged":0}'
    }
    for answer in answers:
        if answer.status_code == 409:
            assert answer.json()["type"] == "urn:retrace:problem:in-flight"
            assert answer.headers["retry-after"] == "1"
    assert _inserts(own, "FIFTY") == 1


def test_a_request_that_is_still_answered_is_in_flight(own: Database, client: Callable[[str], Client]) -> None:
    admin = client("admin")
    with own.app.connect() as blocker:
        blocker.execute(text("INSERT INTO departments (code, name, function) VALUES ('SLOW', 'x', 'quality')"))
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(_post, admin, "k4", _department("SLOW"))
            while not _waits(own):
                time.sleep(0.05)
            refused = _post(admin, "k4", _department("SLOW"))
            blocker.rollback()
            assert waiting.result().status_code == 201
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:retrace:problem:in-flight")


def _waits(own: Database) -> bool:
    """Whether some transaction waits for another."""
    with own.owner.connect() as connection:
        return bool(connection.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")))


def test_a_refusal_is_kept_too_but_not_who_may(own: Database, client: Callable[[str], Client]) -> None:
    admin, employee = client("admin"), client("employee")
    bad = _department("E1") | {"more": 1}
    assert [_post(admin, "k5", bad).status_code for _ in range(2)] == [422, 422]
    assert _post(employee, "k6", _department("E2")).status_code == 403
    with Session(own.app) as session, session.begin():
        session.execute(update(Account).where(Account.role == "employee").values(role="admin"))
    assert _post(employee, "k6", _department("E2")).status_code == 201


def test_signing_in_again_under_a_key_gives_the_same_token_and_stores_none(
    own: Database, client: Callable[[str], Client], address: str
) -> None:
    with Session(own.app) as session, session.begin():
        add_account(session, "ada", "Ada", "quality", "correct horse")
    stranger = Client(base_url=address)
    body = {"login": "ada", "password": "correct horse"}
    first, again = _post(stranger, "k7", body, "tokens"), _post(stranger, "k7", body, "tokens")
    assert first.status_code == 201
    assert first.json() == again.json()
    assert _post(stranger, "k7", body | {"password": "wrong"}, "tokens").status_code == 422
    with Session(own.app) as session:
        kept = b"".join(bytes(answer) for answer in session.scalars(select(KeptAnswer.answer)))
        assert first.json()["token"].encode() not in kept
        tokens = select(func.count()).select_from(Token).join(Account).where(Account.login == "ada")
        assert session.scalar(tokens) == 1
    stranger.close()


@pytest.mark.parametrize("key", ["", "x" * 256, "caf\u00e9"])
def test_a_key_that_is_none_is_refused(client: Callable[[str], Client], key: str) -> None:
    admin = client("admin")
    headers = [(b"Idempotency-Key", key.encode("latin-1"))]
    answer = admin.post("/api/v1/departments", json=_department("F1"), headers=headers)
    assert answer.status_code == 400


def test_answers_are_forgotten_after_a_day(own: Database, client: Callable[[str], Client]) -> None:
    admin = client("admin")
    assert _post(admin, "k8", _department("G1")).json()["created"] == 1
    with Session(own.app) as session, session.begin():
        forget(session, now() + timedelta(hours=23))
    assert _post(admin, "k8", _department("G1")).json()["created"] == 1
    with Session(own.app) as session, session.begin():
        forget(session, now() + timedelta(hours=25))
        assert session.scalar(select(func.count()).select_from(KeptAnswer)) == 0
    assert _post(admin, "k8", _department("G1")).json()["unchanged"] == 1
