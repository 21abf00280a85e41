"""Wire shapes of records, made from the folder format so that API and folders cannot disagree."""

from datetime import date
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, create_model

from service.records.folder import FolderColumn, FolderTable, Kind, is_evidence

Attribute = str | float | None

_TYPES: dict[Kind, Any] = {
    Kind.TEXT: Annotated[str, Field(min_length=1, max_length=20_000)],
    Kind.TIME: AwareDatetime,
    Kind.DATE: date,
    Kind.WHOLE: int,
    Kind.REAL: float,
    Kind.LIST: list[str],
}


class Taken(BaseModel):
    """What became of the rows sent."""

    created: int
    changed: int
    unchanged: int


@cache
def row_model(table: FolderTable) -> type[BaseModel]:
    """One row as sent. A field left out keeps what is recorded; `attributes` are the site's own."""
    fields: dict[str, Any] = {wire.name: _field(wire) for wire in table.columns}
    fields["attributes"] = (dict[str, Attribute], Field(default_factory=dict, max_length=200))
    return create_model(
        f"{table.row.__name__}Row", __config__=ConfigDict(extra="forbid"), __doc__=table.row.__doc__, **fields
    )


@cache
def rows_model(table: FolderTable) -> type[BaseModel]:
    """Rows as sent: all are taken or none."""
    return create_model(
        f"{table.row.__name__}Rows",
        __config__=ConfigDict(extra="forbid"),
        rows=_list_of(row_model(table), min_length=1, max_length=1000),
        reason=(str | None, Field(None, max_length=2000, description="Why what was recorded is corrected")),
    )


@cache
def record_model(table: FolderTable) -> type[BaseModel]:
    """One record as read."""
    fields: dict[str, Any] = {wire.name: (_type(wire) | None, None) for wire in table.columns}
    fields |= {"code": (str | None, None), "attributes": (dict[str, Attribute], {})}
    fields["recorded_at"] = (AwareDatetime, ...)
    if is_evidence(table):
        fields |= {"revision": (int, ...), "known_assumed": (bool, ...)}
    return create_model(f"{table.row.__name__}Record", __doc__=table.row.__doc__, **fields)


@cache
def page_model(table: FolderTable) -> type[BaseModel]:
    """A page of records."""
    return create_model(
        f"{table.row.__name__}Page",
        items=_list_of(record_model(table)),
        next=(str | None, Field(None, description="Send it as `cursor` for the next page; empty on the last")),
    )


def _list_of(model: type[BaseModel], **bounds: Any) -> Any:
    """A required field that is a list of models only known at run time."""
    return (list.__class_getitem__(model), Field(..., **bounds))


def _type(wire: FolderColumn) -> Any:
    return Literal[wire.choices] if wire.choices else _TYPES[wire.kind]


def _field(wire: FolderColumn) -> tuple[Any, Any]:
    bounds: dict[str, Any] = {"ge": wire.least, "le": wire.most} if wire.least is not None else {}
    return (_type(wire) | None, Field(None, **bounds))
