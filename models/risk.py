"""The models of `risk-work` and `risk-unit`: will the inspection of this work, batch or unit fail?

A worse record of the same subject never lowers its risk. Records of places (areas, batches used) are left free: who
inspects there differs, and so does what was found.
"""

from collections.abc import Mapping, Sequence

from models.blend import BlendRanker
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


def risk_ranker(feature_names: Sequence[str], growth: Growth | None = None) -> BlendRanker:
    """An unfitted ranker over the named features."""
    return BlendRanker(tuple(feature_names), growth or Growth(monotone=MONOTONE))
