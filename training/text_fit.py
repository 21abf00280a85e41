"""The embedder of a site: one vector per n-gram, trained so that texts which belong together lie near each other.

Every n-gram starts as a random direction as long as it is rare: texts are then near by the n-grams they share, in the
manner of TF-IDF. Training turns the n-grams of one language towards those of the other.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from sklearn.feature_extraction.text import TfidfVectorizer

from models.contract import ModelError
from models.text_embedding import GramEmbedder, Vectors, vocabulary_of
from models.text_grams import grams
from training.text_pairs import Pair

if TYPE_CHECKING:
    import torch

#: below so many pairs nothing general can be learned
FEWEST_PAIRS = 20


@dataclass(frozen=True)
class Lessons:
    """How the embedder is trained; `sharpness` multiplies cosines before the softmax."""

    dimensions: int = 256
    epochs: int = 20
    batch: int = 512
    rate: float = 0.02
    sharpness: float = 10.0
    seed: int = 1


def fit_embedder(given: Sequence[Pair], lessons: Lessons = Lessons()) -> GramEmbedder:
    """Train an embedder on pairs: the same pairs and lessons, the same embedder.

    Raises `ModelError` where there are too few pairs.
    """
    if len(given) < FEWEST_PAIRS:
        raise ModelError(
            f"{len(given)} pairs of texts are too few to learn from, {FEWEST_PAIRS} are needed: give names in both "
            "languages (`Coating 包衣`), or confirm what reports are about"
        )
    start, rare = _start(given, lessons)
    untrained = GramEmbedder(vocabulary_of(rare), start)
    return GramEmbedder(untrained.vocabulary, _trained(untrained, given, lessons))


def _start(given: Sequence[Pair], lessons: Lessons) -> tuple[Vectors, list[str]]:
    """Random rows as long as their n-gram is rare, the first (for unknown n-grams) zero; and the n-grams."""
    vectorizer = TfidfVectorizer(analyzer=grams)
    vectorizer.fit(list(dict.fromkeys(text for pair in given for text in (pair.one, pair.other))))
    found = list(vectorizer.get_feature_names_out())
    rows = np.random.default_rng(lessons.seed).normal(size=(len(found), lessons.dimensions))
    rows *= vectorizer.idf_[:, None] / np.sqrt(lessons.dimensions)
    return np.vstack([np.zeros(lessons.dimensions), rows]).astype(np.float32), found


def _trained(start: GramEmbedder, given: Sequence[Pair], lessons: Lessons) -> Vectors:
    """The rows after training: each text is to find its own partner among those of its batch, both ways."""
    import torch

    torch.set_num_threads(1)  # the steps are small, and threads that wait for each other take longer
    ones, others = ([start.rows(getattr(pair, side)) for pair in given] for side in ("one", "other"))
    together = _belonging(given)
    bag = torch.nn.EmbeddingBag.from_pretrained(torch.from_numpy(start.weights.copy()), freeze=False, mode="sum")
    optimiser = torch.optim.Adam(bag.parameters(), lr=lessons.rate)
    shuffle = np.random.default_rng(lessons.seed)
    for _ in range(lessons.epochs):
        order = shuffle.permutation(len(given))
        for rows in np.array_split(order, max(1, round(len(order) / lessons.batch))):
            left, right = (_encoded(bag, [side[row] for row in rows]) for side in (ones, others))
            loss = _loss(left @ right.T * lessons.sharpness, torch.from_numpy(together(rows)))
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
    return np.asarray(bag.weight.detach().numpy(), np.float32)


def _belonging(given: Sequence[Pair]) -> Callable[[npt.NDArray[np.int64]], npt.NDArray[np.bool_]]:
    """For chosen pairs [one, other]: whether the two belong together, by any pair or by what they are about."""
    ones, others, abouts = (_numbered(getattr(pair, part) for pair in given) for part in ("one", "other", "about"))
    shape = (ones.max() + 1, others.max() + 1)
    paired = csr_array((np.ones(len(given), bool), (ones, others)), shape=shape)

    def among(rows: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        by_pair = paired[ones[rows]][:, others[rows]].toarray()
        return np.asarray(by_pair | (abouts[rows][:, None] == abouts[rows][None, :]), bool)

    return among


def _numbered(values: Iterable[Hashable]) -> npt.NDArray[np.int64]:
    """Equal values by equal numbers, in the order they are first met."""
    numbers: dict[Hashable, int] = {}
    return np.array([numbers.setdefault(value, len(numbers)) for value in values], np.int64)


def _encoded(bag: "torch.nn.EmbeddingBag", texts: Sequence[Sequence[int]]) -> "torch.Tensor":
    import torch

    starts = np.cumsum([0, *(len(rows) for rows in texts[:-1])])
    joined = torch.tensor([row for rows in texts for row in rows], dtype=torch.long)
    return torch.nn.functional.normalize(bag(joined, torch.from_numpy(starts)), dim=1)


def _loss(nearness: "torch.Tensor", together: "torch.Tensor") -> "torch.Tensor":
    """Cross entropy with what does not belong there as wrong answers (multiple negatives ranking)."""
    import torch

    right = torch.arange(len(nearness))
    nearness = nearness.masked_fill(together & ~torch.eye(len(nearness), dtype=torch.bool), -1e9)
    entropy = torch.nn.functional.cross_entropy
    return entropy(nearness, right) + entropy(nearness.T, right)
