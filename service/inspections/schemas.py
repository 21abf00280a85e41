"""Wire shapes of recording a result, of the queue, and of the inspection floor."""

from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from service.records.paging import Asked
from service.records.wiretypes import Code, Moment, Real, Text, Why

First = Literal["person", "process_version", "input_batch", "shift"]


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
    probability_low: float | None = Field(description="The lower end of the band the chance may lie in; empty: none")
    probability_high: float | None = Field(description="The upper end")
    too_little_data: bool = Field(description="The band is so wide, or missing, that the chance tells nothing")
    rank: int | None
    baseline_rank: int | None
    model: str | None
    must: bool = Field(description="The gate or the process's floor ordered it: it waits until it is performed")
    reserved: bool = Field(description="The random reserve drew it: looked at first, so that lists do not decide all")
    light: Literal["red", "amber", "green", "grey"]
    reasons: list[Reason]


class Queue(BaseModel):
    """Due inspections: what must be inspected, the random reserve, then riskiest first, at last what nobody scored."""

    items: list[QueueItem]
    total: int
    missed: int = Field(description="How many are overdue by more than 30 days, listed with `missed=true`")
    next: str | None = Field(None, description="Send it as `cursor` for the next page; empty on the last")


class QueueAsked(Asked):
    """What may be asked of the queue."""

    missed: bool = Field(False, description="Those overdue by more than 30 days instead")


class FloorTerms(BaseModel):
    """What must be inspected of a process, beside whatever the gate flags."""

    model_config = ConfigDict(extra="forbid")

    after_change_days: int = Field(0, ge=0, le=365, description="All work so many days after a change")
    after_failure_pieces: int = Field(0, ge=0, le=1000, description="So many pieces after a failed inspection")
    first_article: list[First] = Field(
        default_factory=list, max_length=4, description="The first article after a change of any of these"
    )
    share: float = Field(0, ge=0, le=1, description="The share of all other work that is drawn at random")


class FloorGiven(FloorTerms):
    """A new floor and why; what is left out is not demanded."""

    reason: Why


class FloorSet(FloorTerms):
    """A floor as somebody set it."""

    reason: str
    by: str
    at: AwareDatetime


class FloorRead(FloorTerms):
    """How a process's floor stands, and who set it when and why, newest first."""

    process_code: str
    history: list[FloorSet]


class InspectedRead(BaseModel):
    """What was inspected of a batch so far, over all its inspections and those of its work."""

    batch_code: str
    quantity: float | None
    sampled: int = Field(description="Pieces looked at by inspections of the batch")
    nonconforming: int
    left: float | None = Field(description="Pieces nobody looked at; empty where the quantity is unknown")
    performed: int
    failed: int
    due: int = Field(description="Inspections without a result")
    must: int = Field(description="Those of them that must be performed")
