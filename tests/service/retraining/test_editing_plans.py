"""A plan is renamed and its items are moved by who has read it, with a reason."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from service.clock import now

Headers = dict[str, str]

LATER = (now() + timedelta(days=60)).date().isoformat()


@pytest.fixture
def address(api: TestClient, planner: Headers, item: dict[str, Any]) -> str:
    """The address of the plan of `item`."""
    return f"/api/v1/plans/{api.get('/api/v1/plans', headers=planner).json()['items'][0]['code']}"


def _tag(api: TestClient, planner: Headers, address: str) -> str:
    return str(api.get(address, headers=planner).headers["ETag"])


def _change(api: TestClient, planner: Headers, address: str, read: str | None, **said: Any) -> Any:
    return api.patch(address, json=said, headers=planner | ({"If-Match": read} if read else {}))


def test_renamed_and_moved_with_a_reason(
    api: TestClient, planner: Headers, address: str, item: dict[str, Any]
) -> None:
    read = _tag(api, planner, address)
    moves = [{"code": item["code"], "due_on": LATER}]
    changed = _change(api, planner, address, read, title="Spring", items=moves, reason="trainer is away")
    assert changed.status_code == 200
    plan = changed.json()
    assert (plan["title"], plan["items"][0]["due_on"], plan["edited_reason"]) == ("Spring", LATER, "trainer is away")
    assert api.get(address, headers=planner).json() == plan
    assert changed.headers["ETag"] == _tag(api, planner, address) != read
    assert api.get(address, headers=planner | {"If-None-Match": changed.headers["ETag"]}).status_code == 304


def test_of_two_editors_the_second_learns_of_the_first(api: TestClient, planner: Headers, address: str) -> None:
    read = _tag(api, planner, address)
    assert _change(api, planner, address, read, title="First", reason="clearer").status_code == 200
    assert _change(api, planner, address, read, title="Second", reason="shorter").status_code == 412
    assert _change(api, planner, address, None, title="Second", reason="shorter").status_code == 428
    assert api.get(address, headers=planner).json()["title"] == "First"


@pytest.mark.parametrize("end", ["completion", "cancellation", "training-records"])
def test_whatever_happens_to_an_item_changes_its_plan(
    api: TestClient, planner: Headers, address: str, item: dict[str, Any], end: str
) -> None:
    read = _tag(api, planner, address)
    url = f"/api/v1/plan-items/{item['code']}"
    if end == "completion":
        assert api.post(f"{url}/{end}", headers=planner, json={"result": "passed"}).status_code == 200
    elif end == "cancellation":
        assert api.post(f"{url}/{end}", headers=planner, json={"reason": "moved away"}).status_code == 204
    else:
        row = {"code": item["training_code"], "result": "passed", "completed_at": now().isoformat()}
        assert api.post(f"/api/v1/{end}", headers=planner, json={"rows": [row]}).status_code == 201
    assert _change(api, planner, address, read, title="New", reason="clearer").status_code == 412
    moved = [{"code": item["code"], "due_on": LATER}]
    assert _change(api, planner, address, "*", items=moved, reason="later").status_code == 409


def test_an_item_is_ended_as_it_was_read(
    api: TestClient, planner: Headers, address: str, item: dict[str, Any]
) -> None:
    read, url = _tag(api, planner, address), f"/api/v1/plan-items/{item['code']}"
    _change(api, planner, address, read, title="New", reason="clearer")
    stale = planner | {"If-Match": read}
    assert api.post(f"{url}/completion", headers=stale, json={"result": "passed"}).status_code == 412
    assert api.post(f"{url}/cancellation", headers=stale, json={"reason": "gone"}).status_code == 412
    fresh = planner | {"If-Match": _tag(api, planner, address)}
    assert api.post(f"{url}/completion", headers=fresh, json={"result": "passed"}).status_code == 200


def test_what_changes_nothing_leaves_the_plan_as_it_was(
    api: TestClient, planner: Headers, address: str, item: dict[str, Any]
) -> None:
    read = _tag(api, planner, address)
    same = [{"code": item["code"], "due_on": item["due_on"]}]
    assert _change(api, planner, address, read, items=same, reason="checked").headers["ETag"] == read


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"title": "New"}, 422),
        ({"title": "New", "reason": " "}, 422),
        ({"title": "", "reason": "x"}, 422),
        ({"items": [{"code": "ITEM-0", "due_on": LATER}], "reason": "x"}, 404),
        ({"items": [{"code": "ITEM-0", "due_on": LATER}] * 2, "reason": "x"}, 422),
        ({"items": [{"code": "ITEM-0", "due_on": "9999-12-31"}], "reason": "x"}, 422),
        ({"status": "done", "reason": "x"}, 422),
    ],
)
def test_what_cannot_be_done_is_refused(
    api: TestClient, planner: Headers, address: str, said: dict[str, Any], status: int
) -> None:
    assert _change(api, planner, address, "*", **said).status_code == status


def test_a_day_that_is_over_is_refused(
    api: TestClient, planner: Headers, address: str, item: dict[str, Any]
) -> None:
    moved = [{"code": item["code"], "due_on": "2020-01-01"}]
    assert _change(api, planner, address, "*", items=moved, reason="x").status_code == 400


def test_only_planners_change_plans(
    api: TestClient, signed_in: Callable[[str], Headers], address: str
) -> None:
    for role in ("quality", "operations", "data", "employee"):
        assert _change(api, signed_in(role), address, "*", title="x", reason="y").status_code == 403


def test_an_unknown_plan_is_named(api: TestClient, planner: Headers) -> None:
    assert "PLAN-0" in api.get("/api/v1/plans/PLAN-0", headers=planner).json()["detail"]
    assert _change(api, planner, "/api/v1/plans/PLAN-0", "*", title="x", reason="y").status_code == 404
