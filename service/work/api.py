"""Routes: the records of batches and work, and where a batch came from and went."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from service.access import Transaction, allow
from service.records.routes import READERS, record_routes
from service.records.wiretypes import Moment, Named
from service.work import genealogy
from service.work.tables import Batch, BatchInput, WorkParticipant, WorkRecord

router = APIRouter(tags=["work"])


class LinkRead(BaseModel):
    """One batch went into another."""

    batch_code: str
    input_code: str
    quantity: float | None
    depth: int = Field(description="How many steps from the batch asked about")


class MetRead(BaseModel):
    """A batch that was met on the way."""

    code: str
    product: str | None
    process_code: str | None
    depth: int


class GenealogyRead(BaseModel):
    """One direction of a batch's genealogy."""

    links: list[LinkRead]
    batches: list[MetRead]
    hidden: int = Field(description="Batches that lie outside your departments")
    truncated_at: int | None = Field(description="The walk was cut short after so many batches; empty: it is whole")


class GenealogyAsked(BaseModel):
    """What may be asked of a genealogy."""

    model_config = ConfigDict(extra="forbid")

    known_at: Moment | None = Field(None, description="From what was known by then; left out: everything known now")
    limit: int = Field(genealogy.LIMIT, ge=1, le=genealogy.LIMIT, description="At most so many batches")


_Asked = Annotated[GenealogyAsked, Query()]


@router.get("/batches/{code}/where-from", dependencies=[Depends(allow(*READERS))])
def where_from(code: Named, transaction: Transaction, asked: _Asked) -> GenealogyRead:
    """The batches that went into a batch, over any depth."""
    found = genealogy.where_from(
        transaction, [genealogy.id_of(transaction, code)], known_at=asked.known_at, limit=asked.limit
    )
    return GenealogyRead.model_validate(found, from_attributes=True)


@router.get("/batches/{code}/where-used", dependencies=[Depends(allow(*READERS))])
def where_used(code: Named, transaction: Transaction, asked: _Asked) -> GenealogyRead:
    """The batches that a batch went into, over any depth."""
    found = genealogy.where_used(
        transaction, [genealogy.id_of(transaction, code)], known_at=asked.known_at, limit=asked.limit
    )
    return GenealogyRead.model_validate(found, from_attributes=True)


for row in (Batch, BatchInput, WorkRecord, WorkParticipant,):
    router.include_router(record_routes(row))
