"""Pure rules of the inspection floor: what must be inspected, whatever a model says.

A model may have more inspected than these rules order, never less. Statistical sampling plans (lot size to sample
size) will stand beside `share` here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

#: the respects in which work can be the first of its kind on a post
FIRSTS = ("person", "process_version", "input_batch", "shift")

#: why work must be inspected: what the gate flagged, then what a process's floor says
WHYS = (
    "ungated", "warned", "supervised", "emergency", "after_change", "after_failure",
    *(f"first_{respect}" for respect in FIRSTS), "sampled",
)

#: within which an inspection that the floor orders is due
DUE_WITHIN = timedelta(hours=24)


@dataclass(frozen=True)
class Floor:
    """What a process's owner wants inspected at the least; nothing beyond the gate's flags by default."""

    #: all work within so many days after the process or a standard it follows changed
    after_change_days: int = 0
    #: so many pieces after an inspection of the process failed
    after_failure_pieces: int = 0
    #: the first article after a change of any of these (`FIRSTS`)
    first_article: frozenset[str] = frozenset()
    #: this share of all other work, drawn at random
    share: float = 0.0


@dataclass(frozen=True)
class Facts:
    """What is known of a piece of work when it is recorded; None: it never happened."""

    days_since_change: float | None = None
    pieces_since_failure: int | None = None
    #: in which respects it is the first
    first: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Order:
    """That a piece of work is inspected: why, and how likely it was to be chosen."""

    whys: tuple[str, ...]
    propensity: float


def ordered(floor: Floor, facts: Facts, draw: Callable[[], float]) -> Order | None:
    """What a floor orders for a piece of work; `draw` gives a number in [0, 1) nobody can foresee."""
    whys = must(floor, facts)
    if whys:
        return Order(whys, 1.0)
    return Order(("sampled",), floor.share) if draw() < floor.share else None


def must(floor: Floor, facts: Facts) -> tuple[str, ...]:
    """The rules by which a piece of work must be inspected."""
    days, pieces = facts.days_since_change, facts.pieces_since_failure
    found = []
    if days is not None and days < floor.after_change_days:
        found.append("after_change")
    if pieces is not None and pieces < floor.after_failure_pieces:
        found.append("after_failure")
    return (*found, *(f"first_{each}" for each in FIRSTS if each in floor.first_article & facts.first))


def kind(whys: tuple[str, ...]) -> str:
    """The kind of inspection that answers an order."""
    if any(why.startswith("first_") for why in whys):
        return "first_article"
    return "random" if whys == ("sampled",) else "in_process"


#: what the queue says of the random reserve (`reserve`), which no rule orders
RESERVED = (
    "The random reserve drew it: some are looked at that no list points at.",
    "随机预留抽中\uff1a部分检验不由名单决定\uff0c以便发现名单未指向的问题\u3002",
)

#: each reason as the queue shows it
SAYS: dict[str, tuple[str, str]] = {
    "ungated": (
        "Must be inspected: the work began without a gate check.", "必检\uff1a该操作未经上岗核验即开始\u3002",
    ),
    "warned": (
        "Must be inspected: the gate warned, and the work began all the same.",
        "必检\uff1a上岗核验已提出警告\uff0c操作仍然开始\u3002",
    ),
    "supervised": (
        "Must be inspected: supervised work, every piece is looked at.", "必检\uff1a带教操作须逐件检验\u3002",
    ),
    "emergency": ("Must be inspected: an emergency start.", "必检\uff1a紧急开工\u3002"),
    "after_change": (
        "Must be inspected: the process or its standard has just changed.",
        "必检\uff1a流程或其质量标准刚刚变更\u3002",
    ),
    "after_failure": (
        "Must be inspected: an inspection of this process has just failed.",
        "必检\uff1a该流程刚有一次检验不合格\u3002",
    ),
    "first_person": ("Must be inspected: the first article after another person.", "必检\uff1a换人后的首件\u3002"),
    "first_process_version": (
        "Must be inspected: the first article on another process version.",
        "必检\uff1a流程版本更换后的首件\u3002",
    ),
    "first_input_batch": (
        "Must be inspected: the first article from another input batch.", "必检\uff1a投入批次更换后的首件\u3002",
    ),
    "first_shift": ("Must be inspected: the first article of the shift.", "必检\uff1a本班次首件\u3002"),
    "sampled": ("Must be inspected: drawn at random.", "必检\uff1a随机抽中\u3002"),
}
