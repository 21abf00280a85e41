"""The queue of due inspections, and recording what they found."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.clock import now
from service.inspections.tables import Finding, Inspection
from service.records.merge import Outcome
from service.suggestions.actions import store
from service.suggestions.tables import Scoring

Put = Callable[..., Outcome]
Headers = Callable[[str], dict[str, str]]


@pytest.fixture
def quality(signed_in: Headers) -> dict[str, str]:
    return signed_in("quality")


@pytest.fixture
def due(site: Put) -> Put:
    """Three inspections due now, and one done."""
    rows = [
        {"code": f"I{number}", "kind": "patrol", "employee_code": "007", "process_code": "P1", "due_at": now()}
        for number in range(4)
    ]
    for row in rows:
        site("inspections", row)
    site("inspections", {"code": "I3", "performed_at": now(), "result": "pass"})
    return site


def _queue(api: TestClient, headers: dict[str, str]) -> list[Any]:
    return list(api.get("/api/v1/inspection-queue", headers=headers).json()["items"])


def test_riskiest_first_then_what_nobody_scored(
    api: TestClient, quality: dict[str, str], due: Put, session: Session
) -> None:
    scoring = Scoring(target="risk-work", as_of=now(), model="risk-work v3", fingerprint="f", tie_seed=1)
    chances = [("I1", 0.2, 2), ("I2", 0.6, 1), ("I3", 0.9, 3)]
    usual = {"baseline_rank": 1, "score": 0.0, "reasons": [{"en": "Why.", "zh": "为什么。"}]}
    rows = [usual | {"inspection_code": code, "probability": chance, "rank": rank} for code, chance, rank in chances]
    store(session, scoring, rows)
    items = _queue(api, quality)
    assert [(item["code"], item["probability"]) for item in items] == [("I2", 0.6), ("I1", 0.2), ("I0", None)]
    assert (items[0]["subject_name"], items[0]["process_name"], items[0]["model"]) == ("Li", "Solder", "risk-work v3")
    assert items[-1]["light"] == "grey"


def test_a_chance_comes_with_its_band_or_with_a_warning(
    api: TestClient, quality: dict[str, str], due: Put, session: Session
) -> None:
    scoring = Scoring(target="risk-work", as_of=now(), model="risk-work v3", fingerprint="f", tie_seed=1, usual=0.1)
    bands = [("I0", 0.15, 0.3), ("I1", 0.05, 0.4), ("I2", None, None)]
    rows = [
        {"inspection_code": code, "probability": 0.2, "probability_low": low, "probability_high": high, "rank": rank,
         "baseline_rank": rank}
        for rank, (code, low, high) in enumerate(bands, 1)
    ]
    store(session, scoring, rows)
    told = [
        (item["code"], item["probability_low"], item["probability_high"], item["too_little_data"])
        for item in _queue(api, quality)
    ]
    assert told == [("I0", 0.15, 0.3, False), ("I1", 0.05, 0.4, True), ("I2", None, None, True)]


def test_a_result_takes_it_off_the_queue_with_its_findings(
    api: TestClient, quality: dict[str, str], due: Put, session: Session
) -> None:
    found = [{"severity": "major", "clause": "4.1"}, {"severity": "minor", "count": 3, "text": "划痕"}]
    body = {"result": "fail", "sample_size": 80, "nonconforming": 4, "findings": found}
    assert api.post("/api/v1/inspections/I0/result", headers=quality, json=body).status_code == 204
    assert "I0" not in {item["code"] for item in _queue(api, quality)}
    last = session.scalars(select(Inspection).where(Inspection.code == "I0").order_by(Inspection.revision)).all()[-1]
    assert (last.revision, last.result, last.sample_size, last.nonconforming) == (2, "fail", 80, 4)
    kept = session.scalars(select(Finding).order_by(Finding.id)).all()
    assert [(one.revision, one.severity, one.clause, one.count, one.text) for one in kept] == [
        (2, "major", "4.1", None, None), (2, "minor", None, 3, "划痕"),
    ]


def test_a_recorded_result_changes_only_with_a_reason(
    api: TestClient, quality: dict[str, str], due: Put, session: Session
) -> None:
    url = "/api/v1/inspections/I3/result"
    refused = api.post(url, headers=quality, json={"result": "fail"})
    assert refused.status_code == 422
    assert "needs a reason" in refused.json()["detail"]
    assert api.post(url, headers=quality, json={"result": "fail", "reason": "misread"}).status_code == 204


def test_an_unknown_inspection_is_named(api: TestClient, quality: dict[str, str]) -> None:
    answer = api.post("/api/v1/inspections/NONE/result", headers=quality, json={"result": "pass"})
    assert answer.status_code == 404
    assert "'NONE'" in answer.json()["detail"]


def _codes(api: TestClient, headers: dict[str, str], asked: str) -> list[list[str]]:
    """The codes of each page."""
    found: list[list[str]] = []
    cursor = ""
    while True:
        page = api.get(f"/api/v1/inspection-queue?{asked}{cursor}", headers=headers).json()
        found.append([item["code"] for item in page["items"]])
        if page["next"] is None:
            return found
        cursor = f"&cursor={page['next']}"


def test_the_queue_is_read_page_by_page(api: TestClient, quality: dict[str, str], due: Put, session: Session) -> None:
    due("inspections", {"code": "I9", "kind": "patrol"}, {"code": "I8", "kind": "patrol"})
    scoring = Scoring(target="risk-work", as_of=now(), model="risk-work v3", fingerprint="f", tie_seed=1)
    chances = [("I1", 0.2, 2), ("I2", 0.6, 1), ("I9", 0.2, None), ("I8", None, None)]
    store(session, scoring, [
        {"baseline_rank": 1, "inspection_code": code, "probability": chance, "rank": rank}
        for code, chance, rank in chances
    ])
    assert _codes(api, quality, "limit=2") == [["I2", "I1"], ["I9", "I0"], ["I8"]]
    assert _codes(api, quality, "limit=1") == [["I2"], ["I1"], ["I9"], ["I0"], ["I8"], []]
    lights = [item["light"] for item in _queue(api, quality)]
    first = api.get("/api/v1/inspection-queue?limit=1", headers=quality).json()
    second = api.get(f"/api/v1/inspection-queue?limit=1&cursor={first['next']}", headers=quality).json()
    assert [first["items"][0]["light"], second["items"][0]["light"]] == lights[:2]
    store(session, Scoring(target="risk-work", as_of=now(), model="v4", fingerprint="f", tie_seed=1), [])
    again = api.get(f"/api/v1/inspection-queue?limit=1&cursor={first['next']}", headers=quality).json()
    assert again["items"] == second["items"]


def test_the_queue_has_its_own_cursors(api: TestClient, quality: dict[str, str], due: Put) -> None:
    cursor = api.get("/api/v1/inspection-queue?limit=1", headers=quality).json()["next"]
    for asked, status in ((f"cursor={cursor}&missed=true", 400), ("cursor=x", 400), ("sort=due_at", 422)):
        assert api.get(f"/api/v1/inspection-queue?{asked}", headers=quality).status_code == status


def test_what_was_ordered_or_scored_since_a_moment(
    api: TestClient, quality: dict[str, str], due: Put, session: Session
) -> None:
    at = api.get("/api/v1/inspections/I2", headers=quality).json()[0]["recorded_at"].replace("+00:00", "Z")
    assert _codes(api, quality, f"updated_since={at}") == [["I2"]]
    scoring = Scoring(target="risk-work", as_of=now(), model="risk-work v3", fingerprint="f", tie_seed=1)
    store(session, scoring, [{"baseline_rank": 1, "inspection_code": "I0", "probability": 0.1}])
    assert _codes(api, quality, f"updated_since={at}") == [["I0", "I2"]]
