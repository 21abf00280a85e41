"""Wire shapes of duties, of what is owed, and of the questions a department answers at set-up."""

from datetime import date
from typing import Annotated, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from service.duties.rules import State
from service.records.paging import Asked
from service.records.wiretypes import Code, Day, Text, Why
from service.sectors.schemas import Deliverable, Function, Role, Words

Title = Annotated[Text, Field(max_length=200)]
#: leaves room for the period's day in an obligation's code
DutyCode = Annotated[Code, Field(max_length=300)]
Rule = Annotated[str, Field(max_length=200, description="An iCalendar RRULE, such as FREQ=MONTHLY;BYMONTHDAY=1")]
Days = Annotated[int, Field(ge=0, le=366)]


class _Given(BaseModel):
    model_config = ConfigDict(extra="forbid")


class DutyGiven(_Given):
    """A duty of a department, or of a function as a whole."""

    code: DutyCode
    title: Title
    department_code: Code | None = None
    function: Function | None = Field(None, description="Owed by the topmost department with it")
    deliverable: Deliverable
    cadence: Rule
    start_on: Day | None = Field(None, description="The day the cadence counts from; left out: 1 January this year")
    due_days: Days = Field(description="Due at the end of the day so many days after a period begins")
    remind_days: Days = 3
    escalate_days: Days = 2
    role: Role = Field(description="Who answers for it")
    valid_from: Day | None = Field(None, description="Periods that begin from this day on are owed; left out: today")
    valid_to: Day | None = None

    @model_validator(mode="after")
    def _somebodys(self) -> Self:
        if (self.department_code is None) == (self.function is None):
            raise ValueError("a duty is a department's (department_code) or a function's (function): give one of them")
        return self


class DutyChanges(_Given):
    """What is to be otherwise; what is left out stays. What has begun stays as it was owed."""

    title: Title | None = None
    cadence: Rule | None = None
    start_on: Day | None = None
    due_days: Days | None = None
    remind_days: Days | None = None
    escalate_days: Days | None = None
    role: Role | None = None
    valid_to: Day | None = Field(None, description="The last day on which a period may begin")
    reason: Why | None = None


class DutyRead(BaseModel):
    """A duty."""

    code: str
    title: str
    department_code: str | None
    function: Function | None
    template: str | None = Field(description="The sector's duty it was made of")
    deliverable: Deliverable
    cadence: str
    start_on: date
    due_days: int
    remind_days: int
    escalate_days: int
    role: Role
    valid_from: date
    valid_to: date | None
    owner_missing: bool = Field(description="No account answers for it, or no department has the function")
    updated_at: AwareDatetime


class DutiesAsked(Asked):
    """Of which department."""

    department_code: Code | None = None


class DutyPage(BaseModel):
    """Duties, newest first."""

    items: list[DutyRead]
    next: str | None


class ObligationRead(BaseModel):
    """What is owed for one period, and what became of it."""

    code: str
    duty_code: str
    title: str
    deliverable: Deliverable
    department_code: str
    department: str
    role: Role
    starts_on: date
    due_on: date
    due_at: AwareDatetime
    state: State
    upcoming: bool = Field(description="Its period has not begun")
    made_up_for: bool = Field(description="It was missed, and delivered late; it stays missed")
    evidence: str | None = Field(description="The record that fulfilled it, as table/code")
    reason: str | None = Field(description="Why there was nothing to report")
    settled_at: AwareDatetime | None
    settled_by: str | None
    reminded_at: AwareDatetime | None
    escalated_at: AwareDatetime | None
    owner_missing: bool = Field(description="No account answers for it")


class LedgerAsked(Asked):
    """Which part of the ledger."""

    department_code: Code | None = Field(None, description="With the departments below it")
    duty_code: Code | None = None
    state: State | None = None
    due_from: Day | None = None
    due_to: Day | None = None


class Ledger(BaseModel):
    """What was and what will be owed, the last due first."""

    items: list[ObligationRead]
    next: str | None


class NothingToReport(_Given):
    """That there is nothing to report."""

    reason: Why


class Question(BaseModel):
    """What a department is asked at set-up, and what it answered so far."""

    template: str
    name: Words
    question: Words
    deliverable: Deliverable
    owed: bool | None = Field(description="None: not answered yet")
    cadence: str
    due_days: int
    role: Role
    duty_code: str | None


class Questions(BaseModel):
    """The questions for one department; the words are the sector's."""

    department_code: str
    department: str
    function: Words
    questions: list[Question]


class Answer(_Given):
    """Whether a department owes something; how often and by when, where that is not as suggested."""

    template: Annotated[str, Field(max_length=40)]
    owed: bool
    cadence: Rule | None = None
    due_days: Days | None = None
    role: Role | None = None


class Answers(_Given):
    """All answers of a department."""

    answers: Annotated[list[Answer], Field(min_length=1, max_length=100)]
    reason: Why | None = Field(None, description="Why a duty is changed or ended")
