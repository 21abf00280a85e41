"""Features as the numbers a linear model needs: standardised, with flags for missing values and levels for texts.

Everything is learned from the training rows and kept as plain JSON. A text column with more levels than
`ONE_HOT_LEVELS` also gets a rate encoding: the level's shrunken failure log-odds, which for the training rows
themselves is computed without their own fold of subjects, so that no subject's outcome explains itself.
"""

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from models.contract import Codes, Examples, ModelError, Reals, columns_of

ONE_HOT_LEVELS = 20
FOLDS = 5
MISSING = "?"
_RARE = 0.005
_PRIOR_ROWS = 30.0
_CLIP = 5.0
_BLOCK = 1024


@dataclass(frozen=True)
class Number:
    """A numeric feature: (value - mean) / scale, missing taken as the mean; `missing_share` is that of training."""

    name: str
    mean: float
    scale: float
    missing_share: float

    @property
    def flagged(self) -> bool:
        """Whether missing or not tells rows apart often enough to be a column of its own."""
        return _RARE < self.missing_share < 1 - _RARE


@dataclass(frozen=True)
class Levels:
    """A text feature as one 0/1 column per level, in this order, less the level's share in training."""

    name: str
    levels: tuple[str, ...]
    shares: tuple[float, ...]


@dataclass(frozen=True)
class Rates:
    """A text feature as the shrunken failure log-odds of its level, less the average; unknown levels count as 0."""

    name: str
    log_odds: Mapping[str, float]


@dataclass(frozen=True)
class Encoder:
    """How a feature table becomes a matrix of numbers, each column centred on 0 over the training rows."""

    numbers: tuple[Number, ...]
    levels: tuple[Levels, ...]
    rates: tuple[Rates, ...]

    @property
    def sources(self) -> tuple[str, ...]:
        """The feature each encoded column comes from, in column order."""
        flags = [number.name for number in self.numbers if number.flagged]
        dummies = [column.name for column in self.levels for _ in column.levels]
        return (*(number.name for number in self.numbers), *flags, *dummies, *(rate.name for rate in self.rates))

    def transform(self, X: pd.DataFrame) -> Reals:  # noqa: N803
        """Rows x encoded columns. Raises `ModelError` when a feature is missing."""
        columns_of(X, [*dict.fromkeys(self.sources)])
        values = numbers_of(X, [number.name for number in self.numbers])
        flagged = [position for position, number in enumerate(self.numbers) if number.flagged]
        shares = np.array([self.numbers[position].missing_share for position in flagged])
        parts = [_standardised(self.numbers, values), np.isnan(values[:, flagged]) - shares]
        for column in self.levels:
            texts = text_of(X[column.name])
            parts += [(texts == level) - share for level, share in zip(column.levels, column.shares, strict=True)]
        parts += [_rated(rate, text_of(X[rate.name])) for rate in self.rates]
        return np.column_stack(parts)

    def weighted(self, X: pd.DataFrame, weights: Reals) -> Reals:  # noqa: N803
        """`transform(X) @ weights`, without the matrix: what scoring many rows would wait for. Raises `ModelError`."""
        columns_of(X, [*dict.fromkeys(self.sources)])
        ends = np.cumsum([len(self.numbers), sum(number.flagged for number in self.numbers),
                          *(len(column.levels) for column in self.levels)])
        of_numbers, of_flags, *of_levels, of_rates = np.split(weights, ends)
        total = self._weighted_numbers(X, of_numbers, of_flags)
        for column, own in zip(self.levels, of_levels, strict=True):
            total += looked_up(X[column.name], dict(zip(column.levels, own, strict=True)), 0.0)
            total -= np.dot(column.shares, own)
        for rate, own in zip(self.rates, of_rates, strict=True):
            total += own * looked_up(X[rate.name], rate.log_odds, 0.0)
        return total

    def _weighted_numbers(self, X: pd.DataFrame, weights: Reals, flags: Reals) -> Reals:  # noqa: N803
        values = numbers_of(X, [number.name for number in self.numbers])
        flagged = [position for position, number in enumerate(self.numbers) if number.flagged]
        shares = np.array([self.numbers[position].missing_share for position in flagged])
        total = np.full(len(X), -float(np.dot(shares, flags)))
        for block in blocks(len(X)):
            total[block] += _standardised(self.numbers, values[block]) @ weights
            total[block] += np.isnan(values[block][:, flagged]) @ flags
        return total

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "Encoder":
        """The encoder that `to_json` wrote."""
        return cls(
            tuple(Number(**number) for number in plain["numbers"]),
            tuple(Levels(c["name"], tuple(c["levels"]), tuple(c["shares"])) for c in plain["levels"]),
            tuple(Rates(**rate) for rate in plain["rates"]),
        )


