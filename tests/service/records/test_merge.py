"""How given rows become records: no-ops, completions, corrections, revisions, sets."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.errors import Invalid
from service.exchange.layout import FOLDER
from service.records.merge import Outcome

Put = Callable[..., Outcome]
Revisions = Callable[..., list[tuple[Any, ...]]]

IMPORTED = datetime(2026, 1, 1, tzinfo=UTC)
ORDER = {"code": "I1", "kind": "final", "due_at": datetime(2024, 1, 9, tzinfo=UTC)}
DONE = ORDER | {"performed_at": datetime(2024, 1, 8, tzinfo=UTC), "result": "pass"}
CREATED, CHANGED, UNCHANGED = Outcome(created=1), Outcome(changed=1), Outcome(unchanged=1)


def test_the_same_row_again_says_nothing_new(put: Put, revisions: Revisions) -> None:
    assert [put("inspections", DONE), put("inspections", DONE)] == [CREATED, UNCHANGED]
    assert put("inspections", {"code": "I1", "result": "pass"}) == UNCHANGED
    assert put("inspections", DONE | {"known_at": IMPORTED}) == UNCHANGED
    assert revisions("inspections", "I1", "revision", "known_at", "known_assumed") == [(1, DONE["performed_at"], True)]


def test_filling_what_was_empty_needs_no_reason(put: Put, revisions: Revisions) -> None:
    put("inspections", ORDER | {"known_at": datetime(2024, 1, 1, tzinfo=UTC)})
    done = DONE | {"known_at": datetime(2024, 1, 10, tzinfo=UTC)}
    assert put("inspections", done) == CHANGED
    assert revisions("inspections", "I1", "result", "known_at", "reason") == [
        (None, datetime(2024, 1, 1, tzinfo=UTC), None), ("pass", done["known_at"], None),
    ]  # fmt: skip


def test_an_open_word_counts_as_empty(put: Put, revisions: Revisions) -> None:
    put("employees", {"code": "E", "name": "e"})
    put("courses", {"code": "C", "title": "c"})
    put("training_records", {"code": "T", "employee_code": "E", "course_code": "C", "result": "open"})
    assert put("training_records", {"code": "T", "result": "passed"}) == CHANGED
    assert revisions("training_records", "T", "result") == [("open",), ("passed",)]


def test_changing_what_was_filled_needs_a_reason(put: Put, revisions: Revisions) -> None:
    put("inspections", DONE)
    with pytest.raises(Invalid, match=r"row 1, column result, .*a correction needs a reason"):
        put("inspections", {"code": "I1", "result": "fail"})
    assert put("inspections", {"code": "I1", "result": "fail", "reason": "misread"}) == CHANGED
    assert put("inspections", {"code": "I1", "result": "pass"}, reason="read again") == CHANGED
    found = revisions("inspections", "I1", "result", "reason", "due_at")
    assert found == [("pass", None, ORDER["due_at"]), ("fail", "misread", ORDER["due_at"]),
                     ("pass", "read again", ORDER["due_at"])]  # fmt: skip


def test_nothing_filled_becomes_empty(put: Put) -> None:
    put("inspections", DONE)
    with pytest.raises(Invalid, match=r"row 1, column result, .*cannot be emptied"):
        put("inspections", {"code": "I1", "result": None}, reason="because")


def test_a_late_claim_gets_the_imports_time(put: Put, revisions: Revisions) -> None:
    put("inspections", DONE | {"known_at": datetime(2024, 1, 10, tzinfo=UTC)})
    put("inspections", DONE | {"score": 5.0, "known_at": datetime(2024, 1, 9, tzinfo=UTC)}, at=IMPORTED)
    assert revisions("inspections", "I1", "known_at", "known_assumed")[1] == (IMPORTED, True)


def test_several_rows_of_one_code_are_revisions(put: Put, revisions: Revisions) -> None:
    rows = [
        DONE | {"known_at": datetime(2024, 1, 10, tzinfo=UTC), "attr_x": None},
        ORDER | {"performed_at": None, "result": None, "known_at": datetime(2024, 1, 1, tzinfo=UTC), "attr_x": 1},
        DONE | {"known_at": datetime(2024, 1, 11, tzinfo=UTC), "attr_x": None},
    ]
    assert put("inspections", *rows) == Outcome(created=1, changed=2)
    assert put("inspections", *rows) == Outcome(unchanged=3)
    assert revisions("inspections", "I1", "result", "attributes") == [(None, {"x": 1}), *[("pass", {"x": 1})] * 2]


def test_several_rows_known_at_once_are_an_error(put: Put) -> None:
    with pytest.raises(Invalid, match="row 2, column code, value 'I1': given more than once"):
        put("inspections", DONE, DONE | {"result": "fail"})


def test_reference_rows_are_updated(put: Put, session: Session) -> None:
    put("departments", {"code": "A", "name": "a", "function": "quality", "parent_code": "B", "attr_x": 1},
        {"code": "B", "name": "b", "function": "quality", "parent_code": None, "attr_x": None})  # fmt: skip
    assert put("departments", {"code": "A", "name": "c", "function": "quality"}) == CHANGED
    kept = FOLDER["departments"].table.c
    assert session.execute(select(kept.name, kept.attributes).where(kept.code == "A")).one() == ("c", {"x": 1})


def test_what_takes_effect_later_stays_known_since_it_was_first_told(put: Put, session: Session) -> None:
    version = {"standard_code": "S", "version": "1", "effective_at": datetime(2190, 1, 1, tzinfo=UTC)}
    put("standards", {"code": "S", "title": "s"})
    put("standard_versions", version, at=IMPORTED)
    assert put("standard_versions", version) == UNCHANGED
    kept = FOLDER["standard_versions"].table.c
    assert session.execute(select(kept.known_at, kept.known_assumed)).one() == (IMPORTED, True)


def _sets(session: Session) -> list[tuple[Any, ...]]:
    kept = FOLDER["findings"].table.c
    query = select(kept.revision, kept.severity, kept.count).order_by(kept.revision, kept.severity)
    return [tuple(row) for row in session.execute(query)]


def _finding(severity: str, count: int) -> dict[str, Any]:
    return {"inspection_code": "I1", "severity": severity, "count": count}


def test_a_set_that_comes_with_its_parent_joins_it(put: Put, session: Session) -> None:
    put("inspections", DONE, at=IMPORTED)
    assert put("findings", _finding("minor", 1), _finding("major", 2), at=IMPORTED) == Outcome(created=2)
    assert put("findings", _finding("major", 2), _finding("minor", 1)) == Outcome(unchanged=2)
    assert _sets(session) == [(1, "major", 2), (1, "minor", 1)]


def test_a_first_set_completes_its_parent_and_another_corrects_it(
    put: Put, session: Session, revisions: Revisions
) -> None:
    put("inspections", DONE)
    put("findings", _finding("minor", 1))
    with pytest.raises(Invalid, match="has another set recorded"):
        put("findings", _finding("minor", 2))
    put("findings", _finding("minor", 2), reason="counted again")
    assert _sets(session) == [(2, "minor", 1), (3, "minor", 2)]
    assert revisions("inspections", "I1", "result", "reason") == [
        ("pass", None), ("pass", None), ("pass", "counted again"),
    ]  # fmt: skip


@pytest.mark.parametrize("blank", ["", " ", "\t\n", "\u3000"])
def test_a_blank_reason_is_none(put: Put, blank: str) -> None:
    put("inspections", {"code": "I1", "kind": "patrol", "result": "pass"})
    for row, reason in (({}, blank), ({"reason": blank}, None), ({"reason": blank}, blank)):
        with pytest.raises(Invalid, match="a correction needs a reason"):
            put("inspections", {"code": "I1", "result": "fail", **row}, reason=reason)
    assert put("inspections", {"code": "I1", "result": "fail", "reason": blank}, reason="misread").changed == 1
