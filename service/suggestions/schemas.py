"""Wire shapes of scorings and decisions."""

from typing import Literal

from pydantic import AwareDatetime, BaseModel, Field


class ScoringRead(BaseModel):
    """A scoring: when, by which model, and why not by a better one."""

    target: str
    as_of: AwareDatetime
    model: str
    fallback: str | None
    fingerprint: str
    data_known_at: AwareDatetime | None


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
