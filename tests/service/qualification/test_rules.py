"""Every outcome of qualification, from demands and evidence alone."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.courses.validity import Validity, Window
from service.qualification.rules import (
    GRAVITY,
    Acceptable,
    Demand,
    Held,
    Person,
    Practice,
    Suspended,
    Taught,
    Version,
    acceptable,
    standing,
)

AT = datetime(2026, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)
STD = Acceptable("STD", {"2": None})


def taught(days: int, result: str = "passed", version: str | None = "2") -> Taught:
    return Taught(f"T{days}", AT - days * DAY, result, version)


def course(standards: Sequence[Acceptable] = (STD,), **more: Any) -> Demand:
    return Demand("R", "course", (1,), tuple(standards), **more)


def outcome(demand: Demand, *records: Taught) -> str:
    return standing([demand], Person({1: records}), AT).outcome


@pytest.mark.parametrize(
    ("records", "demand", "expected"),
    [
        ([], course(), "not_trained"),
        ([taught(10)], course(), "qualified"),
        ([taught(10, "failed")], course(), "failed"),
        ([taught(10), taught(5, "failed")], course(), "qualified"),
        ([taught(10)], course(validity=Validity(10)), "expired"),
        ([taught(10)], course(validity=Validity(11)), "qualified"),
        ([taught(30), taught(5)], course(validity=Validity(10)), "qualified"),
        ([taught(10, version="1")], course(), "superseded_version"),
        ([taught(10, version="STD@2")], course(), "qualified"),
        ([taught(10, version="STD@1")], course(), "superseded_version"),
        ([taught(10, version="OTHER@9;STD@2")], course(), "qualified"),
        ([taught(10, version=None)], course(), "superseded_version"),
        ([taught(10, version=None)], course([Acceptable("STD", {"2": None}, pinned="2")]), "qualified"),
        ([taught(10, version=None)], course([Acceptable("STD", {"2": None}, pinned="1")]), "superseded_version"),
        ([taught(10, version=None)], course([]), "qualified"),
        ([taught(10, version="2")], course([STD, Acceptable("GEN", {"1": None})]), "superseded_version"),
        ([taught(10, version="STD@2;GEN@1")], course([STD, Acceptable("GEN", {"1": None})]), "qualified"),
        ([taught(-1)], course(), "not_trained"),
        ([taught(30, version="1"), taught(20)], course(), "qualified"),
        ([taught(20, version="1"), taught(30)], course(), "qualified"),
    ],
)
def test_a_course(records: list[Taught], demand: Demand, expected: str) -> None:
    assert outcome(demand, *records) == expected


def held(issued: int | None, expires: int | None, by: str | None = "boss") -> Held:
    return Held(
        "K", None if issued is None else AT - issued * DAY, None if expires is None else AT + expires * DAY, by
    )


@pytest.mark.parametrize(
    ("kind", "credentials", "expected"),
    [
        ("licence", [], "not_trained"),
        ("licence", [held(10, 10, None)], "qualified"),
        ("licence", [held(10, None)], "qualified"),
        ("licence", [held(10, 0)], "expired"),
        ("licence", [held(-1, 10)], "not_trained"),
        ("licence", [held(None, 10)], "qualified"),
        ("licence", [held(None, None)], "not_trained"),
        ("licence", [held(500, -100), held(90, 10)], "qualified"),
        ("authorisation", [held(10, 10)], "qualified"),
        ("authorisation", [held(10, 10, None)], "not_trained"),
    ],
)
def test_a_credential(kind: str, credentials: list[Held], expected: str) -> None:
    demand = Demand("R", kind, credential_kind="welding")
    assert standing([demand], Person(credentials={"welding": credentials}), AT).outcome == expected
    assert standing([demand], Person(credentials={"other": credentials}), AT).outcome == "not_trained"


@pytest.mark.parametrize(
    ("practice", "expected"),
    [
        (Practice(), "not_trained"),
        (Practice(AT - 10 * DAY, "W"), "qualified"),
        (Practice(AT - 30 * DAY, "W"), "expired"),
    ],
)
def test_practice(practice: Practice, expected: str) -> None:
    demand = Demand("R", "practice", (1,), validity=Validity(30))
    assert standing([demand], Person(practice=practice), AT).outcome == expected
    assert standing([demand], Person({1: [taught(3)]}, practice=practice), AT).outcome == "qualified"


@pytest.mark.parametrize(("pieces", "expected"), [(0, "not_trained"), (4, "not_trained"), (5, "qualified")])
def test_supervised_pieces(pieces: int, expected: str) -> None:
    demand = Demand("R", "supervised", count=5)
    assert standing([demand], Person(practice=Practice(AT - DAY, "W", pieces)), AT).outcome == expected


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [(1, None, "suspended"), (1, 1, "suspended"), (5, 0, "qualified"), (-1, None, "qualified")],
)
def test_a_suspension_outweighs_everything(since: int, until: int | None, expected: str) -> None:
    suspended = Suspended("S", AT - since * DAY, None if until is None else AT + until * DAY)
    assert standing([course()], Person({1: [taught(3)]}, suspensions=[suspended]), AT).outcome == expected


def test_nothing_demanded_is_no_qualification() -> None:
    assert standing([], Person(), AT).outcome == "no_requirement_defined"


def test_the_gravest_reason_is_the_outcome_and_all_are_told() -> None:
    licence = Demand("L", "licence", credential_kind="x")
    found = standing([course(), licence], Person({1: [taught(3, version="1")]}), AT)
    assert found.outcome == "not_trained"
    assert [answer.reason for answer in found.unmet] == ["not_trained", "superseded_version"]
    assert found.evidence == ("training_records/T3",)


def test_it_tells_when_it_ends() -> None:
    demand = course([Acceptable("STD", {"2": AT + 40 * DAY})], validity=Validity(100))
    assert standing([demand], Person({1: [taught(10)]}), AT).until == AT + 40 * DAY
    assert standing([course(validity=Validity(100))], Person({1: [taught(10)]}), AT).until == AT + 90 * DAY


VERSIONS = [Version("1", AT - 100 * DAY), Version("2", AT - 10 * DAY), Version("3", AT + 50 * DAY)]


@pytest.mark.parametrize(
    ("days", "grace", "expected"),
    [
        (-200, 30, None),
        (-50, 30, {"1", "2", "3"}),
        (0, 30, {"1", "2", "3"}),
        (0, 5, {"2", "3"}),
        (25, 30, {"2", "3"}),
        (60, 30, {"2", "3"}),
        (90, 30, {"3"}),
    ],
)
def test_the_version_in_force_counts_and_the_one_before_for_a_while(
    days: int, grace: int, expected: set[str] | None
) -> None:
    counts = acceptable(VERSIONS, AT + days * DAY, grace * DAY)
    assert (None if counts is None else set(counts)) == expected


@pytest.mark.parametrize(
    ("done", "ends"),
    [
        (date(2026, 2, 10), date(2027, 3, 31)),
        (date(2026, 3, 31), date(2027, 3, 31)),
        (date(2025, 11, 5), date(2026, 3, 31)),
        (date(2026, 4, 1), date(2027, 3, 31)),
    ],
)
def test_a_yearly_window(done: date, ends: date) -> None:
    assert Window((1, 1), (3, 31)).ends(done) == ends


def test_a_window_over_the_new_year() -> None:
    window = Window((12, 1), (1, 31))
    assert window.ends(date(2025, 12, 10)) == date(2027, 1, 31)
    assert window.ends(date(2026, 1, 10)) == date(2027, 1, 31)
    assert window.ends(date(2026, 6, 1)) == date(2027, 1, 31)


def test_a_fixed_date_ends_with_that_day() -> None:
    validity = Validity(until=date(2026, 6, 1), zone=UTC)
    assert validity.ends(AT - 10 * DAY) == datetime(2026, 6, 2, tzinfo=UTC)


_RECORDS = st.lists(
    st.builds(taught, st.integers(-50, 500), st.sampled_from(["passed", "failed"]), st.sampled_from(["1", "2", None])),
    max_size=6,
)


@given(_RECORDS)
def test_the_order_of_the_records_does_not_matter(records: list[Taught]) -> None:
    demand = course(validity=Validity(90))
    assert outcome(demand, *records) == outcome(demand, *records[::-1])


@given(_RECORDS, _RECORDS)
def test_more_passed_records_never_take_a_qualification_away(some: list[Taught], more: list[Taught]) -> None:
    demand = course(validity=Validity(90))
    if outcome(demand, *some) == "qualified":
        assert outcome(demand, *some, *more) == "qualified"


@given(_RECORDS, st.lists(st.sampled_from(["course", "licence", "supervised", "practice"]), max_size=4))
def test_qualified_only_if_every_demand_alone_is_met(records: list[Taught], kinds: list[str]) -> None:
    demands = [course() if kind == "course" else Demand(kind, kind, credential_kind="x") for kind in kinds]
    person = Person({1: records})
    alone = [standing([demand], person, AT).outcome for demand in demands]
    together = standing(demands, person, AT).outcome
    assert (together == "qualified") == bool(alone and set(alone) == {"qualified"})
    if together in GRAVITY:
        assert together in alone
