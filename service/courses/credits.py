"""Continuing-education credits: earned against required, by rules with dates that the sector's file holds."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from dateutil.relativedelta import relativedelta
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.clock import now
from service.courses.tables import Course, TrainingRecord
from service.errors import NotFound
from service.people.tables import Employee
from service.records import folder
from service.records.wire import latest
from service.sectors.reading import sector
from service.sectors.schemas import CreditRule, Words
from service.settings import settings


@dataclass(frozen=True)
class Earned:
    """Credits of one course, earned on a day; `method` is how the course was held."""

    course: str
    day: date
    credits: float
    method: str = ""


@dataclass(frozen=True)
class Balance:
    """What counts towards a rule in one of its periods; both days are included."""

    from_day: date
    to_day: date
    required: float
    counted: float
    missing: float
    #: what was earned beyond what a method may contribute, or by a course that counted already
    not_counted: float


def balance(rule: CreditRule, earned: Iterable[Earned], on: date) -> Balance | None:
    """How a person stands by a rule on a day; None where it is not in force then.

    Only what was earned in the period and not after the day counts; a course counts once a period, where it gave most.
    """
    if on < rule.valid_from or (rule.valid_to is not None and on > rule.valid_to):
        return None
    first, last = _period(rule, on)
    within = [each for each in earned if first <= each.day <= min(last, on)]
    best: dict[str, Earned] = {}
    for each in within:
        if each.course not in best or each.credits > best[each.course].credits:
            best[each.course] = each
    by_method: dict[str, float] = defaultdict(float)
    for each in best.values():
        by_method[each.method] += each.credits
    counted = sum(min(given, rule.at_most.get(method, given)) for method, given in by_method.items())
    total = sum(each.credits for each in within)
    return Balance(first, last, rule.required, counted, max(0.0, rule.required - counted), max(0.0, total - counted))


def _period(rule: CreditRule, on: date) -> tuple[date, date]:
    """The period of a rule that holds a day; the last ends with the rule."""
    passed = (on.year - rule.valid_from.year) * 12 + on.month - rule.valid_from.month
    number = passed // rule.months
    if rule.valid_from + relativedelta(months=number * rule.months) > on:
        number -= 1
    last = rule.valid_from + relativedelta(months=(number + 1) * rule.months) - timedelta(days=1)
    first = rule.valid_from + relativedelta(months=number * rule.months)
    return first, last if rule.valid_to is None else min(last, rule.valid_to)


class CreditsRead(BaseModel):
    """How somebody stands by one rule."""

    rule: str
    name: Words
    from_day: date
    to_day: date
    required: float
    counted: float
    missing: float
    not_counted: float


def credits_of(session: Session, employee_code: str, on: date | None) -> list[CreditsRead]:
    """How an employee stands by each of the sector's rules in force on a day (left out: today). Raises `NotFound`."""
    number = session.scalar(select(Employee.id).where(Employee.code == employee_code))
    if number is None:
        raise NotFound(f"There is no employee {employee_code!r}.")
    zone = settings().zone
    day = on or now().astimezone(zone).date()
    earned = _earned(session, number, datetime.combine(day + timedelta(days=1), time.min, zone))
    rules: Mapping[str, CreditRule] = sector().credits
    found = ((name, rule, balance(rule, earned, day)) for name, rule in rules.items())
    return [
        CreditsRead(rule=name, name=rule.name, **vars(stands)) for name, rule, stands in found if stands is not None
    ]


def _earned(session: Session, employee: int, until: datetime) -> list[Earned]:
    row = TrainingRecord
    query = (
        select(Course.code, Course.credits, Course.method, row.completed_at)
        .join(Course, Course.id == row.course_id)
        .where(
            row.employee_id == employee, row.result == "passed", row.completed_at < until,
            Course.credits.is_not(None), latest(folder.of(row)),
        )
    )
    zone = settings().zone
    return [
        Earned(code, at.astimezone(zone).date(), given, method or "")
        for code, given, method, at in session.execute(query) if at is not None and given is not None
    ]
