"""Wire shapes of indicators."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from service.indicators.catalogue import Better, How, Unit
from service.records.wiretypes import Named
from service.sectors.schemas import Words

Part = Literal["numerator", "denominator"]

Month = Annotated[
    str, Field(pattern=r"^(?:19|20|21)[0-9]{2}-(?:0[1-9]|1[0-2])$", description="YYYY-MM, in the site's time zone")
]


def first_day(month: str) -> date:
    """The first day of a month."""
    return date.fromisoformat(f"{month}-01")


class IndicatorRead(BaseModel):
    """An indicator, or a signal that stands beside one."""

    code: str
    signal: bool = Field(description="It stands beside others, to be looked at; it accuses nobody")
    name: Words
    definition: Words
    numerator: Words
    denominator: Words
    belongs: Words = Field(description="Which month and which department a record belongs to")
    unit: Unit
    better: Better = Field(description="`neither`: a change is neither good nor bad by itself")
    how: How = Field(description="`ratio`: numerator over denominator; `median`: of the denominator's records")
    signals: list[str] = Field(description="Codes of what stands beside it")
    told: list[str] = Field(description="The roles it is told to, beside administrators; empty: who reads records")


class Catalogue(BaseModel):
    """All indicators and signals."""

    items: list[IndicatorRead]


class ValuesAsked(BaseModel):
    """What may be asked of values."""

    model_config = ConfigDict(extra="forbid")

    from_month: Month | None = Field(None, description="Left out: two months before `to_month`")
    to_month: Month | None = Field(None, description="Left out: the running month")
    department_code: Named | None = Field(None, description="Only this one, without those below it")
    code: Named | None = Field(None, description="Only this indicator or signal")


class Value(BaseModel):
    """An indicator of one department in one month."""

    code: str
    month: date = Field(description="Its first day")
    total: bool = Field(description="Over all departments you see, and what belongs to none")
    department_code: str | None = Field(description="None in a total, and for what belongs to no department")
    detail: str | None = Field(description="The clause or the inspector it is counted by")
    numerator: float
    denominator: float
    value: float | None = Field(description="None where nothing was counted")


class Apart(BaseModel):
    """An inspector whose pass rate chance alone does not set so far apart: look at it, it accuses nobody."""

    month: date
    department_code: str | None
    inspector: str
    rate: float
    others: float = Field(description="The pass rate of all others there")
    low: float = Field(description="The ends of the inspector's interval")
    high: float


class Values(BaseModel):
    """Values by indicator, month and department."""

    items: list[Value]
    apart: list[Apart] = Field(description="What `inspectors` finds worth a look, at most one each, where that is told")


class RecordsAsked(BaseModel):
    """What may be asked of the records behind a value."""

    model_config = ConfigDict(extra="forbid")

    month: Month
    part: Part
    department_code: Named | None = Field(None, description="Left out: all you see, and what belongs to none")
    detail: Named | None = None
    # what is longer is no cursor of ours, and told so like any other
    cursor: str | None = Field(
        None, description="`next` of the page before", json_schema_extra={"maxLength": 500}
    )
    limit: int = Field(50, ge=1, le=500)


class Behind(BaseModel):
    """One record, and what it adds."""

    record: str = Field(description="`table/code`")
    department_code: str | None
    detail: str | None
    adds: float


class BehindPage(BaseModel):
    """A page of records, in the order of their names."""

    items: list[Behind]
    next: str | None = None
