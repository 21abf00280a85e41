"""Alive, ready, and how much there is to do."""

import re

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, create_engine

from service import health
from service.app import compose


@pytest.fixture
def client(engine: Engine) -> TestClient:
    return TestClient(compose(engine))


@pytest.fixture
def cut_off() -> TestClient:
    """The application over a database nobody answers for."""
    return TestClient(compose(create_engine("postgresql+psycopg://user:hush@127.0.0.1:1/none")))


def test_it_is_ready_over_a_database_at_head(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"status": "ready"}


def test_without_a_database_it_lives_but_is_not_ready(cut_off: TestClient) -> None:
    assert cut_off.get("/healthz").status_code == 200
    answer = cut_off.get("/readyz")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert answer.json()["detail"].startswith("The database does not answer within two seconds")
    assert "hush" not in answer.text


def test_behind_its_own_schema_it_is_not_ready(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    known = health.revisions
    monkeypatch.setattr(health, "revisions", lambda engine: ["9999", *known(engine)])
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert re.search(r"The schema is at revision \d{4}, this version works with 9999", answer.json()["detail"])


def test_the_state_is_told_in_numbers(client: TestClient) -> None:
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    for line in ("retrace_database_up 1.0", 'retrace_jobs{status="todo"} ', 'retrace_jobs{status="failed"} ',
                 "retrace_pool_in_use "):
        assert f"\n{line}" in answer.text


def test_without_a_database_there_are_still_numbers(cut_off: TestClient) -> None:
    told = cut_off.get("/metrics").text
    assert "\nretrace_database_up 0.0" in told
    assert "retrace_jobs" not in told


def test_what_watches_the_service_finds_it_in_the_reference(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    assert {"/healthz", "/readyz"} <= set(paths)
    assert "/metrics" not in paths
