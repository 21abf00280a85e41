"""What is wrong with given tables, gathered so that a user sees it all at once."""

from collections import Counter
from collections.abc import Callable, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from service.errors import Invalid, Violation
from service.records.checks import SHOWN

#: how many violations an error shows
MOST = 20


class Problems:
    """What is wrong with one source: the first few violations of each column, and how many there are in all."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.total = 0
        self._found: list[Violation] = []
        self._shown: Counter[str | None] = Counter()

    @property
    def found(self) -> list[Violation]:
        """The violations to show, in the order of their rows."""
        return sorted(self._found, key=lambda violation: violation.row or 0)

    def add(self, row: int | None, column: str | None, value: object, problem: str) -> None:
        """One more violation."""
        self.total += 1
        self._shown[column] += 1
        if self._shown[column] <= SHOWN:
            self._found.append(Violation(self.source, row, column, value, problem))

    def add_where(
        self, wrong: pa.Array, rows: pa.Array, column: str, values: pa.Array, explain: Callable[[str], str]
    ) -> None:
        """A violation for each row where the mask `wrong` is true; `explain` says what is wrong with its value."""
        count = pc.sum(wrong).as_py() or 0
        room = max(SHOWN - self._shown[column], 0)
        self._shown[column] += count
        self.total += count
        if count and room:
            chosen = pc.indices_nonzero(wrong)[:room]
            for row, value in zip(rows.take(chosen).to_pylist(), values.take(chosen).to_pylist(), strict=True):
                self._found.append(Violation(self.source, row, column, value, explain(value)))


class Refused(Invalid):
    """An import with violations: shows the first `MOST`, and says how many more there are."""

    def __init__(self, violations: Sequence[Violation], total: int) -> None:
        super().__init__(violations[:MOST])
        rest = total - len(self.violations)
        if rest > 0:
            self.args = (f"{self.args[0]}\n... and {rest:,} more",)


def refuse_all(found: Sequence[Problems]) -> None:
    """Raise `Refused` if any source has a violation."""
    violations = [violation for problems in found for violation in problems.found]
    if violations:
        raise Refused(violations, sum(problems.total for problems in found))
