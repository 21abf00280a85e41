"""Names for the array types, and the log that collects what each simulated day adds."""

from collections import defaultdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Texts = NDArray[np.object_]


class Log:
    """Columns that grow by one array per day and are joined once at the end."""

    def __init__(self) -> None:
        self._parts: dict[str, dict[str, list[NDArray[Any]]]] = defaultdict(lambda: defaultdict(list))

    def add(self, table: str, **columns: NDArray[Any]) -> None:
        """Append rows: arrays of equal length, the same columns each time."""
        for name, values in columns.items():
            self._parts[table][name].append(values)

    def size(self, table: str) -> int:
        """Rows so far."""
        columns = self._parts.get(table)
        return sum(len(part) for part in next(iter(columns.values()))) if columns else 0

    def column(self, table: str, name: str) -> NDArray[Any]:
        """One joined column."""
        return np.concatenate(self._parts[table][name])

    def columns(self, table: str) -> dict[str, NDArray[Any]]:
        """All joined columns of a table."""
        return {name: np.concatenate(parts) for name, parts in self._parts[table].items()}
