"""Routes: indicators, their values, and the records behind them."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from service.access import Principal, Transaction, allow
from service.audit.context import note
from service.audit.reads import personal
from service.indicators import queries
from service.indicators.schemas import BehindPage, Catalogue, RecordsAsked, Values, ValuesAsked
from service.indicators.table import csv_of
from service.records.routes import READERS
from service.records.wiretypes import Named

router = APIRouter(tags=["indicators"])

Reader = Annotated[Principal, Depends(allow(*READERS))]


@router.get("/indicators", dependencies=[Depends(allow(*READERS))])
def catalogue() -> Catalogue:
    """Every indicator and every signal that stands beside one: what it counts, and how."""
    return queries.catalogue()


@router.get("/indicators/values", dependencies=[personal("indicators")])
def values(transaction: Transaction, actor: Reader, asked: Annotated[ValuesAsked, Query()]) -> Values:
    """Values per department and month, and over all departments you see."""
    return queries.values(transaction, asked, actor)


@router.get(
    "/indicators/values.csv", response_class=Response,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "The values"}},
)
def table(transaction: Transaction, actor: Reader, asked: Annotated[ValuesAsked, Query()]) -> Response:
    """The same values as a table for a spreadsheet."""
    found = queries.values(transaction, asked, actor)
    note(transaction, "export", "indicators")
    headers = {"Content-Disposition": 'attachment; filename="indicators.csv"'}
    return Response(csv_of(found.items), media_type="text/csv", headers=headers)


@router.get("/indicators/{code}/records", dependencies=[personal("indicators")])
def records(
    code: Named, transaction: Transaction, actor: Reader, asked: Annotated[RecordsAsked, Query()]
) -> BehindPage:
    """The records a numerator or a denominator is made of."""
    return queries.records(transaction, code, asked, actor)
