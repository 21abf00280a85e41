"""The inspection floor: what must be inspected, and that nobody can close it unperformed."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.errors import Invalid
from service.history.views import views
from service.inspections.floor import FIRSTS, SAYS, WHYS, Facts, Floor, kind, must, ordered
from service.inspections.tables import Inspection, InspectionOrder
from service.scoring.score import with_propensities
from service.suggestions.actions import store
from service.suggestions.tables import Scoring
from service.work.tables import WorkRecord
from tests.service.conftest import Put

Headers = Callable[[str], dict[str, str]]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

floors = st.builds(
    Floor, st.integers(0, 30), st.integers(0, 10), st.frozensets(st.sampled_from(FIRSTS)), st.floats(0, 1)
)
facts = st.builds(
    Facts, st.none() | st.floats(0, 60), st.none() | st.integers(0, 20), st.frozensets(st.sampled_from(FIRSTS))
)


@pytest.mark.parametrize(("floor", "known", "whys"), [
    (Floor(), Facts(0, 0, frozenset(FIRSTS)), ()),
    (Floor(after_change_days=3), Facts(2.9), ("after_change",)),
    (Floor(after_change_days=3), Facts(3.0), ()),
    (Floor(after_change_days=3), Facts(None), ()),
    (Floor(after_failure_pieces=2), Facts(None, 1), ("after_failure",)),
    (Floor(after_failure_pieces=2), Facts(None, 2), ()),
    (Floor(first_article=frozenset({"shift"})), Facts(first=frozenset({"person"})), ()),
    (Floor(first_article=frozenset(FIRSTS)), Facts(first=frozenset({"shift", "person"})),
     ("first_person", "first_shift")),
])
def test_each_rule_of_the_floor(floor: Floor, known: Facts, whys: tuple[str, ...]) -> None:
    assert must(floor, known) == whys


@given(floors, facts, st.floats(0, 1, exclude_max=True))
def test_what_must_be_inspected_is_never_left_to_chance(floor: Floor, known: Facts, drawn: float) -> None:
    order = ordered(floor, known, lambda: drawn)
    if must(floor, known):
        assert order is not None
        assert order.propensity == 1.0
    else:
        assert (order is not None) == (drawn < floor.share)
        assert order is None or (order.propensity, kind(order.whys)) == (floor.share, "random")


@given(floors, facts)
def test_a_stricter_floor_never_orders_less(floor: Floor, known: Facts) -> None:
    stricter = Floor(
        floor.after_change_days + 1, floor.after_failure_pieces + 1, frozenset(FIRSTS), min(1.0, floor.share + 0.1)
    )
    assert set(must(floor, known)) <= set(must(stricter, known))


def test_every_reason_has_its_sentences() -> None:
    assert set(SAYS) == set(WHYS)


@pytest.fixture
def work(site: Put) -> Callable[..., None]:
    """Records a piece of work, begun in a moment from now so that every switch and floor is in force by then."""

    def worked(code: str, employee: str = "007", **more: object) -> None:
        row = {"code": code, "process_code": "P1", "process_version": "A", "employee_code": employee,
               "started_at": datetime.now(UTC), "self_check": "pass"}
        site("work_records", row | more)

    return worked


def _floor(ask: Callable[..., Any], **terms: object) -> None:
    answer = ask("PUT", "/inspection-floors/P1", json={"reason": "agreed with the line", **terms})
    assert answer.status_code == 200, answer.text


def _whys(session: Session) -> dict[str, list[str]]:
    """Why each piece of work must be inspected."""
    found = session.execute(
        select(Inspection.work_id, InspectionOrder.whys)
        .join(InspectionOrder, InspectionOrder.inspection_code == Inspection.code)
        .where(Inspection.revision == 1)
    ).all()
    codes = dict(session.execute(select(WorkRecord.id, WorkRecord.code).where(WorkRecord.revision == 1)).all())
    return {codes[number]: list(whys) for number, whys in found if number is not None}


def test_ungated_work_is_inspected_whatever_the_floor_says(
    ask: Callable[..., Any], work: Callable[..., None], site: Put, session: Session
) -> None:
    work("BEFORE")
    ask("PUT", "/gates/P1", json={"mode": "warn", "reason": "as agreed"})
    work("W")
    assert _whys(session) == {"W": ["ungated"]}
    site("work_records", {"code": "W", "finished_at": datetime.now(UTC) + HOUR})
    assert _whys(session) == {"W": ["ungated"]}


def test_supervised_work_is_inspected_piece_by_piece_even_where_the_gate_is_off(
    ask: Callable[..., Any], work: Callable[..., None], site: Put, session: Session
) -> None:
    site("training_records", {
        "code": "T", "employee_code": "008", "course_code": "C1", "result": "passed", "standard_version": "1",
        "completed_at": datetime.now(UTC) - DAY,
    })
    until = (datetime.now(UTC) + DAY).isoformat()
    row = {"employee_code": "007", "process_code": "P1", "supervisor_code": "008", "reason": "new", "until": until}
    assert ask("POST", "/supervisions", "operations", json=row).status_code == 201
    work("W1", supervised_by="008")
    work("W2")
    work("OWN", employee="008")
    assert _whys(session) == {"W1": ["supervised"], "W2": ["supervised"]}


def test_work_moved_to_another_person_after_the_fact_is_asked_about_again(
    ask: Callable[..., Any], work: Callable[..., None], site: Put, session: Session
) -> None:
    site("training_records", {
        "code": "T", "employee_code": "008", "course_code": "C1", "result": "passed", "standard_version": "1",
        "completed_at": datetime.now(UTC) - DAY,
    })
    ask("PUT", "/gates/P1", json={"mode": "block", "reason": "as agreed"})
    started = ask("POST", "/work-starts", "operations",
                  json={"employee_code": "008", "process_code": "P1", "code": "W"})
    assert started.status_code == 201
    assert _whys(session) == {}
    site("work_records", {"code": "W", "employee_code": "007"}, reason="wrong name typed",
         at=datetime.now(UTC) + HOUR)
    assert _whys(session) == {"W": ["ungated"]}


def test_first_articles(
    ask: Callable[..., Any], work: Callable[..., None], site: Put, session: Session
) -> None:
    now = datetime.now(UTC)
    for code in ("RAW1", "RAW2", "B1", "B2", "B3"):
        site("batches", {"code": code, "started_at": now})
    for batch, raw in (("B1", "RAW1"), ("B2", "RAW1"), ("B3", "RAW2")):
        site("batch_inputs", {"batch_code": batch, "input_code": raw})
    site("shifts", {"employee_code": "007", "starts_at": now - 6 * HOUR, "ends_at": now + 6 * HOUR},
         {"employee_code": "008", "starts_at": now - 6 * HOUR, "ends_at": now + 6 * HOUR})
    _floor(ask, first_article=["person", "process_version", "input_batch", "shift"])
    work("FIRST", batch_code="B1")
    work("SAME", batch_code="B1")
    work("LIKE", batch_code="B2")
    work("INPUT", batch_code="B3")
    work("PERSON", "008", batch_code="B3")
    work("VERSION", "008", batch_code="B3", process_version="B")
    assert _whys(session) == {
        "FIRST": ["first_person", "first_process_version", "first_input_batch", "first_shift"],
        "INPUT": ["first_input_batch"], "PERSON": ["first_person"], "VERSION": ["first_process_version"],
    }
    kinds = session.scalars(select(Inspection.kind).distinct()).all()
    assert kinds == ["first_article"]


def test_the_first_piece_of_another_shift(
    ask: Callable[..., Any], site: Put, session: Session
) -> None:
    _floor(ask, first_article=["shift"])
    starts = datetime.now(UTC) + HOUR
    site("shifts", {"employee_code": "007", "starts_at": starts, "ends_at": starts + 8 * HOUR})
    row = {"process_code": "P1", "employee_code": "007", "self_check": "pass"}
    for number, at in enumerate((starts - 0.5 * HOUR, starts + HOUR, starts + 2 * HOUR)):
        site("work_records", row | {"code": f"W{number}", "started_at": at})
    assert set(_whys(session)) == {"W0", "W1"}


def test_after_a_change_and_after_a_failure(
    ask: Callable[..., Any], work: Callable[..., None], site: Put, session: Session
) -> None:
    _floor(ask, after_change_days=2, after_failure_pieces=2)
    work("QUIET")
    site("inspections", {"code": "F", "kind": "patrol", "process_code": "P1", "result": "fail",
                         "performed_at": datetime.now(UTC)})
    for code in ("F1", "F2", "F3"):
        work(code)
    site("standard_versions", {"standard_code": "STD", "version": "2", "effective_at": datetime.now(UTC)})
    work("CHANGED")
    assert _whys(session) == {"F1": ["after_failure"], "F2": ["after_failure"], "CHANGED": ["after_change"]}


def test_a_share_is_drawn_at_random_with_its_chance_kept(
    ask: Callable[..., Any], site: Put, session: Session
) -> None:
    _floor(ask, share=0.5)
    at = datetime.now(UTC)
    rows = [{"code": f"W{number}", "process_code": "P1", "employee_code": "007", "started_at": at,
             "self_check": "pass"}
            for number in range(400)]
    site("work_records", *rows)
    orders = session.scalars(select(InspectionOrder)).all()
    assert 140 < len(orders) < 260
    assert {(order.propensity, *order.whys) for order in orders} == {(0.5, "sampled")}
    scored = with_propensities(session, [{"inspection_code": code} for code in (orders[0].inspection_code, "X", None)])
    assert [row["propensity"] for row in scored] == [0.5, None, None]
    query = views({}, "UTC")["inspections"].subquery()
    told = session.execute(select(query.c.inspection_code, query.c.propensity)).all()
    assert dict(told) == {order.inspection_code: 0.5 for order in orders}


def test_work_from_before_the_floor_is_left_alone(
    ask: Callable[..., Any], work: Callable[..., None], session: Session
) -> None:
    _floor(ask, share=1)
    work("OLD", started_at=datetime.now(UTC) - DAY)
    work("NEW")
    assert list(_whys(session)) == ["NEW"]


@pytest.fixture
def order(ask: Callable[..., Any], work: Callable[..., None], session: Session) -> str:
    """The code of an inspection that must be performed."""
    ask("PUT", "/gates/P1", json={"mode": "warn", "reason": "as agreed"})
    work("W")
    return session.scalars(select(InspectionOrder.inspection_code)).one()


@pytest.mark.parametrize(("said", "column"), [
    ({"result": "pass"}, "inspector_code"),
    ({"result": "pass", "inspector_code": "007"}, "inspector_code"),
    ({"result": "pass", "inspector_code": "008"}, "inspector_code"),
    ({"result": "pass", "inspector_code": "QA", "sample_size": 0}, "sample_size"),
    ({"result": "pass", "inspector_code": "QA", "performed_at": datetime(2026, 1, 1, tzinfo=UTC)}, "performed_at"),
    ({"result": "pass", "inspector_code": "QA", "performed_at": datetime(2999, 1, 1, tzinfo=UTC)}, "performed_at"),
])
def test_an_ordered_inspection_is_not_closed_unperformed_by_any_door(
    ask: Callable[..., Any], site: Put, session: Session, order: str, said: dict[str, Any], column: str
) -> None:
    site("work_participants", {"work_code": "W", "employee_code": "008", "role": "second"})
    sent = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in said.items()}
    answer = ask("POST", f"/inspections/{order}/result", json=sent)
    assert answer.status_code == 422
    assert column in answer.text
    with pytest.raises(Invalid, match=column), session.begin_nested():
        site("inspections", {"code": order, "performed_at": datetime.now(UTC)} | said)
    assert order in {item["code"] for item in ask("GET", "/inspection-queue").json()["items"]}


def test_an_ordered_inspection_stays_with_its_work(
    work: Callable[..., None], site: Put, session: Session, order: str
) -> None:
    work("OTHER")
    with pytest.raises(Invalid, match="stays with it"):
        site("inspections", {"code": order, "work_code": "OTHER"}, reason="meant the other one")


def test_performed_by_somebody_else_it_is_done(ask: Callable[..., Any], order: str) -> None:
    answer = ask("POST", f"/inspections/{order}/result", json={"result": "pass", "inspector_code": "QA-1"})
    assert answer.status_code == 204, answer.text
    assert ask("GET", "/inspection-queue").json()["items"] == []


def test_it_comes_before_every_score_and_is_never_missed(
    ask: Callable[..., Any], site: Put, session: Session, order: str
) -> None:
    site("inspections", {"code": "RISKY", "kind": "patrol", "employee_code": "008", "due_at": datetime.now(UTC)})
    scoring = Scoring(target="risk-work", as_of=datetime.now(UTC), model="risk-work v3", fingerprint="f", tie_seed=1)
    store(session, scoring, [
        {"baseline_rank": 1, "score": 0.0, "inspection_code": "RISKY", "probability": 0.99, "rank": 1},
        {"baseline_rank": 2, "score": 0.0, "inspection_code": order, "probability": 0.01, "rank": 2},
    ])
    site("inspections", {"code": order, "due_at": datetime.now(UTC) - 90 * DAY}, reason="moved")
    items = ask("GET", "/inspection-queue").json()["items"]
    assert [(item["code"], item["must"]) for item in items] == [(order, True), ("RISKY", False)]
    assert items[0]["reasons"][0]["en"].startswith("Must be inspected")
    assert ask("GET", "/inspection-queue", params={"missed": True}).json()["items"] == []
    first = ask("GET", "/inspection-queue", params={"limit": 1}).json()
    rest = ask("GET", "/inspection-queue", params={"limit": 1, "cursor": first["next"]}).json()
    assert [item["code"] for item in rest["items"]] == ["RISKY"]


def test_a_floor_keeps_its_history_and_needs_a_reason(ask: Callable[..., Any], site: Put) -> None:
    assert ask("GET", "/inspection-floors/P1").json()["history"] == []
    assert ask("PUT", "/inspection-floors/P1", json={"share": 0.1}).status_code == 422
    assert ask("PUT", "/inspection-floors/P1", json={"share": 1.1, "reason": "more"}).status_code == 422
    _floor(ask, share=0.1)
    _floor(ask, share=0.1)
    _floor(ask, share=0.2, first_article=["shift"])
    read = ask("GET", "/inspection-floors/P1").json()
    assert (read["share"], [each["share"] for each in read["history"]]) == (0.2, [0.2, 0.1])
    assert ask("GET", "/inspection-floors/NONE").status_code == 404


def test_partial_inspections_of_a_batch_add_up(ask: Callable[..., Any], site: Put) -> None:
    site("batches", {"code": "B", "quantity": 100, "process_code": "P1", "started_at": datetime.now(UTC)})
    for number, (size, bad) in enumerate([(20, 1), (30, 0)]):
        site("inspections", {
            "code": f"I{number}", "kind": "final", "batch_code": "B", "performed_at": datetime.now(UTC),
            "result": "fail" if bad else "pass", "sample_size": size, "nonconforming": bad,
        })
    site("inspections", {"code": "I9", "kind": "final", "batch_code": "B"})
    assert ask("GET", "/inspected-batches/B").json() == {
        "batch_code": "B", "quantity": 100, "sampled": 50, "nonconforming": 1, "left": 50, "performed": 2, "failed": 1,
        "due": 1, "must": 0,
    }
    assert ask("GET", "/inspected-batches/NONE").status_code == 404
