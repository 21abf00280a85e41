"""What must hold of given rows before any becomes a record; each check answers with the violations it found."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from service.errors import Violation
from service.records.folder import ATTRIBUTE, FolderColumn, Kind, is_evidence
from service.records.staged import KNOWN_AHEAD, ROW, Staged, matches, referenced

#: how many violations of one kind are shown
SHOWN = 5


def check(session: Session, staged: Staged, at: datetime) -> list[Violation]:
    """All violations of the given rows against each other and against what they point at."""
    found = [*_disordered(session, staged), *_known_too_early(session, staged), *_repeated(session, staged, at)]
    found += [*_not_yet(session, staged, at), *_misread(session, staged)]
    for wire in staged.content:
        if wire.references and wire.references != staged.table.name:
            found += dangling(session, staged, wire)
    for names, table in staged.table.row.__refers__.items():
        found += _dangling_together(session, staged, names, table)
    return found


def dangling(session: Session, staged: Staged, wire: FolderColumn) -> list[Violation]:
    """Rows whose column names a code nobody has."""
    assert wire.references is not None  # noqa: S101
    target = referenced(wire.references)
    given = staged[wire.name]
    missing = (
        select(staged[ROW], given)
        .select_from(staged.rows.outerjoin(target, matches(target, given)))
        .where(given.is_not(None), target.c.id.is_(None))
    )
    return violations(session, staged, wire.name, missing, f"no such code in {wire.references}; load it first")


def _dangling_together(session: Session, staged: Staged, names: tuple[str, ...], table: str) -> list[Violation]:
    if not all(name in staged for name in names):
        return []
    target = referenced(table)
    problem = f"no such code in {table}; load it first"
    if staged.table[names[0]].kind is Kind.LIST:
        listed = select(staged[ROW], func.unnest(func.string_to_array(staged[names[0]], ";")).label("code")).subquery()
        missing = select(listed.c[ROW], listed.c.code).where(listed.c.code.not_in(select(target.c.code)))
    else:
        parts = [staged[name] for name in names]
        code = func.concat_ws("@", *parts)
        missing = select(staged[ROW], code).where(
            *(part.is_not(None) for part in parts), ~select(target.c.id).where(target.c.code == code).exists()
        )
    return violations(session, staged, "+".join(names), missing, problem)


def _disordered(session: Session, staged: Staged) -> Iterator[Violation]:
    for earlier, later in staged.table.row.__order__:
        if earlier in staged and later in staged:
            wrong = select(staged[ROW], staged[later]).where(staged[earlier] > staged[later])
            yield from violations(session, staged, later, wrong, f"{_before(staged, later)} {earlier}; {_MEND}")


_MEND = "correct one of the two"


def _before(staged: Staged, name: str) -> str:
    return "is less than" if staged.table[name].kind in {Kind.WHOLE, Kind.REAL} else "lies before"


def _known_too_early(session: Session, staged: Staged) -> list[Violation]:
    happened = [name for name in staged.table.row.__occurred__ if name in staged]
    if not happened or "known_at" not in staged or staged.table.name in KNOWN_AHEAD:
        return []
    occurred = func.coalesce(*(staged[name] for name in happened))
    wrong = select(staged[ROW], staged["known_at"]).where(staged["known_at"] < occurred)
    return violations(
        session, staged, "known_at", wrong, f"lies before {happened[0]}; it cannot be known before it happened"
    )


def _not_yet(session: Session, staged: Staged, at: datetime) -> Iterator[Violation]:
    """Evidence of what has not happened; a day's grace for clocks and zones that disagree."""
    if staged.table.name in KNOWN_AHEAD or not is_evidence(staged.table):
        return
    for name in (*staged.table.row.__occurred__, "known_at"):
        if name in staged:
            wrong = select(staged[ROW], staged[name]).where(staged[name] > at + _GRACE)
            yield from violations(session, staged, name, wrong, "lies in the future; record it when it has happened")


_GRACE = timedelta(days=1)


def _misread(session: Session, staged: Staged) -> Iterator[Violation]:
    """Site attributes that mean something, in a form nobody could read."""
    for key, wrong_with in staged.table.row.__attributes__.items():
        name = f"{ATTRIBUTE}{key}"
        if name not in staged.attributes:
            continue
        given = select(staged[ROW], staged[name]).where(staged[name].is_not(None)).order_by(staged[ROW])
        told = ((row, value, wrong_with(str(value))) for row, value in session.execute(given))
        wrong = (Violation(staged.source, row, name, str(value), problem) for row, value, problem in told if problem)
        yield from islice(wrong, SHOWN)


def _repeated(session: Session, staged: Staged, at: datetime) -> list[Violation]:
    if hasattr(staged.table.row, "__parent__"):
        return []
    code: ColumnElement[Any] = staged.code
    same = [code, staged.known(at)[0]] if is_evidence(staged.table) else [code]
    wrong = select(func.max(staged[ROW]), code).group_by(*same).having(func.count() > 1)
    problem = "given more than once"
    if is_evidence(staged.table):
        problem += "; revisions of one code need different known_at"
    return violations(session, staged, "code" if "code" in staged else None, wrong, problem)


def violations(
    session: Session, staged: Staged, column: str | None, wrong: Select[Any], problem: str
) -> list[Violation]:
    """The first rows a query of (row number, value) finds, each as a violation."""
    rows = session.execute(wrong.limit(SHOWN)).all()
    return [Violation(staged.source, row, column, value, problem) for row, value in sorted(rows, key=lambda r: r[0])]
