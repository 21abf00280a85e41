"""Wire shapes of scorings, decisions, refits and the switch that stops all models."""

from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from service.records.paging import Asked
from service.records.wiretypes import Why


class ScoringRead(BaseModel):
    """A scoring: when, by which model, and why not by a better one."""

    target: str
    as_of: AwareDatetime
    model: str
    fallback: str | None
    fingerprint: str
    usual: float | None = Field(description="How often what its model learned from failed; empty: by a rule")
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


class SwitchGiven(BaseModel):
    """Stop all models, or start them again, and why."""

    model_config = ConfigDict(extra="forbid")

    stopped: bool
    reason: Why


class SwitchSet(BaseModel):
    """One turn of the switch."""

    stopped: bool
    reason: str
    by: str | None = Field(description="Their name; empty: on the command line")
    at: AwareDatetime


class SwitchRead(BaseModel):
    """Whether all models are stopped, so that every list follows today's rule; and every turn so far."""

    stopped: bool
    history: list[SwitchSet]


class RefitRead(BaseModel):
    """A fit that was asked for, why, and what came of it."""

    target: str
    why: str
    opened_at: AwareDatetime
    ended_at: AwareDatetime | None
    outcome: Literal["registered", "failed"] | None = Field(description="Empty while it waits or runs")
    message: str | None = Field(description="What the fit said in the end")


class RefitPage(BaseModel):
    """A page of refits, newest first."""

    items: list[RefitRead]
    next: str | None = None
