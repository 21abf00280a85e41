"""The planner's lists page by page, while somebody decides in between."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from service.records.merge import Outcome
from service.records.paging import Cursors
from service.records.wiretypes import Id

Headers = dict[str, str]
Suggest = Callable[..., list[int]]


@pytest.fixture
def people(site: Callable[..., Outcome]) -> list[str]:
    """Nine people, E0 to E8."""
    codes = [f"E{number}" for number in range(9)]
    site("employees", *({"code": code, "name": code} for code in codes))
    return codes


def _pages(api: TestClient, headers: Headers, address: str) -> Iterator[list[Any]]:
    cursor = ""
    while True:
        page = api.get(f"/api/v1/{address}{cursor}", headers=headers).json()
        yield page["items"]
        if page["next"] is None:
            return
        cursor = f"&cursor={page['next']}"


def _codes(items: list[Any]) -> list[str]:
    return [item["employee_code"] for item in items]


def test_both_kinds_go_on_page_by_page(
    api: TestClient, planner: Headers, people: list[str], suggest: Suggest
) -> None:
    rules = {1: "expired", 4: "failed", 6: "expired"}
    suggest(*({"employee_code": code, "rule_gap": rules.get(number)} for number, code in enumerate(people)))
    found = [_codes(items) for items in _pages(api, planner, "suggestions?limit=2")]
    assert found == [["E1", "E4", "E0", "E2"], ["E6", "E3", "E5"], ["E7", "E8"], []]


def test_what_is_decided_in_between_moves_nothing(
    api: TestClient, planner: Headers, people: list[str], suggest: Suggest
) -> None:
    ids = suggest(*({"employee_code": code, "rank": None, "score": None} for code in people))
    seen = []
    for items in _pages(api, planner, "suggestions?limit=3"):
        seen += _codes(items)
        for item in items[:2]:
            url = f"/api/v1/suggestions/{item['id']}/dismissal"
            assert api.post(url, headers=planner, json={"reason": "on leave"}).status_code == 204
        suggest({"employee_code": "E0"})  # a newer scoring, which the pages do not mix in
    assert (seen, len(ids)) == (people, 9)


def test_pages_are_of_scorings_that_are_there(api: TestClient, planner: Headers, people: list[str]) -> None:
    for cursor in (Cursors("suggestions", Id, Any, Any).write(2**62, None, None), "x"):
        answer = api.get(f"/api/v1/suggestions?cursor={cursor}", headers=planner)
        assert (answer.status_code, answer.json()["type"]) == (400, "urn:retrace:problem:bad-cursor")


def test_plans_come_newest_first_page_by_page(
    api: TestClient, planner: Headers, people: list[str], suggest: Suggest
) -> None:
    for chosen in suggest(*({"employee_code": code} for code in people[:3])):
        assert api.post("/api/v1/plans", headers=planner, json={"suggestions": [chosen]}).status_code == 201
    pages = list(_pages(api, planner, "plans?limit=2"))
    assert [[_codes(plan["items"]) for plan in page] for page in pages] == [[["E2"], ["E1"]], [["E0"]]]
    middle = pages[0][1]
    since = {"updated_since": middle["updated_at"]}
    assert len(api.get("/api/v1/plans", params=since, headers=planner).json()["items"]) == 2
    url = f"/api/v1/plan-items/{pages[1][0]['items'][0]['code']}/cancellation"
    api.post(url, headers=planner, json={"reason": "moved away"})
    assert len(api.get("/api/v1/plans", params=since, headers=planner).json()["items"]) == 3


def test_suggestions_scored_since_a_moment(
    api: TestClient, planner: Headers, people: list[str], suggest: Suggest
) -> None:
    suggest({"employee_code": "E0"})
    (scoring,) = api.get("/api/v1/scorings", headers=planner).json()["items"]
    for since, count in ((scoring["created_at"], 1), ("2150-01-01T00:00:00Z", 0)):
        found = api.get("/api/v1/suggestions", params={"updated_since": since}, headers=planner).json()["items"]
        assert len(found) == count
