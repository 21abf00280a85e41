"""A server over a plant of its own, with two routes more to compare with."""

import http.client
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.home import environment, fresh_home
from benchmarks.serving import _free_port


@dataclass(frozen=True)
class Served:
    """A running server; asked over one connection that is kept."""

    home: Path
    pid: int
    token: str
    connection: http.client.HTTPConnection

    def ask(self, method: str, path: str, body: object = None) -> bytes:
        """The answer to a request, read to its end; raises `AssertionError` for one that failed."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        self.connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = self.connection.getresponse()
        told = answer.read()
        if answer.status >= 300:
            raise AssertionError(f"{path}: {answer.status} {told[:300]!r}")
        return told

    def used(self) -> float:
        """Seconds of CPU of the server and of every process of its database."""
        postmaster = int((self.home / "postgres" / "data" / "postmaster.pid").read_text().split()[0])
        ticks = 0
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if int(folder.name) in {self.pid, postmaster} or int(fields[1]) == postmaster:
                ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")


@contextmanager
def served(works: int) -> Iterator[Served]:
    """A server over a plant of so many pieces of work."""
    port = _free_port()
    with fresh_home() as home:
        command = [sys.executable, "-m", "benchmarks.server", str(port), str(works)]
        process = subprocess.Popen(command, env=environment(home), stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            token = process.stdout.readline().strip()
            if not process.stdout.readline():
                raise AssertionError("the server did not start")
            yield Served(home, process.pid, token, http.client.HTTPConnection("127.0.0.1", port))
        finally:
            process.terminate()
            process.wait()


def _main(port: int, works: int) -> None:
    import uvicorn
    from fastapi import Depends, FastAPI
    from sqlalchemy import text
    from sqlalchemy.orm import Session

    from benchmarks.plant import build
    from service.access import Transaction, allow
    from service.app import compose, settle
    from service.cli import _database
    from service.db.engine import owner_engine
    from service.people.actions import add_account, issue_token

    class Announcing(uvicorn.Server):
        async def startup(self, sockets: object = None) -> None:
            await super().startup(None)
            print("listening", flush=True)

    def more(app: FastAPI) -> None:
        @app.get("/api/v1/empty", dependencies=[Depends(allow("quality"))])
        def empty() -> None:
            """Nothing."""

        @app.get("/api/v1/plain", dependencies=[Depends(allow("quality"))])
        def plain(transaction: Transaction) -> int:
            return len(transaction.execute(text(_PLAIN_CHECK)).all())

    engine = _database()
    build(owner_engine(), works)
    with Session(engine) as session, session.begin():
        token = issue_token(session, add_account(session, "bench", "Bench", "quality", None), "api")
    app = compose(engine)
    routes, app.router.routes = app.router.routes, []
    more(app)
    app.router.routes += routes
    settle()
    print(token, flush=True)
    Announcing(uvicorn.Config(app, port=port, log_level="error")).run()


#: the rows a check of the gate stands on, fetched and nothing decided
_PLAIN_CHECK = (
    "SELECT e.id, r.code, t.code, t.completed_at, t.result, t.standard_version, v.version, v.effective_at"
    " FROM employees e JOIN processes p ON p.code = 'P0' JOIN requirements r ON r.process_id = p.id"
    " LEFT JOIN course_covers c ON c.course_id = r.course_id"
    " LEFT JOIN standard_versions v ON v.standard_id = c.standard_id"
    " LEFT JOIN training_records t ON t.employee_id = e.id AND t.course_id = r.course_id WHERE e.code = 'E3'"
)

if __name__ == "__main__":
    _main(int(sys.argv[1]), int(sys.argv[2]))
