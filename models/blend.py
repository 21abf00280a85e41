"""The model Retrace serves: trees and a linear model, each fitted twice, averaged on the log-odds scale.

Who inspects is a nuisance. One fit of each kind ignores it: it learns what will be *found*, and with it, through places
and past results, a little of who is likely to come. The other takes each inspector's severity out (partial pooling):
it learns what is *there*. Their shares, like those of trees and linear model, are chosen on earlier time windows
(`training.select`). Neither reads an inspector when scoring.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from models.bands import Bands
from models.calibration import Calibration
from models.contract import Examples, ModelError, Reals
from models.lambdarank import fit_ranked
from models.linear import STRENGTH, LinearPart, fit_linear, known_inspectors
from models.trees import Growth, TreesPart, fit_trees

Part = LinearPart | TreesPart


@dataclass(frozen=True)
class Mix:
    """The share of trees (the rest is linear), of inspector-adjusted fits (the rest is unadjusted), and, among the
    trees, of those that learn an order (LambdaRank; the rest learn chances); each in [0, 1].

    The default was chosen on five half-year windows of Chicago before 2014: the mix ahead of every rival in plain AUC
    and within inspectors alike, in each of them.
    """

    trees: float = 0.75
    adjusted: float = 0.5
    ranked: float = 0.0

    @property
    def shares(self) -> dict[str, float]:
        """Each member's weight in the average; they sum to 1 and zeros are left out."""
        both = {
            "trees": self.trees * (1 - self.ranked) * (1 - self.adjusted),
            "trees_adjusted": self.trees * (1 - self.ranked) * self.adjusted,
            "ranked": self.trees * self.ranked,
            "linear": (1 - self.trees) * (1 - self.adjusted),
            "linear_adjusted": (1 - self.trees) * self.adjusted,
        }
        return {member: share for member, share in both.items() if share > 0}


