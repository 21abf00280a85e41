"""Wire shapes of what reports are about."""

from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from service.records.wiretypes import Code, Named

Kind = Literal["clause", "course", "report"]
Verdict = Literal["confirm", "reject"]


class LinkGiven(BaseModel):
    """What somebody says of a report and something it may be about."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    target_code: Named = Field(description="The clause's, the course's or the other report's code")
    verdict: Verdict = Field(description="`confirm`: it is about that, or like it; `reject`: it is not")


class LinkRead(BaseModel):
    """The last word on a report and something it may be about."""

    verdict: Verdict
    decided_by: str = Field(description="Their login")
    decided_at: AwareDatetime


class MatchRead(BaseModel):
    """Something a report may be about, or another report like it."""

    code: str
    text: str
    rank: int | None = Field(description="1 is best; empty where only a person named it")
    score: float | None = Field(description="Orders the matches of one report; no probability")
    link: LinkRead | None = Field(description="What somebody said of it last")


class MatchesRead(BaseModel):
    """What a report may be about. A match is a guess until somebody confirms it."""

    report_code: Code
    read_at: AwareDatetime | None = Field(description="When it was last compared; empty: not yet")
    model: str | None
    process_code: str | None = Field(description="Its process: as reported, else as confirmed or found by its text")
    process_from: Literal["reported", "confirmed", "matched"] | None
    clauses: list[MatchRead]
    courses: list[MatchRead]
    reports: list[MatchRead]
