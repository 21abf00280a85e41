"""What went into a batch and what it went into, over any depth; and no batch in its own ancestry."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.errors import Invalid
from service.work.genealogy import id_of, where_from, where_used
from service.work.tables import BatchInput
from tests.service.conftest import Put, day

Headers = Callable[[str], dict[str, str]]


@pytest.fixture
def batches(record: Put) -> Put:
    """Six batches, made of nothing yet."""
    record("batches", *({"code": code, "started_at": day(1)} for code in "ABCDEF"))
    return record


def _made(batches: Put, *links: str, **more: object) -> None:
    batches("batch_inputs", *({"batch_code": made, "input_code": of} | more for made, of in links))


def _met(session: Session, walk: Callable[..., object], code: str, **more: object) -> set[tuple[str, int]]:
    found = walk(session, [id_of(session, code)], **more)
    return {(each.code, each.depth) for each in found.batches}  # type: ignore[attr-defined]


def test_both_directions_over_any_depth(batches: Put, session: Session) -> None:
    _made(batches, "AB", "AC")
    _made(batches, "BD")
    _made(batches, "CD")
    assert _met(session, where_from, "A") == {("B", 1), ("C", 1), ("D", 2)}
    assert _met(session, where_used, "D") == {("B", 1), ("C", 1), ("A", 2)}
    assert _met(session, where_used, "A") == set()


def test_the_set_in_force_counts_and_the_earlier_one_can_be_asked_for(batches: Put, session: Session) -> None:
    _made(batches, "AB")
    between = session.scalar(select(func.clock_timestamp()))
    batches("batch_inputs", {"batch_code": "A", "input_code": "C"}, reason="wrong label")
    assert _met(session, where_from, "A") == {("C", 1)}
    assert _met(session, where_from, "A", known_at=between) == {("B", 1)}
    assert _met(session, where_used, "B") == set()


def test_it_says_where_it_was_cut(batches: Put, session: Session) -> None:
    _made(batches, *(f"A{code}" for code in "BCDEF"))
    found = where_from(session, [id_of(session, "A")], limit=3)
    assert (len(found.batches), found.truncated_at) == (3, 3)
    assert where_from(session, [id_of(session, "A")], limit=5).truncated_at is None


def test_ten_thousand_inputs_are_cut_short(record: Put, session: Session) -> None:
    record("batches", {"code": "BIG", "started_at": day(2)})
    record("batches", *({"code": f"I{number}", "started_at": day(1)} for number in range(10_000)))
    record("batch_inputs", *({"batch_code": "BIG", "input_code": f"I{number}"} for number in range(10_000)))
    found = where_from(session, [id_of(session, "BIG")])
    assert (len(found.batches), found.truncated_at) == (1000, 1000)


@pytest.mark.parametrize("links", [["AA"], ["AB", "BA"], ["AB", "BC", "CA"]])
def test_a_circle_is_refused_and_nothing_of_it_kept(batches: Put, session: Session, links: list[str]) -> None:
    undone = session.begin_nested()
    with pytest.raises(Invalid, match="input_code"):
        _made(batches, *links)
    undone.rollback()
    assert session.scalar(select(func.count()).select_from(BatchInput)) == 0


def test_a_circle_closed_later_is_refused(batches: Put) -> None:
    _made(batches, "AB")
    _made(batches, "BC")
    with pytest.raises(Invalid, match=r"row 1, column input_code, value 'A'.*own ancestor"):
        _made(batches, "CA")


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=timedelta(seconds=5))
@given(st.sets(st.tuples(st.integers(0, 5), st.integers(0, 5)).filter(lambda pair: pair[0] < pair[1]), max_size=10))
def test_it_agrees_with_a_plain_walk(record: Put, session: Session, edges: set[tuple[int, int]]) -> None:
    with session.begin_nested() as undone:
        record("batches", *({"code": code, "started_at": day(1)} for code in "ABCDEF"))
        for made in range(6):
            of = [f"{'ABCDEF'[made]}{'ABCDEF'[other]}" for start, other in edges if start == made]
            if of:
                _made(record, *of)
        assert {code for code, _ in _met(session, where_from, "A")} == _reached({0}, edges)
        undone.rollback()


def _reached(start: set[int], edges: set[tuple[int, int]]) -> set[str]:
    found, frontier = set(start), set(start)
    while frontier:
        frontier = {of for made, of in edges if made in frontier} - found
        found |= frontier
    return {"ABCDEF"[number] for number in found - start}


def test_the_routes(batches: Put, api: TestClient, signed_in: Headers) -> None:
    _made(batches, "AB")
    headers = signed_in("quality")
    found = api.get("/api/v1/batches/A/where-from", headers=headers).json()
    assert [link["input_code"] for link in found["links"]] == ["B"]
    assert (found["hidden"], found["truncated_at"]) == (0, None)
    used = api.get("/api/v1/batches/B/where-used", headers=headers).json()
    assert [each["code"] for each in used["batches"]] == ["A"]
    assert api.get("/api/v1/batches/nothing/where-from", headers=headers).status_code == 404


def test_the_api_refuses_a_circle_and_says_where_a_walk_was_cut(
    batches: Put, api: TestClient, signed_in: Headers, session: Session
) -> None:
    _made(batches, "AB")
    row = {"batch_code": "B", "input_code": "A"}
    refused = api.post("/api/v1/batch-inputs", json={"rows": [row]}, headers=signed_in("operations"))
    assert refused.status_code == 422
    assert "own ancestor: B <- A <- B" in refused.json()["detail"]
    assert session.scalar(select(func.count()).select_from(BatchInput)) == 1
    batches("batch_inputs", *({"batch_code": "C", "input_code": code} for code in "DEF"))
    cut = api.get("/api/v1/batches/C/where-from?limit=2", headers=signed_in("operations")).json()
    assert (len(cut["batches"]), cut["truncated_at"]) == (2, 2)
