"""How long it takes to draw up what 2,000 departments owe in a month."""

import json
import time
from datetime import date

from sqlalchemy import text
from sqlalchemy.orm import Session

from benchmarks.figure import Figure
from benchmarks.home import fresh_home, run

DEPARTMENTS = 2_000
#: what each department owes: something each month, two things each week; and, to see where it ends, one each weekday
MONTHLY, WEEKLY = ("FREQ=MONTHLY;BYMONTHDAY=1",), ("FREQ=WEEKLY;BYDAY=MO", "FREQ=WEEKLY;BYDAY=FR")
WEEKDAYS = ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",)
MONTH = date(2026, 1, 1)
#: how many periods of each begin in January 2026
BEGIN = {MONTHLY: 1, WEEKLY: 9, WEEKDAYS: 22}

#: the same rows in plain SQL, without rules or audit
_PLAIN = (
    "CREATE TEMP TABLE plain AS SELECT d.code || '@' || p.starts_on AS code, d.id, d.department_id, p.*"
    " FROM duties d CROSS JOIN (SELECT starts_on, due_on, starts_at, ends_at, due_at, remind_at, escalate_at"
    " FROM obligations WHERE duty_id IN (SELECT min(id) FROM duties GROUP BY cadence)) p"
    " LIMIT (SELECT count(*) FROM obligations)"
)


def figures() -> list[Figure]:
    """Seconds of drawing up a month, and of drawing it up again, when all is there."""
    with fresh_home() as home:
        taken: dict[str, float] = json.loads(run(home, "benchmarks.obligations"))
    what = f"drawing up what {DEPARTMENTS:,} departments owe in a month"
    usual, all_of_it = DEPARTMENTS * (BEGIN[MONTHLY] + BEGIN[WEEKLY]), DEPARTMENTS * sum(BEGIN.values())
    each = f"{what}: a monthly and two weekly duties each, {usual:,} obligations"
    return [
        Figure(each, taken["usual"], "s", "under 5", taken["usual"] < 5),
        Figure("the same again, nothing to do", taken["again"], "s", "under 5", taken["again"] < 5),
        Figure(f"one for every weekday besides, {DEPARTMENTS * BEGIN[WEEKDAYS]:,} obligations", taken["weekdays"], "s"),
        Figure(f"{all_of_it:,} rows by one SQL statement: no rules, keys, or audit", taken["plain"], "s"),
    ]


def _main() -> None:
    from service.cli import _database
    from service.duties.creating import create

    engine = _database()

    def owe(session: Session, cadences: tuple[str, ...]) -> None:
        session.execute(
            text(
                "INSERT INTO duties (code, title, department_id, deliverable, cadence, start_on, due_days, remind_days,"
                " escalate_days, role, valid_from) SELECT d.code || '/' || c, 'Duty', d.id, 'inspection', c,"
                " '2026-01-01', 20, 3, 2, 'quality', '2026-01-01' FROM departments d, unnest(CAST(:each AS text[])) c"
            ),
            {"each": list(cadences)},
        )

    def timed(wanted: int) -> float:
        began = time.perf_counter()
        with Session(engine) as session, session.begin():
            made = create(session, MONTH)
        taken = time.perf_counter() - began
        if made != wanted:
            raise AssertionError(f"{made} obligations where {wanted} were expected")
        return taken

    with Session(engine) as session, session.begin():
        session.execute(
            text(
                "INSERT INTO departments (code, name, function)"
                " SELECT 'D' || n, 'Department', 'operations' FROM generate_series(1, :n) n"
            ),
            {"n": DEPARTMENTS},
        )
        owe(session, MONTHLY + WEEKLY)
    taken = {"usual": timed(DEPARTMENTS * (BEGIN[MONTHLY] + BEGIN[WEEKLY])), "again": timed(0)}
    with Session(engine) as session, session.begin():
        owe(session, WEEKDAYS)
    taken["weekdays"] = timed(DEPARTMENTS * BEGIN[WEEKDAYS])
    with Session(engine) as session:
        began = time.perf_counter()
        session.execute(text(_PLAIN))
        taken["plain"] = time.perf_counter() - began
    print(json.dumps(taken))


if __name__ == "__main__":
    _main()
