"""Wire shapes of training sessions."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from service.records.paging import Asked
from service.records.wiretypes import Code, Moment, Named, Real, Why
from service.training_sessions.rules import State

_CLOSED = ConfigDict(extra="forbid")

Place = Annotated[Why, Field(max_length=300)]
Items = Annotated[list[Code], Field(min_length=1, max_length=500)]
Seats = Annotated[int, Field(ge=1, le=10_000)]


class SessionGiven(BaseModel):
    """A session to plan."""

    model_config = _CLOSED

    course_code: Code
    place: Place
    seats: Seats
    trainer_code: Code | None = None
    starts_at: Moment
    ends_at: Moment
    item_codes: list[Code] = Field(default_factory=list, max_length=500, description="Plan items that get a seat")


class SessionChanges(BaseModel):
    """What is to change of a planned session; left out: as it is."""

    model_config = _CLOSED

    place: Place | None = None
    seats: Seats | None = None
    trainer_code: Code | None = None
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    reason: Why = Field(description="Why; who has a seat is told")


class SeatsGiven(BaseModel):
    """Plan items that get a seat, or lose it."""

    model_config = _CLOSED

    item_codes: Items


class Cancelled(BaseModel):
    """Why a session does not take place."""

    model_config = _CLOSED

    reason: Why


class ClauseScore(BaseModel):
    """What was scored on one clause."""

    model_config = _CLOSED

    clause_code: Code
    score: Real = Field(ge=0)
    max_score: Real = Field(gt=0)

    @model_validator(mode="after")
    def _within(self) -> Self:
        if self.score > self.max_score:
            raise ValueError("score: is more than max_score")
        return self


class Attendance(BaseModel):
    """How one seat's training went."""

    model_config = _CLOSED

    item_code: Code
    result: Literal["passed", "failed", "absent"]
    score: Real | None = None
    clauses: list[ClauseScore] = Field(default_factory=list, max_length=200)


class Held(BaseModel):
    """How a session went, for everybody with a seat."""

    model_config = _CLOSED

    attendance: list[Attendance] = Field(min_length=1, max_length=10_000)


class SeatRead(BaseModel):
    """Who has, or had, a seat."""

    item_code: str
    employee_code: str
    employee_name: str
    state: Literal["taken", "freed", "present", "absent"]


class SessionRead(BaseModel):
    """A session with its seats."""

    code: str
    course_code: str
    course_title: str
    place: str
    seats: int
    free: int = Field(description="Seats nobody has yet")
    trainer_code: str | None
    trainer_name: str | None
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    state: State
    reason: str | None = Field(description="Why it was last moved, or cancelled")
    updated_at: AwareDatetime
    seated: list[SeatRead]


class SessionsAsked(Asked):
    """What may be asked of sessions."""

    state: State | None = None
    course_code: Named | None = None


class SessionPage(BaseModel):
    """A page of sessions, the last planned first."""

    items: list[SessionRead]
    next: str | None = None


class Waiting(BaseModel):
    """Somebody on a published plan who has no seat yet."""

    item_code: str
    plan_code: str
    employee_code: str
    employee_name: str
    course_code: str
    course_title: str
    due_on: date


class WaitingAsked(Asked):
    """What may be asked of who waits for a seat."""

    course_code: Named | None = None


class WaitingPage(BaseModel):
    """A page of them, in the order they were planned."""

    items: list[Waiting]
    next: str | None = None
