"""Plans as a page shows them: those that wait for a decision first, each with its numbers and not with its people."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from service.processes.tables import Change
from service.retraining.actions import state
from service.retraining.tables import Plan, PlanItem

#: on one page
_SHOWN = 100


@dataclass(frozen=True)
class Waiting:
    """A plan in numbers."""

    code: str
    title: str
    kind: str
    status: str
    change_code: str | None
    round: int
    tag: str
    people: int
    reading: int
    completed: int
    due_on: date | None


def plans(session: Session) -> list[Waiting]:
    """The plans, drafts first, then accepted ones, then the newest."""
    live = PlanItem.status != "cancelled"
    rows = session.execute(
        select(
            Plan, Change.code, func.count(PlanItem.id).filter(live),
            func.count(PlanItem.id).filter(live, PlanItem.method == "read"),
            func.count(PlanItem.id).filter(PlanItem.status == "completed"), func.max(PlanItem.due_on).filter(live),
        )
        .outerjoin(PlanItem, PlanItem.plan_id == Plan.id).outerjoin(Change, Change.id == Plan.change_id)
        .group_by(Plan.id, Change.code)
        .order_by(case({"draft": 0, "accepted": 1}, value=Plan.status, else_=2), Plan.id.desc())
        .limit(_SHOWN)
    )
    return [
        Waiting(
            plan.code, plan.title, plan.kind, plan.status, change, plan.round, state(plan), people, reading, done, due
        )
        for plan, change, people, reading, done, due in rows
    ]
