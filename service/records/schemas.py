"""Wire shapes of records, made from the folder format so that API and folders cannot disagree."""

from datetime import date
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, create_model

from service.db.base import Part, Reference
from service.records.folder import FolderColumn, FolderTable, Kind, is_code, is_evidence, wrong_with_key
from service.records.paging import Asked
from service.records.wiretypes import Attribute, Code, Day, Item, Moment, Named, Real, Text, Whole, Why

_SENT: dict[Kind, Any] = {
    Kind.TEXT: Text,
    Kind.TIME: Moment,
    Kind.DATE: Day,
    Kind.WHOLE: Whole,
    Kind.REAL: Real,
    Kind.LIST: list[Item],
}

#: what is recorded is read as it is, whatever door it came by
_READ: dict[Kind, Any] = {
    Kind.TEXT: str,
    Kind.TIME: AwareDatetime,
    Kind.DATE: date,
    Kind.WHOLE: int,
    Kind.REAL: float,
    Kind.LIST: list[str],
}


def _plain_key(key: str) -> str:
    wrong = wrong_with_key(key)
    if wrong:
        raise ValueError(wrong)
    return key


_Key = Annotated[str, AfterValidator(_plain_key)]
_ATTRIBUTES: Any = (dict[_Key, Attribute], Field(default_factory=dict, max_length=200))
_REASON: Any = (Why | None, Field(None, description="Why what was recorded is corrected"))


class Taken(BaseModel):
    """What became of the rows sent."""

    created: int
    changed: int
    unchanged: int


@cache
def row_model(table: FolderTable) -> type[BaseModel]:
    """One row as sent. A field left out keeps what is recorded; `attributes` are the site's own."""
    fields: dict[str, Any] = {wire.name: _field(wire, table) for wire in table.columns}
    fields["attributes"] = _ATTRIBUTES
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
        reason=_REASON,
    )


@cache
def changes_model(table: FolderTable) -> type[BaseModel]:
    """What is to change of one record: only the fields given; what names the record stays."""
    named = {"code", "reason", *table.row.__key__}
    fields: dict[str, Any] = {wire.name: _field(wire, table) for wire in table.columns if wire.name not in named}
    fields["attributes"] = _ATTRIBUTES
    return create_model(
        f"{table.row.__name__}Changes", __config__=ConfigDict(extra="forbid"), **fields, reason=_REASON
    )


@cache
def record_model(table: FolderTable) -> type[BaseModel]:
    """One record as read."""
    fields: dict[str, Any] = {wire.name: (_read(wire) | None, None) for wire in table.columns}
    fields |= {"code": (str | None, None), "attributes": (dict[str, str | float | None], {})}
    fields["recorded_at"] = (AwareDatetime, ...)
    if is_evidence(table):
        fields |= {"revision": (int, ...), "known_assumed": (bool, ...)}
    if issubclass(table.row, Part):
        fields |= {"revision": (int, Field(..., description="The revision of its parent that brought its set"))}
    if issubclass(table.row, Reference):
        fields |= {"updated_at": (AwareDatetime, ...)}
    return create_model(f"{table.row.__name__}Record", __doc__=table.row.__doc__, **fields)


@cache
def state_model(table: FolderTable) -> type[BaseModel]:
    """One state of a record: evidence tells of each revision what it changed."""
    if not is_evidence(table):
        return record_model(table)
    fields: dict[str, Any] = {
        "revision_kind": (Literal["first", "completion", "correction"], ...),
        "changes": (dict[str, tuple[Any, Any]], Field(..., description="Each changed field: before, after")),
        "occurred_at": (AwareDatetime | None, Field(None, description="When it happened, as claimed")),
    }
    return create_model(f"{table.row.__name__}Revision", __base__=record_model(table), **fields)


@cache
def page_model(table: FolderTable) -> type[BaseModel]:
    """A page of records."""
    return create_model(
        f"{table.row.__name__}Page",
        items=_list_of(record_model(table)),
        next=(str | None, Field(None, description="Send it as `cursor` for the next page; empty on the last")),
    )


@cache
def asked_model(table: FolderTable) -> type[Asked]:
    """What may be asked of a list of records; of sets, those of one parent."""
    fields: dict[str, Any] = {"limit": (int, Field(100, ge=1, le=1000))}
    if issubclass(table.row, Part):
        fields[table.row.__parent__] = (Named | None, Field(None, description="Only the sets of this record"))
    return create_model(f"{table.row.__name__}Asked", __base__=Asked, **fields)


def _list_of(model: type[BaseModel], **bounds: Any) -> Any:
    """A required field that is a list of models only known at run time."""
    return (list.__class_getitem__(model), Field(..., **bounds))


def _read(wire: FolderColumn) -> Any:
    return Literal[wire.choices] if wire.choices else _READ[wire.kind]


def _sent(wire: FolderColumn, table: FolderTable) -> Any:
    if wire.choices:
        return Literal[wire.choices]
    if wire.name == "reason":
        return Why
    return Code if wire.kind is Kind.TEXT and is_code(wire, table) else _SENT[wire.kind]


def _field(wire: FolderColumn, table: FolderTable) -> tuple[Any, Any]:
    bounds: dict[str, Any] = {"ge": wire.least, "le": wire.most} if wire.least is not None else {}
    return (_sent(wire, table) | None, Field(None, **bounds))
