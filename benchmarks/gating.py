"""What a gate check costs: CPU of the server and of the database a request, beside an empty authenticated route."""

import http.client
import json
import os
import subprocess
import sys
from pathlib import Path

from benchmarks.figure import Figure
from benchmarks.home import environment, fresh_home
from benchmarks.serving import _free_port, _wait_for

REQUESTS, ROUNDS = 300, 5
WORKS = 100_000
ASKED = "employee_code=E3&process_code=P0"
MOMENT = "2026-06-01T08:00:00Z"


def figures() -> list[Figure]:
    """Milliseconds of CPU of each kind of request, and their ratios."""
    port = _free_port()
    with fresh_home() as home:
        command = [sys.executable, "-m", "benchmarks.gating", str(port)]
        server = subprocess.Popen(command, env=environment(home), stdout=subprocess.PIPE, text=True)
        try:
            assert server.stdout is not None
            token = server.stdout.readline().strip()
            _wait_for(f"http://127.0.0.1:{port}/healthz")
            taken = _measured(port, token, server.pid, home)
        finally:
            server.terminate()
            server.wait()
    empty, check, recorded, then = (taken[name] for name in ("empty", "check", "recorded", "then"))
    return [
        Figure("an empty authenticated route", empty, "ms CPU"),
        Figure("a gate check, read only", check / empty, "x of it", "at most 3", check <= 3 * empty),
        Figure("a gate check, recorded", recorded / empty, "x of it", "at most 6", recorded <= 6 * empty),
        Figure("a check at another time, as known then", then / check, "x of one now", "at most 2", then <= 2 * check),
        Figure("plain SQL for the rows of a check", taken["plain"], "ms CPU"),
    ]


def _measured(port: int, token: str, server: int, home: Path) -> dict[str, float]:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    body = json.dumps({"employee_code": "E3", "process_code": "P0"})
    kinds = {
        "empty": ("GET", "/api/v1/empty", None), "check": ("GET", f"/api/v1/qualification?{ASKED}", None),
        "then": ("GET", f"/api/v1/qualification?{ASKED}&at={MOMENT}&known_at={MOMENT}", None),
        "recorded": ("POST", "/api/v1/gate-checks", body), "plain": ("GET", "/api/v1/plain", None),
    }

    def ask(method: str, path: str, sent: str | None) -> None:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        connection.request(method, path, sent, headers)
        answer = connection.getresponse()
        if answer.status >= 300:
            raise AssertionError(f"{path}: {answer.status} {answer.read()[:300]!r}")
        answer.read()

    best: dict[str, float] = {}
    for _ in range(ROUNDS):
        for name, kind in kinds.items():
            began = _used(server, home)
            for _ in range(REQUESTS):
                ask(*kind)
            best[name] = min(best.get(name, 1e9), (_used(server, home) - began) / REQUESTS * 1000)
    return best


def _used(server: int, home: Path) -> float:
    """Seconds of CPU of the server and of every process of its database."""
    postmaster = int((home / "postgres" / "data" / "postmaster.pid").read_text().split()[0])
    ticks = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(folder.name) in {server, postmaster} or int(fields[1]) == postmaster:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _main(port: int) -> None:
    import uvicorn
    from fastapi import Depends
    from sqlalchemy import text
    from sqlalchemy.orm import Session

    from benchmarks.plant import build
    from service.access import Transaction, allow
    from service.app import compose
    from service.cli import _database
    from service.db.engine import owner_engine
    from service.people.actions import add_account, issue_token

    engine = _database()
    build(owner_engine(), WORKS)
    with Session(engine) as session, session.begin():
        token = issue_token(session, add_account(session, "gate", "Gate", "operations", None), "api")
    app = compose(engine)
    routes, app.router.routes = app.router.routes, []

    @app.get("/api/v1/empty", dependencies=[Depends(allow("operations"))])
    def empty() -> None:
        """Nothing."""

    @app.get("/api/v1/plain", dependencies=[Depends(allow("operations"))])
    def plain(transaction: Transaction) -> int:
        return len(transaction.execute(text(
            "SELECT e.id, r.code, t.code, t.completed_at, t.result, t.standard_version, v.version, v.effective_at"
            " FROM employees e JOIN processes p ON p.code = 'P0' JOIN requirements r ON r.process_id = p.id"
            " LEFT JOIN course_covers c ON c.course_id = r.course_id"
            " LEFT JOIN standard_versions v ON v.standard_id = c.standard_id"
            " LEFT JOIN training_records t ON t.employee_id = e.id AND t.course_id = r.course_id"
            " WHERE e.code = 'E3'"
        )).all())

    app.router.routes += routes
    print(token, flush=True)
    uvicorn.run(app, port=port, log_level="error")


if __name__ == "__main__":
    _main(int(sys.argv[1]))
