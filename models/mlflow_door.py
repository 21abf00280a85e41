"""MLflow's calls, without its global state: SQLite and artifacts under HOME/mlflow, no telemetry, imported late.

Only `MlflowClient` is used, never the fluent API, so that several homes, threads and readers do not disturb each other.
"""

import json
import os
import tempfile
import threading
import urllib.parse
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import lightgbm
import pandas as pd

from models.contract import ModelError

#: Written beside a model by MLflow itself when somebody downloads it; never part of the model.
_NOT_OURS = frozenset({"registered_model_meta"})
_OPENING = threading.Lock()


class Door:
    """MLflow bound to one home folder."""

    def __init__(self, home: Path) -> None:
        folder = (home / "mlflow").absolute()
        self.database = folder / "mlflow.db"
        self.artifacts = folder / "artifacts"
        self._client: Any = None

    @property
    def present(self) -> bool:
        """Whether anything was ever registered here; tells without importing MLflow."""
        return self.database.exists()

    @property
    def client(self) -> Any:
        """An `MlflowClient`; opening it creates the database if there is none."""
        with _OPENING:
            if self._client is None:
                self._client = self._open()
        return self._client

    def _open(self) -> Any:
        os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
        os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "WARNING")
        self.artifacts.mkdir(parents=True, exist_ok=True)
        from mlflow import MlflowClient

        uri = f"sqlite:///{self.database}"
        return MlflowClient(tracking_uri=uri, registry_uri=uri)

    def experiment(self, name: str) -> str:
        """The id of the experiment, created when it is new."""
        found = self.client.get_experiment_by_name(name)
        if found is not None:
            return str(found.experiment_id)
        return str(self.client.create_experiment(name, artifact_location=self.artifacts.as_uri()))

    def run(self, experiment: str, params: Mapping[str, Any], metrics: Mapping[str, float], data: "Data") -> str:
        """Record a finished run; return its id."""
        from mlflow.entities import DatasetInput, Metric, Param, RunStatus
        from mlflow.utils.time import get_current_time_millis

        run_id = str(self.client.create_run(experiment).info.run_id)
        now = get_current_time_millis()
        self.client.log_batch(
            run_id,
            metrics=[Metric(_plain(name), value, now, 0) for name, value in metrics.items()],
            params=[Param(name, str(value)[:500]) for name, value in params.items()],
        )
        self.client.log_inputs(run_id, [DatasetInput(data.entity(), [])])
        self.client.set_terminated(run_id, RunStatus.to_string(RunStatus.FINISHED))
        return run_id

    def annotate(self, run_id: str, tags: Mapping[str, str], files: Mapping[str, bytes]) -> None:
        """Add tags to a run, and files (relative path -> content) as its artifacts."""
        for name, value in tags.items():
            self.client.set_tag(run_id, name, value)
        with tempfile.TemporaryDirectory() as folder:
            for path, content in files.items():
                (Path(folder) / path).parent.mkdir(parents=True, exist_ok=True)
                (Path(folder) / path).write_bytes(content)
            self.client.log_artifacts(run_id, folder)

    def model(self, experiment: str, run_id: str, booster: Any, files: Mapping[str, bytes]) -> str:
        """Log a model in LightGBM's flavour with further files beside it; return the logged model's id."""
        import mlflow.lightgbm as flavour

        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder) / "model"
            flavour.save_model(booster, str(place), pip_requirements=[f"lightgbm=={lightgbm.__version__}"])
            for path, content in files.items():
                (place / path).parent.mkdir(parents=True, exist_ok=True)
                (place / path).write_bytes(content)
            logged = self.client.create_logged_model(experiment, name="model", source_run_id=run_id)
            self.client.log_model_artifacts(logged.model_id, str(place))
            self.client.finalize_logged_model(logged.model_id, "READY")
        return str(logged.model_id)

    def version(self, name: str, run_id: str, model_id: str) -> str:
        """Register a logged model under a name; return its version."""
        if not self.client.search_registered_models(f"name = '{name}'"):
            self.client.create_registered_model(name)
        source = self.client.get_logged_model(model_id).artifact_location
        return str(self.client.create_model_version(name, source, run_id=run_id, model_id=model_id).version)

    def files(self, name: str, version: str) -> dict[str, bytes]:
        """Relative path -> content of a registered version, read in place (MLflow's own download writes there)."""
        place = urllib.parse.urlparse(self.client.get_model_version_download_uri(name, version))
        if place.scheme not in ("", "file"):
            raise ModelError(f"models are read from {self.artifacts}, not from {place.scheme}:")
        folder = Path(urllib.request.url2pathname(place.path))
        paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name not in _NOT_OURS]
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


class Data:
    """What MLflow records of a data set: its name, fingerprint and size, not its rows."""

    def __init__(self, name: str, fingerprint: str, X: pd.DataFrame) -> None:  # noqa: N803
        self.name, self.fingerprint, self.rows, self.columns = name, fingerprint, len(X), X.shape[1]

    def entity(self) -> Any:
        """The data set as MLflow's entity."""
        from mlflow.entities import Dataset

        profile = json.dumps({"num_rows": self.rows, "num_columns": self.columns})
        source = json.dumps({"fingerprint": self.fingerprint})
        return Dataset(self.name, self.fingerprint[:32], "retrace-matrix", source, None, profile)


def _plain(name: str) -> str:
    """A metric's name in the letters MLflow allows."""
    return name.replace("%", " percent").replace(",", "")
