"""Wire shapes of the skill matrix, what ends soon, what would become unstaffable, and rosters."""

from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from service.qualification.schemas import Mode, Outcome
from service.records.paging import Asked
from service.records.wiretypes import Code, Moment


class MatrixAsked(BaseModel):
    """Of whom, when, and as known when."""

    model_config = ConfigDict(extra="forbid")

    department_code: Code = Field(description="With all departments below it")
    at: Moment | None = Field(None, description="Left out: now")
    known_at: Moment | None = Field(None, description="From what was known by then; left out: everything known now")
    cursor: str | None = Field(
        None, description="`next` of the page before", json_schema_extra={"maxLength": 500}
    )
    limit: int = Field(50, ge=1, le=200)


class ProcessRead(BaseModel):
    """A column of the matrix."""

    process_code: str
    process: str
    mode: Mode


class CellRead(BaseModel):
    """Whether one person is qualified for one process."""

    process_code: str
    outcome: Outcome
    until: AwareDatetime | None = Field(description="When it ends by itself")
    supervisor_code: str | None
    evidence: list[str]


class RowRead(BaseModel):
    """A person's row, a cell for each process."""

    employee_code: str
    employee: str
    post_code: str | None
    cells: list[CellRead]


class SkillMatrix(BaseModel):
    """People x processes at a moment."""

    department_code: str
    at: AwareDatetime
    known_at: AwareDatetime | None
    made_at: AwareDatetime = Field(description="A printed copy is as old as this")
    processes: list[ProcessRead]
    items: list[RowRead]
    next: str | None


class EndingAsked(BaseModel):
    """Whose qualifications end within how many days."""

    model_config = ConfigDict(extra="forbid")

    department_code: Code
    days: int = Field(30, ge=1, le=730)
    cursor: str | None = Field(
        None, description="`next` of the page before", json_schema_extra={"maxLength": 500}
    )
    limit: int = Field(50, ge=1, le=500)


class EndingRead(BaseModel):
    """A qualification that ends by itself, and what ends it."""

    employee_code: str
    employee: str
    process_code: str
    process: str
    until: AwareDatetime
    requirement: str
    evidence: list[str]


class EndingPage(BaseModel):
    """Qualifications that end soon, the soonest first."""

    items: list[EndingRead]
    next: str | None


class KeptAsked(Asked):
    """What may be asked of the kept standings; `updated_since`: only what changed then or later."""

    employee_code: Code | None = None
    process_code: Code | None = None
    outcome: Outcome | None = None
    ends_before: Moment | None = None


class KeptRead(BaseModel):
    """Whether somebody was qualified when that was last worked out, and since when it is so."""

    employee_code: str
    process_code: str
    outcome: Outcome
    until: AwareDatetime | None
    since: AwareDatetime


class KeptPage(BaseModel):
    """Standings as the nightly run left them."""

    items: list[KeptRead]
    next: str | None


class OutlookAsked(BaseModel):
    """What is supposed: one of a standard's version, a lapsed credential, or a gate switched on; none: time passes."""

    model_config = ConfigDict(extra="forbid")

    department_code: Code
    at: Moment | None = Field(None, description="When it takes effect or lapses; left out: now")
    standard_code: Code | None = Field(None, description="A version of this standard takes effect")
    version: Code | None = Field(None, description="Which; it need not be recorded yet")
    credential_kind: Code | None = Field(None, description="Credentials of this kind lapse")
    employee_code: Code | None = Field(None, description="Only this person's credential lapses")
    gate_process_code: Code | None = Field(None, description="This process's gate is set to block")


class LostRead(BaseModel):
    """Somebody who could no longer do a process."""

    employee_code: str
    employee: str
    outcome: Outcome
    shifts: int = Field(description="Their shifts planned in the 14 days after")


class EffectRead(BaseModel):
    """What becomes of a process."""

    process_code: str
    process: str
    before: int = Field(description="How many could do it")
    after: int = Field(description="How many still could")
    unstaffable: bool = Field(description="Nobody is left")
    lost: list[LostRead]


class Outlook(BaseModel):
    """What a change would do to a department's staffing, before anyone makes it; processes it touches only."""

    department_code: str
    at: AwareDatetime = Field(description="The moment compared: after any grace period")
    processes: list[EffectRead]


class SlotGiven(BaseModel):
    """Somebody is meant to work somewhere, from when to when."""

    model_config = ConfigDict(extra="forbid")

    employee_code: Code
    process_code: Code | None = Field(None, description="Left out: what is usually done on the post, or by the person")
    post_code: Code | None = None
    starts_at: Moment
    ends_at: Moment


class RosterGiven(BaseModel):
    """A roster that is not recorded yet."""

    model_config = ConfigDict(extra="forbid")

    department_code: Code = Field(description="Where to look for who could stand in")
    rows: list[SlotGiven] = Field(min_length=1, max_length=500)


class RosterAsked(BaseModel):
    """Which recorded shifts and assignments to check."""

    model_config = ConfigDict(extra="forbid")

    department_code: Code
    since: Moment | None = Field(None, description="Left out: now")
    days: int = Field(7, ge=1, le=62)


class SlotOutcome(BaseModel):
    """What the gate would say to one process of a slot."""

    process_code: str | None
    outcome: Outcome
    mode: Mode
    allowed: bool
    evidence: list[str]


class SwapRead(BaseModel):
    """Who is qualified and could take over: free then, or by trading a shift each is qualified for."""

    employee_code: str
    employee: str
    kind: Literal["stand_in", "swap"]
    swap_starts_at: AwareDatetime | None = Field(description="The start of the shift they would give in return")


class SlotRead(BaseModel):
    """One slot of a roster, and what the gate would say."""

    source: Literal["shift", "assignment", "given"]
    employee_code: str
    employee: str
    post_code: str | None
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    qualified: bool
    checks: list[SlotOutcome]
    could_take_over: list[SwapRead] = Field(description="For who is not qualified: at most five")


class RosterRead(BaseModel):
    """A roster, checked: those not qualified first, then by time."""

    department_code: str
    made_at: AwareDatetime
    checked: int
    unqualified: int
    items: list[SlotRead] = Field(description="At most 500")
