"""The random reserve: of what waits for inspection a little is drawn by lot, and stands before every score.

Models learn from what was looked at, and their lists decide what is. The reserve looks where no list points. Each
inspection is drawn for once; the chance is kept whether it was drawn or not, so that estimates over everything that
waited stay honest (`training.selective`).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import exists, func, insert, or_, select
from sqlalchemy.orm import Session

from service.clock import now
from service.inspections.actions import MISSED_AFTER
from service.inspections.ordering import draw
from service.inspections.tables import Inspection, ReserveDraw
from service.records import folder
from service.records.wire import latest

#: how far back it is read what share of the inspections that fell due was performed
LOOKED_BACK = timedelta(days=90)


def chance_of(reserve: float, planned: int, performed: int) -> float:
    """The chance of one inspection, so that those drawn take up `reserve` of all that will be performed.

    `planned` fell due and `performed` of them were inspected. Where none fell due, all are taken to be performed.
    """
    return reserve * performed / planned if planned else reserve


def draw_for_all(session: Session, reserve: float) -> int:
    """Draw for whatever waits and was not drawn for yet; how many were drawn. A `reserve` of 0 draws for nothing."""
    waiting = _waiting(session) if reserve else ()
    return _keep(session, waiting, chance_of(reserve, *_capacity(session))) if waiting else 0


def draw_for_arrivals(session: Session, reserve: float) -> int:
    """The same between two nights for what was recorded since the last draw, by that draw's chance.

    So what is planned and inspected on one day has a chance too.
    """
    if not reserve:
        return 0
    newest = select(ReserveDraw.chance, ReserveDraw.drawn_at).order_by(ReserveDraw.id.desc()).limit(1)
    last = session.execute(newest).one_or_none()
    return 0 if last is None else _keep(session, _waiting(session, last.drawn_at), last.chance)


def _keep(session: Session, codes: Sequence[str], chance: float) -> int:
    drawn = [draw() < chance for _ in codes]
    if drawn:
        session.execute(insert(ReserveDraw), [
            {"inspection_code": code, "chance": chance, "drawn": taken}
            for code, taken in zip(codes, drawn, strict=True)
        ])  # fmt: skip
    return sum(drawn)


def _waiting(session: Session, since: datetime | None = None) -> Sequence[str]:
    """The open inspections that nobody drew for; with `since`, of those recorded then or later."""
    known = exists().where(ReserveDraw.inspection_code == Inspection.code)
    in_time = or_(Inspection.due_at.is_(None), Inspection.due_at >= now() - MISSED_AFTER)
    asked = [Inspection.result.is_(None), latest(folder.of(Inspection)), in_time, ~known]
    if since is not None:
        asked.append(Inspection.recorded_at >= since)
    return session.scalars(select(Inspection.code).where(*asked).order_by(Inspection.id)).all()


def _capacity(session: Session) -> tuple[int, int]:
    """How many inspections fell due lately, and how many of them were performed."""
    due = func.coalesce(Inspection.due_at, Inspection.performed_at)
    at = now()
    planned, performed = session.execute(
        select(func.count(), func.count(Inspection.result))
        .where(due >= at - LOOKED_BACK, due < at, latest(folder.of(Inspection)))
    ).one()
    return planned, performed
