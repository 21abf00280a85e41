"""Writing tables of the folder format: everything is text, and later revisions of a code follow the earlier ones."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from training.world.arrays import Flags, Ints, Texts


def frame(columns: Mapping[str, NDArray[Any] | list[Any]]) -> pd.DataFrame:
    """A table of text."""
    return pd.DataFrame({name: np.asarray(values, dtype=object) for name, values in columns.items()}).astype(str)


def codes(prefix: str, size: int, width: int) -> Texts:
    """`size` codes that count from one, with leading zeros."""
    return np.array([f"{prefix}{number:0{width}d}" for number in range(1, size + 1)], dtype=object)


def numbered(prefix: str, order: Ints, width: int) -> Texts:
    """Codes counted in the order of the values (usually minutes), given back in the rows' own order."""
    given = np.full(len(order), "", dtype=object)
    given[np.argsort(order, kind="stable")] = codes(prefix, len(order), width)
    return given


def looked_up(values: Texts, index: Ints) -> Texts:
    """`values[index]`, empty where the index is -1."""
    return np.where(index < 0, "", values[index])


def blank_unless(kept: Flags, values: NDArray[Any]) -> Texts:
    """The values as text, empty elsewhere."""
    return np.where(kept, values.astype(str).astype(object), "")


def revisions(parts: list[tuple[pd.DataFrame, Ints]]) -> pd.DataFrame:
    """Stack revisions (each with its known minute), in the order of code and then of becoming known."""
    rows = pd.concat([part for part, _ in parts], ignore_index=True)
    known = np.concatenate([minutes for _, minutes in parts])
    order = np.lexsort((known, rows["code"].to_numpy(dtype=object).astype(str)))
    return rows.iloc[order].reset_index(drop=True)
