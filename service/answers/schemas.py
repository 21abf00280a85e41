"""Wire shapes of answers to what was reported."""

from datetime import date
from typing import Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from service.answers.rules import Stage
from service.records.paging import Asked
from service.records.wiretypes import Code, Day, Named, Why
from service.retraining.rules import Status
from service.retraining.schemas import Title


class AnswerGiven(BaseModel):
    """Draft one plan that answers reports and issues together."""

    model_config = ConfigDict(extra="forbid")

    report_codes: list[Code] = Field(default_factory=list, max_length=200)
    issue_codes: list[Code] = Field(default_factory=list, max_length=200)
    process_code: Code | None = Field(None, description="Left out: the processes they are about")
    course_codes: list[Code] = Field(
        default_factory=list, max_length=50,
        description="Left out: the courses that were confirmed for the reports, or teach the clauses that were",
    )
    title: Title | None = None
    due_on: Day | None = Field(None, description="Left out: in 30 days")

    @model_validator(mode="after")
    def _answers_something(self) -> Self:
        if not self.report_codes and not self.issue_codes:
            raise ValueError("answers nothing; name a report or an issue")
        return self


class ReportGiven(BaseModel):
    """A difficulty, as whoever meets it says it."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["difficulty", "bottleneck"]
    department_code: Code
    process_code: Code | None
    severity: int = Field(ge=1, le=5)
    text: Why
    unnamed: bool = Field(description="Nobody is to know who reported it")


class AnswerDrafted(BaseModel):
    """The plan that was drafted; it goes the way of every plan."""

    plan_code: str


class About(BaseModel):
    """A clause or a course a report is about."""

    kind: Literal["clause", "course"]
    code: str
    text: str
    confirmed: bool = Field(description="Somebody said so; else it is the best guess by the report's text")


class Answered(BaseModel):
    """A plan that answers a report, and what it came to."""

    plan_code: str
    title: str
    status: Status
    closed_reason: str | None = Field(description="Why it was rejected or closed")
    people: int = Field(description="How many trainings it holds, cancelled ones left out")
    completed: int
    published_at: AwareDatetime | None
    due_on: date | None
    failed_before: int = Field(description="Of its people's inspections on its processes in the 90 days before")
    inspected_before: int
    failed_after: int = Field(description="Of the inspections that followed its training")
    inspected_after: int
    outcome: Literal["kept", "raised", "review"] | None = Field(
        description="What these made of training frequency; `review`: the process is looked at instead"
    )


class Answer(BaseModel):
    """A difficulty report, and what became of it."""

    report_code: str
    department_code: str
    process_code: str | None = Field(description="As reported, else as confirmed or found by its text")
    process_name: str | None
    occurred_at: AwareDatetime
    severity: int
    text: str
    mine: bool = Field(description="You reported it")
    stage: Stage
    about: list[About]
    plans: list[Answered]
    similar: list[str] = Field(description="Codes of other reports of the last year that are about the same")


class AnswersAsked(Asked):
    """What may be asked of answers."""

    department_code: Named | None = None
    mine: bool = Field(False, description="Only what one reported oneself")


class AnswerPage(BaseModel):
    """A page of answers, the last reported first."""

    items: list[Answer]
    next: str | None = None
