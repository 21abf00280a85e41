"""Fifty times the server dies under write load: what it acknowledged stands, whole, once, and is told."""

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx2 as httpx
import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from service.audit import checkpoints
from service.audit.sealing import seal
from service.audit.tables import AuditEvent
from service.audit.verify import verify
from service.db.engine import app_engine, owner_engine
from service.events.tables import Outgoing
from service.migrations import upgrade
from service.people.actions import add_account, issue_token
from service.people.tables import Department
from service.settings import settings

pytestmark = pytest.mark.torture

KILLS = 50
WRITERS = 6


class Killed:
    """A process that is killed and started again."""

    def __init__(self, *arguments: str) -> None:
        self._command = [sys.executable, "-m", "tests.torture.serving", *arguments]
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(self._command)

    def kill(self) -> None:
        os.kill(self._process.pid, signal.SIGKILL)
        self._process.wait()


class Writer(threading.Thread):
    """Sends one department after the other, each under its own key until it is acknowledged."""

    def __init__(self, number: int, address: str, token: str, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self._number, self._until, self._address = number, stop, address
        self._headers = {"Authorization": f"Bearer {token}"}
        self.acknowledged: list[str] = []
        self.sent = 0
        self.unexpected: list[str] = []

    def run(self) -> None:
        with httpx.Client(base_url=self._address, headers=self._headers, timeout=10) as client:
            while not self._until.is_set():
                self.sent += 1
                code = f"W{self._number}-{self.sent}"
                while not self._until.is_set() and not self._acknowledged(client, code):
                    time.sleep(0.02)

    def _acknowledged(self, client: httpx.Client, code: str) -> bool:
        body = {"rows": [{"code": code, "name": "x", "function": "quality"}]}
        try:
            answer = client.post("/api/v1/departments", json=body, headers={"Idempotency-Key": f"key {code}"})
        except httpx.HTTPError:
            return False
        if answer.status_code == 409 and answer.json()["type"].endswith("in-flight"):
            return False
        if (answer.status_code, answer.text) != (201, '{"created":1,"changed":0,"unchanged":0}'):
            self.unexpected.append(f"{code}: {answer.status_code} {answer.text}")
        self.acknowledged.append(code)
        return True


@pytest.fixture
def served(home: Path, tmp_path: Path) -> Iterator[tuple[str, str, Killed, Killed, Path]]:
    """A server, a worker, and where and how to write to it."""
    settings.cache_clear()
    upgrade(owner_engine())
    with Session(app_engine()) as session, session.begin():
        token = issue_token(session, add_account(session, "torturer", "T", "admin", None), "api")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    heard = tmp_path / "heard"
    heard.touch()
    server, relay = Killed("serve", str(port)), Killed("deliver", str(heard))
    yield f"http://127.0.0.1:{port}", token, server, relay, heard
    server.kill()
    relay.kill()


def test_what_was_acknowledged_survives_fifty_kills(served: tuple[str, str, Killed, Killed, Path]) -> None:
    address, token, server, relay, heard = served
    stop = threading.Event()
    writers = [Writer(number, address, token, stop) for number in range(WRITERS)]
    _wait_until_it_answers(address)
    for writer in writers:
        writer.start()
    chance = random.Random(1)
    for number in range(KILLS):
        time.sleep(chance.uniform(0.3, 1.5))
        server.kill()
        server.start()
        if number % 5 == 0:
            relay.kill()
            relay.start()
        _wait_until_it_answers(address)
    stop.set()
    for writer in writers:
        writer.join(30)
    assert [told for writer in writers for told in writer.unexpected] == []
    acknowledged = {code for writer in writers for code in writer.acknowledged}
    assert len(acknowledged) > 5 * KILLS
    _every_write_is_whole(acknowledged)
    told = _every_event_is_told(heard)
    print(f"\n{KILLS} kills, {len(acknowledged):,} acknowledged writes, {told:,} events delivered, none lost")


def _every_write_is_whole(acknowledged: set[str]) -> None:
    """What is recorded is what was acknowledged (or was about to be), each with its one audit event."""
    with Session(app_engine()) as session:
        recorded = set(session.scalars(select(Department.code)))
        audited = Counter(session.scalars(
            select(AuditEvent.code).where(AuditEvent.table_name == "departments", AuditEvent.action == "insert")
        ))
        published = session.scalar(text("SELECT count(*) FROM outbox WHERE name = 'departments.recorded'"))
    assert acknowledged <= recorded
    assert len(recorded - acknowledged) <= WRITERS
    assert audited == Counter(recorded)
    assert published == len(recorded)


def _every_event_is_told(heard: Path) -> int:
    """Every event was delivered, and the trail verifies against its checkpoints; how many events there were."""
    deadline = time.monotonic() + 60
    with Session(app_engine()) as session:
        published = {str(event_id) for event_id in session.scalars(select(Outgoing.event_id))}
    while not published <= (told := set(heard.read_text().split())) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert published <= told
    with Session(app_engine()) as session, session.begin():
        seal(session)
    with Session(app_engine()) as session:
        assert verify(session, checkpoints.kept()).faults == ()
    return len(published)


def _wait_until_it_answers(address: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{address}/healthz", timeout=5).status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.05)
    raise AssertionError("the server does not come back")
