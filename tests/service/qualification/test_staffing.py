"""Who can do what, whose qualification ends, what would become unstaffable, and rosters made ahead."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.events.tables import Outgoing
from service.people.tables import Employee
from service.qualification.requalify import requalify
from service.qualification.tables import StandingKept
from tests.service.conftest import Put

Headers = Callable[[str], dict[str, str]]
NOW = datetime.now(UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def cell(site: Put) -> Put:
    """A cell of three: Li was never trained, Wu is qualified, Xu's course ends in ten days."""
    site("employees", {"code": "009", "name": "Xu"})
    site("posts", {"code": "BENCH", "name": "Bench", "department_code": "CELL"})
    for code in ("007", "008", "009"):
        site("assignments", {
            "employee_code": code, "department_code": "CELL", "post_code": "BENCH", "from_date": "2026-01-01"
        })
    for code, days in (("008", 30), ("009", 355)):
        site("training_records", {
            "code": f"T-{code}", "employee_code": code, "course_code": "C1", "result": "passed",
            "completed_at": NOW - days * DAY, "standard_version": "1",
        })
    return site


def test_the_skill_matrix_of_a_department_and_of_all_above_it(cell: Put, ask: Callable[..., Any]) -> None:
    for department in ("CELL", "LINE"):
        found = ask("GET", "/skill-matrix", params={"department_code": department}).json()
        assert [each["process_code"] for each in found["processes"]] == ["P1"]
        cells = {row["employee_code"]: row["cells"][0] for row in found["items"]}
        assert {code: each["outcome"] for code, each in cells.items()} == {
            "007": "not_trained", "008": "qualified", "009": "qualified"
        }
        assert cells["008"]["evidence"] == ["training_records/T-008"]
        assert cells["007"]["until"] is None
        assert cells["009"]["until"] is not None
    assert ask("GET", "/skill-matrix", params={"department_code": "NONE"}).status_code == 404


def test_the_matrix_is_read_page_by_page_and_as_it_was(cell: Put, ask: Callable[..., Any]) -> None:
    asked = {"department_code": "CELL", "limit": 2}
    first = ask("GET", "/skill-matrix", params=asked).json()
    second = ask("GET", "/skill-matrix", params=asked | {"cursor": first["next"]}).json()
    assert [row["employee_code"] for row in first["items"] + second["items"]] == ["007", "008", "009"]
    assert second["next"] is None
    before = ask("GET", "/skill-matrix", params={
        "department_code": "CELL", "at": (NOW - 40 * DAY).isoformat()
    }).json()
    assert [row["cells"][0]["outcome"] for row in before["items"]] == ["not_trained", "not_trained", "qualified"]
    unknown = ask("GET", "/skill-matrix", params={
        "department_code": "CELL", "known_at": (NOW - 40 * DAY).isoformat()
    }).json()
    assert [row["cells"][0]["outcome"] for row in unknown["items"]] == ["not_trained", "not_trained", "qualified"]


def test_who_works_under_supervision_shows_under_whom(cell: Put, ask: Callable[..., Any]) -> None:
    row = {"employee_code": "007", "process_code": "P1", "supervisor_code": "008", "reason": "new",
           "until": (datetime.now(UTC) + DAY).isoformat()}
    assert ask("POST", "/supervisions", json=row).status_code == 201
    found = ask("GET", "/skill-matrix", params={"department_code": "CELL"}).json()["items"][0]["cells"][0]
    assert (found["outcome"], found["supervisor_code"]) == ("supervised", "008")
    assert "training_records/T-008" in found["evidence"]


def test_whose_qualification_ends_within_some_days(cell: Put, ask: Callable[..., Any]) -> None:
    def codes(days: int) -> list[str]:
        found = ask("GET", "/expiring-qualifications", params={"department_code": "CELL", "days": days}).json()
        return [item["employee_code"] for item in found["items"]]

    assert codes(5) == []
    assert codes(30) == ["009"]
    assert codes(400) == ["009", "008"]
    asked = {"department_code": "CELL", "days": 400, "limit": 1}
    first = ask("GET", "/expiring-qualifications", params=asked).json()
    assert first["items"][0]["requirement"] == "P1@@course@C1@@"
    second = ask("GET", "/expiring-qualifications", params=asked | {"cursor": first["next"]}).json()
    assert ([item["employee_code"] for item in second["items"]], second["next"]) == (["008"], None)


