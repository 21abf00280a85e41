"""The demo site: a simulated factory's records, its models, and accounts to look at it with."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from service.clock import now
from service.duties.setup import answer_all
from service.errors import Unavailable
from service.exchange.importing import import_folder
from service.fitting import retrace_train
from service.indicators.drawing import draw_up
from service.people.actions import add_account
from service.people.tables import Account, Department
from service.settings import settings
from service.suggestions.actions import latest_scoring

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Login:
    """A demo account; it exists only where the demo was loaded."""

    login: str
    password: str
    name: str
    role: str
    shows: str


LOGINS = (
    Login("planner", "planner-demo", "Lin Hui 林慧", "people", "the planner's list"),
    Login("quality", "quality-demo", "Zhao Min 赵敏", "quality", "the inspection queue"),
    Login("operations", "operations-demo", "Chen Bo 陈波", "operations", "the queue, to read"),
    Login("admin", "admin-demo", "Admin 管理员", "admin", "everything"),
)

#: a folder holds no plans: what was trained in a department within 45 days of a grave report there, on its process, is
#: taken for the plan that answered it
_ANSWERED = """
WITH followed AS (
    SELECT DISTINCT ON (f.id) f.id AS training_id, t.code AS training, t.employee_id, t.course_id, t.completed_at,
           r.code AS report, r.process_id, r.occurred_at
    FROM difficulty_reports r
    JOIN course_covers c ON c.process_id = r.process_id
    JOIN training_records t ON t.course_id = c.course_id AND t.result = 'passed' AND t.completed_at > r.occurred_at
     AND t.completed_at < r.occurred_at + interval '45 days'
     AND NOT EXISTS (SELECT FROM training_records l WHERE l.code = t.code AND l.revision > t.revision)
    JOIN training_records f ON f.code = t.code AND f.revision = 1
    JOIN assignments a ON a.employee_id = t.employee_id AND a.department_id = r.department_id
     AND a.from_date <= t.completed_at::date AND coalesce(a.to_date, t.completed_at::date) >= t.completed_at::date
    WHERE r.severity >= 4 AND r.occurred_at > now() - interval '150 days'
      AND NOT EXISTS (SELECT FROM difficulty_reports l WHERE l.code = r.code AND l.revision > r.revision)
    ORDER BY f.id, r.occurred_at
), planned AS (
    INSERT INTO plans (code, title, kind, published_at, created_at)
    SELECT 'PLAN-' || f.report, min(c.title), 'answer', min(f.occurred_at) + interval '1 day', min(f.occurred_at)
    FROM followed f JOIN courses c ON c.id = f.course_id GROUP BY f.report RETURNING id, code
), items AS (
    INSERT INTO plan_items (code, plan_id, employee_id, process_id, course_id, training_id, due_on, status, created_at)
    SELECT 'ITEM-' || f.training, p.id, f.employee_id, f.process_id, f.course_id, f.training_id, f.completed_at::date,
           'completed', f.occurred_at
    FROM followed f JOIN planned p ON p.code = 'PLAN-' || f.report
)
INSERT INTO plan_answers (plan_id, kind, code) SELECT id, 'report', substr(code, 6) FROM planned
"""


def prepare(engine: Engine, sector: str, staff: int, seed: int, progress: Progress) -> None:
    """Load the demo unless the site has records already; then fit and score whatever is missing.

    Each step is skipped where its result is there, so that an interrupted start goes on where it stopped.
    """
    with Session(engine) as session, session.begin():
        fresh = session.scalar(select(Department.id).limit(1)) is None
        if fresh:
            _load(session, sector, staff, seed, progress)
    with Session(engine) as session:
        demo = has_demo_accounts(session)
        scored = latest_scoring(session, "risk-unit") is not None
    if demo and not scored:
        _learn(engine, progress)
    if not fresh and scored:
        progress("The site has records already: nothing to load.")


def has_demo_accounts(session: Session) -> bool:
    """Whether the demo's accounts exist here."""
    return session.scalar(select(Account.id).where(Account.login == LOGINS[0].login)) is not None


def _load(session: Session, sector: str, staff: int, seed: int, progress: Progress) -> None:
    with tempfile.TemporaryDirectory(prefix="retrace-demo-") as folder:
        progress(f"Simulating a {sector} of {staff} people ...")
        site = Path(folder) / "site"
        today = now().astimezone(settings().zone).date()
        options = {"--sector": sector, "--staff": staff, "--seed": seed, "--until": today, "--out": site}
        retrace_train("world", *(str(part) for option in options.items() for part in option))
        import_folder(session, site, progress=progress)
    for login in LOGINS:
        add_account(session, login.login, login.name, login.role, login.password)
    answer_all(session)
    session.execute(text(_ANSWERED))
    draw_up(session)


def _learn(engine: Engine, progress: Progress) -> None:
    from service.scoring.score import TARGETS, score

    for target in TARGETS:
        progress(f"Training the first model: {target} ...")
        try:
            retrace_train("fit", target)
        except Unavailable as refused:
            # a small site has too little to learn from: it starts on today's rules
            progress(f"{refused}. Its list is ranked by the baseline.")
    progress("Scoring ...")
    score(engine, settings().home)
    progress("Training the matcher of difficulty reports ...")
    try:
        retrace_train("fit", "text")
    except Unavailable as refused:
        progress(f"{refused}. Reports are not matched yet.")
