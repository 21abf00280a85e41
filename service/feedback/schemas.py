"""Wire shapes of feedback."""

from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from service.feedback.rules import Kind, Name, State
from service.records.paging import Asked
from service.records.wiretypes import Text, Why

_CLOSED = ConfigDict(extra="forbid")

Page = Annotated[Text, Field(max_length=500, pattern=r"^/")]


class FeedbackGiven(BaseModel):
    """Something about Retrace itself."""

    model_config = _CLOSED

    kind: Kind
    text: Why
    page: Page | None = Field(None, description="The page or route it is about, such as `/planner`")


class FeedbackStepTaken(BaseModel):
    """What becomes of it, and the words that go with it."""

    model_config = _CLOSED

    step: Name = Field(description="`plan`, `finish` and `decline` by an administrator, `reopen` by its author")
    text: Why = Field(description="The answer; of who reopens it, why")


class FeedbackStepRead(BaseModel):
    """One word on it."""

    step: Name
    text: str
    by: str = Field(description="Their login")
    at: AwareDatetime


class FeedbackRead(BaseModel):
    """A piece of feedback with its answers."""

    code: str
    kind: Kind
    page: str | None
    text: str
    state: State
    by: str = Field(description="The author's login")
    created_at: AwareDatetime
    updated_at: AwareDatetime
    steps: list[FeedbackStepRead] = Field(description="Oldest first")
    may_follow: list[Name] = Field(description="What you may do with it next")


class FeedbackAsked(Asked):
    """What may be asked of the list."""

    state: State | None = None


class FeedbackPage(BaseModel):
    """A page of feedback, newest first."""

    items: list[FeedbackRead]
    next: str | None = None
