"""Pure rules of reading: when a short quiz is passed, and how often one may try."""

from collections.abc import Sequence
from typing import Literal

from service.errors import RetraceError

#: after so many failed quizzes the training counts as failed, and somebody talks with the person
ATTEMPTS = 3

Outcome = Literal["passed", "try_again", "failed"]


def share_right(right: Sequence[int], answers: Sequence[int]) -> float:
    """The share of questions answered right. Raises `RetraceError` where some are not answered."""
    if len(answers) != len(right):
        raise RetraceError(f"Answer every question: there are {len(right)}, and {len(answers)} answers.")
    return sum(one == other for one, other in zip(right, answers, strict=True)) / len(right)


def outcome(share: float, pass_mark: float, failed_before: int) -> Outcome:
    """What an attempt comes to, after so many failed ones."""
    if share >= pass_mark:
        return "passed"
    return "failed" if failed_before + 1 >= ATTEMPTS else "try_again"
