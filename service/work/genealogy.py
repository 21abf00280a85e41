"""What went into a batch and what it went into, over any depth: by the sets of inputs in force, now or as known then.

The walk goes over the whole site, whoever asks, because a chain may lead through batches that they do not see and out
again; what they do not see is counted, and not shown.

It goes a level at a time and meets each batch once, at its least depth, so that a circle ends it; and it is bounded in
batches and in links, so that nothing that was recorded can make it long.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Literal

from sqlalchemy import BigInteger, DateTime, Integer, Row, any_, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session, aliased

from service.db.base import Query
from service.db.context import everywhere
from service.errors import NotFound
from service.processes.tables import Process
from service.work.tables import Batch, BatchInput

#: at most so many batches are met
LIMIT = 1000


@dataclass(frozen=True)
class Link:
    """One batch went into another, `depth` steps from where the walk began."""

    batch_code: str
    input_code: str
    quantity: float | None
    depth: int


@dataclass(frozen=True)
class Met:
    """A batch that the walk met, at its least depth."""

    id: int
    code: str
    product: str | None
    process_id: int | None
    process_code: str | None
    depth: int


@dataclass(frozen=True)
class Genealogy:
    """What one direction holds; `hidden` batches lie outside what the caller may see.

    `truncated_at`: how many batches were met when the walk was cut short; None: it is whole.
    """

    links: tuple[Link, ...]
    batches: tuple[Met, ...]
    hidden: int
    truncated_at: int | None


def where_from(
    session: Session, batch_ids: Collection[int], *, known_at: datetime | None = None, limit: int = LIMIT
) -> Genealogy:
    """The batches that went into those given, over any depth; as known at a moment."""
    return _walked(session, "inputs", batch_ids, known_at, limit)


def where_used(
    session: Session, batch_ids: Collection[int], *, known_at: datetime | None = None, limit: int = LIMIT
) -> Genealogy:
    """The batches that those given went into, over any depth; as known at a moment."""
    return _walked(session, "users", batch_ids, known_at, limit)


def id_of(session: Session, code: str) -> int:
    """The id by which records name a batch. Raises `NotFound`."""
    found = session.scalar(select(Batch.id).where(Batch.code == code, Batch.revision == 1))
    if found is None:
        raise NotFound(f"There is no batch {code!r}.")
    return found


_Way = Literal["inputs", "users"]


def _walked(
    session: Session, way: _Way, start: Collection[int], known_at: datetime | None, limit: int
) -> Genealogy:
    """Level after level, until nothing new is met or the bound is reached."""
    depths: dict[int, int] = {}
    links: list[tuple[Row[Any], int]] = []
    seen, frontier, depth, cut = set(start), list(start), 0, False
    # one more than may be kept, so that a cut is known to be one
    links_of, most = _links(way, known_at is not None), 10 * limit + 1
    with everywhere(session):
        while frontier and not cut:
            depth += 1
            found = session.execute(links_of, {"ids": frontier, "at": known_at, "most": most}).all()
            frontier = []
            for row in found:
                if row.id not in seen and len(depths) >= limit:
                    cut = True
                    break
                links.append((row, depth))
                if row.id not in seen:
                    seen.add(row.id)
                    depths[row.id] = depth
                    frontier.append(row.id)
            cut = cut or len(found) == most
    return _shown(session, depths, links, limit if cut else None)


def _shown(
    session: Session, depths: dict[int, int], links: Sequence[tuple[Row[Any], int]], truncated_at: int | None
) -> Genealogy:
    """What of it the caller may see."""
    met = session.execute(_met(), {"ids": list(depths)}).mappings()
    batches = [Met(**row, depth=depths[row["id"]]) for row in met]
    visible = {each.code for each in batches}
    shown = [
        Link(row.batch_code, row.input_code, row.quantity, depth)
        for row, depth in links if {row.batch_code, row.input_code} & visible
    ]
    return Genealogy(
        tuple(shown), tuple(sorted(batches, key=lambda each: (each.depth, each.code))), len(depths) - len(batches),
        truncated_at,
    )


@cache
def _met() -> Query:
    """The batches of some ids. Made once, like `_links`: to make them takes longer than to ask them."""
    return (
        select(Batch.id, Batch.code, Batch.product, Batch.process_id, Process.code.label("process_code"))
        .outerjoin(Process, Process.id == Batch.process_id)
        .where(Batch.id == any_(_IDS))
    )


@cache
def _links(way: _Way, as_known: bool) -> Query:
    """What went into some batches (`inputs`), or what they went into (`users`), by the sets in force.

    Of each batch that is the greatest revision that has one; `as_known`: none known later than `at`.
    """
    made, of, every = aliased(Batch), aliased(Batch), aliased(BatchInput)
    met, given = (of.id, BatchInput.batch_id) if way == "inputs" else (made.id, BatchInput.input_id)
    in_force = select(func.max(every.revision)).where(every.batch_id == BatchInput.batch_id)
    if as_known:
        later = aliased(Batch)
        known = select(later.id).where(
            later.code == made.code, later.revision == every.revision,
            later.known_at <= bindparam("at", type_=DateTime(timezone=True)),
        )
        in_force = in_force.where(known.exists())
    return (
        select(met.label("id"), made.code.label("batch_code"), of.code.label("input_code"), BatchInput.quantity)
        .join(made, made.id == BatchInput.batch_id)
        .join(of, of.id == BatchInput.input_id)
        .where(given == any_(_IDS), BatchInput.revision == in_force.scalar_subquery())
        .order_by(BatchInput.id)
        .limit(bindparam("most", type_=Integer))
    )


_IDS = bindparam("ids", type_=ARRAY(BigInteger))
