"""Training will not fix this: when qualified people keep failing, change the process, not the people.

Pure: it takes counts. Who was qualified at each piece of work is the trace's to say.
"""

from dataclasses import dataclass
from math import sqrt
from typing import Literal, Self

Judgement = Literal["training_will_not_help", "training_may_help", "too_little_data"]

#: the standard normal deviate of a two-sided 95% interval
_Z95 = 1.959963984540054

#: below so many inspected pieces of qualified people's work nothing is said
MINIMUM = 20

#: a share of failures that a site lives with
TOLERABLE = 0.05


@dataclass(frozen=True)
class Sample:
    """Inspected work: how much of it, and how much of that failed."""

    failures: int
    total: int

    def __post_init__(self) -> None:
        if not 0 <= self.failures <= self.total:
            raise ValueError(f"{self.failures} failures of {self.total} inspected cannot be")

    @property
    def rate(self) -> float:
        """The share that failed; half where nothing was inspected, as far from either end as one knows."""
        return self.failures / self.total if self.total else 0.5


@dataclass(frozen=True)
class Interval:
    """What a rate, or a difference of rates, may be."""

    low: float
    high: float


@dataclass(frozen=True)
class Guard:
    """What the counts say of training, and by which intervals."""

    judgement: Judgement
    qualified: Interval
    #: the unqualified's rate of failures less the qualified's: above nought where training shows
    difference: Interval

    @classmethod
    def of(cls, qualified: Sample, unqualified: Sample, tolerable: float = TOLERABLE) -> Self:
        """Judge the work of qualified and of unqualified people on one process."""
        rate, gained = interval(qualified), difference(unqualified, qualified)
        return cls(_judge(qualified.total, rate, gained, tolerable), rate, gained)


def _judge(total: int, rate: Interval, gained: Interval, tolerable: float) -> Judgement:
    if total < MINIMUM:
        return "too_little_data"
    if gained.low > 0 or rate.high <= tolerable:
        return "training_may_help"
    return "training_will_not_help" if rate.low > tolerable else "too_little_data"


def interval(sample: Sample) -> Interval:
    """Wilson's score interval of a share, 95%; the whole range where nothing was inspected.

    E. B. Wilson (1927), Probable inference, the law of succession, and statistical inference, JASA 22, 209-212.
    """
    if not sample.total:
        return Interval(0.0, 1.0)
    n, square = sample.total, _Z95**2
    middle = (sample.failures + square / 2) / (n + square)
    spread = _Z95 * sqrt(sample.failures * (n - sample.failures) / n + square / 4) / (n + square)
    low = 0.0 if sample.failures == 0 else middle - spread
    return Interval(low, 1.0 if sample.failures == n else middle + spread)


def difference(one: Sample, other: Sample) -> Interval:
    """The interval of one share less another, 95%: Newcombe's hybrid of two score intervals (his method 10).

    R. G. Newcombe (1998), Interval estimation for the difference between independent proportions: comparison of
    eleven methods, Statistics in Medicine 17, 873-890.
    """
    if not (one.total and other.total):
        return Interval(-1.0, 1.0)
    first, second = interval(one), interval(other)
    between = one.rate - other.rate
    down = sqrt((one.rate - first.low) ** 2 + (second.high - other.rate) ** 2)
    up = sqrt((first.high - one.rate) ** 2 + (other.rate - second.low) ** 2)
    return Interval(between - down, between + up)
