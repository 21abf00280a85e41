"""What a matcher of texts learns from and looks among: plain values, whichever place they come from."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

#: what a report can be about; another report it resembles is a target too
KINDS = ("clause", "course", "report", "process")


@dataclass(frozen=True)
class Target:
    """Something a report can be about: its kind, its code, and the words that describe it, in one language or both."""

    kind: str
    code: str
    text: str


@dataclass(frozen=True)
class Report:
    """A report as it may be read: masked text, when it was known (UTC, no zone), and the process its author named."""

    code: str
    text: str
    known_at: datetime
    process: str | None = None


@dataclass(frozen=True)
class Link:
    """A report is about a target, as a person said; `known_at` is when they said so (UTC, no zone)."""

    report: str
    kind: str
    target: str
    known_at: datetime


@dataclass(frozen=True)
class Records:
    """The words of a site. `names` are further texts, of which the bilingual ones are parallel data."""

    targets: Sequence[Target]
    reports: Sequence[Report]
    links: Sequence[Link]
    names: Sequence[str] = field(default_factory=tuple)

    def all_links(self) -> list[Link]:
        """What people confirmed, and the process each author named, in the order they were known."""
        named = [Link(each.code, "process", each.process, each.known_at) for each in self.reports if each.process]
        return sorted([*self.links, *named], key=lambda link: (link.known_at, link.report, link.kind, link.target))

    def among(self, kind: str) -> list[Target]:
        """The targets of a kind."""
        return [target for target in self.targets if target.kind == kind]
