"""Pages of a list: what may be asked of one, and the cursor that says where the last one ended."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from pydantic_core import to_json
from sqlalchemy import SQLColumnExpression

from service.db.base import Query
from service.errors import RetraceError
from service.records.wiretypes import Moment

Rows = TypeVar("Rows", bound=Query)

#: no list of ours gives a longer one
_LONGEST = 500


class BadCursor(RetraceError):
    """A cursor that this list did not give."""

    status = 400
    kind = "bad-cursor"


class Asked(BaseModel):
    """What may be asked of every list; any other parameter is refused."""

    model_config = ConfigDict(extra="forbid")

    # what is longer is no cursor of ours, and told so like any other
    cursor: str | None = Field(
        None, description="`next` of the page before", json_schema_extra={"maxLength": _LONGEST}
    )
    updated_since: Moment | None = Field(None, description="Only what was recorded or changed then or later")
    limit: int = Field(50, ge=1, le=500)


class Cursors:
    """The cursors of one list: opaque to who sends them back, and refused by any other list."""

    def __init__(self, name: str, *kinds: Any) -> None:
        self._name = name
        shape: Any = tuple.__class_getitem__((Literal[name], *kinds))
        self._shape: TypeAdapter[Any] = TypeAdapter(shape)

    def newest_first(
        self, query: Rows, asked: Asked, number: SQLColumnExpression[int], changed: SQLColumnExpression[Any]
    ) -> Rows:
        """A page of a list whose cursors are a row's number. `changed`: when a row last did. Raises `BadCursor`."""
        page = _page(query, asked, changed).order_by(number.desc())
        return page if asked.cursor is None else page.where(number < self.read(asked.cursor)[0])

    def as_made(
        self, query: Rows, asked: Asked, number: SQLColumnExpression[int], changed: SQLColumnExpression[Any]
    ) -> Rows:
        """The same, the oldest first."""
        page = _page(query, asked, changed).order_by(number)
        return page if asked.cursor is None else page.where(number > self.read(asked.cursor)[0])

    def following(self, asked: Asked, numbers: Sequence[int]) -> str | None:
        """The cursor behind a page with these rows; None behind the last one."""
        return self.write(numbers[-1]) if len(numbers) == asked.limit else None

    def write(self, *place: object) -> str:
        """The cursor of a page that ended at a place."""
        return urlsafe_b64encode(to_json([self._name, *place])).rstrip(b"=").decode()

    def read(self, cursor: str) -> tuple[Any, ...]:
        """The place at which the page before ended. Raises `BadCursor`."""
        if len(cursor) <= _LONGEST:
            try:
                said = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
                _, *place = self._shape.validate_json(said, strict=True)
            except ValueError:
                place = []
            if place and self.write(*place) == cursor:
                return tuple(place)
        raise BadCursor("cursor is not one this list gave; leave it out to start over.")


def _page(query: Rows, asked: Asked, changed: SQLColumnExpression[Any]) -> Rows:
    page = query.limit(asked.limit)
    return page if asked.updated_since is None else page.where(changed >= asked.updated_since)
