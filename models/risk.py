"""The models of `risk-work` and `risk-unit`: will the inspection of this work, batch or unit fail?

A worse record of the same subject never lowers its risk. Records of places (areas, batches used) are left free: who
inspects there differs, and so does what was found.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from models.blend import BlendRanker, Mix
from models.need import MONOTONE as PEOPLE
from models.trees import Growth

MONOTONE: Mapping[str, int] = {
    **PEOPLE,
    "batch_failures": 1,
    "unit_failure_rate_shrunk": 1,
    "unit_failure_rate_90": 1,
    "unit_failure_rate_365": 1,
    "unit_failures": 1,
    "unit_last_failed": 1,
    "unit_last3_failed": 1,
    "unit_residual": 1,
    "unit_repeated_clauses": 1,
    "input_worst_failure_rate": 1,
    "input_refused_share": 1,
}


#: Work waits in lists of which the first are looked at: half of the trees learn the order within a list. On two
#: simulated plants that was ahead in order and in chances alike; for units and for people it was not (decision 13).
WORK_MIX = Mix(ranked=0.5)


def unit_ranker(feature_names: Sequence[str], growth: Growth | None = None) -> BlendRanker:
    """An unfitted ranker of units over the named features."""
    return BlendRanker(tuple(feature_names), growth or Growth(monotone=MONOTONE))


def work_ranker(feature_names: Sequence[str], growth: Growth | None = None) -> BlendRanker:
    """An unfitted ranker of waiting work over the named features."""
    return replace(unit_ranker(feature_names, growth), mix=WORK_MIX)
