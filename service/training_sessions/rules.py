"""Pure rules of training sessions: what becomes of one, what overlaps, and who may have a seat."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from service.errors import Conflict, RetraceError

State = Literal["planned", "held", "cancelled"]
STATES: tuple[State, ...] = ("planned", "held", "cancelled")

Name = Literal["hold", "cancel"]

#: what becomes of a seat: freed before the session, or who had it was there or not
SEATS = ("taken", "freed", "present", "absent")


@dataclass(frozen=True)
class Step:
    """One move of a session."""

    name: Name
    before: State
    after: State
    #: what it is, as somebody would say it
    says: str


STEPS: tuple[Step, ...] = (
    Step("hold", "planned", "held", "record who was there and how it went"),
    Step("cancel", "planned", "cancelled", "say why it does not take place"),
)


def follow(state: State, name: Name, session: str) -> Step:
    """The step of that name from here. Raises `Conflict`."""
    for step in STEPS:
        if (step.before, step.name) == (state, name):
            return step
    raise Conflict(f"Session {session} is {state} and goes no further: plan another one.")


def refuse_ended(state: State, session: str) -> None:
    """Raise `Conflict` where a session is changed that was held or cancelled."""
    if state != "planned":
        raise Conflict(f"Session {session} is {state} and is not changed any more.")


def refuse_time(starts_at: datetime, ends_at: datetime, at: datetime) -> None:
    """Raise where a session would end before it begins, or begin in the past."""
    if ends_at <= starts_at:
        raise RetraceError("A session ends after it begins (ends_at).")
    if starts_at <= at:
        raise RetraceError("A session lies ahead: choose a later time (starts_at).")


@dataclass(frozen=True)
class Busy:
    """Something or somebody that is taken in the time of another session."""

    what: Literal["place", "trainer", "person"]
    name: str
    session: str
    starts_at: datetime
    ends_at: datetime


def refuse_overlap(busy: Sequence[Busy]) -> None:
    """Raise `Conflict` where a place, a trainer or somebody with a seat would be in two sessions at once."""
    if busy:
        first = busy[0]
        more = f", and {len(busy) - 1} more" if len(busy) > 1 else ""
        when = f"{first.starts_at:%Y-%m-%d %H:%M} to {first.ends_at:%Y-%m-%d %H:%M} UTC"
        raise Conflict(
            f"The {first.what} {first.name} is in session {first.session} at that time ({when}){more}: choose another "
            f"time{', or another ' + first.what if first.what != 'person' else ''}."
        )


def refuse_full(session: str, seats: int, taken: int) -> None:
    """Raise `Conflict` where more people would have a seat than there are."""
    if taken > seats:
        raise Conflict(f"Session {session} has {seats} seats, and {taken} people would be in it: plan another one.")


def refuse_early(session: str, starts_at: datetime, at: datetime) -> None:
    """Raise `Conflict` where it would be recorded who was there before it began."""
    if at < starts_at:
        raise Conflict(f"Session {session} has not begun: who was there is recorded once it has.")


def refuse_unnamed(session: str, seated: Collection[str], named: Sequence[str]) -> None:
    """Raise where it is not said of everybody with a seat, once, and of nobody else, how it went."""
    twice = sorted({item for item in named if named.count(item) > 1})
    strange, missing = sorted(set(named) - set(seated)), sorted(set(seated) - set(named))
    for items, problem in ((twice, "is named twice"), (strange, "has no seat in it"), (missing, "is not named")):
        if items:
            raise RetraceError(f"Session {session}: {items[0]} {problem}; name each item with a seat once.")
