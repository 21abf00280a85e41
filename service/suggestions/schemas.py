"""Wire shapes of scorings and decisions."""

from typing import Literal

from pydantic import AwareDatetime, BaseModel, Field

from service.records.paging import Asked


class ScoringRead(BaseModel):
    """A scoring: when, by which model, and why not by a better one."""

    target: str
    as_of: AwareDatetime
    model: str
    fallback: str | None
    fingerprint: str
    data_known_at: AwareDatetime | None
    created_at: AwareDatetime
    live: bool = Field(description="Only of what had just arrived; others are of everyone eligible")


class ScoringPage(BaseModel):
    """A page of scorings, newest first."""

    items: list[ScoringRead]
    next: str | None = None


class ScoringsAsked(Asked):
    """What may be asked of the list of scorings."""

    target: Literal["need", "risk-work", "risk-unit"] | None = Field(None, description="Only scorings of this target")


class DecisionRead(BaseModel):
    """What a named person decided about a suggestion, and why."""

    suggestion_id: int
    employee_code: str | None
    process_code: str | None
    suggested_course_code: str | None
    model: str = Field(description="The model, or the baseline that stood in for it")
    outcome: Literal["accepted", "edited", "dismissed"]
    course_code: str | None
    reason: str | None
    decided_by: str = Field(description="Their login")
    decided_at: AwareDatetime


class DecisionPage(BaseModel):
    """A page of decisions, newest first."""

    items: list[DecisionRead]
    next: str | None = None
