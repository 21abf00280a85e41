"""One measured figure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """What was measured, in which unit, and what it must reach (`bound`, in words; empty where nothing is asked)."""

    what: str
    value: float
    unit: str
    bound: str = ""
    holds: bool | None = None

    def row(self) -> str:
        """A line of the table."""
        mark = "" if self.holds is None else "yes" if self.holds else "**no**"
        return f"| {self.what} | {float(f'{self.value:.3g}'):,g} {self.unit} | {self.bound} | {mark} |"
