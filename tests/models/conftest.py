"""A small world with a known truth: failures follow a subject's record, its kind, and who inspects."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from models.blend import BlendRanker
from models.contract import Examples, ModelCard
from models.trees import Growth

Draw = Callable[..., Examples]
SEVERITY = {"mild": -1.0, "usual": 0.0, "strict": 1.2}
FEATURES = ("failures", "days", "kind", "noise")


def drawn(rows: int = 1500, seed: int = 1) -> Examples:
    rng = np.random.default_rng(seed)
    failures = rng.poisson(1.0, rows).astype(float)
    days = np.where(rng.random(rows) < 0.2, np.nan, rng.uniform(0, 400, rows))
    kind = rng.choice(["grocer", "bakery", "school"], rows)
    inspector = rng.choice(list(SEVERITY), rows).astype(object)
    log_odds = -2.2 + 0.8 * failures + 0.6 * (kind == "bakery") + np.array([SEVERITY[code] for code in inspector])
    failed = (rng.random(rows) < 1 / (1 + np.exp(-log_odds))).astype(float)
    table = pd.DataFrame(
        {"failures": failures, "days": days, "kind": pd.Categorical(kind), "noise": rng.normal(size=rows)}
    )
    subject = np.array([f"S{number % 400}" for number in range(rows)], dtype=object)
    return Examples(table, failed, np.ones(rows), inspector, subject)


@pytest.fixture(scope="session")
def draw() -> Draw:
    return drawn


@pytest.fixture(scope="session")
def unfitted() -> BlendRanker:
    return BlendRanker(FEATURES, Growth(rounds=40, seeds=(1, 2), monotone={"failures": 1}))


@pytest.fixture(scope="session")
def fitted(unfitted: BlendRanker) -> BlendRanker:
    return unfitted.fit(drawn())


@pytest.fixture(scope="session")
def card() -> ModelCard:
    return ModelCard(
        target="need", model="model", feature_names=FEATURES, trained_from="2025-01-01T00:00:00",
        trained_until="2026-01-01T00:00:00", horizon_days=60, rows=1500, failures=400, fingerprint="0" * 64,
        seeds=(1, 2), calibration={"slope": 1.0}, metrics={"model": {"AUC": 0.7, "recall at 25%": 0.5}},
    )  # fmt: skip
