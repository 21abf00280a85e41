"""Setting up: a department says what it owes, and the responsibility map is written."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.db.context import because
from service.duties.actions import add, amend, today
from service.duties.schemas import Answer, Answers, DutyGiven, Question, Questions
from service.duties.tables import Duty
from service.errors import Invalid, NotFound, ReasonRequired, Violation
from service.people.tables import Department
from service.sectors.reading import sector
from service.sectors.schemas import DutyTemplate, Function
from service.settings import settings


def questions(session: Session, code: str) -> Questions:
    """What a department is asked, in the words of the site's sector. Raises `NotFound`."""
    place = _place(session, code)
    known = _known(session, place.id)
    function: Function = place.function  # type: ignore[assignment]
    asked = [_question(name, template, known.get(name)) for name, template in _templates(place.function).items()]
    return Questions(
        department_code=place.code, department=place.name, function=sector().functions[function],
        questions=asked,
    )


def answer(session: Session, code: str, given: Answers) -> Questions:
    """Write a department's duties as it answered; a duty it no longer owes ends today.

    Raises `NotFound`, `Invalid` for what it is not asked, `ReasonRequired` where a duty is changed or ended, and as
    `actions.add` does.
    """
    place = _place(session, code)
    templates, known = _templates(place.function), _known(session, place.id)
    for each in given.answers:
        template = templates.get(each.template)
        if template is None:
            problem = f"departments with this function are not asked this; they are asked {', '.join(templates)}"
            raise Invalid([Violation("duties", None, "template", each.template, problem)])
        _answered(session, place.code, template, each, known.get(each.template), given.reason)
    return questions(session, code)


def answer_all(session: Session) -> None:
    """Have every department owe all that its sector asks about, from today on. Raises as `actions.add` does."""
    for place in session.scalars(select(Department).order_by(Department.id)).all():
        owed = [Answer(template=name, owed=True) for name in _templates(place.function)]
        if owed:
            answer(session, place.code, Answers(answers=owed))


def _answered(
    session: Session, place: str, template: DutyTemplate, given: Answer, duty: Duty | None, reason: str | None
) -> None:
    if duty is None:
        if given.owed:
            add(session, _new(place, template, given), given.template)
        return
    said = _changes(duty, given)
    if said:
        if reason is None:
            raise ReasonRequired(f"Say why: {duty.code} is a duty already, and is not changed without a reason.")
        because(session, reason)
        amend(session, duty, said)


def _new(place: str, template: DutyTemplate, given: Answer) -> DutyGiven:
    name = template.name.zh if settings().locale == "zh" else template.name.en
    return DutyGiven(
        code=f"{given.template}/{place}", title=name, department_code=place, deliverable=template.deliverable,
        cadence=given.cadence or template.cadence,
        due_days=template.due_days if given.due_days is None else given.due_days,
        remind_days=template.remind_days, escalate_days=template.escalate_days, role=given.role or template.role,
    )


def _changes(duty: Duty, given: Answer) -> Mapping[str, Any]:
    """What an answer says otherwise than the duty stands."""
    if not given.owed:
        # ended before it began to be owed, it was owed on its first day at the most
        return {} if _ended(duty) else {"valid_to": max(today() - timedelta(days=1), duty.valid_from)}
    named = {name: value for name in ("cadence", "due_days", "role") if (value := getattr(given, name)) is not None}
    said = {name: value for name, value in named.items() if value != getattr(duty, name)}
    # what lies between was not owed
    return said | ({"valid_to": None, "valid_from": today()} if _ended(duty) else {})


def _ended(duty: Duty) -> bool:
    return duty.valid_to is not None


def _question(name: str, template: DutyTemplate, duty: Duty | None) -> Question:
    owed = None if duty is None else not _ended(duty)
    return Question(
        template=name, name=template.name, question=template.question, deliverable=template.deliverable, owed=owed,
        cadence=duty.cadence if duty else template.cadence, due_days=duty.due_days if duty else template.due_days,
        role=duty.role if duty else template.role,
        duty_code=duty.code if duty else None,
    )


def _templates(function: str) -> dict[str, DutyTemplate]:
    return {name: each for name, each in sector().duties.items() if each.function == function}


def _known(session: Session, department: int) -> dict[str, Duty]:
    """The duties of a department that were made of the sector's, the last of each."""
    query = select(Duty).where(Duty.department_id == department, Duty.template.is_not(None)).order_by(Duty.id)
    return {duty.template or "": duty for duty in session.scalars(query)}


def _place(session: Session, code: str) -> Department:
    found = session.scalar(select(Department).where(Department.code == code))
    if found is None:
        raise NotFound(f"There is no department {code!r}.")
    return found
