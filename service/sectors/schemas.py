"""The shape of a sector's file."""

from datetime import date
from string import Formatter
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from service.errors import RetraceError
from service.sectors.cadence import cadence

Function = Literal["operations", "quality", "people", "service_desk"]
#: who a duty can rest with
Role = Literal["operations", "quality", "people", "data", "admin"]
#: what a duty delivers; each is told by what happens in the records, see `service.duties.deliverables`
Deliverable = Literal["difficulty_list", "standard_review", "process_review", "plan", "inspection", "issue_review"]
FindingSeverity = Literal["minor", "major", "critical"]

#: rules are tried from a day on that every year has
_ANY_START = date(2024, 1, 1)

Days = Annotated[int, Field(ge=0, le=366)]
Said = Annotated[str, Field(min_length=1, max_length=500)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Words(_Part):
    """The same in both languages."""

    en: Said
    zh: Said


class Things(_Part):
    """What a batch, a post and a unit are called here."""

    batch: Words
    post: Words
    unit: Words


class DutyTemplate(_Part):
    """A duty that a department with a function is asked about at set-up."""

    name: Words
    #: what is asked, so that a head of department can say yes or no
    question: Words
    function: Function
    deliverable: Deliverable
    cadence: str = Field(description="An iCalendar RRULE")
    due_days: Days = Field(description="Due at the end of the day so many days after a period begins")
    remind_days: Days = Field(3, description="Reminded of so many days before it is due")
    escalate_days: Days = Field(2, description="Told further up so many days after it was due")
    role: Role = Field(description="Who answers for it")

    @model_validator(mode="after")
    def _fires(self) -> Self:
        try:
            cadence(self.cadence, _ANY_START)
        except RetraceError as error:
            raise ValueError(f"cadence: {error}") from error
        return self


def _plain_blanks(text: str) -> str:
    for _, name, form, conversion in Formatter().parse(text):
        if name is not None and (not name.isidentifier() or form or conversion):
            raise ValueError(f"a blank is a name in braces such as {{title}}, not {{{name}}}")
    return text


_Blanks = AfterValidator(_plain_blanks)


class Text(_Part):
    """A message's title and body; what stands in braces is filled in."""

    title: Annotated[Said, _Blanks]
    body: Annotated[str, Field(min_length=1, max_length=4000), _Blanks]


class Texts(_Part):
    """A message in both languages."""

    en: Text
    zh: Text


class CreditRule(_Part):
    """How many continuing-education credits are required, from a day on: such rules change by year and place."""

    name: Words
    #: days on which periods begin are counted from here
    valid_from: date
    valid_to: date | None = None
    #: credits are counted over so many months from `valid_from` on, one period after the other
    months: Annotated[int, Field(ge=1, le=120)] = 12
    required: Annotated[float, Field(gt=0, le=1000)]
    #: at most so many of them from courses held by one method, such as `online`
    at_most: dict[str, Annotated[float, Field(ge=0, le=1000)]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise ValueError("valid_to lies before valid_from")
        return self


class Sector(_Part):
    """A kind of site."""

    name: Words
    functions: dict[Function, Words]
    things: Things
    severities: dict[FindingSeverity, Words]
    #: by code
    duties: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,39}$")], DutyTemplate]
    #: by kind; only what is said otherwise than by default
    messages: dict[str, Texts] = Field(default_factory=dict)
    #: by code
    credits: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,39}$")], CreditRule] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        named: tuple[tuple[str, Any, Any], ...] = (
            ("functions", self.functions, Function), ("severities", self.severities, FindingSeverity)
        )
        for told, said, whole in named:
            missing = sorted(set(get_args(whole)) - set(said))
            if missing:
                raise ValueError(f"{told}.{missing[0]} is missing")
        return self