def _outlook(ask: Callable[..., Any], **asked: object) -> Any:
    answer = ask("GET", "/staffing-outlook", params={"department_code": "CELL", **asked})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_version_that_nobody_was_taught_leaves_a_process_unstaffable(cell: Put, ask: Callable[..., Any]) -> None:
    (found,) = _outlook(ask, standard_code="STD", version="2")["processes"]
    assert (found["before"], found["after"], found["unstaffable"]) == (1, 0, True)
    assert found["lost"] == [
        {"employee_code": "008", "employee": "Wu", "outcome": "superseded_version", "shifts": 0}
    ]


def test_an_announced_version_is_compared_with_the_world_without_it(cell: Put, ask: Callable[..., Any]) -> None:
    cell("standard_versions", {"standard_code": "STD", "version": "2", "effective_at": NOW + 3 * DAY})
    cell("training_records", {
        "code": "T2", "employee_code": "007", "course_code": "C1", "result": "passed", "completed_at": NOW - DAY,
        "standard_version": "2",
    })
    found = _outlook(ask, standard_code="STD", version="2")
    (process,) = found["processes"]
    assert (process["before"], process["after"]) == (2, 1)
    assert datetime.fromisoformat(found["at"]) == NOW + 33 * DAY


def test_a_lapsed_credential(cell: Put, ask: Callable[..., Any]) -> None:
    cell("requirements", {"process_code": "P1", "kind": "licence", "credential_kind": "welder"})
    cell("credentials", *(
        {"employee_code": code, "kind": "welder", "issued_at": NOW - 900 * DAY} for code in ("008", "009")
    ))
    (found,) = _outlook(ask, credential_kind="welder")["processes"]
    assert (found["before"], found["after"], found["unstaffable"]) == (2, 0, True)
    (one,) = _outlook(ask, credential_kind="welder", employee_code="009")["processes"]
    assert (one["before"], one["after"], [each["employee_code"] for each in one["lost"]]) == (2, 1, ["009"])


def test_a_gate_that_would_close_on_those_who_do_the_work(cell: Put, ask: Callable[..., Any]) -> None:
    cell("work_records", {
        "code": "W", "process_code": "P1", "employee_code": "007", "started_at": NOW - DAY, "self_check": "pass"
    })
    cell("shifts", {"employee_code": "007", "starts_at": NOW + DAY, "ends_at": NOW + DAY + 8 * HOUR})
    (found,) = _outlook(ask, gate_process_code="P1")["processes"]
    assert (found["before"], found["after"], found["unstaffable"]) == (3, 2, False)
    assert [(each["employee_code"], each["shifts"]) for each in found["lost"]] == [("007", 1)]


def test_time_alone(cell: Put, ask: Callable[..., Any]) -> None:
    found = _outlook(ask, at=(NOW + 20 * DAY).isoformat())["processes"][0]
    assert [(each["employee_code"], each["outcome"]) for each in found["lost"]] == [("009", "expired")]


@pytest.mark.parametrize("asked", [
    {"standard_code": "STD", "version": "2", "gate_process_code": "P1"}, {"standard_code": "STD"},
    {"employee_code": "008"},
])
def test_one_thing_is_supposed_at_a_time(cell: Put, ask: Callable[..., Any], asked: dict[str, str]) -> None:
    assert ask("GET", "/staffing-outlook", params={"department_code": "CELL", **asked}).status_code == 422


