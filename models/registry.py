"""The registry of fitted models: register, promote, load, roll back. The only door to MLflow.

A registered version is LightGBM's own flavour (so `models:/retrace-need@champion` opens in any notebook) with the
files of `models.bundle` beside it, all under one SHA-256 kept as the version's tag and verified before anything is
parsed. Aliases `champion` and `challenger` say what is served and what would like to be; the order of champions is a
tag of the registered model, so that `rollback` knows the one before.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import lightgbm as lgb
import pandas as pd

from models.blend import BlendRanker
from models.bundle import digest, from_files, to_files
from models.contract import TARGETS, ModelCard, ModelError
from models.mlflow_door import Data, Door

CHAMPION, CHALLENGER = "champion", "challenger"
#: the tags of a version that say why it was promoted: the trial it won, or who forced it
JUDGED, FORCED = "judged", "forced"
_HASH, _METRICS, _UNTIL, _CHAMPIONS = "sha256", "metrics", "trained_until", "champions"


@dataclass(frozen=True)
class Registered:
    """A model from the registry, verified and ready to score."""

    target: str
    version: int
    sha256: str
    ranker: BlendRanker
    card: ModelCard


@dataclass(frozen=True)
class Version:
    """A line of the registry: its `aliases` and the `metrics` (ranker -> column -> value) it was published with.

    Where it was promoted over a champion: the trial it was `judged` by, and who `forced` it.
    """

    target: str
    version: int
    aliases: tuple[str, ...]
    trained_until: str
    metrics: dict[str, dict[str, float]]
    judged: dict[str, Any] = field(default_factory=dict)
    forced: dict[str, Any] = field(default_factory=dict)


class Registry:
    """The models of one home folder. Every method raises `ModelError` with a clear sentence when it cannot do it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._door = Door(home)

    def register(self, ranker: BlendRanker, card: ModelCard, X: pd.DataFrame) -> int:  # noqa: N803
        """Log a run with data set, parameters, metrics and model; register the model; return its version."""
        name = registered_name(card.target)
        texts = [text for member in ranker.texts().values() for text in member]
        if not texts:
            raise ModelError("a model without trees has no LightGBM flavour and cannot be registered")
        with _plain_errors("register a model"):
            door = self._door
            experiment = door.experiment(name)
            data = Data(f"{name}-training", card.fingerprint, X)
            run_id = door.run(experiment, _params(ranker, card), card.metrics.get(ranker.name, {}), data)
            model_id = door.model(experiment, run_id, lgb.Booster(model_str=texts[0]), to_files(ranker, card))
            version = door.version(name, run_id, model_id)
            self._tag(name, version, card)
        return int(version)

    def annotate(self, target: str, version: int, tags: Mapping[str, str], files: Mapping[str, bytes]) -> None:
        """Add tags and artifacts (relative path -> content) to the run that a version came from."""
        with _plain_errors(f"describe the run of {target} version {version}"):
            run_id = self._door.client.get_model_version(registered_name(target), str(version)).run_id
            self._door.annotate(run_id, tags, files)

    def promote(self, target: str, version: int, tags: Mapping[str, str] | None = None) -> None:
        """Make a version the champion, once its hash is verified; `tags` of the version say why."""
        self._verified(target, version)
        name, client = registered_name(target), self._door.client
        with _plain_errors("promote a model"):
            before = self._champions(name)
            for key, value in (tags or {}).items():
                client.set_model_version_tag(name, str(version), key, value)
            client.set_registered_model_alias(name, CHAMPION, str(version))
            if before[-1:] != [version]:
                client.set_registered_model_tag(name, _CHAMPIONS, json.dumps([*before, version]))
            if self._aliases(name).get(CHALLENGER) == version:
                client.delete_registered_model_alias(name, CHALLENGER)

    def challenge(self, target: str, version: int) -> None:
        """Make a version the challenger."""
        with _plain_errors("name a challenger"):
            self._door.client.set_registered_model_alias(registered_name(target), CHALLENGER, str(version))

    def rollback(self, target: str) -> int:
        """Make the champion before the present one champion again; return its version."""
        name = registered_name(target)
        champions = self._champions(name) if self.champion_version(target) else []
        if len(champions) < 2:
            raise ModelError(f"{target} has no champion before the present one to roll back to")
        self._verified(target, champions[-2])
        with _plain_errors("roll back"):
            self._door.client.set_registered_model_tag(name, _CHAMPIONS, json.dumps(champions[:-1]))
            self._door.client.set_registered_model_alias(name, CHAMPION, str(champions[-2]))
        return champions[-2]

    def champion_version(self, target: str) -> int | None:
        """The champion's version, or None: cheap enough to poll."""
        name = registered_name(target)
        with _plain_errors("read the registry"):
            return self._aliases(name).get(CHAMPION) if self._door.present else None

    def challenger_version(self, target: str) -> int | None:
        """The challenger's version, or None."""
        name = registered_name(target)
        with _plain_errors("read the registry"):
            return self._aliases(name).get(CHALLENGER) if self._door.present else None

    def load_champion(self, target: str) -> Registered:
        """The champion, its hash verified before parsing."""
        version = self.champion_version(target)
        if version is None:
            tried = "no version has beaten today's rule" if self.versions(target) else "no model has been fitted"
            raise ModelError(f"there is no champion for {target} yet, {tried}: run `retrace-train fit {target}`")
        return self.load(target, version)

    def load(self, target: str, version: int) -> Registered:
        """A version, its hash verified before parsing."""
        files, sha256 = self._verified(target, version)
        ranker, card = from_files(files)
        return Registered(target, version, sha256, ranker, card)

    def versions(self, target: str) -> list[Version]:
        """All versions of a target, newest first; none whose registration was interrupted."""
        name = registered_name(target)
        if not self._door.present:
            return []
        with _plain_errors("read the registry"):
            found = self._door.client.search_model_versions(f"name = '{name}'")
            aliases = self._aliases(name)
        rows = [_row(target, int(entry.version), entry.tags, aliases) for entry in found if _HASH in entry.tags]
        return sorted(rows, key=lambda row: -row.version)

    def _verified(self, target: str, version: int) -> tuple[dict[str, bytes], str]:
        """The version's files and hash. Raises `ModelError` when they differ from what was registered."""
        name = registered_name(target)
        if not self._door.present:
            raise ModelError(f"there is no {target} version {version}: run `retrace-train fit {target}`")
        with _plain_errors(f"read {target} version {version}"):
            expected = self._door.client.get_model_version(name, str(version)).tags.get(_HASH)
            files = self._door.files(name, str(version))
        found = digest(files)
        if found != expected:
            raise ModelError(
                f"{target} version {version} is not the model that was registered (its SHA-256 differs): "
                f"roll back or fit it again"
            )
        return files, found

    def _tag(self, name: str, version: str, card: ModelCard) -> None:
        tags = {_METRICS: json.dumps(card.metrics), _UNTIL: card.trained_until}
        tags[_HASH] = digest(self._door.files(name, version))
        for key, value in tags.items():
            self._door.client.set_model_version_tag(name, version, key, value)

    def _aliases(self, name: str) -> dict[str, int]:
        found = self._door.client.search_registered_models(f"name = '{name}'")
        return {alias: int(version) for alias, version in found[0].aliases.items()} if found else {}

    def _champions(self, name: str) -> list[int]:
        """Who served, in order; the one that serves comes last, also where a promotion was cut off half-way."""
        tags = self._door.client.get_registered_model(name).tags
        told = [int(version) for version in json.loads(tags.get(_CHAMPIONS, "[]"))]
        serving = self._aliases(name).get(CHAMPION)
        return told if serving is None or told[-1:] == [serving] else [*told, serving]


