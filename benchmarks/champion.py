"""A champion of the usual size over all features of a target; what it says does not matter to how long it takes."""

from pathlib import Path

import numpy as np
import pandas as pd
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from features import catalog
from models.contract import Examples, ModelCard
from models.registry import Registry
from service.history.postgres import unbound
from service.history.snapshot import known_keys
from service.history.views import views
from training.candidates import model


def crown(engine: Engine, home: Path, target: str, rows: int = 4_000) -> None:
    """Fit one on made-up rows, and promote it."""
    with Session(engine) as session:
        history = unbound(views(known_keys(session), "UTC"))
    rng = np.random.default_rng(1)
    X = pd.DataFrame({  # noqa: N806
        feature.name: pd.Categorical(rng.choice(["final", "audit"], rows)) if feature.text else rng.random(rows)
        for feature in catalog.features(history, target)
    })
    failed = (rng.random(rows) < X.select_dtypes("float64").to_numpy()[:, 0] / 2).astype(float)
    nobody = np.array([None] * rows)
    ranker = model(target, tuple(map(str, X))).fit(Examples(X, failed, np.ones(rows), nobody, nobody))
    card = ModelCard(target, "model", ranker.feature_names, "", "", 60, rows, 0, "", (1,), {}, {"model": {}})
    registry = Registry(home)
    registry.promote(target, registry.register(ranker, card, X))
