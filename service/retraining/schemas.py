"""Wire shapes of the planner's list, decisions, plans and completions."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from service.inspections.schemas import Reason
from service.records.wiretypes import Code, Day, Id, Moment, Real, Text, Why
from service.retraining.rules import Name, Status

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
    status: Literal["draft", "open", "completed", "cancelled"]
    method: Literal["course", "read"] = Field(description="The whole course, or to read and understand what changed")
    minutes: int | None
    standard_version: str | None = Field(description="The version it is to teach, where a change says it")
    training_code: str | None = Field(description="Empty before the plan is published")
    inspection_code: str | None
    cancelled_reason: str | None


class PlanRead(BaseModel):
    """A plan and its items."""

    code: str
    title: str
    kind: Literal["retraining", "new_hire", "gap", "answer"]
    status: Status
    change_code: str | None = Field(description="The change it answers")
    round: int = Field(description="How often its people were to be trained again because of poor results")
    published_at: AwareDatetime | None
    closed_reason: str | None = Field(description="Why it was rejected or closed")
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


class Addition(BaseModel):
    """One person more on a plan."""

    model_config = ConfigDict(extra="forbid")

    employee_code: Code
    process_code: Code
    course_code: Code
    due_on: Day


class PlanChanges(BaseModel):
    """What is to change of a plan."""

    model_config = ConfigDict(extra="forbid")

    title: Title | None = Field(None, description="Left out: as it is")
    items: list[Move] = Field(default_factory=list, max_length=500, description="The items to move, each once")
    add: list[Addition] = Field(default_factory=list, max_length=500, description="People to put on it")
    remove: list[Code] = Field(default_factory=list, max_length=500, description="The items to take off it")
    reason: Why | None = Field(None, description="Why; a plan is not changed without")

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        codes = [move.code for move in self.items] + self.remove
        if len(set(codes)) < len(codes):
            raise ValueError("items: one is named twice; move it to one day, or remove it")
        return self


class PlanStep(BaseModel):
    """The next step with a drafted plan."""

    model_config = ConfigDict(extra="forbid")

    step: Name
    reason: Why | None = Field(None, description="A plan is not rejected without")


class Affected(BaseModel):
    """What a change touches and what it costs, worked out as things stand now."""

    change_code: str
    process_codes: list[str]
    standard_codes: list[str]
    course_codes: list[str]
    post_codes: list[str] = Field(description="The posts of the people concerned")
    new_hires: int = Field(description="How often a course is taken by somebody who never passed it")
    retrained: int = Field(description="How often what changed is learned by somebody who did")
    training_minutes: int = Field(description="The minutes of all of them")
    cover_minutes: int = Field(description="Of these, the minutes of people with shifts planned: others stand in")
    planned_minutes: int = Field(description="That the people concerned are to work until the date")
    date_can_be_met: bool = Field(description="The training is at most a tenth of what is planned until then")
    earliest_on: date = Field(description="The first day on which it could take force")
    covered: int = Field(description="How many were passed since the approval")


class FrequencyRead(BaseModel):
    """What the inspections after a plan made of training frequency."""

    plan_code: str
    process_code: str
    outcome: Literal["kept", "raised", "review"]
    failed: int
    inspected: int
    next_plan_code: str | None
    at: AwareDatetime


class FrequencyPage(BaseModel):
    """A page of them, newest first."""

    items: list[FrequencyRead]
    next: str | None = None


class StaffMove(BaseModel):
    """Somebody comes, moves or leaves."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["hire", "transfer", "leave"]
    employee_code: Code
    on: Day = Field(description="The first day there; of who leaves, the last")
    name: Title | None = Field(None, description="Of who is hired")
    department_code: Code | None = None
    post_code: Code | None = None
    to_date: Day | None = Field(None, description="The last day, of a rotation, a float, agency or seasonal staff")
    mentor_code: Code | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.kind == "leave") == (self.department_code is not None):
            raise ValueError("department_code: who is hired or transferred goes to one, who leaves to none")
        if (self.kind == "hire") != (self.name is not None):
            raise ValueError("name: give it of who is hired, and of nobody else")
        if self.to_date is not None and self.to_date < self.on:
            raise ValueError("to_date: lies before the first day")
        return self


class Completion(BaseModel):
    """How a plan item's training went."""

    model_config = ConfigDict(extra="forbid")

    result: Literal["passed", "failed", "absent"]
    completed_at: Moment | None = Field(None, description="Left out: now")
    standard_version: Code | None = Field(None, description="Left out: the version in force that the course teaches")
    score: Real | None = None
    trainer_code: Code | None = None
