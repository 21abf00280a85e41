"""Wire shapes of what leaves."""

from pydantic import BaseModel, ConfigDict, Field

from service.records.wiretypes import Code, Moment, Why


class BinderAsked(BaseModel):
    """Whose or which binder: exactly one of the codes, or a time; and why, which is logged."""

    model_config = ConfigDict(extra="forbid")

    employee_code: Code | None = None
    batch_code: Code | None = None
    course_code: Code | None = None
    since: Moment | None = Field(None, description="With `until`: everything that happened from then")
    until: Moment | None = Field(None, description="Up to, but not including, this moment")
    reason: Why = Field(description="Who asked for it and why; it names people, and is put on record")
