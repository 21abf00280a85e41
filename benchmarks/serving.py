"""How soon a second start answers, and how much memory the serving process takes."""

import json
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from benchmarks.figure import Figure
from benchmarks.home import environment, fresh_home

REQUESTS = 200
PLACES = ("/", "/planner", "/quality", "/openapi.json", "/api/v1/suggestions", "/api/v1/work-records?limit=1000")


def figures() -> list[Figure]:
    """Seconds to the first answer of a second start, and megabytes after some work."""
    port, beside = str(_free_port()), str(_free_port())
    with fresh_home() as home:
        given = environment(home, RETRACE_PORT=port, RETRACE_MLFLOW_PORT=beside)
        small = ["demo", "--staff", "40"]
        subprocess.run(_retrace(*small), env=given, check=True, capture_output=True)
        began = time.perf_counter()
        subprocess.run(_retrace(*small), env=given, check=True, capture_output=True)
        server = subprocess.Popen(_retrace("serve"), env=given, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            _wait_for(f"http://127.0.0.1:{port}/healthz")
            answered = time.perf_counter() - began
            _work(f"http://127.0.0.1:{port}")
            size = _resident(server.pid)
        finally:
            server.terminate()
            server.wait()
    return [
        Figure("second start: from the command to the first answer", answered, "s", "under 15", answered < 15),
        Figure(f"serving process after {REQUESTS} requests", size, "MB", "under 350", size < 350),
    ]


def _work(address: str) -> None:
    """Sign in as the demo's administrator and look at pages, lists and records."""
    given = json.dumps({"login": "admin", "password": "admin-demo"}).encode()
    asked = urllib.request.Request(f"{address}/api/v1/tokens", given, {"Content-Type": "application/json"})
    token = json.loads(urllib.request.urlopen(asked).read())["token"]
    for number in range(REQUESTS):
        place = PLACES[number % len(PLACES)]
        headers = {"Authorization": f"Bearer {token}", "Cookie": f"retrace_session={token}"}
        urllib.request.urlopen(urllib.request.Request(address + place, headers=headers)).read()


def _retrace(*arguments: str) -> list[str]:
    return [sys.executable, "-c", "from service.cli import main; main()", *arguments]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(url: str) -> None:
    for _ in range(600):
        try:
            urllib.request.urlopen(url).read()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(f"{url} did not answer within 30 s")


def _resident(pid: int) -> float:
    """Resident memory in MB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024