def fit_encoder(examples: Examples, names: Sequence[str]) -> tuple[Encoder, Reals]:
    """The encoder of the named features and the encoded training rows (rates out of fold)."""
    texts = [name for name in names if is_text(examples.X[name])]
    varying = [name for name in names if name not in texts and examples.X[name].nunique() > 1]
    numbers = tuple(_number(name, examples.X[name].to_numpy(np.float64)) for name in varying)
    levels = tuple(_levels(name, text_of(examples.X[name])) for name in texts)
    many = [column.name for column in levels if examples.X[column.name].nunique() > ONE_HOT_LEVELS]
    rates = tuple(_rates(name, text_of(examples.X[name]), examples) for name in many)
    encoder = Encoder(numbers, levels, rates)
    encoded = encoder.transform(examples.X)
    for position, name in enumerate(many):
        encoded[:, encoded.shape[1] - len(many) + position] = _out_of_fold(name, examples)
    return encoder, encoded


def is_text(column: "pd.Series[Any]") -> bool:
    """Whether a feature holds texts (levels) rather than numbers."""
    return not pd.api.types.is_numeric_dtype(column.dtype)


def numbers_of(X: pd.DataFrame, names: Sequence[str]) -> Reals:  # noqa: N803
    """The values of numeric columns, rows x columns. Raises `ModelError` where one holds texts."""
    chosen = X[list(names)]
    if not all(map(pd.api.types.is_numeric_dtype, set(chosen.dtypes))):
        name = next(name for name in names if is_text(chosen[name]))
        raise ModelError(f"feature {name} was a number when the model was fitted and is a text now: refit")
    return chosen.to_numpy(np.float64)


def text_of(column: "pd.Series[Any]") -> Codes:
    """The levels of a text column, `?` where missing."""
    values = column.astype(object)
    return values.where(values.notna(), MISSING).to_numpy(dtype=object)


def blocks(rows: int, size: int = _BLOCK) -> Iterator[slice]:
    """All rows, so many at a time; as a rule so few that a block of wide rows fits into a processor's cache."""
    return (slice(start, start + size) for start in range(0, rows, size))


def looked_up(column: "pd.Series[Any]", values: Mapping[str, float], otherwise: float) -> Reals:
    """The value of each row's level, where missing that of `?`; `otherwise` where it has none."""
    codes, known = pd.factorize(column)
    table = [values.get(level, otherwise) for level in known] + [values.get(MISSING, otherwise)]
    return np.array(table, dtype=np.float64)[codes]


def _number(name: str, values: Reals) -> Number:
    mean, scale = float(np.nanmean(values)), float(np.nanstd(values))
    return Number(name, mean, max(scale, 1e-9), float(np.isnan(values).mean()))


def _standardised(numbers: Sequence[Number], values: Reals) -> Reals:
    mean, scale = (np.array([getattr(number, part) for number in numbers]) for part in ("mean", "scale"))
    scaled: Reals = values - mean  # from here on in place: a second table costs more than the sums
    scaled /= scale
    np.clip(scaled, -_CLIP, _CLIP, out=scaled)
    scaled[np.isnan(scaled)] = 0.0
    return scaled


def _levels(name: str, texts: Codes) -> Levels:
    shares = pd.Series(texts).value_counts(normalize=True)
    kept = shares[shares > _RARE].sort_index().sort_values(ascending=False, kind="stable")[:ONE_HOT_LEVELS]
    if len(shares) < 2:
        return Levels(name, (), ())
    return Levels(name, tuple(str(level) for level in kept.index), tuple(float(share) for share in kept))


def _rates(name: str, texts: Codes, examples: Examples) -> Rates:
    frame = pd.DataFrame({"level": texts, "n": examples.weight, "failures": examples.weight * examples.failed})
    base = float(frame.failures.sum() / frame.n.sum())
    sums = frame.groupby("level").sum()
    rate = (sums.failures + _PRIOR_ROWS * base) / (sums.n + _PRIOR_ROWS)
    return Rates(name, {str(level): _log_odds(value) - _log_odds(base) for level, value in rate.items()})


def _rated(rate: Rates, texts: Codes) -> Reals:
    return looked_up(pd.Series(texts, dtype=object), rate.log_odds, 0.0)


def _out_of_fold(name: str, examples: Examples) -> Reals:
    """Each training row's rate as learned from the other folds of subjects."""
    folds = np.array([zlib.crc32(str(subject).encode()) % FOLDS for subject in examples.subject])
    encoded = np.zeros(len(examples))
    for fold in range(FOLDS):
        inside = folds == fold
        if inside.any() and not inside.all():
            others = examples.rows(~inside)
            rate = _rates(name, text_of(others.X[name]), others)
            encoded[inside] = _rated(rate, text_of(examples.X[name])[inside])
    return encoded


def _log_odds(share: float) -> float:
    bounded = min(max(share, 1e-6), 1 - 1e-6)
    return float(np.log(bounded / (1 - bounded)))
