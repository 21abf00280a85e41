"""The model of `need`: will this person fail an inspection on this process within the horizon?

It is read as a training priority. Only what is beyond doubt is forced to push one way: among people alike in all else,
a worse record never lowers the priority.
"""

from collections.abc import Mapping, Sequence

from models.blend import BlendRanker
from models.trees import Growth

MONOTONE: Mapping[str, int] = {
    "pair_failure_rate_shrunk": 1,
    "pair_failure_rate_90": 1,
    "pair_failure_rate_365": 1,
    "pair_failures": 1,
    "pair_last_failed": 1,
    "pair_last3_failed": 1,
    "person_failure_rate": 1,
    "person_failure_rate_365": 1,
    "process_failure_rate": 1,
    "pair_residual": 1,
    "person_residual": 1,
    "person_failure_rate_90": 1,
    "person_check_failed_share": 1,
}


def need_ranker(feature_names: Sequence[str], growth: Growth | None = None) -> BlendRanker:
    """An unfitted ranker over the named features."""
    return BlendRanker(tuple(feature_names), growth or Growth(monotone=MONOTONE))
