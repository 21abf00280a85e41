"""What a gate check costs: CPU of the server and of the database a request, beside an empty authenticated route."""

from benchmarks.figure import Figure
from benchmarks.server import Served, served

REQUESTS, ROUNDS = 300, 5
WORKS = 100_000
MOMENT = "2026-06-01T08:00:00Z"
_CHECK = "/api/v1/qualification?employee_code=E3&process_code=P0"
_KINDS = {
    "empty": ("GET", "/api/v1/empty", None), "check": ("GET", _CHECK, None),
    "then": ("GET", f"{_CHECK}&at={MOMENT}&known_at={MOMENT}", None),
    "recorded": ("POST", "/api/v1/gate-checks", {"employee_code": "E3", "process_code": "P0"}),
    "plain": ("GET", "/api/v1/plain", None),
}


def figures() -> list[Figure]:
    """Milliseconds of CPU of each kind of request, and their ratios."""
    with served(WORKS) as server:
        taken = _measured(server)
    empty, check, recorded, then = (taken[name] for name in ("empty", "check", "recorded", "then"))
    return [
        Figure("an empty authenticated route", empty, "ms CPU"),
        Figure("a gate check, read only", check / empty, "x of it", "at most 3", check <= 3 * empty),
        Figure("a gate check, recorded", recorded / empty, "x of it", "at most 6", recorded <= 6 * empty),
        Figure("a check at another time, as known then", then / check, "x of one now", "at most 2", then <= 2 * check),
        Figure("a route with one plain SQL query for the rows of a check", taken["plain"], "ms CPU"),
    ]


def _measured(server: Served) -> dict[str, float]:
    """Milliseconds of each kind, the least of some rounds."""
    best: dict[str, float] = {}
    for _ in range(ROUNDS):
        for name, (method, path, body) in _KINDS.items():
            began = server.used()
            for _ in range(REQUESTS):
                server.ask(method, path, body)
            best[name] = min(best.get(name, 1e9), (server.used() - began) / REQUESTS * 1000)
    return best
