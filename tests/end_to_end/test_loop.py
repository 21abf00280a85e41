"""One full turn of the loop over HTTP, against a running server: from a suggestion to the label the next model learns.

The site is the one `retrace demo` makes, only smaller; server and worker are the processes that `make run` starts.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import ibis
import pyarrow as pa
import pytest
from sqlalchemy import create_engine

from features import cohort, matrix
from features.history import History
from service.db.postgres import ensure_running
from service.history.engine import DuckDB
from service.history.snapshot import load, snapshot
from service.scoring.score import TARGETS
from training.dataset import labelled
from training.splits import Window

RETRACE = [sys.executable, "-c", "from service.cli import main; main()"]


@pytest.fixture(scope="module")
def site(home: Path) -> Path:
    """A home of its own, with the demo loaded, trained and scored."""
    made = home.parent / "site"
    subprocess.run([*RETRACE, "demo", "--staff", "40"], env=_environment(made), check=True, capture_output=True)
    return made


@pytest.fixture(scope="module")
def api(site: Path) -> Iterator[httpx2.Client]:
    """The served API, with its worker beside it."""
    port = _free_port()
    given = _environment(site, RETRACE_PORT=str(port), RETRACE_MLFLOW_PORT=str(_free_port()))
    server = subprocess.Popen([*RETRACE, "serve"], env=given, stderr=subprocess.PIPE, text=True)
    try:
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            _wait(lambda: _answers(client), seconds=60)
            yield client
    finally:
        server.send_signal(signal.SIGTERM)
        said = server.communicate(timeout=60)[1]
    assert "planner-demo" in said
    assert "Traceback" not in said


def _environment(home: Path, **more: str) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("RETRACE_", "DATABASE_"))}
    return clean | {"RETRACE_HOME": str(home)} | more


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(client: httpx2.Client) -> bool:
    try:
        return client.get("/healthz").status_code == 200
    except httpx2.TransportError:
        return False


def _wait(holds: Any, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.2)


def _signed_in(api: httpx2.Client, login: str) -> dict[str, str]:
    given = {"login": login, "password": f"{login}-demo"}
    answer = api.post("/api/v1/tokens", json=given)
    assert answer.status_code == 201, answer.text
    return {"Authorization": f"Bearer {answer.json()['token']}"}


def _taken(answer: httpx2.Response) -> Any:
    assert answer.is_success, answer.text
    return answer.json() if answer.content else None


def test_a_full_turn_of_the_loop(api: httpx2.Client, site: Path) -> None:
    planner, quality = _signed_in(api, "planner"), _signed_in(api, "quality")

    # a suggestion a planner sees, with why, and accepts
    listed = _taken(api.get("/api/v1/suggestions?limit=500", headers=planner))
    chosen = next(item for item in listed["items"] if item["rank"] and item["course_code"])
    # today's site is another than yesterday's: a model gives its reasons, a rule that stood in has none
    assert bool(chosen["reasons"]) == (listed["fallback"] is None)
    plan = _taken(api.post("/api/v1/plans", headers=planner, json={"suggestions": [chosen["id"]]}))
    assert api.post("/api/v1/plans", headers=planner, json={"suggestions": [chosen["id"]]}).status_code == 409
    after = _taken(api.get("/api/v1/suggestions?limit=500", headers=planner))
    assert chosen["id"] not in {item["id"] for item in after["items"]}

    # the training, and the inspection it asks for
    plans = _taken(api.get("/api/v1/plans", headers=planner))
    item = next(made for made in plans["items"] if made["code"] == plan["code"])["items"][0]
    assert (item["employee_code"], item["process_code"]) == (chosen["employee_code"], chosen["process_code"])
    completion = f"/api/v1/plan-items/{item['code']}/completion"
    asked = _taken(api.post(completion, headers=planner, json={"result": "passed"}))["inspection_code"]
    record = _taken(api.get(f"/api/v1/training-records/{item['training_code']}", headers=planner))
    assert [revision["result"] for revision in record] == ["open", "passed"]
    queue = _taken(api.get("/api/v1/inspection-queue?limit=500", headers=quality))
    assert asked in {due["code"] for due in queue["items"]}

    # the inspection, its result, and the label
    before = datetime.now(UTC)
    found = {"result": "fail", "findings": [{"severity": "major", "clause": "4.1", "count": 2}]}
    _taken(api.post(f"/api/v1/inspections/{asked}/result", headers=quality, json=found))
    inspected = _taken(api.get(f"/api/v1/inspections/{asked}", headers=quality))
    assert [revision["result"] for revision in inspected] == [None, "fail"]
    pair = (chosen["employee_code"], chosen["process_code"])
    failures_before, failures_after, label = _what_the_next_model_sees(site, pair, before)
    assert failures_after == failures_before + 1
    assert label == 1.0

    # and the worker scores anew when asked
    scored = _as_of(api, planner)
    _taken(api.post("/api/v1/scorings", headers=planner))
    _wait(lambda: _as_of(api, planner) > scored, seconds=120)


def _as_of(api: httpx2.Client, headers: dict[str, str]) -> str:
    scorings = _taken(api.get("/api/v1/scorings", headers=headers))["items"]
    return max(scoring["as_of"] for scoring in scorings if not scoring["live"])


def _scoring_sees_what_training_sees(history: History) -> None:
    """The query that the service keeps compiled gives the matrix that training builds, also the second time."""
    kept = DuckDB(history)
    for day, targets in ((datetime(2026, 3, 1, tzinfo=UTC), TARGETS), (datetime(2026, 5, 1, tzinfo=UTC), TARGETS[-1:])):
        for target in targets:
            dates = ibis.memtable(pa.table({"as_of": [day.replace(tzinfo=None)]}))
            built = matrix.build(history, cohort.eligible(history, target, dates), target)
            assert kept.eligible(target, day).fingerprint == built.fingerprint


def _what_the_next_model_sees(site: Path, pair: tuple[str, str], before: datetime) -> tuple[float, float, float]:
    """The pair's failures in the matrix just before and just after the inspection, and its label in between."""
    engine = create_engine(ensure_running(site).app_url, connect_args={"options": "-c retrace.scope=*"})
    try:
        history = load(snapshot(engine, site).path)
    finally:
        engine.dispose()
    start = before.replace(tzinfo=None) - timedelta(seconds=1)
    end = datetime.now(UTC).replace(tzinfo=None) + timedelta(seconds=1)
    dates = ibis.memtable(pa.table({"as_of": [start, end]}))
    built = matrix.build(history, cohort.eligible(history, "need", dates), "need")
    _scoring_sees_what_training_sees(history)
    mine = (built.keys["employee_code"] == pair[0]) & (built.keys["process_code"] == pair[1])
    failures = built.X["pair_failures"][mine].to_numpy()
    window = Window(start, end)
    rows = labelled(history, "need", [window], timedelta(days=60), end).keys
    own = rows[(rows["employee_code"] == pair[0]) & (rows["process_code"] == pair[1])]
    return float(failures[0]), float(failures[1]), float(own["failed"].iloc[0])
