"""Files, hashes and the registry on a real MLflow in a temporary folder."""

import subprocess
import sys
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from models import registry as registry_module
from models.bundle import DOCUMENT, digest, from_files, to_files
from models.contract import ModelCard, ModelError
from models.registry import Registry


class TestBundle:
    def test_round_trip_scores_alike(self, fitted, card, draw):
        ranker, again = from_files(to_files(fitted, card))
        table = draw(seed=2).X
        np.testing.assert_array_equal(ranker.score(table), fitted.score(table))
        np.testing.assert_array_equal(ranker.probability(table), fitted.probability(table))
        assert again == card

    def test_every_byte_and_name_counts(self, fitted, card):
        files = to_files(fitted, card)
        assert digest(files) == digest(dict(reversed(files.items())))
        assert digest(files) != digest({**files, DOCUMENT: files[DOCUMENT] + b" "})
        assert digest(files) != digest({**files, "retrace/more.txt": b""})

    @pytest.mark.parametrize("content", [b"{", b"[]", b'{"format": 99}'])
    def test_a_foreign_document_is_one_clear_error(self, fitted, card, content):
        with pytest.raises(ModelError, match="fit the model again"):
            from_files({**to_files(fitted, card), DOCUMENT: content})

    def test_a_card_with_other_fields_is_refused(self):
        with pytest.raises(ModelError, match="not a model card"):
            ModelCard.from_json({"target": "need"})


@pytest.fixture(scope="module")
def home(tmp_path_factory, fitted, card, draw) -> Path:
    """A home with two registered versions of `need`, the first being champion."""
    folder = tmp_path_factory.mktemp("home with space")
    registry = Registry(folder)
    for _ in range(2):
        registry.register(fitted, card, draw().X)
    registry.promote("need", 1)
    return folder


class TestRegistry:
    def test_the_champion_scores_like_the_model_registered(self, home, fitted, card, draw):
        champion = Registry(home).load_champion("need")
        table = draw(seed=3).X
        np.testing.assert_array_equal(champion.ranker.score(table), fitted.score(table))
        assert (champion.version, champion.card) == (1, card)

    def test_it_opens_in_any_notebook(self, home):
        program = (
            "import sys, mlflow; mlflow.set_tracking_uri(sys.argv[1])\n"
            "print(mlflow.lightgbm.load_model('models:/retrace-need@champion').num_trees())"
        )
        uri = f"sqlite:///{home}/mlflow/mlflow.db"
        done = subprocess.run([sys.executable, "-c", program, uri], capture_output=True, text=True, check=True)
        assert int(done.stdout) == 40
        Registry(home).load_champion("need")  # MLflow's download wrote a file of its own beside the model

    def test_promote_and_roll_back(self, home):
        registry = Registry(home)
        registry.challenge("need", 2)
        registry.promote("need", 2)
        assert registry.versions("need")[0].aliases == ("champion",)
        assert registry.rollback("need") == 1
        assert registry.champion_version("need") == 1
        with pytest.raises(ModelError, match="no champion before"):
            registry.rollback("need")

    def test_parallel_readers(self, home, draw):
        registry = Registry(home)
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(lambda _: registry.load_champion("need").sha256, range(8)))
        assert len(set(found)) == 1

    def test_a_tampered_file_is_refused_before_it_is_parsed(self, home, fitted, card, draw, monkeypatch):
        version = Registry(home).register(fitted, card, draw().X)
        registry = Registry(home)
        text = _folder(registry, version) / "retrace" / "trees-0.txt"
        text.write_text(text.read_text()[:-200])
        monkeypatch.setattr(registry_module, "from_files", lambda files: pytest.fail("parsed before verified"))
        with pytest.raises(ModelError, match="SHA-256 differs"):
            registry.load("need", version)
        with pytest.raises(ModelError, match="SHA-256 differs"):
            registry.promote("need", version)

    def test_what_is_not_there_is_one_clear_error(self, home, tmp_path):
        with pytest.raises(ModelError, match="no champion for risk-unit"):
            Registry(home).load_champion("risk-unit")
        with pytest.raises(ModelError, match="no champion for need"):
            Registry(tmp_path).load_champion("need")
        with pytest.raises(ModelError, match="version 99"):
            Registry(home).promote("need", 99)
        with pytest.raises(ModelError, match="unknown target"):
            Registry(home).load_champion("bonus")
        assert Registry(tmp_path).versions("need") == []
        assert not (tmp_path / "mlflow").exists()

    def test_a_corrupt_database_is_one_clear_error(self, tmp_path):
        (tmp_path / "mlflow").mkdir()
        (tmp_path / "mlflow" / "mlflow.db").write_bytes(b"not a database" * 100)
        with pytest.raises(ModelError, match="could not read the registry"):
            Registry(tmp_path).load_champion("need")


def _folder(registry: Registry, version: int) -> Path:
    place = registry._door.client.get_model_version_download_uri("retrace-need", str(version))
    return Path(urllib.request.url2pathname(urllib.parse.urlparse(place).path))
