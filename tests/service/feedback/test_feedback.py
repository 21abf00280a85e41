"""Feedback by API: given by anybody, answered by administrators, told to its author."""

from typing import Any

import pytest

Ask = Any


def _given(ask: Ask, role: str = "operations", **said: Any) -> Any:
    return ask("POST", "/feedback", role, json={"kind": "wish", "text": "print the list", "page": "/planner"} | said)


def test_it_is_answered_and_its_author_is_told(ask: Ask) -> None:
    ask("GET", "/me", "admin")  # who is to be told is there
    given = _given(ask)
    assert given.status_code == 201, given.text
    code, address = given.json()["code"], f"/feedback/{given.json()['code']}"
    assert (given.json()["state"], given.json()["may_follow"]) == ("open", [])
    assert f"({code}, page /planner)" in ask("GET", "/messages", "admin").json()["items"][0]["body"]

    seen = ask("GET", address, "admin")
    assert seen.json()["may_follow"] == ["plan", "finish", "decline"]
    answer = {"step": "plan", "text": "in the next release"}
    planned = ask("POST", f"{address}/steps", "admin", if_match=seen.headers["ETag"], json=answer)
    assert (planned.status_code, planned.json()["state"]) == (201, "planned")
    told = ask("GET", "/messages", "operations").json()["items"][0]
    assert (told["kind"], "in the next release" in told["body"]) == ("feedback.plan", True)

    ask("POST", f"{address}/steps", "admin", if_match="*", json={"step": "finish", "text": "there is a button now"})
    disagrees = {"step": "reopen", "text": "not on a phone"}
    again = ask("POST", f"{address}/steps", "operations", if_match="*", json=disagrees)
    assert (again.json()["state"], [step["step"] for step in again.json()["steps"]]) == (
        "open", ["plan", "finish", "reopen"]
    )
    assert ask("GET", "/messages", "admin").json()["items"][0]["kind"] == "feedback.reopen"
    assert ask("GET", address, "operations").headers["ETag"] != seen.headers["ETag"]


def test_each_reads_their_own_and_the_administrator_all(ask: Ask) -> None:
    mine, other = _given(ask, "employee").json()["code"], _given(ask, "quality").json()["code"]
    assert [one["code"] for one in ask("GET", "/feedback", "employee").json()["items"]] == [mine]
    assert [one["code"] for one in ask("GET", "/feedback", "admin").json()["items"]] == [other, mine]
    assert ask("GET", f"/feedback/{other}", "employee").status_code == 404
    assert ask("GET", "/feedback?state=done", "admin").json()["items"] == []


@pytest.mark.parametrize(("role", "if_match", "sent", "status", "says"), [
    ("quality", "*", {"step": "plan", "text": "x"}, 404, "of yours"),
    ("operations", "*", {"step": "finish", "text": "x"}, 403, "administrator of the whole site"),
    ("admin", "*", {"step": "reopen", "text": "x"}, 409, "next comes plan or finish or decline"),
    ("admin", "*", {"step": "finish", "text": "  "}, 422, "text"),
    ("admin", '"old"', {"step": "finish", "text": "x"}, 412, "read it again"),
    ("admin", None, {"step": "finish", "text": "x"}, 428, "If-Match"),
])
def test_what_may_not_be_is_refused_and_changes_nothing(
    ask: Ask, role: str, if_match: str | None, sent: dict[str, str], status: int, says: str
) -> None:
    code = _given(ask).json()["code"]
    refused = ask("POST", f"/feedback/{code}/steps", role, if_match=if_match, json=sent)
    assert (refused.status_code, says in refused.text) == (status, True), refused.text
    assert ask("GET", f"/feedback/{code}", "operations").json()["steps"] == []


def test_nothing_blank_is_kept(ask: Ask) -> None:
    assert _given(ask, text=" ").status_code == 422
    assert _given(ask, page="planner").status_code == 422
    assert ask("GET", "/feedback", "admin").json()["items"] == []
