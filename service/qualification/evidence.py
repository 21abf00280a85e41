"""What people can show, gathered for many at once: a person, a process and a post, each at its own moment."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    any_,
    bindparam,
    case,
    column,
    func,
    select,
    true,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session, aliased

from service.courses.tables import TrainingRecord
from service.db.base import Evidence, Query
from service.people.tables import Credential
from service.qualification.matrix import Matrix, load
from service.qualification.rules import Held, Person, Practice, Standing, Suspended, Taught, standing
from service.qualification.tables import Suspension
from service.work.tables import WorkRecord

# queries are made once: making one takes longer than asking it
_NUMBERS = ARRAY(BigInteger)
_PEOPLE = bindparam("people", type_=_NUMBERS)
KNOWN_AT = bindparam("known_at", type_=DateTime(timezone=True))
_CREDENTIALS: Query = select(
    Credential.employee_id, Credential.kind, Credential.code, Credential.issued_at, Credential.expires_at,
    Credential.authorised_by,
).where(Credential.employee_id == any_(_PEOPLE))


class Asked(NamedTuple):
    """Is this person qualified for this process, on this post, at this moment?"""

    employee_id: int
    process_id: int | None
    post_id: int | None
    at: datetime


def standings(session: Session, asked: Sequence[Asked], known_at: datetime | None = None) -> list[Standing]:
    """The answer to each question, in order, from what was known by `known_at` (None: everything known now)."""
    matrix = load(
        session, {each.process_id for each in asked if each.process_id is not None},
        {each.post_id for each in asked if each.post_id is not None}, known_at,
    )
    return answered(session, asked, matrix, known_at)


def answered(
    session: Session, asked: Sequence[Asked], matrix: Matrix, known_at: datetime | None = None
) -> list[Standing]:
    """As `standings`, by a matrix that is loaded already, or one that is only supposed."""
    shown = gather(session, asked, matrix, known_at)
    return [
        standing(matrix.demands(each.process_id, each.post_id, each.at), shown.person(each), each.at) for each in asked
    ]


@dataclass(frozen=True)
class Shown:
    """Everything the people asked about can show."""

    trainings: Mapping[int, Mapping[int, Sequence[Taught]]]
    credentials: Mapping[int, Mapping[str, Sequence[Held]]]
    practices: Mapping[Asked, Practice]
    suspensions: Mapping[int, Sequence[tuple[int | None, Suspended]]]

    def person(self, asked: Asked) -> Person:
        """What concerns one question."""
        who = asked.employee_id
        suspended = [
            each for process, each in self.suspensions.get(who, ()) if process is None or process == asked.process_id
        ]
        return Person(
            self.trainings.get(who, {}), self.credentials.get(who, {}), self.practices.get(asked, Practice()), suspended
        )


def gather(session: Session, asked: Sequence[Asked], matrix: Matrix, known_at: datetime | None) -> Shown:
    """Read what the matrix asks for, of the people in question."""
    people = {each.employee_id for each in asked}
    lines = list(matrix.lines)
    kinds = {line.kind for line in lines}
    courses = {course for line in lines for course in line.courses}
    practising = [each for each in asked if _practice_counts(matrix, each)]
    return Shown(
        _trainings(session, people, courses, known_at) if courses else {},
        _credentials(session, people) if kinds & {"licence", "authorisation"} else {},
        _practices(session, practising, known_at) if practising else {},
        _suspensions(session, people, known_at),
    )


def _practice_counts(matrix: Matrix, asked: Asked) -> bool:
    lines = (*matrix.by_process.get(asked.process_id or 0, ()), *matrix.by_post.get(asked.post_id or 0, ()))
    return any(line.kind in {"practice", "supervised"} for line in lines)


def as_known(
    row: type[Evidence], known_at: datetime | ColumnElement[datetime] | None
) -> ColumnElement[bool]:
    """Whether a row is its record's last revision of those known by a moment (None: of all)."""
    later = _later(row)
    newer = (later.code == row.code) & (later.revision > row.revision)
    if known_at is None:
        return ~select(later.id).where(newer).exists()
    return (row.known_at <= known_at) & ~select(later.id).where(newer, later.known_at <= known_at).exists()