def registered_name(target: str) -> str:
    """The name a target's models are registered under. Raises `ModelError` for an unknown target."""
    if target not in TARGETS:
        raise ModelError(f"unknown target {target!r}: choose one of {', '.join(TARGETS)}")
    return f"retrace-{target}"


def _row(target: str, version: int, tags: dict[str, str], aliases: dict[str, int]) -> Version:
    names = tuple(sorted(alias for alias, named in aliases.items() if named == version))
    metrics, judged, forced = (json.loads(tags.get(key, "{}")) for key in (_METRICS, JUDGED, FORCED))
    return Version(target, version, names, tags.get(_UNTIL, ""), metrics, judged, forced)


def _params(ranker: BlendRanker, card: ModelCard) -> dict[str, Any]:
    return {
        "target": card.target,
        "horizon_days": card.horizon_days,
        "trained_from": card.trained_from,
        "trained_until": card.trained_until,
        "rows": card.rows,
        "failures": card.failures,
        "features": len(card.feature_names),
        "fingerprint": card.fingerprint,
        "seeds": list(card.seeds),
        "rounds": ranker.growth.rounds,
        "trees_share": ranker.mix.trees,
        "adjusted_share": ranker.mix.adjusted,
        "ranked_share": ranker.mix.ranked,
        "calibration": dict(card.calibration),
    }


@contextmanager
def _plain_errors(doing: str) -> Iterator[None]:
    """Whatever MLflow or its database raises, as one sentence."""
    try:
        yield
    except ModelError:
        raise
    except Exception as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ModelError(f"could not {doing}: {reason}") from error
