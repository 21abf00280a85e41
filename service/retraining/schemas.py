"""Wire shapes of the planner's list, decisions, plans and completions."""

from datetime import date
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from service.inspections.schemas import Reason

Sentence = Annotated[str, Field(min_length=1, max_length=2000)]
Code = Annotated[str, Field(min_length=1, max_length=200)]


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


class Acceptance(BaseModel):
    """Take suggestions into a plan: several only if a rule asks for each of them."""

    model_config = ConfigDict(extra="forbid")

    suggestions: list[int] = Field(min_length=1, max_length=500)
    title: Sentence | None = None
    due_on: date | None = Field(None, description="Left out: in 30 days")
    course_code: Code | None = Field(None, description="Another course than suggested; needs a reason")
    reason: Sentence | None = None


class Dismissal(BaseModel):
    """Turn a suggestion down."""

    model_config = ConfigDict(extra="forbid")

    reason: Sentence


class Cancellation(BaseModel):
    """Take an item off its plan."""

    model_config = ConfigDict(extra="forbid")

    reason: Sentence = Field(pattern=r"\S")


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
    items: list[PlanItemRead]


class PlanPage(BaseModel):
    """A page of plans, newest first."""

    items: list[PlanRead]
    next: str | None = None


class Completion(BaseModel):
    """How a plan item's training went."""

    model_config = ConfigDict(extra="forbid")

    result: Literal["passed", "failed", "absent"]
    completed_at: AwareDatetime | None = Field(None, description="Left out: now")
    standard_version: Code | None = Field(None, description="Left out: the version in force that the course teaches")
    score: float | None = None
    trainer_code: Code | None = None
