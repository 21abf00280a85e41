"""Wire shapes of the planner's list, decisions, plans and completions."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from service.inspections.schemas import Reason
from service.records.wiretypes import Code, Day, Id, Moment, Real, Text, Why

Title = Annotated[Text, Field(max_length=2000)]


class WorklistItem(BaseModel):
    """One person and process the planner may decide on."""

    id: int
    employee_code: str
    employee_name: str
    process_code: str
    process_name: str
    course_code: str | None
    course_title: str | None
    rule_gap: str | None
    probability: float | None
    probability_low: float | None = Field(description="The lower end of the band the chance may lie in; empty: none")
    probability_high: float | None = Field(description="The upper end")
    too_little_data: bool = Field(description="The band is so wide, or missing, that the chance tells nothing")
    rank: int | None
    baseline_rank: int
    light: Literal["red", "amber", "green", "grey"]
    reasons: list[Reason]


class Worklist(BaseModel):
    """Undecided suggestions: what a rule asks for first, then by training priority."""

    items: list[WorklistItem]
    total: int
    required: int = Field(description="How many of all a rule asks for")
    model: str | None = Field(description="The model, or the baseline that stood in for it")
    fallback: str | None = Field(description="Why a baseline stood in")
    as_of: AwareDatetime | None
    data_known_at: AwareDatetime | None
    next: str | None = Field(None, description="Send it as `cursor` for more of either kind; empty on the last page")


class Acceptance(BaseModel):
    """Take suggestions into a plan: several only if a rule asks for each of them."""

    model_config = ConfigDict(extra="forbid")

    suggestions: list[Id] = Field(min_length=1, max_length=500)
    title: Title | None = None
    due_on: Day | None = Field(None, description="Left out: in 30 days")
    course_code: Code | None = Field(None, description="Another course than suggested; needs a reason")
    reason: Why | None = None


class Dismissal(BaseModel):
    """Turn a suggestion down."""

    model_config = ConfigDict(extra="forbid")

    reason: Why


class Cancellation(BaseModel):
    """Take an item off its plan."""

    model_config = ConfigDict(extra="forbid")

    reason: Why


class PlanItemRead(BaseModel):
    """One person to take one course."""

    code: str
    employee_code: str
    process_code: str
    course_code: str
    due_on: date
    status: Literal["open", "completed", "cancelled"]
    training_code: str
    inspection_code: str | None
    cancelled_reason: str | None


class PlanRead(BaseModel):
    """A plan and its items."""

    code: str
    title: str
    created_at: AwareDatetime
    updated_at: AwareDatetime = Field(description="When it or one of its items was last changed")
    edited_reason: str | None = Field(description="Why it was last renamed or moved")
    items: list[PlanItemRead]


class PlanPage(BaseModel):
    """A page of plans, newest first."""

    items: list[PlanRead]
    next: str | None = None


class Move(BaseModel):
    """Another day for one item."""

    model_config = ConfigDict(extra="forbid")

    code: Code
    due_on: Day


class PlanChanges(BaseModel):
    """What is to change of a plan."""

    model_config = ConfigDict(extra="forbid")

    title: Title | None = Field(None, description="Left out: as it is")
    items: list[Move] = Field(default_factory=list, max_length=500, description="The items to move, each once")
    reason: Why | None = Field(None, description="Why; a plan is not changed without")

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        codes = [move.code for move in self.items]
        if len(set(codes)) < len(codes):
            raise ValueError("items: one is named twice; give each item one day")
        return self


class Completion(BaseModel):
    """How a plan item's training went."""

    model_config = ConfigDict(extra="forbid")

    result: Literal["passed", "failed", "absent"]
    completed_at: Moment | None = Field(None, description="Left out: now")
    standard_version: Code | None = Field(None, description="Left out: the version in force that the course teaches")
    score: Real | None = None
    trainer_code: Code | None = None
