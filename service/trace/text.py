"""A trace as lines for the terminal."""

from collections.abc import Iterator, Sequence

from service.trace.schemas import Trace

_SIGNS = {"found": "FOUND", "ruled_out": "ruled out", "unknown": "no record"}


def lines(found: Trace) -> Iterator[str]:
    """The verdict first, then what else was touched, then what happened."""
    yield f"{found.subject} {found.code}: {', '.join(found.causes)}"
    if found.departments:
        yield f"accountable: {', '.join(found.departments)}"
    for each in found.verdict:
        yield ""
        places = f" ({', '.join(each.departments)})" if each.departments else ""
        yield f"[{_SIGNS[each.status]}] {each.cause}{places}"
        yield from (f"  + {said.en}  {_few(said.records)}" for said in each.speaks_for)
        yield from (f"  - {said.en}  {_few(said.records)}" for said in each.against)
    yield ""
    yield f"not examined: {', '.join(found.not_examined)}"
    for touched in found.exposure:
        since = f" since {touched.since:%Y-%m-%d}" if touched.since else ""
        cut = f" (truncated at {touched.truncated_at:,})" if touched.truncated_at else ""
        yield f"also touched by {touched.cause}{since}: {len(touched.batches):,} batches{cut}"
        if touched.batches:
            yield f"  {_few(touched.batches, 20)}"
    for name, batches in (("made from", found.genealogy.where_from), ("went into", found.genealogy.where_used)):
        if batches:
            yield f"{name}: {_few([each.code for each in batches], 20)}"
    yield ""
    for line in found.timeline:
        late = "  (recorded after the work)" if line.late else ""
        yield f"{line.at:%Y-%m-%d %H:%M}Z  {line.text.en}  {line.record}{late}"


def _few(codes: Sequence[str], shown: int = 6) -> str:
    more = f" and {len(codes) - shown:,} more" if len(codes) > shown else ""
    return " ".join(codes[:shown]) + more
