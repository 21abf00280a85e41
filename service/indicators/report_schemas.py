"""Wire shapes of monthly quality reports."""

from datetime import date
from typing import Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, FiniteFloat, model_validator

from service.indicators.rules import Light, State
from service.indicators.schemas import Month
from service.records.paging import Asked
from service.records.wiretypes import Code, Day, Named, Why


class ReportRowRead(BaseModel):
    """One indicator of a report."""

    indicator: str
    detail: str | None = Field(description="The clause it is counted by")
    numerator: float
    denominator: float
    value: float | None = Field(description="As counted when the report was drawn up; None: nothing was counted")
    target: float | None = Field(description="In the value's unit")
    target_by: str | None = Field(description="Who set it, perhaps in an earlier month")
    light: Light | None = Field(description="None without a target, or where neither way is better")
    action: str | None
    owner_code: str | None
    owner: str | None
    due_on: date | None


class QualityReportRead(BaseModel):
    """A department's quality report of one month."""

    code: str
    department_code: str
    department: str
    month: date = Field(description="Its first day")
    state: State
    closed_by: str | None
    closed_at: AwareDatetime | None
    created_at: AwareDatetime
    updated_at: AwareDatetime
    rows: list[ReportRowRead]


class QualityReportPage(BaseModel):
    """A page of reports, newest first."""

    items: list[QualityReportRead]
    next: str | None = None


class ReportsAsked(Asked):
    """What may be asked of reports."""

    department_code: Named | None = None
    month: Month | None = None
    state: State | None = None


class RowChanges(BaseModel):
    """What is said of one indicator; what is left out stays, what is null is taken back."""

    model_config = ConfigDict(extra="forbid")

    indicator: Code
    detail: Named | None = None
    target: FiniteFloat | None = Field(None, ge=0, le=1e9, description="In the value's unit: a share is 0 to 1")
    action: Why | None = None
    owner_code: Code | None = Field(None, description="The employee who does it")
    due_on: Day | None = None


class ReportChanges(BaseModel):
    """What is said of a report's indicators."""

    model_config = ConfigDict(extra="forbid")

    rows: list[RowChanges] = Field(min_length=1, max_length=200)

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        named = [(row.indicator, row.detail) for row in self.rows]
        if len(set(named)) < len(named):
            raise ValueError("says something of one indicator twice; say it once")
        return self