@dataclass(frozen=True)
class BlendRanker:
    """The blend; see the module. `parts` is empty until it is fitted."""

    feature_names: tuple[str, ...]
    growth: Growth = field(default_factory=Growth)
    mix: Mix = field(default_factory=Mix)
    calibration: Calibration = field(default_factory=Calibration)
    parts: Mapping[str, Part] = field(default_factory=dict)
    name: str = "model"
    bands: Bands = field(default_factory=Bands)
    #: of the linear members; see `fit_linear`
    strength: float = STRENGTH

    def fit(self, examples: Examples) -> "BlendRanker":
        """The fitted ranker; see `Ranker.fit`.

        Fitted are the members with a share, and the plain trees always: they are what MLflow's LightGBM flavour opens.
        """
        examples.require_both_outcomes()
        usable = self if known_inspectors(examples.inspector) else self.mixed(replace(self.mix, adjusted=0.0))
        return replace(usable, parts=usable._fit_parts(examples))

    def _fit_parts(self, examples: Examples) -> dict[str, Part]:
        shares, names, parts = self.mix.shares, self.feature_names, dict[str, Part]()
        severities: dict[str, float] = {}
        if "linear" in shares:
            parts["linear"] = fit_linear(examples, names, adjust=False, strength=self.strength)[0]
        if "linear_adjusted" in shares or "trees_adjusted" in shares:
            adjusted, severities = fit_linear(examples, names, adjust=True, strength=self.strength)
            if "linear_adjusted" in shares:
                parts["linear_adjusted"] = adjusted
        parts["trees"] = fit_trees(examples, names, self.growth)
        if "trees_adjusted" in shares:
            parts["trees_adjusted"] = fit_trees(examples, names, self.growth, severities)
        if "ranked" in shares:
            parts["ranked"] = fit_ranked(examples, names, self.growth)
        return parts

    def members(self, X: pd.DataFrame) -> dict[str, Reals]:  # noqa: N803
        """Log-odds per fitted member, for choosing a mix."""
        return self._log_odds(X, self.parts)

    def score(self, X: pd.DataFrame) -> Reals:  # noqa: N803
        """Log-odds of failure before calibration."""
        return blended(self._log_odds(X, self.mix.shares), self.mix)

    def _log_odds(self, X: pd.DataFrame, members: Iterable[str]) -> dict[str, Reals]:  # noqa: N803
        if not self.parts:
            raise ModelError("the model is not fitted yet: call fit first")
        return {member: self.parts[member].log_odds(X) for member in members}

    def chance(self, score: Reals) -> Reals:
        """What `probability` is of rows with these scores."""
        return self.calibration.probability(score)

    def probability(self, X: pd.DataFrame) -> Reals:  # noqa: N803
        """Calibrated chance of failure, averaged over who may come to inspect."""
        return self.chance(self.score(X))

    def band(self, X: pd.DataFrame) -> tuple[Reals, Reals]:  # noqa: N803
        """How far the probability can be trusted, per row: lower and upper end, NaN where too little is known."""
        return self.bands.of(self.score(X), X)

    def contributions(self, X: pd.DataFrame) -> pd.DataFrame:  # noqa: N803
        """What each feature adds to a row's score, against an average row (rows x features). For few rows only."""
        names = pd.Index(self.feature_names)
        total = np.zeros((len(X), len(names)))
        for member, share in self.mix.shares.items():
            part = self.parts[member].contributions(X)
            total[:, names.get_indexer(part.columns)] += share * part.to_numpy()
        return pd.DataFrame(total, index=X.index, columns=names)

    def mixed(self, mix: Mix) -> "BlendRanker":
        """The same ranker with other shares; members that are not fitted must not get one."""
        missing = [member for member in mix.shares if self.parts and member not in self.parts]
        if missing:
            raise ModelError(f"members {', '.join(missing)} are not fitted and cannot get a share")
        return replace(self, mix=mix)

    def calibrated(self, calibration: Calibration, bands: Bands) -> "BlendRanker":
        """The same ranker with another calibration and its bands."""
        return replace(self, calibration=calibration, bands=bands)

    def to_json(self) -> dict[str, Any]:
        """All but the trees' native texts (`texts`), as plain values for JSON."""
        return {
            "name": self.name,
            "feature_names": list(self.feature_names),
            "growth": asdict(self.growth),
            "strength": self.strength,
            "mix": asdict(self.mix),
            "calibration": self.calibration.to_json(),
            "bands": self.bands.to_json(),
            "parts": {member: part.to_json() for member, part in self.parts.items()},
        }

    def texts(self) -> dict[str, tuple[str, ...]]:
        """member -> its boosters in native text, one per seed."""
        return {member: part.texts() for member, part in self.parts.items() if isinstance(part, TreesPart)}

    @classmethod
    def from_json(cls, plain: Mapping[str, Any], texts: Mapping[str, tuple[str, ...]]) -> "BlendRanker":
        """The ranker that `to_json` and `texts` wrote. Verify their hash first."""
        parts: dict[str, Part] = {}
        for member, part in plain["parts"].items():
            parts[member] = TreesPart.from_json(part, texts[member]) if member in texts else LinearPart.from_json(part)
        growth = {**plain["growth"], "seeds": tuple(plain["growth"]["seeds"])}
        return cls(
            tuple(plain["feature_names"]), Growth(**growth), Mix(**plain["mix"]),
            Calibration.from_json(plain["calibration"]), parts, plain["name"], Bands.from_json(plain["bands"]),
            plain["strength"],
        )  # fmt: skip


def blended(members: Mapping[str, Reals], mix: Mix) -> Reals:
    """The weighted average of the members' log-odds; without adjusted fits their share falls to the unadjusted."""
    if "trees_adjusted" not in members and "linear_adjusted" not in members:
        mix = replace(mix, adjusted=0.0)
    return np.asarray(sum(share * members[member] for member, share in mix.shares.items()), dtype=np.float64)