@cache
def _later(row: type[Evidence]) -> Any:
    """Another look at a table; made once, because making it takes longer than many a query."""
    return aliased(row)


def _trainings(
    session: Session, people: Collection[int], courses: Collection[int], known_at: datetime | None
) -> Mapping[int, Mapping[int, Sequence[Taught]]]:
    given = {"people": list(people), "courses": list(courses), "known_at": known_at}
    found = session.execute(_training_query(by=known_at is not None), given)
    shown: dict[int, dict[int, list[Taught]]] = defaultdict(lambda: defaultdict(list))
    for employee, course, code, completed_at, result, version in found:
        if completed_at is not None:
            shown[employee][course].append(Taught(code, completed_at, result, version))
    return shown


@cache
def _training_query(*, by: bool) -> Query:
    row = TrainingRecord
    return select(row.employee_id, row.course_id, row.code, row.completed_at, row.result, row.standard_version).where(
        row.employee_id == any_(_PEOPLE), row.course_id == any_(bindparam("courses", type_=_NUMBERS)),
        row.result.in_(("passed", "failed")), as_known(row, KNOWN_AT if by else None),
    )


def _credentials(session: Session, people: Collection[int]) -> Mapping[int, Mapping[str, Sequence[Held]]]:
    found = session.execute(_CREDENTIALS, {"people": list(people)})
    shown: dict[int, dict[str, list[Held]]] = defaultdict(lambda: defaultdict(list))
    for employee, kind, code, issued_at, expires_at, authorised_by in found:
        shown[employee][kind].append(Held(code, issued_at, expires_at, authorised_by))
    return shown


def _practices(session: Session, asked: Iterable[Asked], known_at: datetime | None) -> dict[Asked, Practice]:
    """Of each question, the last work before it and how many pieces were done under supervision."""
    listed = list(dict.fromkeys(asked))
    given = func.unnest(
        _ids([each.employee_id for each in listed]), _ids([each.process_id or 0 for each in listed]),
        type_coerce([each.at for each in listed], ARRAY(DateTime(timezone=True))),
    ).table_valued(
        column("employee", BigInteger), column("process", BigInteger), column("at", DateTime(timezone=True)),
        with_ordinality="number", name="asked",
    ).render_derived()
    row = WorkRecord
    before = (row.employee_id == given.c.employee, row.process_id == given.c.process, row.started_at < given.c.at)
    last = (
        select(row.started_at, row.code).where(*before, as_known(row, known_at))
        .order_by(row.started_at.desc()).limit(1).lateral("last")
    )
    pieces = (
        select(func.count().label("pieces")).select_from(row)
        .where(*before, row.supervised_by_id.is_not(None), row.self_check == "pass", as_known(row, known_at))
        .lateral("supervised")
    )
    found = session.execute(
        select(given.c.number, last.c.started_at, last.c.code, pieces.c.pieces)
        .select_from(given).outerjoin(last, true()).join(pieces, true())
    )
    return {listed[number - 1]: Practice(at, code or "", count) for number, at, code, count in found}


def _suspensions(
    session: Session, people: Collection[int], known_at: datetime | None
) -> Mapping[int, Sequence[tuple[int | None, Suspended]]]:
    given = {"people": list(people), "known_at": known_at}
    found = session.execute(_suspension_query(by=known_at is not None), given)
    shown: dict[int, list[tuple[int | None, Suspended]]] = defaultdict(list)
    for employee, process, *suspended in found:
        shown[employee].append((process, Suspended(*suspended)))
    return shown


@cache
def _suspension_query(*, by: bool) -> Query:
    row = Suspension
    known = row.decided_at <= KNOWN_AT if by else true()
    lifted = case((row.lifted_at <= KNOWN_AT, row.lifted_at)) if by else row.lifted_at
    return select(row.employee_id, row.process_id, row.code, row.since, func.least(row.until, lifted)).where(
        row.employee_id == any_(_PEOPLE), known
    )


def _ids(numbers: Collection[int]) -> Any:
    return type_coerce(list(numbers), ARRAY(BigInteger))
