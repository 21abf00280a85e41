"""Wire shapes of changes: what is proposed, the steps taken, and what does not follow its standard."""

from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from service.processes.rules import Kind, Name, State
from service.records.paging import Asked
from service.records.wiretypes import Code, Item, Moment, Text, Why

Scale = Literal["major", "minor"]
Share = Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]
Minutes = Annotated[int, Field(ge=1, le=100_000)]


class ClauseGiven(BaseModel):
    """One demand of a standard version."""

    model_config = ConfigDict(extra="forbid")

    clause: Code
    text: Text


class Content(BaseModel):
    """What is proposed."""

    model_config = ConfigDict(extra="forbid")

    scale: Scale = Field("major", description="After a minor one, who was trained before only reads and understands")
    summary: Annotated[Why, Field(description="What changes, in a few words")]
    effective_at: Moment = Field(description="From when it is to be in force")
    standards: list[Item] | None = Field(None, max_length=100, description="A process: what it follows, as `STD@3`")
    clauses: list[ClauseGiven] | None = Field(None, max_length=2000, description="A standard: its clauses")
    courses: list[Code] | None = Field(None, max_length=100, description="Which teach it; left out: what covers it")
    posts: list[Code] | None = Field(None, max_length=500, description="Whom it concerns; left out: who does it")
    minutes: Minutes | None = Field(None, description="To learn what changed; left out: as long as the course takes")
    threshold: Share = Field(0.9, description="Share of the people concerned to be trained before it takes force")

    @model_validator(mode="after")
    def _each_clause_once(self) -> Self:
        named = [given.clause for given in self.clauses or ()]
        if len(set(named)) < len(named):
            raise ValueError("clauses: one is named twice; give each clause one text")
        return self


class Proposal(Content):
    """A new version of a process, or of a standard."""

    process_code: Code | None = None
    standard_code: Code | None = None
    version: Item

    @model_validator(mode="after")
    def _of_one_thing(self) -> Self:
        if (self.process_code is None) == (self.standard_code is None):
            raise ValueError("give process_code or standard_code, and not both")
        if self.process_code is not None and self.clauses is not None:
            raise ValueError("clauses are those of a standard; a process follows standards")
        if self.standard_code is not None and self.standards is not None:
            raise ValueError("standards are what a process follows; a standard has clauses")
        return self


class Revised(Content):
    """Everything that is proposed now, in place of what was."""


class StepTaken(BaseModel):
    """The next step with a change."""

    model_config = ConfigDict(extra="forbid")

    step: Literal["submit", "request_changes", "reject", "approve", "force", "withdraw"]
    revision: int | None = Field(None, ge=1, le=2**62, description="The revision that is judged; a review names it")
    reason: Why | None = None
    review_due_at: Moment | None = Field(None, description="submit: until when it should be reviewed; left out: a week")


class StepRead(BaseModel):
    """A step that was taken."""

    step: str
    revision: int
    reason: str | None
    by: str | None = Field(description="Who took it; empty: it followed by itself")
    at: AwareDatetime


class NextStep(BaseModel):
    """A step that may follow, and who takes it."""

    step: Name
    role: str


class ChangeRead(BaseModel):
    """A change and how far it is."""

    code: str
    kind: Kind
    process_code: str | None
    standard_code: str | None
    title: str = Field(description="The name of the process, or the title of the standard")
    version: str
    revision: int
    state: State
    scale: Scale
    summary: str
    standards: list[str] | None
    clauses: list[ClauseGiven] | None
    courses: list[str] | None
    posts: list[str] | None
    minutes: int | None
    effective_at: AwareDatetime
    threshold: float
    proposed_by: str
    review_due_at: AwareDatetime | None
    approved_at: AwareDatetime | None
    in_force_at: AwareDatetime | None
    coverage: float | None = Field(description="The share that was trained when it took force")
    waits_for: str | None = Field(description="The role whose turn it is; empty once nothing is left to do")
    created_at: AwareDatetime
    updated_at: AwareDatetime
    steps: list[StepRead]
    may_follow: list[NextStep]


class ChangePage(BaseModel):
    """A page of changes, newest first."""

    items: list[ChangeRead]
    next: str | None = None


class ChangesAsked(Asked):
    """Which changes to show."""

    state: State | None = None
    kind: Kind | None = None


class OutOfStep(BaseModel):
    """A process whose version in force follows another version of a standard than the one in force."""

    process_code: str
    name: str
    version: str
    standard_code: str
    follows: str
    in_force: str
    since: AwareDatetime = Field(description="Since when the standard has moved on")
    change_code: str | None = Field(description="The change under way that follows, if there is one")


class OutOfStepList(BaseModel):
    """Processes that did not follow, the longest first."""

    items: list[OutOfStep]
