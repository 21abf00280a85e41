"""What the console's forms send: all text, as typed, and the wire shapes it becomes."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field

from service.inspections.schemas import ResultGiven
from service.retraining.schemas import Acceptance, Dismissal


def _filled(typed: dict[str, str]) -> dict[str, str]:
    return {name: text.strip() for name, text in typed.items() if text.strip()}


class _DecisionForm(BaseModel):
    """What both forms of a suggestion carry, so that a refused one can be shown as it was typed."""

    suggestions: list[int] = Field(default_factory=list)
    #: which of the page's forms it was: accept, edit, group or dismiss
    which: str = "accept"
    who: str = Field("", max_length=200)
    #: how many of each kind the page showed
    limit: int = Field(50, ge=1, le=500)
    course_code: str = ""
    due_on: str = ""
    reason: str = ""


class AcceptanceForm(_DecisionForm):
    """Suggestions taken into a plan: one as it is or edited, or a group."""

    def given(self) -> Acceptance:
        """What the planner decided. Raises pydantic's `ValidationError`."""
        typed = {"course_code": self.course_code, "due_on": self.due_on, "reason": self.reason}
        return Acceptance.model_validate({"suggestions": self.suggestions, **_filled(typed)})


class DismissalForm(_DecisionForm):
    """A suggestion turned down."""

    which: str = "dismiss"

    def given(self) -> Dismissal:
        """What the planner decided. Raises pydantic's `ValidationError`."""
        return Dismissal.model_validate({"reason": self.reason.strip()})


class ResultForm(BaseModel):
    """What an inspection found; the findings' columns arrive side by side."""

    result: str = ""
    performed_at: str = ""
    inspector_code: str = ""
    reason: str = ""
    sample_size: str = ""
    nonconforming: str = ""
    severity: list[str] = Field(default_factory=list)
    clause: list[str] = Field(default_factory=list)
    count: list[str] = Field(default_factory=list)
    text: list[str] = Field(default_factory=list)
    #: set by the button that asks for one more finding
    more: str = ""

    @property
    def findings(self) -> list[dict[str, str]]:
        """The findings in which something was typed."""
        rows = zip(self.severity, self.clause, self.count, self.text, strict=False)
        named = [dict(zip(("severity", "clause", "count", "text"), row, strict=True)) for row in rows]
        return [row for row in named if _filled(row)]

    def given(self, zone: ZoneInfo) -> ResultGiven:
        """What the inspector found; times are the site's. Raises pydantic's `ValidationError`."""
        names = ("result", "inspector_code", "reason", "sample_size", "nonconforming")
        said: dict[str, Any] = _filled({name: getattr(self, name) for name in names})
        if self.performed_at:
            said["performed_at"] = _at_site(self.performed_at, zone)
        return ResultGiven.model_validate(said | {"findings": [_filled(row) for row in self.findings]})


def _at_site(typed: str, zone: ZoneInfo) -> datetime | str:
    """A time as a browser's date field writes it; what is none stays text, for the schema to refuse."""
    try:
        moment = datetime.fromisoformat(typed)
    except ValueError:
        return typed
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)
