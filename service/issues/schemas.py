"""Wire shapes of handling an issue: its steps, its case, decisions on causes, requests to change a process."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from service.issues.guard import Judgement
from service.issues.rules import Name, Outcome, State
from service.records.paging import Asked
from service.records.wiretypes import Code, Day, Id, Moment, Text, Why

#: what a trace can find, and what only people can: a trace says that it did not examine the last four
Cause = Literal[
    "training_not_covered", "training_not_completed", "standard_not_synced", "unqualified_on_post",
    "process_not_followed", "inspection_missed", "training_ineffective", "input_batch", "undetermined",
    "equipment", "environment", "measurement", "staffing",
]
Causes = Annotated[list[Cause], Field(min_length=1, max_length=13)]

Said = Annotated[Text, Field(max_length=4000)]


class Ref(BaseModel):
    """A record that something speaks of."""

    model_config = ConfigDict(extra="forbid")

    table: Literal[
        "batches", "work_records", "inspections", "training_records", "difficulty_reports", "issues",
        "process_versions", "standard_versions",
    ]
    code: Code


Refs = Annotated[list[Ref], Field(max_length=500)]


class _Given(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Contain(_Given):
    """First of all: hold what may be affected."""

    step: Literal["contain"]
    text: Said = Field(description="What was held")
    place: Said = Field(description="Where it is held")
    employee_code: Code | None = Field(None, description="Who held it; left out: you")
    refs: Refs = Field(default_factory=list, description="What was held, where it is on record")
    department_code: Code | None = Field(None, description="Who handles the issue; left out: the issue's department")
    follows: Code | None = Field(None, description="The closed issue that this one goes on with")


class AssessCause(_Given):
    """What the cause is held to be."""

    step: Literal["assess_cause"]
    causes: Causes
    text: Said
    refs: Refs = Field(default_factory=list)


class TakeAction(_Given):
    """What is done so that it does not happen again."""

    step: Literal["take_action"]
    action: Literal["retraining", "process_change", "equipment", "supplier", "other"]
    text: Said = Field(description="What is done")
    employee_code: Code = Field(description="Whose it is")
    due_on: Day
    reason: Why | None = Field(None, description="Why retraining, where the figures say that training will not help")
    refs: Refs = Field(default_factory=list)


class OrderCheck(_Given):
    """Have somebody look whether the action helped."""

    step: Literal["order_check"]
    due_at: Moment | None = Field(None, description="Left out: two weeks after the action is due")
    inspector_code: Code | None = None
    department_code: Code | None = Field(None, description="Where to look; left out: who handles the issue")
    text: Said | None = Field(None, description="What to look at")


class Close(_Given):
    """The check was passed, and somebody who did not take the action says that this is the end of it."""

    step: Literal["close"]
    text: Said | None = None


StepGiven = Annotated[Contain | AssessCause | TakeAction | OrderCheck | Close, Field(discriminator="step")]


class StepRead(BaseModel):
    """A step that was taken."""

    step: Name | Outcome
    text: str | None
    reason: str | None
    place: str | None
    causes: list[str] | None
    action: str | None
    employee_code: str | None = Field(description="Who held it, or whose the action is")
    due_on: date | None
    refs: list[Ref]
    taken_by: str | None = Field(description="Their login; empty where an imported result made the step")
    at: AwareDatetime


class CauseDecisionRead(BaseModel):
    """What a named person held true of an assessment."""

    decision: Literal["confirm", "overrule"]
    causes: list[str]
    reason: str
    decided_by: str = Field(description="Their login")
    decided_at: AwareDatetime


class AssessmentRead(BaseModel):
    """What a trace found, and beside it what people made of it."""

    id: int
    verdict: dict[str, Any] = Field(description="As it was computed")
    causes: list[str]
    known_at: AwareDatetime = Field(description="Nothing that became known later was looked at")
    computed_at: AwareDatetime
    computed_by: str | None = Field(description="Whose login asked for it")
    decisions: list[CauseDecisionRead]


class NextStep(BaseModel):
    """What may be done next, and by whom."""

    step: Name
    says: str
    roles: list[str]


class CaseState(BaseModel):
    """How far an issue is."""

    issue_code: str
    state: State
    owner_department_code: str | None
    updated_at: AwareDatetime | None = Field(description="When the last step was taken; empty before the first")


class CaseRead(CaseState):
    """The handling of one issue, with all that was done and found."""

    owner: str | None = Field(description="The login of who took the first step")
    check_code: str | None = Field(description="The last effectiveness check ordered, an inspection")
    follows: str | None = Field(description="The closed issue that this one goes on with")
    followed_by: list[str]
    next: list[NextStep]
    training: Judgement = Field(description="Whether training can fix it, by what inspections found")
    steps: list[StepRead]
    assessments: list[AssessmentRead]
    process_change_requests: list[str]


class CasesAsked(Asked):
    """What may be asked of the list of issues by how far they are."""

    state: State | None = None
    department_code: Code | None = Field(None, description="Only what this department handles")


class CasePage(BaseModel):
    """A page of issues and how far each is, the last recorded first."""

    items: list[CaseState]
    next: str | None = None


class CauseDecisionGiven(_Given):
    """A person's word on what a trace found."""

    assessment_id: Id = Field(description="Which assessment was read")
    decision: Literal["confirm", "overrule"]
    causes: Causes | None = Field(None, description="What you hold true; left out when confirming: what was found")
    reason: Why | None = Field(None, description="Why; nothing is decided without")


class ChangeAsked(_Given):
    """A process to be changed."""

    text: Said = Field(description="What should change, and why training will not do")
    process_code: Code | None = Field(None, description="Left out: the issue's process")
    refs: Refs = Field(default_factory=list, description="The evidence")


class ChangeDecision(_Given):
    """What operations decide on a request."""

    decision: Literal["accepted", "declined"]
    reason: Why | None = Field(None, description="Why; nothing is decided without")


class ChangeRead(BaseModel):
    """A request to change a process."""

    code: str
    process_code: str | None = Field(description="Empty where it is not yours to see")
    issue_code: str
    text: str
    refs: list[Ref]
    state: Literal["open", "accepted", "declined"]
    requested_by: str = Field(description="Their login")
    created_at: AwareDatetime
    reason: str | None = Field(description="Why it was accepted or declined")
    decided_by: str | None
    updated_at: AwareDatetime


class ChangesAsked(Asked):
    """What may be asked of the list of requests."""

    state: Literal["open", "accepted", "declined"] | None = None


class ChangePage(BaseModel):
    """A page of requests, newest first."""

    items: list[ChangeRead]
    next: str | None = None
