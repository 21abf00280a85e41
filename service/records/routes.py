"""The routes every kind of record has: send rows, list, read one with its revisions."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, status
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.access import ROLES, Principal, Transaction, allow
from service.db.base import FolderRow, Part
from service.errors import Forbidden, Invalid, RetraceError, Violation
from service.records import folder, wire
from service.records.actions import put
from service.records.folder import FolderTable
from service.records.schemas import Taken, page_model, record_model, rows_model
from service.records.wiretypes import LAST_ID, Text

#: who may read records of all kinds; an employee sees only what concerns them, elsewhere
READERS = tuple(role for role in ROLES if role != "employee")

Cursor = Annotated[str | None, Query(description="`next` of the page before", max_length=30)]
Limit = Annotated[int, Query(ge=1, le=1000)]


def record_routes(row: type[FolderRow]) -> APIRouter:
    """Routes of one kind of record, under its table's name."""
    table = folder.of(row)
    router = APIRouter(prefix=f"/{table.name.replace('_', '-')}")
    _sending(router, table)
    _reading(router, table)
    return router


def _sending(router: APIRouter, table: FolderTable) -> None:
    rows = rows_model(table)
    writers = sorted(table.row.__writers__ - {"admin"})

    def send(body: Any, transaction: Transaction, actor: Principal) -> Taken:
        given = [made.model_dump(exclude_unset=True) for made in body.rows]
        _refuse_empty_codes(table, given)
        if actor.role == "employee":
            _refuse_beyond_reporting(transaction, table, given, actor)
        outcome = put(transaction, table, given, body.reason)
        return Taken(created=outcome.created, changed=outcome.changed, unchanged=outcome.unchanged)

    send.__annotations__ |= {"body": rows, "actor": Annotated[Principal, Depends(allow(*writers))]}
    send.__doc__ = f"Record {table.name}: new rows, completions and corrections, all or none."
    router.add_api_route(
        "", send, methods=["POST"], status_code=status.HTTP_201_CREATED, name=f"send_{table.name}"
    )


def _refuse_empty_codes(table: FolderTable, given: list[dict[str, Any]]) -> None:
    whole = issubclass(table.row, Part)  # a set is never completed, so its members lack nothing
    missing = [
        Violation(table.name, number, wire.name, None, "is required")
        for number, row in enumerate(given, 1)
        for wire in table.columns
        if row.get(wire.name) is None and (wire.name == "code" or (wire.required and (whole or wire.name in row)))
    ]
    if missing:
        raise Invalid(missing[:20])


def _refuse_beyond_reporting(
    session: Session, table: FolderTable, given: list[dict[str, Any]], actor: Principal
) -> None:
    """An employee reports what is new, in their own name or none. Raises `Forbidden` for anything else."""
    if any(row.get("reported_by") not in {None, actor.employee_code} for row in given):
        raise Forbidden("You may report in your own name or in none: leave reported_by out or give your own code.")
    code = table.table.c.code
    known = session.scalar(select(code).where(code.in_([row["code"] for row in given])).limit(1))
    if known is not None:
        raise Forbidden(f"{known} is recorded already, and your role may add reports but not change them; ask quality.")


def _reading(router: APIRouter, table: FolderTable) -> None:
    page, record = page_model(table), record_model(table)
    may_read = [Depends(allow(*READERS))]

    def every(transaction: Transaction, cursor: Cursor = None, limit: Limit = 100) -> BaseModel:
        found = wire.page(transaction, table, position(cursor), limit)
        following = str(found[-1]["id"]) if len(found) == limit else None
        return page(items=found, next=following)

    def one(code: Text, transaction: Transaction) -> list[BaseModel]:
        return [record(**row) for row in wire.revisions(transaction, table, code)]

    every.__doc__ = f"{table.name.replace('_', ' ').capitalize()}, in the order they were first recorded."
    one.__doc__ = "One record with all its revisions, first to last."
    router.add_api_route(
        "", every, methods=["GET"], response_model=page, name=f"list_{table.name}", dependencies=may_read
    )
    if "code" in table.table.c:
        router.add_api_route(
            "/{code:path}",
            one,
            methods=["GET"],
            response_model=list[record],  # type: ignore[valid-type]
            name=f"read_{table.name}",
            dependencies=may_read,
        )


def position(cursor: str | None) -> int:
    """The id behind which a page begins. Raises `RetraceError` for a cursor that no list gave."""
    if cursor is None:
        return 0
    if not cursor.isdecimal() or int(cursor) > LAST_ID:
        raise RetraceError("cursor is not one this list gave; leave it out to start over.")
    return int(cursor)
