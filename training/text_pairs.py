"""Texts that mean the same, or speak of the same thing: what the embedder of a site is trained on."""

from collections.abc import Sequence
from dataclasses import dataclass

from models.text_grams import halves
from models.text_records import Link, Records


@dataclass(frozen=True)
class Pair:
    """Two texts that belong together; pairs of one `about` are never held against each other."""

    one: str
    other: str
    about: tuple[str, str]


def pairs(records: Records, links: Sequence[Link]) -> list[Pair]:
    """The halves of bilingual texts, and each linked report with each half of what it is about; each once, in order.

    `links` are those that may be learned from; of the records' own links only these count.
    """
    targets = {(target.kind, target.code): target.text for target in records.targets}
    reports = {report.code: report.text for report in records.reports}
    found = dict.fromkeys(
        Pair(both["zh"], both["en"], ("name", text))
        for text in [*records.names, *targets.values()]
        if len(both := halves(text)) == 2
    )
    for link in links:
        about = (link.kind, link.target)
        text = targets.get(about) or (reports.get(link.target, "") if link.kind == "report" else "")
        said = reports.get(link.report, "")
        found |= dict.fromkeys(Pair(said, half, about) for half in halves(text).values() if said)
    return list(found)
