"""How long it takes to draft the plans for a change that touches 20,000 people, and to say beforehand what it costs."""

import json
import time
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from benchmarks.figure import Figure
from benchmarks.filling import fill
from benchmarks.home import fresh_home, run
from service.access import Principal

PEOPLE = 20_000
#: one post, held by everybody the change concerns, among as many others; half of them took the course before
_SITE = (
    "INSERT INTO departments (code, name, function) VALUES ('L', 'Line', 'operations'), ('M', 'Other', 'operations')",
    "INSERT INTO posts (code, name, department_id) SELECT code, 'Post', id FROM departments",
    "INSERT INTO employees (code, name) SELECT 'E' || e, 'Name' FROM generate_series(1, 2 * :people) e",
    "INSERT INTO assignments (code, employee_id, department_id, post_id, from_date)"
    " SELECT e.code, e.id, d.id, p.id, current_date - 900 FROM employees e"
    " JOIN departments d ON d.code = CASE WHEN e.id % 2 = 0 THEN 'L' ELSE 'M' END"
    " JOIN posts p ON p.department_id = d.id",
    "INSERT INTO processes (code, name, department_id) SELECT 'P' || code, 'Process', id FROM departments",
    "INSERT INTO courses (code, title, minutes) VALUES ('C', 'Course', 60)",
    "INSERT INTO course_covers (code, course_id, process_id) SELECT p.code, c.id, p.id FROM courses c, processes p",
    "INSERT INTO training_records (code, employee_id, course_id, completed_at, known_at, result)"
    " SELECT e.code, e.id, c.id, now() - interval '300 days', now() - interval '300 days', 'passed'"
    " FROM employees e, courses c WHERE e.id % 4 < 2",
    # a month of one piece of work a day, each
    "INSERT INTO work_records (code, process_id, post_id, employee_id, started_at, known_at, self_check)"
    " SELECT a.code || '-' || d, p.id, a.post_id, a.employee_id, now() - d * interval '1 day',"
    " now() - d * interval '1 day', 'pass'"
    " FROM assignments a JOIN processes p USING (department_id), generate_series(1, 30) d",
)
_TABLES = (
    "departments", "posts", "employees", "assignments", "processes", "courses", "course_covers", "training_records",
    "work_records",
)


def figures() -> list[Figure]:
    """Seconds of telling the cost, of drafting, and of publishing both plans."""
    with fresh_home() as home:
        taken: dict[str, float] = json.loads(run(home, "benchmarks.drafting"))
    what = f"a change that touches {PEOPLE:,} people"
    return [
        Figure(f"{what}: what it costs", taken["cost"], "s"),
        Figure(f"{what}: approved, its plans drafted", taken["draft"], "s", "under 5", taken["draft"] < 5),
        Figure(f"{what}: its plans published, everybody told", taken["publish"], "s"),
    ]


def _main() -> None:
    from service.app import connect
    from service.cli import _database
    from service.clock import now
    from service.db.engine import owner_engine
    from service.people.actions import add_account
    from service.processes import actions
    from service.processes.schemas import Proposal, StepTaken
    from service.retraining import costs, deciding
    from service.retraining.schemas import PlanStep
    from service.retraining.tables import Plan, PlanItem

    connect()
    engine = _database()
    fill(owner_engine(), _TABLES, _SITE, {"people": PEOPLE})

    def acting(role: str) -> Principal:
        with Session(engine) as session, session.begin():
            account = add_account(session, role, role, role, None)
            return Principal(account.id, role, role, role, None)

    taken: dict[str, float] = {}
    author, reviewer, planner = acting("operations"), acting("quality"), acting("people")
    with Session(engine) as session, session.begin():
        given = Proposal(process_code="PL", version="2", summary="New", effective_at=now() + timedelta(days=30))
        code = actions.propose(session, given, author).code
        actions.take(session, code, StepTaken(step="submit"), author, "*")
    with Session(engine) as session, session.begin():
        began = time.perf_counter()
        found = costs.affected(session, code)
        taken["cost"] = time.perf_counter() - began
        if found.new_hires + found.retrained != PEOPLE:
            raise AssertionError("not everybody was found")
    began = time.perf_counter()
    with Session(engine) as session, session.begin():
        actions.take(session, code, StepTaken(step="approve", revision=1), reviewer, "*")
    taken["draft"] = time.perf_counter() - began
    with Session(engine) as session, session.begin():
        if session.scalar(select(func.count()).select_from(PlanItem)) != PEOPLE:
            raise AssertionError("not everybody was drafted")
        plans = list(session.scalars(select(Plan.code)))
        for plan in plans:
            deciding.take(session, plan, PlanStep(step="accept"), planner, "*")
    began = time.perf_counter()
    with Session(engine) as session, session.begin():
        for plan in plans:
            deciding.take(session, plan, PlanStep(step="publish"), planner, "*")
    taken["publish"] = time.perf_counter() - began
    print(json.dumps(taken))


if __name__ == "__main__":
    _main()
