"""Merging equals a plain model of the rules, row by row and all in one file."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, NamedTuple

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.errors import Invalid
from service.records.merge import Outcome

TICK = timedelta(microseconds=1)
START = datetime(2026, 1, 1, tzinfo=UTC)
_codes = count()


class Row(NamedTuple):
    """What a row says of one inspection: two fields, a site attribute, and since when that was known."""

    inspector: str | None
    score: float | None
    attribute: int | None
    known: datetime | None
    reason: str | None

    def given(self, code: str) -> dict[str, Any]:
        return {
            "code": code, "kind": "final", "inspector_code": self.inspector, "score": self.score,
            "attr_x": self.attribute, "known_at": self.known, "reason": self.reason,
        }  # fmt: skip


class Refused(Exception):
    pass


def _filled(row: Row, before: Row) -> Row:
    """The row beside the revision before it: an empty attribute says nothing. Raises Refused."""
    row = row._replace(attribute=before.attribute if row.attribute is None else row.attribute)
    pairs = list(zip(row[:3], before[:3], strict=True))
    if any(now is None and was is not None for now, was in pairs):
        raise Refused
    if row.reason is None and any(was is not None and now != was for now, was in pairs):
        raise Refused
    return row


def _same(row: Row, stored: Row) -> bool:
    return row[:2] == stored[:2] and row.attribute in {None, stored.attribute}


def told(record: list[Row], row: Row, at: datetime) -> list[Row]:
    """The record after one more row, given on its own at the time `at`. Raises Refused."""
    known = row.known or at
    if not record:
        return [row._replace(known=known)]
    last = record[-1]
    if any(_same(row, stored) and stored.known == known for stored in record) or (
        row.known is None and _same(row, last)
    ):
        return record
    if known <= last.known:
        known = max(at, last.known + TICK)
    row = _filled(row, last)
    return record if row[:3] == last[:3] else [*record, row._replace(known=known)]


rows = st.builds(
    Row,
    inspector=st.sampled_from([None, "a", "b"]),
    score=st.sampled_from([None, 1.0, 2.0]),
    attribute=st.sampled_from([None, 1, 2]),
    known=st.none() | st.integers(1, 20).map(lambda number: datetime(2024, 1, number, tzinfo=UTC)),
    reason=st.sampled_from([None, "because"]),
)
_within_one_transaction = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def _kept(revisions: Callable[..., list[tuple[Any, ...]]], code: str) -> list[Row]:
    columns = ("inspector_code", "score", "attributes", "known_at", "reason")
    found = revisions("inspections", code, *columns)
    return [Row(who, score, attributes.get("x"), *rest) for who, score, attributes, *rest in found]


@_within_one_transaction
@given(st.lists(rows, max_size=6))
def test_row_by_row(put: Callable[..., Outcome], revisions: Any, sequence: list[Row]) -> None:
    code, record = f"I{next(_codes)}", []
    for number, row in enumerate(sequence):
        at = START + timedelta(days=number)
        try:
            record = told(record, row, at)
        except Refused:
            expected = True
        else:
            expected = False
        try:
            put("inspections", row.given(code), at=at)
        except Invalid:
            assert expected
        else:
            assert not expected
        assert _kept(revisions, code) == record


@_within_one_transaction
@given(st.lists(rows, max_size=8))
def test_all_in_one_file(put: Callable[..., Outcome], revisions: Any, sequence: list[Row]) -> None:
    """Rows that each say something new, in the order known: as one file they are what they are one by one."""
    record: list[Row] = []
    new: list[Row] = []
    for number, row in enumerate(sequence, start=1):
        claimed = row._replace(known=datetime(2024, 2, number, tzinfo=UTC))
        try:
            after = told(record, claimed, START)
        except Refused:
            continue
        if len(after) > len(record):
            record, new = after, [*new, claimed]
    code = f"I{next(_codes)}"
    if new:
        put("inspections", *(row.given(code) for row in reversed(new)), at=START)
    assert _kept(revisions, code) == record
