"""From scores to an order and ranks, the same way wherever a list is made: ties fall as a recorded seed draws them."""

import numpy as np
import numpy.typing as npt

from models.contract import Reals

#: the seed of ties where nobody records another
TIE_SEED = 20140101


def order(score: Reals, seed: int = TIE_SEED) -> npt.NDArray[np.intp]:
    """Row positions, highest score first, ties in an order drawn from the seed."""
    return np.lexsort((np.random.default_rng(seed).random(len(score)), -score))


def ranks(score: Reals, seed: int = TIE_SEED) -> npt.NDArray[np.int64]:
    """Each row's rank, from 1 for the highest score; ties as in `order`."""
    ranked = np.empty(len(score), dtype=np.int64)
    ranked[order(score, seed)] = np.arange(1, len(score) + 1)
    return ranked
