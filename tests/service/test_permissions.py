"""Who may use which route: every one that is served, for every role; written down here, route by route."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.routing import RouteContext
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from service.access import ANYBODY_SIGNED_IN, ANYONE, COOKIE, ROLES, permission, refuse_undeclared, served
from service.app import compose
from service.console.origin import FORM_COOKIE, PROOF, proof

Headers = Callable[[str], dict[str, str]]

_READERS = "operations quality people data"

#: who writes each kind of record (an administrator may do everything)
WRITERS = {
    "departments": "people", "posts": "people", "employees": "people", "credentials": "people",
    "assignments": "people", "shifts": "operations people", "standards": "quality", "standard-versions": "quality",
    "clauses": "quality", "processes": "operations quality", "process-versions": "operations quality",
    "courses": "people", "course-covers": "people", "requirements": "people quality", "training-records": "people",
    "surveys": "operations people quality", "batches": "operations", "batch-inputs": "operations",
    "work-records": "operations", "work-participants": "operations", "inspections": "quality", "findings": "quality",
    "difficulty-reports": "operations employee", "issues": "quality operations employee",
}

#: sets have no code to be read or changed by
_SETS = {"findings", "batch-inputs"}

API = {
    "POST /tokens": "anyone", "GET /me": "signed in", "POST /me/password": "signed in",
    "GET /tokens": "signed in", "DELETE /tokens/{token_id}": "signed in",
    "GET /accounts": "", "POST /accounts": "", "GET /accounts/{login:path}": "", "PATCH /accounts/{login:path}": "",
    "POST /accounts/{login:path}/password-reset": "",
    "GET /suggestions": "people", "POST /suggestions/{suggestion_id}/dismissal": "people",
    "GET /plans": _READERS, "GET /plans/{code}": _READERS, "POST /plans": "people", "PATCH /plans/{code}": "people",
    "POST /plan-items/{code}/completion": "people", "POST /plan-items/{code}/cancellation": "people",
    "GET /changes": _READERS, "POST /changes": "operations quality", "GET /changes/{code}": _READERS,
    "PATCH /changes/{code}": "operations quality", "POST /changes/{code}/steps": "operations quality",
    "GET /changes/{code}/effects": _READERS, "GET /processes-out-of-step": _READERS,
    "POST /plans/{code}/steps": "people", "GET /training-frequencies": _READERS, "POST /staff-moves": "people",
    "GET /decisions": "people data", "GET /scorings": _READERS, "POST /scorings": "people quality data",
    "GET /refits": "data", "GET /model-switch": _READERS, "PUT /model-switch": "data",
    "GET /inspection-queue": "quality operations data", "POST /inspections/{code:path}/result": "quality",
    "GET /counts": _READERS, "GET /exports/{table}.csv": _READERS, "GET /binder.zip": "quality people",
    "GET /events": _READERS,
    "GET /messages": "signed in", "GET /messages/unread": "signed in", "POST /messages/read": "signed in",
    "POST /messages/{message_id}/read": "signed in",
    "GET /message-channels": "signed in", "POST /message-channels": "signed in",
    "DELETE /message-channels/{channel_id}": "signed in",
    "GET /message-deliveries": "", "POST /message-deliveries/{delivery_id}/retry": "",
    "GET /webhooks": "", "POST /webhooks": "", "GET /webhooks/{webhook_id}": "", "DELETE /webhooks/{webhook_id}": "",
    "POST /webhooks/{webhook_id}/replay": "", "POST /webhooks/{webhook_id}/enable": "",
    "GET /audit-events": "quality",
    "GET /quizzes": _READERS, "POST /quizzes": "people quality", "GET /me/training": "signed in",
    "GET /me/training/{code}/reading": "signed in", "POST /me/training/{code}/reading": "signed in",
    "POST /me/training/{code}/claim": "signed in",
    "GET /training-sessions": _READERS, "POST /training-sessions": "people", "GET /waiting-for-seats": _READERS,
    "GET /training-sessions/{code}": _READERS, "GET /training-sessions/{code}/calendar": _READERS,
    "PATCH /training-sessions/{code}": "people", "POST /training-sessions/{code}/seats": "people",
    "POST /training-sessions/{code}/freed-seats": "people", "POST /training-sessions/{code}/cancellation": "people",
    "POST /training-sessions/{code}/attendance": "people",
    "GET /answers": _READERS + " employee", "GET /answers/{code:path}": _READERS + " employee",
    "POST /answers": "people",
    "GET /indicators": _READERS, "GET /indicators/values": _READERS, "GET /indicators/values.csv": _READERS,
    "GET /indicators/{code}/records": _READERS,
    "GET /quality-reports": _READERS, "GET /quality-reports/{code:path}": _READERS,
    "PATCH /quality-reports/{code:path}": "operations quality", "POST /quality-reports/{code:path}/closing": "quality",
    "GET /feedback": "signed in", "POST /feedback": "signed in", "GET /feedback/{code}": "signed in",
    "POST /feedback/{code}/steps": "signed in",
    "GET /batches/{code}/where-from": _READERS, "GET /batches/{code}/where-used": _READERS,
    "GET /trace": "operations quality people",
    "GET /issue-cases": _READERS, "GET /issues/{code:path}/case": _READERS,
    "POST /issues/{code:path}/steps": "operations quality people",
    "POST /issues/{code:path}/cause-decisions": "quality", "POST /issues/{code:path}/cause-assessments": "quality",
    "POST /issues/{code:path}/process-change-requests": "operations quality people",
    "GET /difficulty-reports/{code:path}/matches": _READERS,
    "POST /difficulty-reports/{code:path}/links": "operations quality people",
    "GET /sector": _READERS, "GET /duties": _READERS, "GET /duties/{code:path}": _READERS,
    "POST /duties": "people quality", "PATCH /duties/{code:path}": "people quality",
    "GET /obligations": _READERS, "GET /obligations/{code:path}": _READERS,
    "POST /obligations/{code:path}/nothing-to-report": _READERS,
    "GET /duty-questions/{code:path}": "operations quality people",
    "PUT /duty-questions/{code:path}": "operations quality people",
    "GET /credits/{code:path}": "operations quality people",
    "GET /process-change-requests": _READERS, "POST /process-change-requests/{code}/decision": "operations",
    "GET /qualification": "operations quality people", "GET /skill-matrix": "operations quality people",
    "GET /expiring-qualifications": "operations quality people",
    "GET /standings": "operations quality people",
    "GET /staffing-outlook": "operations quality people",
    "GET /roster-checks": "operations quality people", "POST /roster-checks": "operations quality people",
    "GET /gate-checks": "operations quality people", "POST /gate-checks": "operations quality",
    "POST /gate-checks/{code}/review": "quality", "POST /work-starts": "operations quality",
    "GET /inspection-floors/{code:path}": _READERS, "PUT /inspection-floors/{code:path}": "quality",
    "GET /inspected-batches/{code:path}": _READERS,
    "GET /gates/{code:path}": "operations quality people", "PUT /gates/{code:path}": "quality",
    "GET /supervisions": "operations quality people", "POST /supervisions": "operations quality",
    "GET /suspensions": "operations quality people", "POST /suspensions": "quality people",
    "POST /suspensions/{code}/lift": "quality people",
}
for _table, _writers in WRITERS.items():
    API |= {f"GET /{_table}": _READERS, f"POST /{_table}": _writers}
    if _table not in _SETS:
        API |= {f"GET /{_table}/{{code:path}}": _READERS}
        API |= {f"PATCH /{_table}/{{code:path}}": _writers.replace("employee", "").strip()}

#: everything beside the API
PAGES = {
    "GET /healthz": "anyone", "GET /readyz": "anyone", "GET /metrics": "anyone", "GET /docs": "anyone",
    "GET /login": "anyone", "POST /login": "anyone",
    "GET /login/oidc": "anyone", "GET /login/oidc/return": "anyone",
    "GET /password": "signed in", "POST /password": "signed in", "POST /logout": "anyone",
    "POST /language": "anyone", "GET /": "signed in",
    "GET /answers": "operations quality people employee", "POST /answers": "operations employee",
    "POST /answers/plans": "people", "POST /answers/links": "operations quality people",
    "GET /sessions": "operations quality people", "POST /sessions": "people", "POST /sessions/{code}": "people",
    "GET /sessions/{code}/calendar.ics": "operations quality people",
    "GET /training": "signed in", "GET /training/{code}": "signed in", "POST /training/{code}": "signed in",
    "POST /training/{code}/claim": "signed in",
    "GET /links/reading/{token}": "anyone", "POST /links/reading/{token}": "anyone",
    "GET /planner": "people", "POST /planner/accept": "people", "POST /planner/{suggestion}/dismiss": "people",
    "GET /changes": "operations quality people", "POST /changes/{code}": "operations quality",
    "GET /plans": "operations quality people", "POST /plans/{code}": "people",
    "GET /trace": "operations quality people", "POST /trace/decide": "quality",
    "GET /trace/binder.zip": "quality people",
    "GET /staffing": "operations quality people", "GET /gate": "operations quality", "POST /gate": "operations quality",
    "POST /gate/review": "quality",
    "GET /duties": "operations quality people", "GET /duties/setup": "operations quality people",
    "POST /duties/setup": "operations quality people", "POST /duties/nothing": "operations quality people",
    "GET /indicators": _READERS, "GET /indicators/values.csv": _READERS, "GET /indicators/{code}/records": _READERS,
    "GET /reports/{department:path}/{month}": _READERS,
    "POST /reports/{department:path}/{month}": "operations quality",
    "POST /reports/{department:path}/{month}/closing": "quality",
    "GET /quality": "quality operations", "GET /quality/inspections/{code:path}": "quality",
    "POST /quality/inspections/{code:path}": "quality", "GET /audit": "quality",
    "GET /messages": "signed in", "GET /messages/unread": "signed in", "POST /messages/read": "signed in",
    "GET /feedback": "signed in", "POST /feedback": "signed in", "POST /feedback/{code}": "signed in",
    "GET /links/{purpose}/{token}": "anyone", "POST /links/{purpose}/{token}": "anyone",
}

MATRIX = {**{where.replace(" /", " /api/v1/", 1): who for where, who in API.items()}, **PAGES}


def _served(app: FastAPI) -> Iterator[tuple[str, RouteContext]]:
    for route in served(app.routes):
        for method in sorted(route.methods or ()):
            yield f"{method} {route.path}", route


def _declared(route: RouteContext) -> str:
    found = permission(route)
    return {ANYONE: "anyone", ANYBODY_SIGNED_IN: "signed in"}.get(found or (), " ".join(sorted(found or ())))


def _written(who: str) -> str:
    return who if who in {"anyone", "signed in"} else " ".join(sorted({*who.split(), "admin"}))


def test_every_route_is_written_down_here_and_declares_the_same(application: FastAPI) -> None:
    declared = {where: _declared(route) for where, route in _served(application)}
    assert declared == {where: _written(who) for where, who in MATRIX.items()}


def _address(path: str) -> str:
    for name, value in (("{code:path}", "X"), ("{code}", "X"), ("{table}", "departments"), ("{suggestion_id}", "1"),
                        ("{suggestion}", "1"), ("{login:path}", "x"), ("{token_id}", "1"),
                        ("{message_id}", "1"), ("{channel_id}", "1"), ("{delivery_id}", "1"), ("{webhook_id}", "1"),
                        ("{purpose}", "x"), ("{token}", "x"),
                        ("{department:path}", "X"), ("{month}", "2026-01")):
        path = path.replace(name, value)
    assert "{" not in path
    return path


@pytest.mark.parametrize("where", MATRIX)
def test_each_role_is_let_in_or_kept_out(
    api: TestClient, signed_in: Headers, where: str, record_property: Callable[[str, object], None]
) -> None:
    method, path = where.split()
    who = _written(MATRIX[where])
    # where no password is a wrong one, 401 says nothing of who may try
    kept_out = {403} if path in {"/login", "/password"} else {401, 403}
    stranger = _status(api, method, path, {})
    if who == "anyone":
        assert stranger not in kept_out
    else:
        assert stranger == (401 if path.startswith("/api/") else 303)
    for role in ROLES:
        status = _status(api, method, path, signed_in(role))
        if who in {"anyone", "signed in"} or role in who.split():
            assert status not in kept_out, role
        else:
            assert status == 403, role
    record_property("cells of route by role", len(ROLES) + 1)


def _status(api: TestClient, method: str, path: str, headers: dict[str, str]) -> int:
    """What a request is answered that lacks everything but the right to be made."""
    if path.startswith("/api/"):
        sent: dict[str, Any] = {"json": {}} if method != "GET" else {}
    else:
        secret = headers.get("Authorization", "").removeprefix("Bearer ")
        bound_to = secret if secret and path != "/login" else "browser"
        headers = {"Cookie": f"{COOKIE}={secret}; {FORM_COOKIE}=browser" if secret else f"{FORM_COOKIE}=browser"}
        sent = {"data": {PROOF: proof(bound_to)}} if method == "POST" else {}
    return api.request(method, _address(path), headers=headers, follow_redirects=False, **sent).status_code


@pytest.mark.parametrize("prefix", ["", "/api/v1"])
def test_a_route_that_declares_nothing_is_not_served(engine: Engine, prefix: str) -> None:
    app, planted = compose(engine), APIRouter(prefix=prefix)

    @planted.get("/planted")
    def open_to_all() -> None:
        """Somebody forgot."""

    app.include_router(planted)
    with pytest.raises(RuntimeError, match=rf"{prefix}/planted declares no permission"):
        refuse_undeclared(app.routes)
