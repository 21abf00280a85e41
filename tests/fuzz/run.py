"""Schemathesis over every operation, sequences of them included: no 5xx, and no answer that is not described.

Run as a module by `make fuzz`. A database and a server of its own; at least as many cases as asked for, with one fixed
seed after the other. What would end the run's own session is tried last, in a run of its own.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2 as httpx
import uvicorn
from sqlalchemy.orm import Session

from service.app import compose
from service.people.actions import add_account, issue_token
from tests.service.console import site
from tests.service.database import Database, migrated

ROOT = Path(__file__).parents[2]

CASES = 20_000

#: what may end the session of who asks
ENDS_SESSIONS = r"/tokens/\{|password|/accounts/\{"

CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,"
    "response_headers_conformance"
)


@contextmanager
def served(database: Database) -> Iterator[str]:
    """The application before a database; its address."""
    config = uvicorn.Config(compose(database.app), port=0, log_config=None, ws="none", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.05)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


def _token(database: Database, login: str) -> str:
    with Session(database.app) as session, session.begin():
        return issue_token(session, add_account(session, login, login, "admin", None), "api")


def fuzz(address: str, token: str, seed: int, examples: int, *which: str) -> int:
    """One run; how many cases it tried. Exits with what was wrong, if anything was."""
    with tempfile.TemporaryDirectory(prefix="retrace-fuzz-") as folder:
        report = Path(folder) / "report.json"
        command = [
            str(Path(sys.executable).with_name("schemathesis")), "run", f"{address}/openapi.json",
            "-H", f"Authorization: Bearer {token}", "--checks", CHECKS, "--seed", str(seed),
            "--phases", "examples,coverage,fuzzing,stateful", "--max-examples", str(examples),
            # two would parse Python at once, which Python 3.11 now and then fails at (SystemError in ast.parse)
            "--workers", "1", "--report-json-path", str(report), "--warnings", "off", "--no-color",
            "--continue-on-failure", "--request-timeout", "30", *which,
        ]
        # the same hashes in every run: what is drawn decides which bodies the hooks replace
        environment = os.environ | {
            "SCHEMATHESIS_HOOKS": "tests.fuzz.hooks", "PYTHONHASHSEED": "0", "PYTHONPATH": str(ROOT)
        }
        ended = subprocess.run(command, check=False, cwd=folder, capture_output=True, text=True, env=environment)
        if ended.returncode:
            sys.exit(ended.stdout[-20_000:] + ended.stderr[-5_000:])
        print(ended.stdout[-600:])
        return _counted(report, ended.stdout)


def _counted(report: Path, said: str) -> int:
    told = re.search(r"(\d[\d,]*) generated", said)
    return int(told[1].replace(",", "")) if told else json.loads(report.read_text())["cases"]


def main() -> None:
    """Fuzz until enough cases were tried."""
    with migrated("fuzz") as database, served(database) as address:
        with Session(database.app) as session, session.begin():
            site.found(session)
        token = _token(database, "fuzzer")
        total = seed = 0
        while total < CASES:
            seed += 1
            total += fuzz(address, token, seed, 60, "--exclude-path-regex", ENDS_SESSIONS)
            print(f"{total:,} cases so far", flush=True)
        me = httpx.get(f"{address}/api/v1/me", headers={"Authorization": f"Bearer {token}"})
        if me.status_code != 200:
            sys.exit(f"the run's own session ended: {me.text}")
        total += fuzz(address, _token(database, "leaver"), 1, 60, "--include-path-regex", ENDS_SESSIONS)
    print(f"fuzz: {total:,} cases over all operations, sequences included: no 5xx, no answer that is not described")


if __name__ == "__main__":
    main()
