"""What went into a batch and what it went into, over any depth: by the sets of inputs in force, now or as known then.

The walk goes over the whole site, whoever asks, because a chain may lead through batches that they do not see and out
again; what they do not see is counted, and not shown.

One statement walks one direction, a level at a time. It meets each batch once, at its least depth, so a circle ends
it; and it is bounded in batches and in links, so that nothing that was recorded can make it long.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from service.errors import NotFound
from service.records import folder
from service.work.tables import Batch, BatchInput

#: at most so many batches are met
LIMIT = 1000
#: and so many links to or from them, for each batch that may be met
_LINKS_EACH = 10

_IDS = ARRAY(BigInteger)
_BATCH = Batch.__table__
_LINKS = folder.of(BatchInput)


@dataclass(frozen=True)
class Link:
    """One batch went into another, `depth` steps from where the walk began."""

    #: the row that says so, and the revision of the batch whose set it belongs to
    id: int
    record_id: int
    batch_id: int
    batch_code: str
    input_id: int
    input_code: str
    quantity: float | None
    depth: int


@dataclass(frozen=True)
class Met:
    """A batch that the walk met, at its least depth."""

    id: int
    code: str
    product: str | None
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

    @property
    def truncated(self) -> str | None:
        """Where it was cut, in words."""
        return None if self.truncated_at is None else f"truncated at {self.truncated_at:,} batches"


def where_from(
    session: Session, batch_ids: Sequence[int], *, known_at: datetime | None = None, limit: int = LIMIT
) -> Genealogy:
    """The batches that went into those given, over any depth; as known at a moment."""
    return _found(session, _steps_from, batch_ids, known_at, limit)


def where_used(
    session: Session, batch_ids: Sequence[int], *, known_at: datetime | None = None, limit: int = LIMIT
) -> Genealogy:
    """The batches that those given went into, over any depth; as known at a moment."""
    return _found(session, _steps_used, batch_ids, known_at, limit)


def id_of(session: Session, code: str) -> int:
    """The id by which records name a batch. Raises `NotFound`."""
    found = session.scalar(select(_BATCH.c.id).where(_BATCH.c.code == code, _BATCH.c.revision == 1))
    if found is None:
        raise NotFound(f"There is no {code!r} in batches.")
    return found
