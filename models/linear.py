"""Regularised logistic regression: the rival of the trees, and one half of the blend."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from models.contract import Codes, Examples, ModelError, Reals
from models.encoding import Encoder, fit_encoder

#: Inverse penalty where no earlier window tells a better one: the best of 0.002 to 0.1 on Chicago's before 2014.
STRENGTH = 0.02
#: An inspector's intercept is penalised this many times less than a feature's weight (squared): severities are large.
_INSPECTOR_SCALE = 3.0
_MAX_STEPS = 2000
#: More rows would not move a weight by what it is uncertain of anyway.
_MOST_ROWS = 300_000


@dataclass(frozen=True)
class LinearPart:
    """A fitted linear predictor of the log-odds."""

    encoder: Encoder
    weights: tuple[float, ...]
    intercept: float

    def log_odds(self, X: pd.DataFrame) -> Reals:  # noqa: N803
        """One log-odds per row."""
        return self.encoder.weighted(X, np.array(self.weights)) + self.intercept

    def contributions(self, X: pd.DataFrame) -> pd.DataFrame:  # noqa: N803
        """What each feature adds to a row's log-odds, against the average training row (rows x features)."""
        encoded = self.encoder.transform(X) * np.array(self.weights)
        features = {name: position for position, name in enumerate(dict.fromkeys(self.encoder.sources))}
        added = np.zeros((len(features), len(X)))
        np.add.at(added, [features[name] for name in self.encoder.sources], encoded.T)
        return pd.DataFrame(added.T, index=X.index, columns=list(features))

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"encoder": self.encoder.to_json(), "weights": list(self.weights), "intercept": self.intercept}

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "LinearPart":
        """The part that `to_json` wrote."""
        return cls(Encoder.from_json(plain["encoder"]), tuple(plain["weights"]), float(plain["intercept"]))


def fit_linear(
    examples: Examples, names: Sequence[str], adjust: bool, strength: float = STRENGTH
) -> tuple[LinearPart, dict[str, float]]:
    """The linear part and, if `adjust`, each inspector's severity (log-odds against the average inspector).

    `strength` is the inverse of the ridge penalty: with little of it weights stay small.

    A random intercept under a normal prior is the same as a 0/1 column under a ridge penalty, so severities are
    fitted jointly with the weights and then left out of the part. Raises `ModelError` when only one class is there.
    """
    from sklearn.linear_model import LogisticRegression

    examples.require_both_outcomes()
    examples = examples.at_most(_MOST_ROWS)
    encoder, encoded = fit_encoder(examples, names)
    inspectors = known_inspectors(examples.inspector) if adjust else []
    columns = [(examples.inspector == code) * _INSPECTOR_SCALE for code in inspectors]
    table = np.column_stack([encoded, *columns]) if columns else encoded
    model = LogisticRegression(C=strength, max_iter=_MAX_STEPS)
    # scikit-learn sums the loss over rows: equal total weight keeps the penalty's meaning whatever the weights' unit.
    model.fit(table, examples.failed, sample_weight=examples.weight)
    weights, intercept = model.coef_[0], float(model.intercept_[0])
    width = encoded.shape[1]
    severities = {code: float(w) * _INSPECTOR_SCALE for code, w in zip(inspectors, weights[width:], strict=True)}
    average = _average(severities, examples)
    part = LinearPart(encoder, tuple(float(w) for w in weights[:width]), intercept + average)
    return part, {code: severity - average for code, severity in severities.items()}


def known_inspectors(codes: Codes) -> list[str]:
    """The inspectors named at least once, in order; nothing to adjust for unless there are two."""
    known = sorted({str(code) for code in codes if isinstance(code, str)})
    return known if len(known) > 1 else []


def _average(severities: Mapping[str, float], examples: Examples) -> float:
    per_row = np.array([severities.get(code, 0.0) for code in examples.inspector])
    return float(np.average(per_row, weights=examples.weight))


@dataclass(frozen=True)
class LogisticRanker:
    """Logistic regression over the same features as the model it rivals; inspectors are not adjusted for."""

    feature_names: tuple[str, ...]
    part: LinearPart | None = None
    name: str = "logistic regression"
    strength: float = STRENGTH

    def fit(self, examples: Examples) -> "LogisticRanker":
        """The fitted ranker; see `Ranker.fit`."""
        return replace(self, part=fit_linear(examples, self.feature_names, adjust=False, strength=self.strength)[0])

    def score(self, X: pd.DataFrame) -> Reals:  # noqa: N803
        """Log-odds of failure."""
        if self.part is None:
            raise ModelError("the logistic regression is not fitted yet: call fit first")
        return self.part.log_odds(X)

    def probability(self, X: pd.DataFrame) -> Reals:  # noqa: N803
        """Chance of failure."""
        return np.asarray(1 / (1 + np.exp(-self.score(X))), dtype=np.float64)