@pytest.mark.parametrize(("path", "asked", "status", "said"), [
    ("/skill-matrix", {"department_code": "NONE"}, 404, "no department 'NONE'"),
    ("/skill-matrix", {"at": "1950-01-01T00:00:00Z"}, 422, "column at, value '1950-01-01T00:00:00+00:00'"),
    ("/skill-matrix", {"known_at": "1950-01-01T00:00:00Z"}, 422, "before anything was done here"),
    ("/staffing-outlook", {"at": "1950-01-01T00:00:00Z"}, 422, "before anything was done here"),
    ("/staffing-outlook", {"standard_code": "NONE", "version": "1"}, 404, "no standard 'NONE'"),
    ("/staffing-outlook", {"gate_process_code": "NONE"}, 404, "no process 'NONE'"),
    ("/staffing-outlook", {"credential_kind": "wedler"}, 404, "demands a 'wedler'; demanded are: welder"),
    ("/staffing-outlook", {"credential_kind": "welder", "employee_code": "999"}, 404, "no employee '999'"),
    ("/roster-checks", {"since": "1950-01-01T00:00:00Z"}, 422, "before anything was done here"),
    ("/expiring-qualifications", {"department_code": "NONE"}, 404, "no department 'NONE'"),
])
def test_what_cannot_be_asked_is_said(
    cell: Put, ask: Callable[..., Any], path: str, asked: dict[str, str], status: int, said: str
) -> None:
    cell("requirements", {"process_code": "P1", "kind": "licence", "credential_kind": "welder"})
    answer = ask("GET", path, params={"department_code": "CELL", **asked})
    assert answer.status_code == status, answer.text
    assert said in answer.json()["detail"]


def _shift(cell: Put, employee: str, starts: datetime) -> None:
    cell("shifts", {
        "employee_code": employee, "starts_at": starts, "ends_at": starts + 8 * HOUR, "department_code": "CELL",
        "post_code": "BENCH",
    })


def test_next_weeks_shifts_mark_the_unqualified_and_name_who_could_swap(cell: Put, ask: Callable[..., Any]) -> None:
    cell("processes", {"code": "P2", "name": "Pack", "department_code": "CELL"})
    cell("courses", {"code": "C2", "title": "Packing"})
    cell("requirements", {"process_code": "P2", "kind": "course", "course_code": "C2"})
    for code in ("007", "008"):
        cell("training_records", {
            "code": f"T2-{code}", "employee_code": code, "course_code": "C2", "result": "passed",
            "completed_at": NOW - DAY,
        })
    starts = NOW + 2 * DAY
    rows = [
        {"employee_code": "007", "process_code": "P1", "starts_at": starts, "ends_at": starts + 8 * HOUR},
        {"employee_code": "008", "process_code": "P2", "starts_at": starts, "ends_at": starts + 8 * HOUR},
    ]
    sent = [{name: value.isoformat() if isinstance(value, datetime) else value for name, value in row.items()}
            for row in rows]
    found = ask("POST", "/roster-checks", json={"department_code": "CELL", "rows": sent}).json()
    assert (found["checked"], found["unqualified"]) == (2, 1)
    first = found["items"][0]
    assert (first["employee_code"], first["checks"][0]["outcome"], first["qualified"]) == ("007", "not_trained", False)
    assert [(each["employee_code"], each["kind"]) for each in first["could_take_over"]] == [
        ("009", "stand_in"), ("008", "swap")
    ]


def test_recorded_shifts_are_asked_about_what_is_done_on_the_post(cell: Put, ask: Callable[..., Any]) -> None:
    cell("work_records", {
        "code": "W", "process_code": "P1", "employee_code": "008", "post_code": "BENCH", "started_at": NOW - DAY,
        "self_check": "pass",
    })
    for code in ("007", "008"):
        _shift(cell, code, NOW + DAY)
    _shift(cell, "009", NOW + 6 * DAY)
    _shift(cell, "009", NOW + 40 * DAY)
    found = ask("GET", "/roster-checks", params={"department_code": "CELL"}).json()
    assert [(item["employee_code"], item["qualified"]) for item in found["items"]] == [
        ("007", False), ("008", True), ("009", True)
    ]
    assert [each["employee_code"] for each in found["items"][0]["could_take_over"]] == ["009"]
    later = ask("GET", "/roster-checks", params={"department_code": "CELL", "days": 60}).json()
    assert [item["employee_code"] for item in later["items"]] == ["007", "009", "008", "009"]


