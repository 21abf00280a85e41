"""Pure rules about suggestions and decisions."""

from collections.abc import Sequence
from datetime import timedelta

from service.errors import Conflict, ReasonRequired

#: a dismissed suggestion does not come back for the same person and process within this time, unless a rule asks
RESTS = timedelta(days=30)

#: below this many inspections a person has rule gaps, but no score
ENOUGH_INSPECTIONS = 5


def refuse_group(rule_gaps: Sequence[str | None]) -> None:
    """Raise unless these may be decided together: one of any kind, or several that a rule asks for."""
    if len(rule_gaps) > 1 and None in rule_gaps:
        raise Conflict("Only items that a rule asks for can be accepted together; decide the others one by one.")


def refuse_silence(outcome: str, reason: str | None) -> None:
    """Raise where a decision that departs from the suggestion gives no reason."""
    if outcome != "accepted" and not (reason and reason.strip()):
        raise ReasonRequired("Say why: a dismissed or edited suggestion needs a reason.")


def light(probability: float | None, share_above: float) -> str:
    """The traffic light of a suggestion, by the share of its list that stands above it: red, amber or green.

    Relative on purpose: a light says what to look at first, never how bad a person is.
    """
    if probability is None:
        return "grey"
    if share_above < 0.1:
        return "red"
    return "amber" if share_above < 0.3 else "green"
