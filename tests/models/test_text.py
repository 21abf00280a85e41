"""What of a text is compared, how two voices are fused, and that the site's embedder opens anywhere."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.contract import ModelError
from models.text import Matcher, Weights, fused, lexical, ranked
from models.text_embedding import GramEmbedder, SentenceEmbedder, vocabulary_of
from models.text_grams import grams, halves, language


@pytest.mark.parametrize(("text", "expected"), [
    ("包衣", ["包", "衣", "包衣"]),
    ("SMT贴", ["<smt>", "<sm", "smt", "mt>", "<smt", "smt>", "贴"]),
    ("9.1!", ["<9>", "<1>"]),
    ("* ,", []),
])
def test_n_grams_of_both_scripts(text: str, expected: list[str]) -> None:
    assert sorted(grams(text)) == sorted(expected)


@given(st.text())
def test_n_grams_hold_no_space_so_that_they_can_be_written_with_one_between_them(text: str) -> None:
    assert all(gram == "".join(gram.split()) != "" for gram in grams(text))


@pytest.mark.parametrize(("text", "expected"), [
    ("包衣 Coating", {"zh": "包衣", "en": "Coating"}),
    ("SMT贴片 SMT placement", {"zh": "SMT贴片", "en": "SMT placement"}),
    ("装量差异 Fill weight (第3版收紧 tightened in version 3)",
     {"zh": "装量差异 (第3版收紧", "en": "Fill weight tightened in version"}),
    ("Coating", {"en": "Coating"}), ("包衣", {"zh": "包衣"}), ("12 - 3", {}),
])
def test_halves_of_a_bilingual_text(text: str, expected: dict[str, str]) -> None:
    assert halves(text) == expected


def test_one_chinese_character_makes_a_text_chinese() -> None:
    assert [language(text) for text in ("the 天平 fails", "the scale fails", "")] == ["zh", "en", "en"]


def test_what_shares_nothing_is_not_compared() -> None:
    found = lexical(["天平超差", "scale"], ["天平日校", "Scales are checked", "别的"])
    assert (found > 0).tolist() == [[True, False, False], [False, True, False]]
    assert lexical([], ["x"]).shape == (0, 1)
    assert lexical(["!"], ["?"]).tolist() == [[0.0]]


def test_a_voice_with_weight_zero_is_not_heard_and_silence_is_no_vote() -> None:
    shared, near = np.array([[0.5, 0.2, 0.0]]), np.array([[0.1, 0.9, 0.8]])
    assert ranked(fused(shared, near, 0.0)).tolist() == [[1, 2, 3]]
    assert fused(shared, near, 0.0)[0, 2] == 0
    assert ranked(fused(shared, near, 4.0)).tolist() == [[2, 1, 3]]


@given(st.lists(st.floats(0, 1), min_size=2, max_size=8), st.lists(st.floats(0, 1), min_size=2, max_size=8))
def test_a_weight_that_fills_in_never_overrules_what_n_grams_put_in_order(one: list[float], other: list[float]) -> None:
    size = min(len(one), len(other))
    shared, near = np.array([one[:size]]), np.array([other[:size]])
    spoken = shared[0] > 0
    filled = fused(shared, near, 0.01)[0]
    if spoken.any():
        assert np.argmax(filled) == np.argmax(shared[0])
        assert filled[spoken].min() > filled[~spoken].max(initial=0)


def test_weights_go_by_whether_report_and_target_have_a_language_in_common() -> None:
    weights = Weights(within=0.25, across=2.0)
    assert weights.of(["包衣", "coating"], ["包衣 Coating", "Coating"]).tolist() == [[0.25, 2.0], [0.25, 0.25]]


def _embedder() -> GramEmbedder:
    found = vocabulary_of(sorted({*grams("包衣"), *grams("coating")}))
    rows = np.random.default_rng(1).normal(size=(len(found), 8)).astype(np.float32)
    rows[0] = 0
    return GramEmbedder(found, rows)


def test_vectors_have_length_one_or_know_nothing() -> None:
    length = np.linalg.norm(_embedder().encode(["包衣", "Coating 包", "???", "天平"]), axis=1)
    np.testing.assert_allclose(length, [1, 1, 0, 0], atol=1e-6)


def test_an_embedder_is_the_same_after_files() -> None:
    again = GramEmbedder.from_files(_embedder().to_files())
    np.testing.assert_array_equal(again.encode(["包衣 coat"]), _embedder().encode(["包衣 coat"]))


@pytest.mark.parametrize("change", [
    {"embedder/tokenizer.json": b"{"}, {"embedder/model.safetensors": b"nonsense"},
    {"embedder/tokenizer.json": json.dumps({"model": {"vocab": {"[UNK]": 0}}}).encode()},
])
def test_foreign_files_are_one_clear_error(change: dict[str, bytes]) -> None:
    with pytest.raises(ModelError, match="fit text again"):
        GramEmbedder.from_files({**_embedder().to_files(), **change})


def test_sentence_transformers_opens_it_and_sees_the_same(tmp_path: Path) -> None:
    for path, content in _embedder().to_files().items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(content)
    program = (
        "import sys, json\nfrom sentence_transformers import SentenceTransformer\n"
        "model = SentenceTransformer(sys.argv[1], device='cpu', local_files_only=True)\n"
        "print(json.dumps(model.encode([sys.argv[2]], normalize_embeddings=True)[0].tolist()))"
    )
    text = "包衣的coating"
    command = [sys.executable, "-c", program, str(tmp_path / "embedder"), " ".join(grams(text))]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    np.testing.assert_allclose(json.loads(done.stdout), _embedder().encode([text])[0], atol=1e-5)


def test_a_model_without_safetensors_is_refused_before_it_is_opened(tmp_path: Path) -> None:
    (tmp_path / "pytorch_model.bin").write_bytes(b"a pickle")
    with pytest.raises(ModelError, match="safetensors"):
        SentenceEmbedder(str(tmp_path)).encode(["x"])


def test_without_an_embedder_n_grams_match_alone() -> None:
    scores = Matcher(None, Weights()).scores(["天平超差"], ["天平日校", "别的", "Scales"])
    assert np.argmax(scores) == 0
    assert (scores[0, 1:] == 0).all()
