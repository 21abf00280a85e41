"""Trees grown on a Dask cluster: the same settings, rows spread over its workers, each seeing its share."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import lightgbm as lgb
import numpy as np

from models.trees import Task, grow, here
from service.errors import Unavailable

if TYPE_CHECKING:
    from distributed import Client

#: what LightGBM's scikit-learn classes call the settings they have a default of their own for
_NAMES = {
    "feature_fraction": "colsample_bytree",
    "bagging_fraction": "subsample",
    "bagging_freq": "subsample_freq",
    "lambda_l2": "reg_lambda",
    "min_data_in_leaf": "min_child_samples",
}
#: what the cluster decides: its workers' threads
_OURS = frozenset({"num_threads"})
_SECONDS = 15


@contextmanager
def growing(address: str | None) -> Iterator[None]:
    """Within it, trees are grown by the cluster of a scheduler such as `tcp://host:8786`; without one, here.

    Raises `Unavailable` where Dask is not installed, no scheduler answers, or it has no workers.
    """
    if address is None:
        yield
        return
    with _client(address) as client:
        before = grow.set(lambda task: grown(client, task))
        try:
            yield
        finally:
            grow.reset(before)


def _client(address: str) -> "Client":
    if find_spec("distributed") is None or find_spec("dask") is None:
        told = "Dask is not installed: install Retrace with its extra, `pip install 'retrace[cluster]'`"
        raise Unavailable(f"RETRACE_DASK is {address}, but {told}.")
    from distributed import Client

    try:
        client = Client(address, timeout=_SECONDS)
    except OSError as error:
        told = "no scheduler answers there: check host and port, and that `dask scheduler` runs"
        raise Unavailable(f"RETRACE_DASK is {address}, but {told}.") from error
    if not client.nthreads():
        client.close()
        raise Unavailable(f"RETRACE_DASK is {address}, but its scheduler has no workers: start `dask worker`s.")
    return client


def grown(client: "Client", task: Task) -> tuple[lgb.Booster, ...]:
    """One booster per seed, each grown by all workers together; what orders lists is grown in this process."""
    if task.group is not None:
        # a list is compared within itself: cut across workers it would be another list
        return here(task)
    starts = np.zeros(len(task.failed)) if task.offsets is None else task.offsets
    table, failed, weight, offsets = _spread(client, task.table, task.failed, task.weight, starts)
    boosters = []
    for seed in task.seeds:
        model = lgb.DaskLGBMClassifier(client=client, **_settings(task, seed))
        with warnings.catch_warnings():
            # it says so of a number of threads that nobody gave
            warnings.filterwarnings("ignore", "Parameter n_jobs will be ignored")
            fitted = model.fit(
                table, failed, sample_weight=weight, init_score=offsets,
                feature_name=[f"f{position}" for position in range(task.table.shape[1])],
                categorical_feature=list(task.categorical),
            )
        boosters.append(fitted.booster_)
    return tuple(boosters)


def _settings(task: Task, seed: int) -> dict[str, Any]:
    given = {_NAMES.get(name, name): value for name, value in task.settings.items() if name not in _OURS}
    return {**given, "n_estimators": task.rounds, "random_state": seed, "tree_learner": "data"}


def _spread(client: "Client", *arrays: np.ndarray[Any, Any]) -> list[Any]:
    """Each array cut into one part per worker, the parts of the same rows on the same worker."""
    import dask.array as da

    workers = list(client.nthreads())
    cuts = np.linspace(0, len(arrays[0]), len(workers) + 1).astype(int)
    spread = []
    for array in arrays:
        shares = [array[first:last] for first, last in pairwise(cuts)]
        futures = [client.scatter(share, workers=[worker]) for share, worker in zip(shares, workers, strict=True)]
        pieces = zip(futures, shares, strict=True)
        spread.append(da.concatenate([da.from_delayed(each, share.shape, share.dtype) for each, share in pieces]))
    return spread
