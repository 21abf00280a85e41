"""The decision table of the verdict, row by row, from plain values; and that the guide shows the same table."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.qualification.rules import Answer, Standing
from service.trace.rules import (
    ACCOUNTABLE,
    CAUSES,
    CUSTOMARY,
    ENOUGH,
    TOLERABLE,
    Case,
    Did,
    Finding,
    Following,
    Looked,
    Neglected,
    Upstream,
    causes,
    verdict,
    wilson_lower,
)
from service.trace.sentences import sentence

AT = datetime(2026, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)
GOOD = Standing("qualified", (Answer("R", "course", None, ("training_records/T",)),))
NONE = Standing("no_requirement_defined")


def lacks(reason: str, kind: str = "course", *evidence: str) -> Standing:
    return Standing(reason, (Answer("R", kind, reason, evidence),))


def follows(version: str) -> tuple[Following, ...]:
    return (Following("STD", version, "2", AT - 50 * DAY, ("process_versions/P@A", "standard_versions/STD@2")),)


GOOD_WORK = Did(
    work="W", employee="E", process="P", at=AT, standing=GOOD, self_check="pass", supervised=False, version_used="A",
    version_in_force="A", version_record="process_versions/P@A", following=follows("2"), courses=("requirements/R",),
)
PASSED = Looked("I", "pass", None, AT)
GOOD_CASE = Case(AT + DAY, (GOOD_WORK,), (PASSED,), 10, 10, inputs=3, qualified_failed=0, qualified_inspected=20)


def did(**changed: Any) -> Case:
    return replace(GOOD_CASE, done=(replace(GOOD_WORK, **changed),))


def finding(case: Case, cause: str) -> Finding:
    return next(each for each in verdict(case) if each.cause == cause)


def neglected(deliverable: str) -> Neglected:
    return Neglected(f"{deliverable}/QA@2026-05-01", deliverable, "Weekly review", "QA", date(2026, 5, 5))


TABLE: list[tuple[str, Case, str]] = [
    ("training_not_covered", GOOD_CASE, "ruled_out"),
    ("training_not_covered", did(courses=(), standing=NONE), "found"),
    ("training_not_covered", did(untaught=("STD",)), "found"),
    ("training_not_covered", replace(GOOD_CASE, done=()), "unknown"),
    ("training_not_completed", GOOD_CASE, "ruled_out"),
    ("training_not_completed", did(standing=lacks("not_trained")), "found"),
    ("training_not_completed", did(standing=lacks("failed", "course", "training_records/T")), "found"),
    ("training_not_completed", did(standing=lacks("expired", "assessment", "training_records/T")), "found"),
    ("training_not_completed", did(standing=lacks("superseded_version")), "found"),
    ("training_not_completed", did(standing=lacks("superseded_version"), following=follows("1")), "unknown"),
    ("training_not_completed", did(standing=lacks("expired", "licence")), "unknown"),
    ("standard_not_synced", GOOD_CASE, "ruled_out"),
    ("standard_not_synced", did(following=follows("1")), "found"),
    ("standard_not_synced", did(following=()), "unknown"),
    ("unqualified_on_post", GOOD_CASE, "ruled_out"),
    ("unqualified_on_post", did(standing=lacks("not_trained")), "found"),
    ("unqualified_on_post", did(standing=lacks("suspended", "suspension")), "found"),
    ("unqualified_on_post", did(standing=lacks("expired", "licence")), "found"),
    ("unqualified_on_post", did(standing=lacks("not_trained"), supervised=True), "ruled_out"),
    ("unqualified_on_post", did(standing=lacks("superseded_version"), following=follows("1")), "unknown"),
    ("unqualified_on_post", did(standing=NONE, courses=()), "unknown"),
    ("process_not_followed", GOOD_CASE, "ruled_out"),
    ("process_not_followed", did(self_check="missing"), "found"),
    ("process_not_followed", did(self_check="fail"), "found"),
    ("process_not_followed", did(version_used="Z"), "found"),
    ("process_not_followed", did(version_used=None), "ruled_out"),
    ("process_not_followed", did(self_check=""), "unknown"),
    ("inspection_missed", GOOD_CASE, "ruled_out"),
    ("inspection_missed", replace(GOOD_CASE, inspections=(Looked("D", None, AT, None),)), "found"),
    ("inspection_missed", replace(GOOD_CASE, inspections=(Looked("D", None, AT + 2 * DAY, None),)), "found"),
    ("inspection_missed", replace(GOOD_CASE, inspections=(), inspected_before=5), "found"),
    ("inspection_missed", replace(GOOD_CASE, inspections=(), inspected_before=4), "unknown"),
    ("inspection_missed", replace(GOOD_CASE, inspections=(), inspected_before=0), "found"),
    ("inspection_missed",
     replace(GOOD_CASE, inspections=(), inspected_before=4, neglected=(neglected("inspection"),)), "found"),
    ("inspection_missed", replace(GOOD_CASE, neglected=(neglected("inspection"),)), "ruled_out"),
    ("inspection_missed", replace(GOOD_CASE, inspections=(), inspected_before=4, neglected=(neglected("plan"),)),
     "unknown"),
    ("standard_not_synced", replace(GOOD_CASE, neglected=(neglected("standard_review"),)), "ruled_out"),
    ("standard_not_synced", replace(did(following=()), neglected=(neglected("standard_review"),)), "unknown"),
    ("input_batch", GOOD_CASE, "ruled_out"),
    ("input_batch", replace(GOOD_CASE, upstream=(Upstream("LOT", ("inspections/X",)),)), "found"),
    ("input_batch", replace(GOOD_CASE, inputs=0), "unknown"),
    ("training_ineffective", GOOD_CASE, "ruled_out"),
    ("training_ineffective", replace(GOOD_CASE, qualified_failed=8, failures=("inspections/F",)), "found"),
    ("training_ineffective", replace(GOOD_CASE, qualified_failed=4, qualified_inspected=4), "unknown"),
    ("training_ineffective",
     replace(did(standing=lacks("not_trained")), qualified_failed=8, failures=("inspections/F",)), "unknown"),
]


@pytest.mark.parametrize(("cause", "case", "status"), TABLE)
def test_each_row(cause: str, case: Case, status: str) -> None:
    assert finding(case, cause).status == status


def test_every_cause_has_each_status_in_the_table() -> None:
    assert {(cause, status) for cause, _, status in TABLE} == {
        (cause, status) for cause in CAUSES for status in ("found", "ruled_out", "unknown")
    }


@pytest.mark.parametrize(("cause", "case", "speaks"), [
    ("standard_not_synced", did(following=follows("1")), {"standard_review", "process_review"}),
    ("training_not_completed", did(standing=lacks("not_trained")), {"plan"}),
    ("training_not_covered", did(courses=(), standing=NONE), {"plan"}),
    ("inspection_missed", replace(GOOD_CASE, inspections=(), inspected_before=0), {"inspection"}),
    ("process_not_followed", did(self_check="fail"), set()),
])
def test_neglected_duties_speak_for_what_is_found(cause: str, case: Case, speaks: set[str]) -> None:
    every = ("plan", "standard_review", "process_review", "inspection", "difficulty_list", "issue_review")
    told = finding(replace(case, neglected=tuple(map(neglected, every))), cause).speaks_for
    missed = {record for each in told if each.key == "duty_missed" for record in each.records}
    assert missed == {f"obligations/{kind}/QA@2026-05-01" for kind in speaks}


_CASES = st.sampled_from([case for _, case, _ in TABLE])


@given(_CASES, _CASES)
def test_what_one_piece_of_work_shows_another_does_not_hide(some: Case, other: Case) -> None:
    of_work = {"training_not_covered", "training_not_completed", "standard_not_synced", "unqualified_on_post",
               "process_not_followed"}
    both = replace(some, done=(*some.done, *other.done))
    shown = {*causes(verdict(some)), *causes(verdict(other))} & of_work
    assert shown <= set(causes(verdict(both)))


@given(_CASES)
def test_what_is_found_names_records_and_every_statement_is_a_sentence(case: Case) -> None:
    for each in verdict(case):
        assert (each.status == "found") == bool(each.speaks_for)
        assert all(said.records for said in each.speaks_for)
        for said in (*each.speaks_for, *each.against):
            assert all(sentence(said))


def test_nothing_found_is_undetermined() -> None:
    assert causes(verdict(GOOD_CASE)) == ("undetermined",)


def test_the_interval_is_wilsons() -> None:
    assert wilson_lower(0, 0) == 0.0
    assert wilson_lower(10, 100) == pytest.approx(0.0552, abs=1e-4)
    assert wilson_lower(5, 5) == pytest.approx(0.5655, abs=1e-4)


def test_the_guide_shows_the_same_table() -> None:
    guide = (Path(__file__).parents[3] / "docs" / "trace.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \|.*\| (\w+) \|$", guide, re.MULTILINE)
    assert dict(rows) == ACCOUNTABLE | {"input_batch": "quality"}
    told = f"above {TOLERABLE:.0%}".replace("%", " %")
    assert told in guide
    assert f"at least {ENOUGH} inspections" in guide
    assert CUSTOMARY == 0.5
    assert "though half the batches before were" in guide
