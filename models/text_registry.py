"""The matcher of texts in the registry, as `retrace-text`: files under one SHA-256, verified before anything is parsed.

The last one registered serves. It cannot be worse than n-grams alone on the links it was judged by: its embedder's
weight is zero otherwise.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from models.bundle import digest
from models.contract import ModelError
from models.mlflow_door import Data, Door
from models.registry import CHAMPION, plain_errors
from models.text import Matcher, Weights
from models.text_embedding import Embedder, GramEmbedder, SentenceEmbedder

NAME = "retrace-text"
DOCUMENT = "retrace/text.json"
FORMAT = 1
_HASH = "sha256"


@dataclass(frozen=True)
class RegisteredText:
    """A matcher from the registry, verified and ready to match; `card` says what it was made from."""

    version: int
    matcher: Matcher
    card: Mapping[str, Any]


class TextRegistry:
    """The matchers of one home folder. Every method raises `ModelError` with a clear sentence when it cannot do it."""

    def __init__(self, home: Path) -> None:
        self._door = Door(home)

    def register(self, matcher: Matcher, card: Mapping[str, Any]) -> int:
        """Log a run and its files, and let the new version serve; return it."""
        files = to_files(matcher, card)
        with plain_errors("register the text matcher"):
            door = self._door
            experiment = door.experiment(NAME)
            params = {name: value for name, value in card.items() if name != "held_out"}
            fingerprint = hashlib.sha256(json.dumps(params, sort_keys=True).encode()).hexdigest()
            data = Data(f"{NAME}-training", fingerprint, pd.DataFrame(index=range(card["reports"])))
            run_id = door.run(experiment, params, _metrics(card), data)
            version = door.version(NAME, run_id, door.folder(experiment, run_id, files))
            door.client.set_model_version_tag(NAME, version, _HASH, digest(door.files(NAME, version)))
            door.client.set_registered_model_alias(NAME, CHAMPION, version)
        return int(version)

    def champion_version(self) -> int | None:
        """The version that serves, or None."""
        if not self._door.present:
            return None
        with plain_errors("read the registry"):
            found = self._door.client.search_registered_models(f"name = '{NAME}'")
            return int(found[0].aliases[CHAMPION]) if found and CHAMPION in found[0].aliases else None

    def load_champion(self) -> RegisteredText | None:
        """The matcher that serves, its hash verified before parsing; None where none was ever fitted."""
        version = self.champion_version()
        if version is None:
            return None
        with plain_errors(f"read text version {version}"):
            expected = self._door.client.get_model_version(NAME, str(version)).tags.get(_HASH)
            files = self._door.files(NAME, str(version))
        if digest(files) != expected:
            problem = f"text version {version} is not what was registered (its SHA-256 differs)"
            raise ModelError(f"{problem}: run `retrace-train fit text`")
        matcher, card = from_files(files)
        return RegisteredText(version, matcher, card)


def to_files(matcher: Matcher, card: Mapping[str, Any]) -> dict[str, bytes]:
    """Relative path -> content of everything needed to match; of a foreign embedder only its name."""
    embedder = matcher.embedder
    document = {
        "format": FORMAT, "embedder": embedder.name if embedder else None, "weights": asdict(matcher.weights),
        "card": dict(card),
    }
    own = embedder.to_files() if isinstance(embedder, GramEmbedder) else {}
    return {**own, DOCUMENT: json.dumps(document, sort_keys=True, allow_nan=False).encode()}


def from_files(files: Mapping[str, bytes]) -> tuple[Matcher, Mapping[str, Any]]:
    """The matcher and its card. Only for files whose hash was verified. Raises `ModelError` on a foreign format."""
    try:
        document = json.loads(files[DOCUMENT])
        if document["format"] != FORMAT:
            raise ModelError(f"text format {document['format']} is not {FORMAT}: run `retrace-train fit text`")
        return Matcher(_embedder(document["embedder"], files), Weights(**document["weights"])), document["card"]
    except (KeyError, TypeError, json.JSONDecodeError) as error:
        raise ModelError(f"not a text matcher: {error!r}; run `retrace-train fit text`") from error


def _embedder(name: str | None, files: Mapping[str, bytes]) -> Embedder | None:
    if name is None:
        return None
    return GramEmbedder.from_files(files) if name == GramEmbedder.name else SentenceEmbedder(name)


def _metrics(card: Mapping[str, Any]) -> dict[str, float]:
    """The held-out table by names that MLflow allows."""
    named = {
        f"{row['kind']} {row['direction']} {row['matcher']} {name}": row[name]
        for row in card["held_out"] for name in ("recall@1", "recall@5")
    }
    return {name.replace("->", " to ").replace("@", " at "): value for name, value in named.items()}
