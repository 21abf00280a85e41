"""The matcher in the registry, on a real MLflow in a temporary folder."""

import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models import text_registry
from models.contract import ModelError
from models.text import Matcher, Weights
from models.text_embedding import GramEmbedder, SentenceEmbedder
from models.text_registry import DOCUMENT, TextRegistry, from_files, to_files

CARD: dict[str, Any] = {
    "reports": 3, "embedder": "own",
    "held_out": [{"kind": "clause", "direction": "zh->en", "matcher": "tf-idf", "recall@1": 0.0, "recall@5": 0.1}],
}


@pytest.fixture
def matcher() -> Matcher:
    rows = np.random.default_rng(1).normal(size=(3, 4)).astype(np.float32)
    return Matcher(GramEmbedder(("[UNK]", "包", "衣"), rows), Weights(0.01, 1.0))


def test_the_last_one_registered_serves_and_matches_alike(tmp_path: Path, matcher: Matcher) -> None:
    registry = TextRegistry(tmp_path / "a home")
    assert registry.load_champion() is None
    assert not (tmp_path / "a home").exists()
    assert [registry.register(matcher, CARD), registry.register(matcher, CARD)] == [1, 2]
    found = TextRegistry(tmp_path / "a home").load_champion()
    assert found is not None
    assert (found.version, found.card) == (2, CARD)
    asked = ["包衣"], ["包", "衣", "coat"]
    np.testing.assert_array_equal(found.matcher.scores(*asked), matcher.scores(*asked))


def test_a_changed_file_is_refused_before_it_is_parsed(
    tmp_path: Path, matcher: Matcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = TextRegistry(tmp_path)
    registry.register(matcher, CARD)
    where = registry._door.client.get_model_version_download_uri("retrace-text", "1")
    weights = Path(urllib.request.url2pathname(urllib.parse.urlparse(where).path)) / "embedder/model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-4] + b"\0\0\0\0")
    monkeypatch.setattr(text_registry, "from_files", lambda files: pytest.fail("parsed before verified"))
    with pytest.raises(ModelError, match="SHA-256 differs"):
        registry.load_champion()


def test_of_another_model_only_the_name_is_kept() -> None:
    files = to_files(Matcher(SentenceEmbedder("a/model"), Weights(1.0, 1.0)), CARD)
    assert set(files) == {DOCUMENT}
    matcher, _ = from_files(files)
    assert matcher.embedder is not None
    assert matcher.embedder.name == "a/model"


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"format": 99}'])
def test_a_foreign_document_is_one_clear_error(content: bytes) -> None:
    with pytest.raises(ModelError, match="fit text"):
        from_files({DOCUMENT: content})
