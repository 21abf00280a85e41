"""Wire shapes of the gate, supervised work and suspensions."""

from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from service.records.paging import Asked
from service.records.wiretypes import Code, Moment, Why

Mode = Literal["off", "warn", "block"]
Outcome = Literal[
    "qualified", "supervised", "no_requirement_defined", "suspended", "not_trained", "failed", "expired",
    "superseded_version",
]
Reason = Literal["suspended", "not_trained", "failed", "expired", "superseded_version"]


class Said(BaseModel):
    """A sentence in both languages."""

    en: str
    zh: str


class Unmet(BaseModel):
    """A demand that is not met, and the records that show it."""

    requirement: str
    kind: str
    reason: Reason
    evidence: list[str]


class Answered(BaseModel):
    """Whether somebody may start, and why."""

    employee_code: str
    process_code: str
    post_code: str | None
    at: AwareDatetime
    known_at: AwareDatetime | None = Field(description="What was known by then; empty: everything known now")
    mode: Mode
    outcome: Outcome
    allowed: bool
    supervisor_code: str | None
    unmet: list[Unmet]
    evidence: list[str] = Field(description="Every record the answer stands on, as table/code")
    until: AwareDatetime | None = Field(description="When the qualification ends by itself")
    says: Said


class CheckRead(Answered):
    """A recorded answer."""

    code: str
    emergency: bool
    reason: str | None
    work_code: str | None
    checked_at: AwareDatetime
    review_due_at: AwareDatetime | None
    reviewed_at: AwareDatetime | None
    review: str | None


class CheckAsked(BaseModel):
    """Somebody is about to start."""

    model_config = ConfigDict(extra="forbid")

    employee_code: Code
    process_code: Code
    post_code: Code | None = Field(None, description="Left out: the post they hold")
    emergency: bool = Field(False, description="Never blocked; needs a reason and is reviewed within 24 hours")
    reason: Why | None = None


class StartGiven(CheckAsked):
    """Somebody starts: the check, and the work record if it lets them."""

    code: Code | None = Field(None, description="Of the work record; left out, one is made")
    batch_code: Code | None = None
    process_version: Code | None = None


class QualificationAsked(BaseModel):
    """Who, for what, when, and as known when."""

    model_config = ConfigDict(extra="forbid")

    employee_code: Code
    process_code: Code
    post_code: Code | None = Field(None, description="Left out: the post they hold")
    at: Moment | None = Field(None, description="Left out: now")
    known_at: Moment | None = Field(None, description="From what was known by then; left out: everything known now")


class ChecksAsked(Asked):
    """What may be asked of the list of checks."""

    employee_code: Code | None = None
    process_code: Code | None = None
    unreviewed: bool = Field(False, description="Only emergencies nobody has reviewed yet")


class CheckPage(BaseModel):
    """Checks, newest first."""

    items: list[CheckRead]
    next: str | None


class ReviewGiven(BaseModel):
    """What somebody made of an emergency start."""

    model_config = ConfigDict(extra="forbid")

    review: Why


class GateRead(BaseModel):
    """How a process's gate stands, and who switched it when and why, newest first."""

    process_code: str
    mode: Mode
    switches: list["SwitchRead"]


class SwitchRead(BaseModel):
    """One turn of the switch."""

    mode: Mode
    reason: str
    by: str
    at: AwareDatetime


class SwitchGiven(BaseModel):
    """A new mode and why."""

    model_config = ConfigDict(extra="forbid")

    mode: Mode
    reason: Why


class SupervisionGiven(BaseModel):
    """Somebody is to work under a named qualified colleague."""

    model_config = ConfigDict(extra="forbid")

    employee_code: Code
    process_code: Code
    supervisor_code: Code
    until: Moment
    reason: Why


class SupervisionRead(BaseModel):
    """Supervised work: who, under whom, from when to when, why."""

    code: str
    employee_code: str
    process_code: str
    supervisor_code: str
    since: AwareDatetime
    until: AwareDatetime
    reason: str
    by: str


class SupervisionPage(BaseModel):
    """Supervised work, newest first."""

    items: list[SupervisionRead]
    next: str | None


class SuspensionGiven(BaseModel):
    """A time in which somebody may not do a process, or any."""

    model_config = ConfigDict(extra="forbid")

    employee_code: Code
    process_code: Code | None = Field(None, description="Left out: any process")
    until: Moment | None = Field(None, description="Left out: until somebody lifts it")
    reason: Why


class SuspensionRead(BaseModel):
    """A suspension, by whom, and how it ended."""

    code: str
    employee_code: str
    process_code: str | None
    since: AwareDatetime
    until: AwareDatetime | None
    reason: str
    by: str
    lifted_at: AwareDatetime | None
    lifted_reason: str | None


class SuspensionPage(BaseModel):
    """Suspensions, newest first."""

    items: list[SuspensionRead]
    next: str | None


class LiftGiven(BaseModel):
    """Why a suspension ends."""

    model_config = ConfigDict(extra="forbid")

    reason: Why


