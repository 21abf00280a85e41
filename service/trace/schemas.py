"""Wire shapes of a trace."""

from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from service.records.wiretypes import Code, Moment, Why

Subject = Literal["batch", "employee", "unit", "issue"]
Cause = Literal[
    "training_not_covered", "training_not_completed", "standard_not_synced", "unqualified_on_post",
    "process_not_followed", "inspection_missed", "training_ineffective", "input_batch", "undetermined",
]


class Says(BaseModel):
    """A statement in both languages, and the records that say so."""

    en: str
    zh: str
    records: list[str] = Field(description="As table/code")


class CauseRead(BaseModel):
    """What the records say of one cause."""

    cause: Cause
    status: Literal["found", "ruled_out", "unknown"]
    speaks_for: list[Says]
    against: list[Says]
    departments: list[str] = Field(description="Who answers for it")


class Exposure(BaseModel):
    """Every other batch touched by the same cause."""

    cause: Cause
    since: AwareDatetime | None
    batches: list[str]
    works: list[str]
    truncated_at: int | None


class Happened(BaseModel):
    """One line of the timeline."""

    at: AwareDatetime
    kind: Literal[
        "process_version", "standard_version", "training", "gate_check", "work", "inspection", "issue", "flag"
    ]
    record: str
    text: Says
    known_at: AwareDatetime | None
    recorded_at: AwareDatetime | None
    late: bool = Field(description="Recorded after the work it bears on")


class Linked(BaseModel):
    """A batch of the genealogy."""

    code: str
    product: str | None
    depth: int


class Lineage(BaseModel):
    """Where a batch came from and where it went."""

    where_from: list[Linked]
    where_used: list[Linked]
    hidden: int
    truncated_at: int | None


class Trace(BaseModel):
    """The answer: what happened, why, who answers for it, and what else was touched."""

    subject: Subject
    code: str
    known_at: AwareDatetime | None
    causes: list[Cause]
    verdict: list[CauseRead]
    departments: list[str]
    not_examined: list[str]
    exposure: list[Exposure]
    timeline: list[Happened]
    genealogy: Lineage
    works: list[str]
    people: list[str] = Field(description="By employee code")
    truncated_at: int | None = Field(description="Only the latest so many pieces of work were looked at closely")
    names: dict[str, str] = Field(description="Names by employee code, for who gave a reason to see them")


class Assessed(BaseModel):
    """A trace of an issue whose verdict was kept."""

    assessment_id: int = Field(description="By which it is confirmed or overruled")
    trace: Trace


class TraceAsked(BaseModel):
    """What to trace: exactly one of the four; as known when; and why names are to be seen."""

    model_config = ConfigDict(extra="forbid")

    batch_code: Code | None = None
    employee_code: Code | None = None
    unit_code: Code | None = Field(None, description="A department seen as a thing inspected")
    issue_code: Code | None = None
    known_at: Moment | None = Field(None, description="From what was known by then; left out: everything known now")
    names_reason: Why | None = Field(None, description="Why you need the names of the people; it is logged")
