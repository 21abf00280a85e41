"""The chain: each link's hash covers an event's text and the link before. Pure."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

#: what stands before the first event
START = hashlib.sha256(b"retrace audit chain").digest()


def link(before: bytes, position: int, line: str) -> bytes:
    """The hash of an event at a position after `before`."""
    return hashlib.sha256(before + position.to_bytes(8, "big") + line.encode()).digest()


@dataclass(frozen=True)
class Linked:
    """A link as it is stored, with its event's text as it is now (None: there is no such event)."""

    position: int
    event_id: int
    hash: bytes
    line: str | None


@dataclass(frozen=True)
class Checkpoint:
    """How far the chain went at a moment, kept outside the database."""

    position: int
    hash: bytes


@dataclass(frozen=True)
class Fault:
    """One thing wrong with the trail, at a position."""

    position: int
    problem: str

    def __str__(self) -> str:
        return f"position {self.position}: {self.problem}"


def faults(links: Iterable[Linked], checkpoints: Iterable[Checkpoint]) -> Iterator[Fault]:
    """Everything wrong with a chain: edited, deleted, reordered or cut-off events, and a chain made anew.

    `links` come in the order of their positions; each is judged from the stored hash before it, so that one edited
    event is one fault.
    """
    outside = {checkpoint.position: checkpoint.hash for checkpoint in checkpoints}
    before, last = START, 0
    for one in links:
        if one.position != last + 1:
            yield Fault(last + 1, _missing(one.position - last - 1))
            before = b""
        yield from _wrong(one, before, known_before=one.position == last + 1)
        if one.position in outside and outside[one.position] != one.hash:
            yield Fault(one.position, "differs from the checkpoint kept outside: the chain was made anew")
        before, last = one.hash, one.position
    lost = max(outside, default=0) - last
    if lost > 0:
        yield Fault(last + 1, f"the trail is cut off: the last checkpoint outside knows {lost} more events")


def _missing(count: int) -> str:
    return f"{count} link{'s are' if count > 1 else ' is'} missing: deleted"


def _wrong(one: Linked, before: bytes, *, known_before: bool) -> Iterator[Fault]:
    if one.line is None:
        yield Fault(one.position, f"event {one.event_id} was deleted")
    elif known_before and link(before, one.position, one.line) != one.hash:
        yield Fault(one.position, f"event {one.event_id} was edited or moved")
