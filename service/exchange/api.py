"""Routes: how many records there are, and every table as a folder writes it."""

from collections.abc import Iterator
from tempfile import SpooledTemporaryFile
from typing import IO, Annotated

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import StreamingResponse
from sqlalchemy import Select, func, literal, select, union_all

from service.access import Principal, Transaction, allow
from service.audit.context import note
from service.errors import NotFound
from service.exchange.binder import bind, zipped
from service.exchange.exporting import write_table
from service.exchange.layout import FOLDER
from service.exchange.schemas import BinderAsked
from service.records.folder import FolderTable, is_evidence
from service.records.routes import READERS
from service.records.wire import latest
from service.records.wiretypes import Named

router = APIRouter(tags=["exchange"], dependencies=[Depends(allow(*READERS))])

#: what of an export is kept in memory, and sent at once
_CHUNK = 1 << 20


@router.get("/counts")
def counts(transaction: Transaction) -> dict[str, int]:
    """How many records of each table there are, at one moment; evidence by code, sets by member."""
    counted = union_all(*(_count(table) for table in FOLDER.values()))
    return dict(transaction.execute(counted).all())


def _count(table: FolderTable) -> Select[str, int]:
    counted = select(literal(table.name), func.count()).select_from(table.table)
    return counted.where(latest(table)) if is_evidence(table) else counted


@router.get(
    "/exports/{table}.csv", response_class=Response,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "The table"}},
)
def export(table: Named, transaction: Transaction) -> StreamingResponse:
    """A table with all revisions, as a folder holds it and takes it in again."""
    if table not in FOLDER:
        raise NotFound(f"There is no table {table!r}; choose one of {', '.join(FOLDER)}.")
    # written before the answer begins: within the request's transaction, and whole or not at all
    file = SpooledTemporaryFile(max_size=_CHUNK)  # noqa: SIM115
    write_table(transaction, FOLDER[table], file)
    file.seek(0)
    note(transaction, "export", table)
    headers = {"Content-Disposition": f'attachment; filename="{table}.csv"'}
    return StreamingResponse(chunks(file), media_type="text/csv", headers=headers)


@router.get(
    "/binder.zip", response_class=Response,
    responses={200: {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}},
                     "description": "The binder"}},
)
def binder(
    transaction: Transaction, asked: Annotated[BinderAsked, Query()],
    actor: Annotated[Principal, Depends(allow("quality", "people"))],
) -> StreamingResponse:
    """Everything about one person, batch, course or time, self-contained, for an inspector from outside."""
    file = zipped(transaction, bind(transaction, asked, actor.name))
    headers = {"Content-Disposition": 'attachment; filename="binder.zip"'}
    return StreamingResponse(chunks(file), media_type="application/zip", headers=headers)


def chunks(file: IO[bytes]) -> Iterator[bytes]:
    """A file, piece by piece; closed in the end."""
    with file:
        while chunk := file.read(_CHUNK):
            yield chunk
