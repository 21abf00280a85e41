"""Wire shapes of recording a result and of the queue."""

from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from service.records.paging import Asked
from service.records.wiretypes import Code, Moment, Real, Text, Why


class FindingGiven(BaseModel):
    """Something that did not conform."""

    model_config = ConfigDict(extra="forbid")

    severity: Literal["minor", "major", "critical"]
    clause: Code | None = None
    count: int | None = Field(None, ge=1, le=10**12)
    text: Text | None = None


class ResultGiven(BaseModel):
    """What an inspection found."""

    model_config = ConfigDict(extra="forbid")

    result: Literal["pass", "fail"]
    performed_at: Moment | None = Field(None, description="Left out: now")
    inspector_code: Code | None = None
    sample_size: int | None = Field(None, ge=0, le=10**12)
    nonconforming: int | None = Field(None, ge=0, le=10**12)
    score: Real | None = None
    findings: list[FindingGiven] = Field(default_factory=list, max_length=500)
    reason: Why | None = Field(None, description="Why a recorded result is corrected")


class Reason(BaseModel):
    """A sentence in both languages."""

    en: str
    zh: str


class QueueItem(BaseModel):
    """An inspection that is due, and how urgent the model holds it."""

    code: str
    kind: str
    due_at: AwareDatetime | None
    subject_code: str | None
    subject_name: str | None
    process_code: str | None
    process_name: str | None
    inspector_code: str | None
    probability: float | None
    rank: int | None
    baseline_rank: int | None
    model: str | None
    light: Literal["red", "amber", "green", "grey"]
    reasons: list[Reason]


class Queue(BaseModel):
    """Due inspections, riskiest first; those nobody scored come after."""

    items: list[QueueItem]
    total: int
    missed: int = Field(description="How many are overdue by more than 30 days, listed with `missed=true`")
    next: str | None = Field(None, description="Send it as `cursor` for the next page; empty on the last")


class QueueAsked(Asked):
    """What may be asked of the queue."""

    missed: bool = Field(False, description="Those overdue by more than 30 days instead")
