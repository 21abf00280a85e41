"""Wire shapes of quizzes, and of one's own training."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from service.reading.rules import Outcome
from service.records.paging import Asked
from service.records.wiretypes import Code, Named, Text

_CLOSED = ConfigDict(extra="forbid")

Short = Annotated[Text, Field(max_length=500)]


class Said(BaseModel):
    """A sentence in both languages; the other stands in where one is left out."""

    model_config = _CLOSED

    en: Short | None = None
    zh: Short | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.en is None and self.zh is None:
            raise ValueError("says nothing; give it in en or zh")
        return self

    def in_language(self, code: str) -> str:
        """The sentence in a language, or else in the other."""
        return (self.zh if code == "zh" else self.en) or self.en or self.zh or ""


class Question(BaseModel):
    """One question with its answers to choose from."""

    model_config = _CLOSED

    text: Said
    options: list[Said] = Field(min_length=2, max_length=6)
    right: int = Field(ge=0, description="Which option is right, counted from 0")

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if self.right >= len(self.options):
            raise ValueError("right: is none of the options")
        return self


class QuizGiven(BaseModel):
    """A quiz; the newest for a course and version counts."""

    model_config = _CLOSED

    course_code: Code
    standard_version: Code | None = Field(None, description="Left out: for every version without a quiz of its own")
    pass_mark: float = Field(0.8, gt=0, le=1)
    questions: list[Question] = Field(min_length=1, max_length=20)


class QuizRead(QuizGiven):
    """A quiz, with its right answers."""

    id: int
    created_at: AwareDatetime


class QuizzesAsked(Asked):
    """What may be asked of quizzes."""

    course_code: Named | None = None


class QuizPage(BaseModel):
    """A page of quizzes, newest first."""

    items: list[QuizRead]
    next: str | None = None


class ClauseRead(BaseModel):
    """One clause to read."""

    code: str
    text: str


class OpenQuestion(BaseModel):
    """A question without its right answer."""

    text: Said
    options: list[Said]


class Reading(BaseModel):
    """What somebody is to read and to answer."""

    item_code: str
    course_code: str
    title: str
    due_on: date
    summary: str | None = Field(description="What changed, in the words of who changed it")
    clauses: list[ClauseRead]
    questions: list[OpenQuestion]
    tries_left: int


class Answers(BaseModel):
    """That one read and understood it."""

    model_config = _CLOSED

    answers: list[int] = Field(default_factory=list, max_length=20, description="The option chosen for each question")


class Answered(BaseModel):
    """What came of it."""

    outcome: Outcome
    share: float | None = Field(description="The share answered right; empty where nothing was asked")
    tries_left: int


class OwnTraining(BaseModel):
    """Something one is to do oneself."""

    item_code: str
    course_code: str
    course_title: str
    method: Literal["course", "read"]
    due_on: date
    claimed: bool = Field(description="One said that one took it; the result is still to be recorded")
    session_code: str | None
    place: str | None
    starts_at: AwareDatetime | None
    ends_at: AwareDatetime | None


class OwnTrainings(BaseModel):
    """What one is to do, the first due first."""

    items: list[OwnTraining]
