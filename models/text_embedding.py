"""Texts as vectors: the site's own n-gram embedder, or any model of sentence-transformers.

The site's own is a `StaticEmbedding` of sentence-transformers: one row of weights per n-gram, and a text is their
mean. It is kept in that library's own folder layout, as safetensors and JSON, and read without it: importing it takes
ten seconds, adding rows takes none.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load, save

from models.contract import ModelError
from models.text_grams import grams

Vectors = npt.NDArray[np.float32]

_FOLDER = "embedder"
_WEIGHTS, _TOKENIZER = f"{_FOLDER}/model.safetensors", f"{_FOLDER}/tokenizer.json"
_UNKNOWN = "[UNK]"


class Embedder(Protocol):
    """Anything that makes vectors of texts."""

    @property
    def name(self) -> str:
        """Which embedder this is, in a word; stored beside every vector it made."""
        ...

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One row of length 1 per text; zeros where it knows nothing of the text."""
        ...


@dataclass(frozen=True)
class GramEmbedder:
    """The site's own. `weights` has one row per n-gram of `vocabulary`, of which the first stands for all others."""

    vocabulary: tuple[str, ...]
    weights: Vectors

    #: which embedder this is
    name: ClassVar[str] = "own"

    @cached_property
    def _rows(self) -> Mapping[str, int]:
        return {gram: row for row, gram in enumerate(self.vocabulary)}

    def rows(self, text: str) -> list[int]:
        """The rows of the text's n-grams, unknown ones left out."""
        return [self._rows[gram] for gram in grams(text) if gram in self._rows]

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One row of length 1 per text; zeros where no n-gram is known."""
        found = np.zeros((len(texts), self.weights.shape[1]), np.float32)
        for at, text in enumerate(texts):
            found[at] = self.weights[self.rows(text)].sum(axis=0)
        return unit(found)

    def to_files(self) -> dict[str, bytes]:
        """A folder that `SentenceTransformer(folder)` opens; it takes n-grams with a space between them."""
        modules = [{
            "idx": 0, "name": "0", "path": "",
            "type": "sentence_transformers.sentence_transformer.modules.static_embedding.StaticEmbedding",
        }]
        return {
            _WEIGHTS: save({"embedding.weight": np.ascontiguousarray(self.weights)}),
            _TOKENIZER: _json(_tokenizer(self.vocabulary)),
            f"{_FOLDER}/modules.json": _json(modules),
        }

    @classmethod
    def from_files(cls, files: Mapping[str, bytes]) -> Self:
        """The embedder again. Only for files whose hash was verified. Raises `ModelError` on a foreign format."""
        try:
            vocabulary = json.loads(files[_TOKENIZER])["model"]["vocab"]
            weights = load(files[_WEIGHTS])["embedding.weight"]
            ordered = tuple(sorted(vocabulary, key=vocabulary.__getitem__))
        except (KeyError, TypeError, json.JSONDecodeError, SafetensorError) as error:
            raise ModelError(f"not a text embedder: {error!r}; fit text again") from error
        if len(ordered) != len(weights):
            raise ModelError("the text embedder has other n-grams than weights; fit text again")
        return cls(ordered, weights)


class SentenceEmbedder:
    """A model of sentence-transformers, by local path or hub name; loaded when it is first used, which takes long."""

    def __init__(self, model: str) -> None:
        self.name = model
        self._loaded: Any = None

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One row of length 1 per text. Raises `ModelError` when the model cannot be loaded."""
        if not len(texts):
            return np.zeros((0, 1), np.float32)
        return unit(np.asarray(self._model().encode(list(texts), show_progress_bar=False), np.float32))

    def _model(self) -> Any:
        if self._loaded is None:
            _refuse_pickles(Path(self.name))
            from sentence_transformers import SentenceTransformer

            try:
                # never code or a pickle that comes with a model
                safe = {"use_safetensors": True}
                self._loaded = SentenceTransformer(self.name, device="cpu", trust_remote_code=False, model_kwargs=safe)
            except Exception as error:
                reason = (str(error).strip() or type(error).__name__).splitlines()[0]
                raise ModelError(f"the text model {self.name!r} cannot be loaded ({reason}): check the path") from error
        return self._loaded


def _refuse_pickles(folder: Path) -> None:
    """Raise `ModelError` for a local model that has no weights but pickled ones."""
    if folder.is_dir() and not any(folder.rglob("*.safetensors")):
        raise ModelError(f"the text model {folder} has no *.safetensors: save it anew in that format")


def unit(vectors: Vectors) -> Vectors:
    """The vectors at length 1, zeros as they are."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(length > 0, length, 1), np.float32)


def vocabulary_of(found: Sequence[str]) -> tuple[str, ...]:
    """The rows of an embedder that knows these n-grams."""
    return (_UNKNOWN, *found)


def _tokenizer(vocabulary: Sequence[str]) -> dict[str, Any]:
    """A tokenizer that splits at spaces and looks words up."""
    return {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": None,
        "pre_tokenizer": {"type": "WhitespaceSplit"}, "post_processor": None, "decoder": None,
        "model": {
            "type": "WordLevel", "unk_token": _UNKNOWN, "vocab": {gram: row for row, gram in enumerate(vocabulary)},
        },
    }


def _json(plain: Any) -> bytes:
    return json.dumps(plain, ensure_ascii=False, allow_nan=False).encode()
