"""What may become of a session, and what is refused before it is."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from service.errors import Conflict, RetraceError
from service.training_sessions import rules
from service.training_sessions.diagram import mermaid

AT = datetime(2026, 1, 5, 8, tzinfo=UTC)


@pytest.mark.parametrize("state", ["held", "cancelled"])
@pytest.mark.parametrize("name", ["hold", "cancel"])
def test_what_is_over_goes_no_further(state: rules.State, name: rules.Name) -> None:
    assert rules.follow("planned", name, "TS-1").after in {"held", "cancelled"}
    with pytest.raises(Conflict, match="goes no further"):
        rules.follow(state, name, "TS-1")
    with pytest.raises(Conflict, match="is not changed any more"):
        rules.refuse_ended(state, "TS-1")


@pytest.mark.parametrize(("starts", "ends", "says"), [(2, 1, "after it begins"), (1, 1, "after it begins"),
                                                      (0, 1, "lies ahead"), (-1, 1, "lies ahead")])
def test_a_session_lies_ahead_and_lasts(starts: int, ends: int, says: str) -> None:
    with pytest.raises(RetraceError, match=says):
        rules.refuse_time(AT + timedelta(hours=starts), AT + timedelta(hours=ends), AT)


def test_who_is_taken_is_named_with_where_and_when() -> None:
    busy = [rules.Busy("trainer", "T1", "TS-2", AT, AT + timedelta(hours=1)),
            rules.Busy("person", "007", "TS-3", AT, AT + timedelta(hours=1))]
    with pytest.raises(Conflict, match=r"The trainer T1 is in session TS-2 .*08:00 to .*09:00 UTC\), and 1 more"):
        rules.refuse_overlap(busy)
    rules.refuse_overlap([])


@pytest.mark.parametrize(("named", "says"), [
    (["a", "a", "b"], "a is named twice"), (["a", "b", "c"], "c has no seat"), (["a"], "b is not named"),
])
def test_attendance_is_said_of_everybody_once(named: list[str], says: str) -> None:
    rules.refuse_unnamed("TS-1", ["a", "b"], ["b", "a"])
    with pytest.raises(RetraceError, match=says):
        rules.refuse_unnamed("TS-1", ["a", "b"], named)


def test_the_drawing_in_the_guide_is_the_rules() -> None:
    assert mermaid() in (Path(__file__).parents[3] / "docs/training-sessions.md").read_text(encoding="utf-8")
