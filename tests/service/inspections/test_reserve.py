"""The random reserve: who is drawn, how likely that was, and where those drawn stand."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.clock import now
from service.history.views import views
from service.inspections import reserve
from service.inspections.reserve import chance_of, draw_for_all, draw_for_arrivals
from service.inspections.tables import ReserveDraw
from service.scoring.score import with_propensities
from service.suggestions.actions import store
from service.suggestions.tables import Scoring
from tests.service.conftest import Put

DAY = timedelta(days=1)


@pytest.mark.parametrize(("planned", "performed", "chance"), [
    (0, 0, 0.1), (100, 100, 0.1), (100, 40, 0.04), (100, 0, 0.0),
])
def test_a_tenth_of_what_will_be_performed(planned: int, performed: int, chance: float) -> None:
    assert chance_of(0.1, planned, performed) == pytest.approx(chance)


@given(st.floats(0, 1), st.integers(1, 10**6), st.floats(0, 1))
def test_the_drawn_take_up_their_share_of_the_capacity_and_no_more(share: float, planned: int, done: float) -> None:
    performed = int(done * planned)
    assert chance_of(share, planned, performed) * planned == pytest.approx(share * performed)
    assert 0 <= chance_of(share, planned, performed) <= 1


def _plan(site: Put, *codes: str, due: timedelta = DAY, **more: object) -> None:
    site("inspections", *(
        {"code": code, "kind": "patrol", "department_code": "LINE", "due_at": now() + due} | more for code in codes
    ))


def _draws(session: Session) -> dict[str, tuple[float, bool]]:
    found = session.execute(select(ReserveDraw.inspection_code, ReserveDraw.chance, ReserveDraw.drawn)).all()
    return {code: (chance, drawn) for code, chance, drawn in found}


def test_each_inspection_that_waits_is_drawn_for_once(site: Put, session: Session) -> None:
    _plan(site, *(f"I{number:03}" for number in range(400)))
    drawn = draw_for_all(session, 0.25)
    assert 60 < drawn < 140
    first = _draws(session)
    assert (len(first), {chance for chance, _ in first.values()}) == (400, {0.25})
    assert sum(taken for _, taken in first.values()) == drawn
    assert draw_for_all(session, 1) == 0
    assert _draws(session) == first


def test_the_chance_follows_what_was_really_performed(site: Put, session: Session) -> None:
    done = {"performed_at": now() - 2 * DAY, "result": "pass"}
    _plan(site, "DONE", due=-2 * DAY, **done)
    _plan(site, "SKIPPED1", "SKIPPED2", "SKIPPED3", due=-2 * DAY)
    _plan(site, "FORGOTTEN", due=-91 * DAY)
    _plan(site, "NEXT")
    draw_for_all(session, 0.4)
    draws = _draws(session)
    assert set(draws) == {"SKIPPED1", "SKIPPED2", "SKIPPED3", "NEXT"}, "neither what is done nor what is long missed"
    assert [chance for chance, _ in draws.values()] == [pytest.approx(0.1)] * 4


def test_an_arrival_has_the_chance_of_the_night(site: Put, session: Session) -> None:
    _plan(site, "BEFORE")
    assert draw_for_arrivals(session, 0.3) == 0
    assert _draws(session) == {}, "no night has drawn yet"
    draw_for_all(session, 0.3)
    _plan(site, "ARRIVED")
    draw_for_arrivals(session, 0.3)
    assert _draws(session)["ARRIVED"][0] == pytest.approx(0.3)


def test_without_a_reserve_nobody_draws(site: Put, session: Session) -> None:
    _plan(site, "I1")
    assert (draw_for_all(session, 0), draw_for_arrivals(session, 0), _draws(session)) == (0, 0, {})


@pytest.fixture
def one_drawn(site: Put, session: Session, monkeypatch: pytest.MonkeyPatch) -> str:
    """Of three inspections on a list the least risky is drawn."""
    for code in ("HIGH", "MIDDLE", "LOW"):
        _plan(site, code)
    lots = iter([0.9, 0.2, 0.01])
    monkeypatch.setattr(reserve, "draw", lambda: next(lots))
    assert draw_for_all(session, 0.1) == 1
    scoring = Scoring(target="risk-unit", as_of=now(), model="risk-unit v1", fingerprint="f", tie_seed=1)
    store(session, scoring, [
        {"inspection_code": code, "score": chance, "probability": chance, "rank": rank, "baseline_rank": rank}
        for rank, (code, chance) in enumerate([("HIGH", 0.9), ("MIDDLE", 0.5), ("LOW", 0.1)], 1)
    ])
    return "LOW"


def test_who_is_drawn_stands_first_and_is_told_why(ask: Callable[..., Any], one_drawn: str) -> None:
    items = ask("GET", "/inspection-queue").json()["items"]
    assert [(item["code"], item["reserved"], item["must"]) for item in items] == [
        (one_drawn, True, False), ("HIGH", False, False), ("MIDDLE", False, False),
    ]
    assert [item["light"] for item in items] == ["green", "red", "green"], "its light is that of its chance, not place"
    assert "random reserve" in items[0]["reasons"][0]["en"]
    assert "随机预留" in items[0]["reasons"][0]["zh"]
    pages, cursor = [], None
    while len(pages) < 3:
        page = ask("GET", "/inspection-queue", params={"limit": 1} | ({"cursor": cursor} if cursor else {})).json()
        pages += [item["code"] for item in page["items"]]
        cursor = page["next"]
    assert pages == [one_drawn, "HIGH", "MIDDLE"]


def test_what_must_be_inspected_stands_before_the_reserve(
    ask: Callable[..., Any], site: Put, one_drawn: str
) -> None:
    ask("PUT", "/gates/P1", json={"mode": "warn", "reason": "as agreed"})
    site("work_records", {"code": "W", "process_code": "P1", "employee_code": "007", "started_at": now(),
                          "self_check": "pass"})
    items = ask("GET", "/inspection-queue").json()["items"]
    assert [(item["must"], item["reserved"]) for item in items[:2]] == [(True, False), (False, True)]


def test_both_the_drawn_and_the_others_keep_their_chance(session: Session, one_drawn: str) -> None:
    rows = with_propensities(session, [{"inspection_code": code} for code in (one_drawn, "HIGH", "NONE")])
    assert [row["propensity"] for row in rows] == [0.1, 0.1, None]
    query = views({}, "UTC")["inspections"].subquery()
    told = session.execute(select(query.c.inspection_code, query.c.reserve_chance, query.c.reserved)).all()
    assert {code: (chance, drawn) for code, chance, drawn in told} == {
        "HIGH": (0.1, 0), "MIDDLE": (0.1, 0), "LOW": (0.1, 1),
    }


def test_a_reserve_that_is_not_looked_at_grows_old_like_anything_else(
    ask: Callable[..., Any], site: Put, one_drawn: str
) -> None:
    site("inspections", {"code": one_drawn, "due_at": now() - 60 * DAY}, reason="moved")
    assert one_drawn not in {item["code"] for item in ask("GET", "/inspection-queue").json()["items"]}
    missed = ask("GET", "/inspection-queue", params={"missed": True}).json()["items"]
    assert [item["code"] for item in missed] == [one_drawn]
