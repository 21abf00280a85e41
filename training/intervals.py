"""The model against each rival: paired bootstrap intervals of the differences, per window and over all of them."""

from collections.abc import Mapping, Sequence

import numpy as np

from models.contract import Reals
from training import bootstrap, candidates
from training.bootstrap import Lead
from training.contest import Contest

#: rival -> column -> the model's value minus the rival's
Intervals = dict[str, dict[str, Lead]]
#: rival -> column -> the resamples of that difference
Drawn = dict[str, dict[str, Reals]]


def drawn_differences(contest: Contest, resamples: int = bootstrap.RESAMPLES) -> Drawn:
    """The resamples of a window, drawn by subject."""
    scores: dict[str, Reals | None] = {**contest.scores, candidates.RANDOM: None}
    judged = contest.judged
    drawn = bootstrap.draws(scores, judged.outcomes(), judged.examples().subject, contest.top, resamples)
    mine = drawn.pop(candidates.MODEL)
    return {
        rival: {column: mine[:, place] - theirs[:, place] for place, column in enumerate(bootstrap.COLUMNS)}
        for rival, theirs in drawn.items()
    }


def intervals(table: Mapping[str, Mapping[str, float]], drawn: Drawn) -> Intervals:
    """The measured differences of a table with the bounds that the resamples give."""
    mine = table[candidates.MODEL]
    return {
        rival: {
            column: bootstrap.lead(mine[column] - table[rival][column], values)
            for column, values in columns.items()
        }
        for rival, columns in drawn.items()
    }


def mean_drawn(windows: Sequence[Drawn]) -> Drawn:
    """The resamples of the mean over windows; only rivals that stood in every one of them."""
    common = [rival for rival in windows[0] if all(rival in drawn for drawn in windows)]
    return {
        rival: {
            column: np.mean([drawn[rival][column] for drawn in windows], axis=0) for column in bootstrap.COLUMNS
        }
        for rival in common
    }
