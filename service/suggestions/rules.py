"""Pure rules about suggestions and decisions."""

from collections.abc import Sequence
from datetime import timedelta

from service.errors import Conflict, ReasonRequired

#: a dismissed suggestion does not come back for the same person and process within this time, unless a rule asks
RESTS = timedelta(days=30)

#: so many times the usual odds are far more than usual
TWICE = 2.0

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


def too_little_data(
    probability: float | None, low: float | None, high: float | None, usual: float | None
) -> bool:
    """Whether so little is known that a chance tells nothing: it has no band, or one that holds every answer.

    Such a band reaches from below what is `usual` to above twice its odds: a failure may be less likely than elsewhere
    or far more so, and nobody can decide by that. A wide band that leaves one of both out does tell: how wide it is
    may be read beside the chance. Odds, because twice a usual chance of one in two is no chance. Without a chance, or
    where no band was kept (`usual` is unknown), nothing is doubted.
    """
    if probability is None or usual is None:
        return False
    if low is None or high is None:
        return True
    return low < usual and high * (1 - usual) > TWICE * usual * (1 - high)


def light(probability: float | None, share_above: float) -> str:
    """The traffic light of a suggestion, by the share of its list that stands above it: red, amber or green.

    Relative on purpose: a light says what to look at first, never how bad a person is.
    """
    if probability is None:
        return "grey"
    if share_above < 0.1:
        return "red"
    return "amber" if share_above < 0.3 else "green"