def test_an_assignment_made_ahead_passes_the_same_gate(cell: Put, ask: Callable[..., Any]) -> None:
    cell("employees", {"code": "010", "name": "Qi"})
    cell("work_records", {
        "code": "W", "process_code": "P1", "employee_code": "008", "post_code": "BENCH", "started_at": NOW - DAY,
        "self_check": "pass",
    })
    cell("assignments", {
        "employee_code": "010", "department_code": "CELL", "post_code": "BENCH",
        "from_date": (NOW + 3 * DAY).date().isoformat(),
    })
    found = ask("GET", "/roster-checks", params={"department_code": "CELL"}).json()["items"]
    assert [(item["source"], item["employee_code"], item["qualified"]) for item in found] == [
        ("assignment", "010", False)
    ]


def test_a_roster_that_ends_before_it_begins_is_refused(cell: Put, ask: Callable[..., Any]) -> None:
    row = {"employee_code": "007", "starts_at": NOW.isoformat(), "ends_at": NOW.isoformat()}
    answer = ask("POST", "/roster-checks", json={"department_code": "CELL", "rows": [row]})
    assert answer.status_code == 422
    assert "must lie after starts_at" in answer.text
    row = {"employee_code": "NONE", "starts_at": NOW.isoformat(), "ends_at": (NOW + DAY).isoformat()}
    assert ask("POST", "/roster-checks", json={"department_code": "CELL", "rows": [row]}).status_code == 404


def _kept(session: Session) -> dict[str, str]:
    found = session.execute(
        select(Employee.code, StandingKept.outcome).join(Employee, Employee.id == StandingKept.employee_id)
    )
    return dict(found.all())


def test_the_nightly_run_tells_what_changed(cell: Put, ask: Callable[..., Any], session: Session) -> None:
    def told() -> list[Any]:
        rows = session.scalars(select(Outgoing.data).where(Outgoing.name == "qualification.changed"))
        return list(rows)

    assert requalify(session) == 3
    assert _kept(session) == {"007": "not_trained", "008": "qualified", "009": "qualified"}
    assert told() == []
    assert requalify(session, NOW + 20 * DAY) == 3
    assert _kept(session) == {"007": "not_trained", "008": "qualified", "009": "expired"}
    assert told() == [{"gained": 0, "lost": 1}]
    changed = ask("GET", "/standings", params={"updated_since": (NOW + 19 * DAY).isoformat()}).json()["items"]
    assert [(item["employee_code"], item["outcome"]) for item in changed] == [("009", "expired")]
    soon = ask("GET", "/standings", params={"ends_before": (NOW + 400 * DAY).isoformat(), "outcome": "qualified"})
    assert [item["employee_code"] for item in soon.json()["items"]] == ["008"]
    pages = []
    cursor: str | None = None
    for _ in range(4):
        found = ask("GET", "/standings", params={"limit": 1} | ({"cursor": cursor} if cursor else {})).json()
        pages += [item["employee_code"] for item in found["items"]]
        cursor = found["next"]
    assert pages == ["007", "008", "009"]


def test_who_left_has_no_standing(cell: Put, session: Session) -> None:
    requalify(session)
    cell("employees", {"code": "008", "name": "Wu", "left_on": (NOW - DAY).date().isoformat()})
    requalify(session)
    assert set(_kept(session)) == {"007", "009"}


def test_the_kept_standing_is_what_the_gate_would_say(cell: Put, ask: Callable[..., Any], session: Session) -> None:
    requalify(session)
    matrix = ask("GET", "/skill-matrix", params={"department_code": "CELL"}).json()
    assert _kept(session) == {row["employee_code"]: row["cells"][0]["outcome"] for row in matrix["items"]}
