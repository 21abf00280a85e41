"""When training will not fix it: the table, the interval's own laws, and how often it holds the truth."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.issues.guard import MINIMUM, Guard, Sample, difference, interval

ORDER = ["training_may_help", "too_little_data", "training_will_not_help"]


@pytest.mark.parametrize(("qualified", "unqualified", "says"), [
    ((0, 0), (0, 0), "too_little_data"),
    ((10, MINIMUM - 1), (10, 10), "too_little_data"),
    ((12, 40), (0, 0), "training_will_not_help"),      # everybody is trained, and they fail
    ((12, 40), (13, 40), "training_will_not_help"),    # as often as the untrained
    ((20, 40), (2, 40), "training_will_not_help"),     # more often
    ((12, 40), (36, 40), "training_may_help"),         # far less often
    ((12, 40), (3, 3), "training_may_help"),           # three of three are enough to see it
    ((1, 200), (2, 200), "training_may_help"),         # the trained hardly ever fail
    ((1, 200), (150, 200), "training_may_help"),
    ((3, 40), (3, 40), "too_little_data"),             # around what is tolerable
    ((0, 20), (0, 20), "too_little_data"),
])
def test_the_table(qualified: tuple[int, int], unqualified: tuple[int, int], says: str) -> None:
    assert Guard.of(Sample(*qualified), Sample(*unqualified)).judgement == says


def test_what_a_site_tolerates_counts() -> None:
    assert Guard.of(Sample(12, 40), Sample(0, 0), tolerable=0.4).judgement == "too_little_data"
    assert Guard.of(Sample(12, 40), Sample(0, 0), tolerable=0.5).judgement == "training_may_help"


@pytest.mark.parametrize(("one", "other", "low", "high"), [
    # Newcombe (1998), table II, method 10
    ((56, 70), (48, 80), 0.0524, 0.3339),
    ((9, 10), (3, 10), 0.1705, 0.8090),
    ((6, 7), (2, 7), 0.0582, 0.8062),
    ((5, 56), (0, 29), -0.0381, 0.1926),
    ((0, 10), (0, 20), -0.1611, 0.2775),
    ((0, 10), (0, 10), -0.2775, 0.2775),
    ((10, 10), (0, 20), 0.6791, 1.0000),
    ((10, 10), (0, 10), 0.6075, 1.0000),
])
def test_the_published_examples(one: tuple[int, int], other: tuple[int, int], low: float, high: float) -> None:
    found = difference(Sample(*one), Sample(*other))
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


samples = st.integers(0, 300).flatmap(lambda n: st.builds(Sample, st.integers(0, n), st.just(n)))


@given(samples, samples)
def test_turned_round_it_says_the_same(one: Sample, other: Sample) -> None:
    here, there = difference(one, other), difference(other, one)
    assert here.low == pytest.approx(-there.high)
    assert here.high == pytest.approx(-there.low)
    passed = [Sample(sample.total - sample.failures, sample.total) for sample in (one, other)]
    assert difference(*passed).low == pytest.approx(-here.high)


@given(samples)
def test_a_rate_lies_in_its_interval(sample: Sample) -> None:
    found = interval(sample)
    assert 0 <= found.low <= sample.rate <= found.high <= 1


@given(st.integers(1, 300), st.integers(0, 299), samples)
def test_a_further_failure_of_the_qualified_never_speaks_for_training(n: int, failed: int, other: Sample) -> None:
    failed = min(failed, n - 1)
    before, after = (Guard.of(Sample(failures, n), other) for failures in (failed, failed + 1))
    assert before.difference.low >= after.difference.low
    assert before.qualified.low <= after.qualified.low
    assert ORDER.index(before.judgement) <= ORDER.index(after.judgement)


@given(st.integers(1, 300), st.integers(0, 299), samples)
def test_nor_one_of_the_unqualified_against_it(n: int, failed: int, qualified: Sample) -> None:
    failed = min(failed, n - 1)
    before, after = (Guard.of(qualified, Sample(failures, n)) for failures in (failed, failed + 1))
    assert ORDER.index(before.judgement) >= ORDER.index(after.judgement)


@pytest.mark.parametrize(("p", "q", "n", "m"), [
    (0.1, 0.1, 60, 60), (0.1, 0.3, 60, 40), (0.5, 0.5, 40, 40), (0.05, 0.2, 100, 30), (0.02, 0.02, 200, 200),
])
def test_the_interval_holds_the_truth_about_95_times_in_100(p: float, q: float, n: int, m: int) -> None:
    chance, runs = random.Random(7), 4000

    def drawn(rate: float, total: int) -> Sample:
        return Sample(sum(chance.random() < rate for _ in range(total)), total)

    found = [difference(drawn(p, n), drawn(q, m)) for _ in range(runs)]
    assert 0.935 <= sum(one.low <= p - q <= one.high for one in found) / runs <= 0.985


@pytest.mark.parametrize(("failures", "total"), [(-1, 5), (6, 5), (0, -1)])
def test_counts_that_cannot_be(failures: int, total: int) -> None:
    with pytest.raises(ValueError, match="cannot be"):
        Sample(failures, total)
