"""What can go wrong, said in one clear sentence: what, where, and what to do.

Every error a user can meet descends from `RetraceError` and carries the HTTP status it becomes at the API and a
stable `kind` (the last part of the problem's `type`). The command line prints the sentence and exits with 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass


class RetraceError(Exception):
    """A user's error: `str(error)` is the sentence shown to the user."""

    status = 400
    kind = "bad-request"
    #: after how many seconds it may help to try again; None: who answers decides
    retry_after: int | None = None
    #: what was written before it stands, as the trace of a failed sign-in
    lasting = False


class Unauthorized(RetraceError):
    """Nobody signed in, or the proof is wrong."""

    status = 401
    kind = "unauthorized"


class Forbidden(RetraceError):
    """Signed in, but not allowed."""

    status = 403
    kind = "forbidden"


class NotFound(RetraceError):
    """What was named does not exist."""

    status = 404
    kind = "not-found"


class Conflict(RetraceError):
    """Somebody or something else was first."""

    status = 409
    kind = "conflict"


class Unavailable(RetraceError):
    """Something Retrace needs (the database, a port, a folder) is not there or not ours."""

    status = 503
    kind = "unavailable"
    retry_after = 5


class ReasonRequired(RetraceError):
    """Something that must not be done without saying why."""

    status = 422
    kind = "reason-required"


@dataclass(frozen=True)
class Violation:
    """One thing wrong with one given value."""

    table: str
    row: int | None
    column: str | None
    value: object
    problem: str

    def __str__(self) -> str:
        place = self.table
        if self.row is not None:
            place += f", row {self.row}"
        if self.column is not None:
            place += f", column {self.column}"
        if self.value is not None:
            place += f", value {str(self.value)[:80]!r}"
        return f"{place}: {self.problem}"


class Invalid(RetraceError):
    """Given data that breaks a rule; carries every violation found (at most the first few of each kind)."""

    status = 422
    kind = "invalid"

    def __init__(self, violations: Sequence[Violation]) -> None:
        if not violations:
            raise ValueError("Invalid needs at least one violation")
        self.violations = tuple(violations)
        super().__init__("\n".join(str(violation) for violation in violations))
