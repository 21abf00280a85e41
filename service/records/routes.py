"""The routes every kind of record has: send rows, list, read one with its revisions, change one."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response, status
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.access import ROLES, Principal, Transaction, allow
from service.audit.reads import personal
from service.db.base import FolderRow, Part
from service.errors import Forbidden, Invalid, Violation
from service.records import folder, wire
from service.records.actions import put
from service.records.changes import revised
from service.records.editing import edit, state
from service.records.folder import FolderTable, is_evidence
from service.records.paging import Cursors
from service.records.schemas import Taken, asked_model, changes_model, page_model, rows_model, state_model
from service.records.tags import IfMatch, IfNoneMatch, is_known, refuse_unread
from service.records.wiretypes import Id, Named

#: who may read records of all kinds; an employee sees only what concerns them, elsewhere
READERS = tuple(role for role in ROLES if role != "employee")


def record_routes(row: type[FolderRow]) -> APIRouter:
    """Routes of one kind of record, under its table's name."""
    table = folder.of(row)
    router = APIRouter(prefix=f"/{table.name.replace('_', '-')}")
    _sending(router, table)
    _listing(router, table)
    if not issubclass(row, Part):
        _reading(router, table)
        _changing(router, table)
    return router


def _sending(router: APIRouter, table: FolderTable) -> None:
    rows = rows_model(table)
    writers = sorted(table.row.__writers__ - {"admin"})

    def send(body: Any, transaction: Transaction, actor: Principal) -> Taken:
        given = [made.model_dump(exclude_unset=True) for made in body.rows]
        _refuse_lacking(table, given)
        if actor.role == "employee":
            _refuse_beyond_reporting(transaction, table, given, actor)
        outcome = put(transaction, table, given, body.reason)
        return Taken(created=outcome.created, changed=outcome.changed, unchanged=outcome.unchanged)

    send.__annotations__ |= {"body": rows, "actor": Annotated[Principal, Depends(allow(*writers))]}
    send.__doc__ = f"Record {table.name}: new rows, completions and corrections, all or none."
    router.add_api_route(
        "", send, methods=["POST"], status_code=status.HTTP_201_CREATED, name=f"send_{table.name}"
    )


def _refuse_lacking(table: FolderTable, given: list[dict[str, Any]]) -> None:
    whole = issubclass(table.row, Part)  # a set is never completed, so its members lack nothing
    named = {"code", *table.row.__key__}
    missing = [
        Violation(table.name, number, wire.name, None, "is required")
        for number, row in enumerate(given, 1)
        for wire in table.columns
        if wire.required and row.get(wire.name) is None and (whole or wire.name in row or wire.name in named)
    ]
    nameless = [
        Violation(table.name, number, None, None, f"names no record; give {', '.join(table.row.__key__)}")
        for number, row in enumerate(given, 1)
        if table.row.__key__ and all(row.get(name) is None for name in table.row.__key__)
    ]
    if missing or nameless:
        raise Invalid([*missing, *nameless][:20])


def _refuse_emptied(table: FolderTable, said: dict[str, Any]) -> None:
    emptied = [wire.name for wire in table.columns if wire.required and said.get(wire.name, "") is None]
    if emptied:
        raise Invalid([Violation(table.name, 1, name, None, "is required") for name in emptied])


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


def _listing(router: APIRouter, table: FolderTable) -> None:
    page, cursors = page_model(table), Cursors(table.name, Id)
    parent = getattr(table.row, "__parent__", "")

    def every(transaction: Transaction, asked: Any) -> BaseModel:
        (after,) = cursors.read(asked.cursor) if asked.cursor is not None else (0,)
        of = getattr(asked, parent, None)
        found = wire.page(transaction, table, after, asked.limit, asked.updated_since, of)
        following = cursors.write(found[-1]["id"]) if len(found) == asked.limit else None
        return page(items=found, next=following)

    every.__annotations__ |= {"asked": Annotated[asked_model(table), Query()]}
    every.__doc__ = f"{table.name.replace('_', ' ').capitalize()}, in the order they were first recorded."
    router.add_api_route(
        "", every, methods=["GET"], response_model=page, name=f"list_{table.name}", dependencies=_may_read(table)
    )


def _may_read(table: FolderTable) -> list[Any]:
    """Who may read a table; where its rows name persons, that is put on record."""
    names_persons = table.name == "employees" or any(wire.references == "employees" for wire in table.columns)
    return [Depends(allow(*READERS)), *([personal(table.name)] if names_persons else [])]


def _reading(router: APIRouter, table: FolderTable) -> None:
    made = state_model(table)

    def one(code: Named, transaction: Transaction, response: Response, if_none_match: IfNoneMatch = None) -> Any:
        found = wire.revisions(transaction, table, code)
        response.headers["ETag"] = state(table, found[-1])
        if is_known(if_none_match, response.headers["ETag"]):
            return Response(status_code=status.HTTP_304_NOT_MODIFIED, headers=dict(response.headers))
        return _told(table, found)

    one.__doc__ = "One record with all its revisions, first to last; its ETag is what a change of it names."
    router.add_api_route(
        "/{code:path}", one, methods=["GET"], response_model=list.__class_getitem__(made), name=f"read_{table.name}",
        dependencies=_may_read(table), responses={304: {"description": "Unchanged since the ETag in If-None-Match"}},
    )


def _told(table: FolderTable, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return revised(table, rows) if is_evidence(table) else rows


def _changing(router: APIRouter, table: FolderTable) -> None:
    changes = changes_model(table)
    writers = sorted(table.row.__writers__ - {"admin", "employee"})

    def change(
        code: Named, body: Any, transaction: Transaction, response: Response, if_match: IfMatch = None
    ) -> dict[str, Any]:
        said = body.model_dump(exclude_unset=True, exclude={"reason"})
        read = refuse_unread(if_match)
        _refuse_emptied(table, said)
        found = edit(transaction, table, code, said, body.reason, read)
        response.headers["ETag"] = state(table, found[-1])
        return _told(table, found)[-1]

    change.__annotations__ |= {"body": changes}
    change.__doc__ = "Change some fields of one record as you read it; evidence gets a further revision."
    router.add_api_route(
        "/{code:path}", change, methods=["PATCH"], response_model=state_model(table), name=f"change_{table.name}",
        dependencies=[Depends(allow(*writers))],
    )
